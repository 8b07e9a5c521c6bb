/**
 * Functions that commands share for their output to stdout.
 */
import { printableOutput } from "../scenarios/printable.ts";

/** Writes a text. If the reader of a pipe is slow, waits for it, so that unread output does not fill the memory. */
export async function write(text: string): Promise<void> {
  if (process.stdout.write(printableOutput(text))) return;
  await new Promise<void>((resolve) => process.stdout.once("drain", () => resolve()));
}

/** Returns a count with its noun: `1 scenario`, `2 scenarios`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The width of text on stdout: that of the terminal, between 80 and 200 columns; 100 if stdout is no terminal. */
export function textWidth(): number {
  const { columns, isTTY } = process.stdout;
  return isTTY && columns ? Math.min(200, Math.max(80, columns)) : 100;
}
