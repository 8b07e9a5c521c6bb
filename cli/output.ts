/**
 * Writing to stdout: waits when the reader is slower, so that nothing piles up in memory.
 */
export async function write(text: string): Promise<void> {
  if (process.stdout.write(text)) return;
  await new Promise<void>((resolve) => process.stdout.once("drain", () => resolve()));
}
