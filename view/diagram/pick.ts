/** Which event a click on the diagram selects. */
import type { ServerId } from "../../protocol/index.ts";
import { lastAtMost } from "../session/recording.ts";
import type { Picture } from "./picture.ts";
import { arrowOf, eventX, LABEL_WIDTH, laneY, type Point, visibleEvents, visibleMessages } from "./places.ts";

/** How close a click must be to a sign, and to a line, in pixels. */
const NEAR_SIGN = 9;
const NEAR_LINE = 6;

interface Candidate {
  readonly event: number;
  readonly distance: number;
}

/**
 * Returns the event of the sign or the arrow at a place. An arrow stands for the arrival of its message, or for its
 * loss. If nothing is painted there, returns the nearest shown event, preferably one of the server at this height.
 */
export function eventAtPoint(picture: Picture, point: Point): number {
  const found = nearest(signs(picture, point), NEAR_SIGN) ?? nearest(arrows(picture, point), NEAR_LINE);
  return found ?? eventOfLane(picture, point);
}

function nearest(candidates: Iterable<Candidate>, limit: number): number | undefined {
  let best: Candidate | undefined;
  for (const one of candidates) {
    if (one.distance <= limit && (best === undefined || one.distance < best.distance)) best = one;
  }
  return best?.event;
}

/** Yields the tips and the starts of arrows, and the signs on the lines of the servers. */
function* signs(picture: Picture, point: Point): Generator<Candidate> {
  const { events, filter, recording } = picture;
  // Where a tip and a start of another arrow are on the same place, both belong to the same event.
  for (const sent of visibleMessages(picture)) {
    const [start, end] = arrowOf(picture, sent);
    if (sent.endEvent !== undefined) yield { event: sent.endEvent, distance: distanceOf(end, point) };
    yield { event: sent.sentEvent, distance: distanceOf(start, point) };
  }
  const [first, last] = visibleEvents(picture);
  const numbers = events as unknown as readonly number[];
  for (let i = Math.max(0, lastAtMost(numbers, first)); i < events.length && numbers[i] !== undefined; i++) {
    const event = numbers[i] as number;
    if (event > last) return;
    const x = eventX(picture, event);
    if (Math.abs(x - point.x) > NEAR_SIGN) continue;
    const nodes = recording.traceOf(event).map(({ node }) => node);
    const servers = recording.recordsOf(event).map(({ server }) => server);
    const violated = recording.violationsOf(event).map(({ server }) => server);
    for (const sid of new Set<number>([...nodes, ...servers, ...violated])) {
      if (filter.servers.has(sid)) yield { event, distance: distanceOf({ x, y: laneY(picture, sid) }, point) };
    }
  }
}

function* arrows(picture: Picture, point: Point): Generator<Candidate> {
  for (const sent of visibleMessages(picture)) {
    const [start, end] = arrowOf(picture, sent);
    yield { event: sent.endEvent ?? sent.sentEvent, distance: distanceToLine(start, end, point) };
  }
}

function distanceOf(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function distanceToLine(start: Point, end: Point, point: Point): number {
  const [dx, dy] = [end.x - start.x, end.y - start.y];
  const along = ((point.x - start.x) * dx + (point.y - start.y) * dy) / Math.max(1, dx * dx + dy * dy);
  const share = Math.max(0, Math.min(1, along));
  return distanceOf({ x: start.x + share * dx, y: start.y + share * dy }, point);
}

/** Returns the shown event that is nearest to a place: of the events close by, one of the server at this height. */
function eventOfLane(picture: Picture, { x, y }: Point): number {
  const { events, recording, scale } = picture;
  const near = scale.eventAt(picture.left + (x - LABEL_WIDTH) / picture.pixelsPerUnit);
  const sid = serverAtY(picture, y);
  const position = events.indexOf(near);
  for (const offset of [0, 1, -1, 2, -2]) {
    const event = events[position + offset];
    const distance =
      event === undefined ? 99 : Math.abs(scale.unitOf(event) - scale.unitOf(near)) * picture.pixelsPerUnit;
    if (event !== undefined && distance < 24 && recording.event(event).server === sid) return event;
  }
  return near;
}

/** Returns the visible server whose line is nearest to a vertical place. */
function serverAtY(picture: Picture, y: number): ServerId | undefined {
  let best: ServerId | undefined;
  for (const sid of picture.filter.servers) {
    const isNearer = best === undefined || Math.abs(laneY(picture, sid) - y) < Math.abs(laneY(picture, best) - y);
    if (isNearer) best = sid as ServerId;
  }
  return best;
}
