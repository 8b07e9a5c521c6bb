/** The line of a server, cut into parts with the same process, state and phase; and the bands of links that are cut. */
import type { ServerView } from "../../cluster/server-view.ts";
import type { Phase, ServerId, ServerState } from "../../protocol/index.ts";
import type { Recording } from "../session/recording.ts";

/** A part of the line of a server. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly process: ServerView["process"];
  readonly state: ServerState | undefined;
  readonly phase: Phase | undefined;
}

/** Returns the parts of the line of a server, in order. */
export function segmentsOf(recording: Recording, sid: ServerId): readonly Segment[] {
  const segments: Segment[] = [];
  for (const { event, view } of recording.statesOf(sid)) {
    const { peer, process } = view;
    const last = segments.at(-1);
    if (last !== undefined && last.process === process && last.state === peer?.state && last.phase === peer?.phase) {
      continue;
    }
    if (last !== undefined) segments[segments.length - 1] = { ...last, to: event };
    segments.push({ from: event, to: recording.length, process, state: peer?.state, phase: peer?.phase });
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
