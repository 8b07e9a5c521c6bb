/**
 * A run as a timeline: one line per record with its time, its server and what happened. Filters select the records to
 * print; they do not change the run.
 */
import type { ChalkInstance } from "chalk";
import type { ProtocolRecord } from "../cluster/records.ts";
import { describeRecord } from "./describe.ts";
import { formatMoment, hanging, PAGE_WIDTH } from "./format.ts";
import { quotedMessage } from "./zookeeper-log.ts";

/** Which records to select. An absent field selects all. */
export interface TimelineFilter {
  /** The first virtual time, in microseconds. */
  readonly fromUs?: number | undefined;
  /** The last virtual time, in microseconds. */
  readonly untilUs?: number | undefined;
  /** The servers whose records to print. Default: all. Steps of the script are always printed. */
  readonly servers?: readonly number[] | undefined;
  /** The events to print. Default: all but `logged` and `synced`. */
  readonly only?: readonly string[] | undefined;
}

/** Frequent events. Later events, such as `committed` and `delivered`, imply them. */
const HIDDEN_BY_DEFAULT: ReadonlySet<ProtocolRecord["event"]> = new Set(["logged", "synced"]);

/** Returns the records that a filter selects, in order. Without `only`, frequent events are left out. */
export function timeline(records: readonly ProtocolRecord[], filter: TimelineFilter): readonly ProtocolRecord[] {
  const { fromUs = 0, untilUs = Number.POSITIVE_INFINITY, servers, only } = filter;
  return records.filter(({ atUs, event, server }) => {
    if (atUs < fromUs || atUs > untilUs) return false;
    if (servers !== undefined && event !== "script" && !servers.includes(server)) return false;
    return only === undefined ? !HIDDEN_BY_DEFAULT.has(event) : only.includes(event);
  });
}

/** The columns before the text of a record: the time and the server. */
const TEXT_COLUMN = 19;

/** How a line of a timeline is laid out. */
export interface LineLayout {
  /** Colors the line. */
  readonly paint: ChalkInstance;
  /** Columns of the page. Default: 80. */
  readonly width?: number;
}

/**
 * Returns a record as a line: the time, the server, and the record in words. For a step of the script, the line has a
 * dash instead of a server. A text that is wider than the page continues on further lines. `logged` are the messages
 * that ZooKeeper logs for this record.
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
