/**
 * Prints a run as a timeline: one line for each record, with the time, the server and the event. Filters select the
 * records that are printed and have no effect on the run.
 */
import type { ChalkInstance } from "chalk";
import type { ProtocolRecord } from "../cluster/records.ts";
import { describeRecord } from "./describe.ts";
import { formatMoment, hanging, PAGE_WIDTH } from "./format.ts";
import { quotedMessage } from "./zookeeper-log.ts";

/**
 * Selects the records to print. Only records that match every field are printed. An absent field matches every record,
 * except for `only`, which has a default.
 */
export interface TimelineFilter {
  /** The earliest virtual time to print, in microseconds. */
  readonly fromUs?: number | undefined;
  /** The latest virtual time to print, in microseconds. */
  readonly untilUs?: number | undefined;
  /** The servers whose records are printed. Default: all. Steps of the script are printed in any case. */
  readonly servers?: readonly number[] | undefined;
  /** The events to print. Default: all except `logged` and `synced`. */
  readonly only?: readonly string[] | undefined;
}

/**
 * Frequent events that a timeline omits by default. Later events of the same transaction, such as `committed`, imply
 * them.
 */
const HIDDEN_BY_DEFAULT: ReadonlySet<ProtocolRecord["event"]> = new Set(["logged", "synced"]);

/** Returns the records that a filter selects, in order. If `only` is absent, omits the events in HIDDEN_BY_DEFAULT. */
export function timeline(records: readonly ProtocolRecord[], filter: TimelineFilter): readonly ProtocolRecord[] {
  const { fromUs = 0, untilUs = Number.POSITIVE_INFINITY, servers, only } = filter;
  return records.filter(({ atUs, event, server }) => {
    if (atUs < fromUs || atUs > untilUs) return false;
    if (servers !== undefined && event !== "script" && !servers.includes(server)) return false;
    return only === undefined ? !HIDDEN_BY_DEFAULT.has(event) : only.includes(event);
  });
}

/** The number of columns that precede the text of a record. They contain the time and the server. */
const TEXT_COLUMN = 19;

/** The layout of a line in a timeline. */
export interface LineLayout {
  /** The colors of the line. */
  readonly paint: ChalkInstance;
  /** The maximum width of a line, in columns. Default: 80. */
  readonly width?: number;
}

/**
 * Returns the line of a record with its time, its server and its description in words. A step of the script has a dash
 * in place of the server. If the description does not fit into the width, it continues on further lines. `logged`
 * contains the messages that ZooKeeper logs for this record; each has a line of its own.
 */
export function timelineLine(record: ProtocolRecord, layout: LineLayout, logged: readonly string[] = []): string {
  const { paint, width = PAGE_WIDTH } = layout;
  const { atUs, event, server } = record;
  const who = event === "script" ? paint.bold("   -") : serverColor(server, paint)(String(server).padStart(4));
  const indent = " ".repeat(TEXT_COLUMN);
  const [first = "", ...rest] = hanging(describeRecord(record), indent, `${indent}  `, width);
  const lines = [`${formatMoment(atUs).padStart(12)} ${who}  ${first.trimStart()}`, ...rest];
  for (const text of logged) lines.push(`${indent}  ZooKeeper logs ${quotedMessage(text, width - indent.length - 17)}`);
  return lines.join("\n");
}

function serverColor(server: number, paint: ChalkInstance): ChalkInstance {
  const colors = [paint.cyan, paint.yellow, paint.green, paint.magenta, paint.blue, paint.red];
  return colors[server % colors.length] as ChalkInstance;
}
