/**
 * Functions with which all commands write their output.
 */
import { printableOutput } from "../scenarios/printable.ts";
import { writeOver } from "./progress-line.ts";

/**
 * Writes a text to stdout. If a pipe is full, waits until its reader continues, so that unread output does not fill the
 * memory.
 */
export async function write(text: string): Promise<void> {
  if (writeOver(process.stdout, printableOutput(text))) return;
  await new Promise<void>((resolve) => process.stdout.once("drain", () => resolve()));
}

/** Writes a line to stderr, such as a hint, a warning, or the path of a written file. */
export function hint(line: string): void {
  writeOver(process.stderr, `${line}\n`);
}

/** Lets the process handle Ctrl-C between two pieces of synchronous work. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Returns a count with its noun: `1 scenario`, `2 scenarios`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Returns the width of text on stdout. On a terminal, this is the width of the terminal, but at least 80 and at most
 * 200 columns. Otherwise, it is 100.
 */
export function textWidth(): number {
  const { columns, isTTY } = process.stdout;
  return isTTY && columns ? Math.min(200, Math.max(80, columns)) : 100;
}
