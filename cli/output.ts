/**
 * What commands share for their output.
 */
import { printableOutput } from "../scenarios/printable.ts";
import { writeOver } from "./progress-line.ts";

/**
 * Writes a text to stdout. If the reader of a pipe is slow, waits for it, so that unread output does not fill the
 * memory.
 */
export async function write(text: string): Promise<void> {
  if (writeOver(process.stdout, printableOutput(text))) return;
  await new Promise<void>((resolve) => process.stdout.once("drain", () => resolve()));
}

/** Writes a line to stderr: a hint, a warning, or where a file is. */
export function hint(line: string): void {
  writeOver(process.stderr, `${line}\n`);
}

/** Lets the process handle Ctrl-C between two pieces of synchronous work. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** `1 scenario`, `2 scenarios`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The width of text on stdout: that of the terminal, between 80 and 200 columns; 100 if stdout is no terminal. */
export function textWidth(): number {
  const { columns, isTTY } = process.stdout;
  return isTTY && columns ? Math.min(200, Math.max(80, columns)) : 100;
}
