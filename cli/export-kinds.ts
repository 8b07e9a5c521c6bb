/** The kinds of event that `zabsim export` writes. */
import { RECORD_EVENTS } from "../cluster/records.ts";
import { TRACE_KINDS } from "../sim/trace.ts";

/** The kinds of records, trace entries and violations. The record `received` repeats the trace entry `deliver`. */
export const EXPORT_KINDS: readonly string[] = [
  ...RECORD_EVENTS.filter((event) => event !== "received"),
  ...TRACE_KINDS.filter((kind) => kind !== "note"),
  "violation",
];
