/** The line of a server, cut into parts with the same process, state and phase; and the bands of links that are cut. */
import type { ServerId } from "../../protocol/index.ts";
import type { Recording } from "../session/recording.ts";
import type { LineState, Timeline } from "../session/timeline.ts";

/** A part of the line of a server. */
export interface Segment extends Omit<LineState, "event"> {
  readonly from: number;
  readonly to: number;
}

/** Returns the parts of the line of a server, in order. */
export function segmentsOf(recording: Timeline, sid: ServerId): readonly Segment[] {
  const segments: Segment[] = [];
  for (const { event, phase, process, state } of recording.lineStatesOf(sid)) {
    const last = segments.at(-1);
    if (last !== undefined && last.process === process && last.state === state && last.phase === phase) continue;
    if (last !== undefined) segments[segments.length - 1] = { ...last, to: event };
    segments.push({ from: event, to: recording.length, process, state, phase });
  }
  return segments;
}

/** A link that is cut or clogged from one event to another. */
export interface Band {
  readonly kind: "cut" | "clog";
  readonly a: number;
  readonly b: number;
  readonly from: number;
  readonly to: number;
}

/** Returns the cuts and clogs of a run, in the order in which they begin. */
export function bandsOf(recording: Recording): readonly Band[] {
  const open = new Map<string, Band>();
  const bands: Band[] = [];
  for (const { kind, node, peer, sequence } of recording.allTrace) {
    if (kind !== "cut" && kind !== "clog" && kind !== "heal" && kind !== "unclog") continue;
    const event = recording.eventOfSequence(sequence);
    const key = `${kind === "cut" || kind === "heal" ? "cut" : "clog"} ${node} ${peer}`;
    if (kind === "cut" || kind === "clog") {
      open.set(key, { kind, a: node, b: peer, from: event, to: recording.length });
    } else {
      const band = open.get(key);
      open.delete(key);
      if (band !== undefined) bands.push({ ...band, to: event });
    }
  }
  return [...bands, ...open.values()].sort((x, y) => x.from - y.from);
}
