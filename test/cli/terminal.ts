/**
 * Runs the command line in a pseudo-terminal and returns what its user sees: the text after all control sequences have
 * taken effect, as a terminal emulator shows it.
 */
import type * as Pty from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { LAUNCHER } from "./zabsim.ts";

/** Undefined if this machine has no pseudo-terminals; `reason` says why. */
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
  /** All lines, with those that have scrolled off the screen, without empty lines at the end. */
  readonly lines: readonly string[];
  readonly cursor: { readonly column: number; readonly line: number };
  /** Everything that the program wrote. */
  readonly raw: string;
}

export interface TerminalOptions {
  readonly columns: number;
  /** Whether stderr goes to the terminal, as stdout does. */
  readonly stderr?: boolean;
  /** Presses Ctrl-C when the output matches. */
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
