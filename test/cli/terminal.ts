/**
 * Runs the command line in a pseudo-terminal and returns the content of the screen. A terminal emulator executes the
 * control sequences in the output.
 */
import type * as Pty from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { LAUNCHER } from "./zabsim.ts";

/**
 * The package for pseudo-terminals. If this machine has no pseudo-terminals, `pty` is undefined and `reason` says why.
 */
export const { pty, reason } = await loadPty();

async function loadPty(): Promise<{ pty: typeof Pty | undefined; reason: string }> {
  try {
    const loaded = await import("@lydell/node-pty");
    loaded.spawn(process.execPath, ["--version"], {}).kill();
    return { pty: loaded, reason: "" };
  } catch (error) {
    return { pty: undefined, reason: `no pseudo-terminal: ${(error as Error).message.split("\n")[0]}` };
  }
}

/** A screen that has not changed for this time is complete. */
const STABLE_MS = 150;

export interface Screen {
  readonly code: number;
  /** All lines, also those that have scrolled off the screen, without the empty lines at the end. */
  readonly lines: readonly string[];
  readonly cursor: { readonly column: number; readonly line: number };
  /** The whole output of the program, with its control sequences. */
  readonly raw: string;
}

export interface TerminalOptions {
  readonly columns: number;
  /** Whether stderr also goes to the terminal. Default: true. */
  readonly stderr?: boolean;
  /** When the output matches this pattern, Ctrl-C is pressed. */
  readonly interruptAt?: RegExp;
}

export async function runInTerminal(
  args: readonly string[],
  { columns, interruptAt, stderr = true }: TerminalOptions,
): Promise<Screen> {
  const running = openTerminal(args, { columns, rows: 24, stderr });
  let interrupted = false;
  running.onData((raw) => {
    if (interrupted || interruptAt === undefined || !interruptAt.test(raw)) return;
    interrupted = true;
    running.press("\u0003");
  });
  return running.end();
}

/** A program that runs in a pseudo-terminal. */
export interface RunningTerminal {
  /** Sends keys, such as `q`, or control sequences. */
  readonly press: (keys: string) => void;
  /**
   * Waits until the content of the screen matches a pattern and does not change any more, because a program can paint a
   * screen in several parts. Returns the lines of the screen.
   */
  readonly until: (pattern: RegExp) => Promise<readonly string[]>;
  /** Calls a function with the whole output so far whenever there is more of it. */
  readonly onData: (listener: (raw: string) => void) => void;
  /** Waits until the program ends. */
  readonly end: () => Promise<Screen>;
}

export function openTerminal(
  args: readonly string[],
  { columns, cwd, rows, stderr = true }: { columns: number; rows: number; cwd?: string; stderr?: boolean },
): RunningTerminal {
  if (pty === undefined) throw new Error(reason);
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...env } = process.env;
  const size = { cols: columns, rows };
  const command = `exec "$@"${stderr ? "" : " 2>/dev/null"}`;
  const child = pty.spawn("/bin/sh", ["-c", command, "sh", process.execPath, LAUNCHER, ...args], {
    ...size,
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...env, TERM: "xterm-256color" } as Record<string, string>,
  });
  const terminal = new xterm.Terminal({ ...size, scrollback: 10_000, allowProposedApi: true });
  const ended = new Promise<{ exitCode: number }>((resolve) => child.onExit(resolve));
  const listeners: ((raw: string) => void)[] = [];
  let raw = "";
  child.onData((data) => {
    raw += data;
    terminal.write(data, () => {
      for (const listener of [...listeners]) listener(raw);
    });
  });
  const linesFrom = (first: number): string[] => {
    const { active } = terminal.buffer;
    const { length } = active;
    return Array.from({ length: length - first }, (_, i) => active.getLine(first + i)?.translateToString(true) ?? "");
  };
  const until = (pattern: RegExp): Promise<readonly string[]> =>
    new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const check = (): void => {
        clearTimeout(timer);
        const lines = linesFrom(terminal.buffer.active.baseY);
        if (!pattern.test(lines.join("\n"))) return;
        timer = setTimeout(() => {
          listeners.splice(listeners.indexOf(check), 1);
          resolve(lines);
        }, STABLE_MS);
      };
      listeners.push(check);
      check();
    });
  const end = async (): Promise<Screen> => {
    const { exitCode } = await ended;
    await new Promise<void>((resolve) => terminal.write("", resolve));
    const { active } = terminal.buffer;
    const lines = linesFrom(0);
    const last = lines.findLastIndex((line) => line !== "");
    const cursor = { column: active.cursorX, line: active.baseY + active.cursorY };
    return { code: exitCode, lines: lines.slice(0, last + 1), cursor, raw };
  };
  return { press: (keys) => child.write(keys), until, onData: (listener) => listeners.push(listener), end };
}
