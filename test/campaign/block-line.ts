/** A line of the journal for a block in which nothing failed. */
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
