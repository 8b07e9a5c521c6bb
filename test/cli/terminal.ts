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
  if (pty === undefined) throw new Error(reason);
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...env } = process.env;
  const size = { cols: columns, rows: 24 };
  const command = `exec "$@"${stderr ? "" : " 2>/dev/null"}`;
  const child = pty.spawn("/bin/sh", ["-c", command, "sh", process.execPath, LAUNCHER, ...args], {
    ...size,
    env: { ...env, TERM: "xterm-256color" } as Record<string, string>,
  });
  const terminal = new xterm.Terminal({ ...size, scrollback: 10_000, allowProposedApi: true });
  let raw = "";
  let interrupted = false;
  child.onData((data) => {
    raw += data;
    terminal.write(data);
    if (interrupted || interruptAt === undefined || !interruptAt.test(raw)) return;
    interrupted = true;
    child.write("\u0003");
  });
  const { exitCode } = await new Promise<{ exitCode: number }>((resolve) => child.onExit(resolve));
  await new Promise<void>((resolve) => terminal.write("", resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, i) => active.getLine(i)?.translateToString(true) ?? "");
  const last = lines.findLastIndex((line) => line !== "");
  return {
    code: exitCode,
    lines: lines.slice(0, last + 1),
    cursor: { column: active.cursorX, line: active.baseY + active.cursorY },
    raw,
  };
}
