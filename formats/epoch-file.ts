/**
 * The text files acceptedEpoch and currentEpoch, and their leftovers `.tmp` (QuorumPeer#readLongFromFile,
 * #writeLongToFile).
 */

/** The content of an epoch file: a number, or the text that is not one. */
export type EpochFile = { readonly epoch: number } | { readonly text: string };

/** The largest text of an unreadable epoch file that is kept. */
const TEXT_MAX = 40;

/** Reads an epoch file. Only its first line counts, and it must be a number without any space. */
export function readEpochFile(text: string): EpochFile {
  const line = text.split(/\r\n|[\r\n]/, 1)[0] as string;
  if (!/^[+-]?\d{1,18}$/.test(line)) return { text: line.slice(0, TEXT_MAX) };
  return { epoch: Number(line) };
}

/** Returns the content of an epoch file (QuorumPeer#writeLongToFile): the decimal digits, without the end of a line. */
export function encodeEpochFile(epoch: number): string {
  return String(epoch);
}
