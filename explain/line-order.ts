/** The order of the lines of one server. */
import type { Evidence } from "./history.ts";

/** Returns whether a line of a server comes after another one. Lines of different files are compared by their times. */
export function isAfter(a: Evidence, b: Evidence): boolean {
  return a.file === b.file ? a.line > b.line : (a.timeMs ?? 0) >= (b.timeMs ?? 0);
}
