/** Pictures for the tests of the diagram. */
import { shownEvents } from "../../../view/diagram/filter.ts";
import { MESSAGE_GROUPS } from "../../../view/diagram/groups.ts";
import type { Picture } from "../../../view/diagram/picture.ts";
import { makeScale } from "../../../view/diagram/scale.ts";
import { segmentsOf } from "../../../view/diagram/segments.ts";
import type { Recording } from "../../../view/session/recording.ts";

/** Returns a picture of a whole run. */
export function pictureOf(recording: Recording, changes: Partial<Picture> = {}): Picture {
  const filter = {
    servers: new Set<number>(recording.servers),
    groups: new Set(MESSAGE_GROUPS),
    showsQuietEvents: false,
  };
  const events = shownEvents(recording, filter);
  const color = "#000000";
  const groups = { election: color, discovery: color, synchronization: color, broadcast: color, ping: color };
  const pixelsPerUnit = changes.pixelsPerUnit ?? 40;
  return {
    ...{ recording, filter, events, scale: makeScale(recording, events, "order") },
    segments: new Map(recording.servers.map((sid) => [sid, segmentsOf(recording, sid)])),
    bands: [],
    palette: {
      ...{ text: color, faint: color, grid: color, cursor: color, violation: color },
      ...{ states: [color, color, color, color], groups },
    },
    ...{ width: events.length * pixelsPerUnit, height: 400, left: -0.5, pixelsPerUnit },
    ...{ at: undefined, isEcho: false, lit: undefined, differsAt: undefined },
    ...changes,
  };
}
