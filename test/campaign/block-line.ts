/** Makes a line of the journal for a block without failures. */
import type { BlockLine } from "../../campaign/journal.ts";

export const block = (index: number, changes: Partial<BlockLine> = {}): BlockLine => ({
  block: index,
  runs: 64,
  events: 1,
  virtualUs: 1,
  fresh: [],
  faults: {},
  failed: {},
  ...changes,
});
