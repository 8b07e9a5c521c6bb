/**
 * A run as a list: when, at which server, what. Filters choose which records are shown; they never change the run.
 */
import type { ChalkInstance } from "chalk";
import type { ProtocolRecord } from "../cluster/records.ts";
import { describeRecord } from "./describe.ts";
import { formatMoment } from "./format.ts";

export interface TimelineFilter {
  readonly fromUs?: number | undefined;
  readonly untilUs?: number | undefined;
  readonly servers?: readonly number[] | undefined;
  readonly only?: readonly string[] | undefined;
}

/** What a timeline leaves out unless asked for: steps that only repeat what the next one tells. */
const QUIET = new Set(["voted", "logged", "synced"]);

export function timeline(records: readonly ProtocolRecord[], filter: TimelineFilter): readonly ProtocolRecord[] {
  const { fromUs = 0, untilUs = Number.POSITIVE_INFINITY, servers, only } = filter;
  return records.filter((record) => {
    if (record.atUs < fromUs || record.atUs > untilUs) return false;
    if (servers !== undefined && record.server >= 0 && !servers.includes(record.server)) return false;
    return only === undefined ? !QUIET.has(record.event) : only.includes(record.event);
  });
}

export function timelineLine(record: ProtocolRecord, paint: ChalkInstance): string {
  const colors = [paint.cyan, paint.yellow, paint.green, paint.magenta, paint.blue, paint.red];
  const who = record.server < 0 ? "   -" : String(record.server).padStart(4);
  const color = record.server < 0 ? paint.bold : (colors[record.server % colors.length] as ChalkInstance);
  return `${formatMoment(record.atUs).padStart(12)} ${color(who)}  ${describeRecord(record)}`;
}
