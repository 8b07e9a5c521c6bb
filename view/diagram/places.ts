/** Where the diagram paints events, servers and messages. The painter and the choice by a click share it. */
import type { TimelineMessage, TimelineSign } from "../session/timeline.ts";
import { showsMessage } from "./filter.ts";
import type { Picture } from "./picture.ts";

export const TOP = 26;
export const LABEL_WIDTH = 34;
/** Below this distance between events, arrows of all messages would cover the picture. */
const ARROWS_FROM_PIXELS = 0.8;
/** The number of messages that a picture shows at most. More would not be visible. */
const MESSAGES_MAX = 4000;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Returns the horizontal place of an event. */
export function eventX({ left, pixelsPerUnit, scale }: Picture, event: number): number {
  return LABEL_WIDTH + (scale.unitOf(event) - left) * pixelsPerUnit;
}

/** Returns the vertical place of a server's line. */
export function laneY({ filter, height }: Pick<Picture, "filter" | "height">, sid: number): number {
  const index = [...filter.servers].indexOf(sid);
  const gap = (height - TOP - 14) / Math.max(1, filter.servers.size);
  return TOP + gap * (index + 0.5);
}

/** Returns the first and the last event that the picture shows, or events close to them. */
export function visibleEvents({ left, pixelsPerUnit, scale, width }: Picture): readonly [first: number, last: number] {
  return [scale.eventAt(left - LABEL_WIDTH / pixelsPerUnit), scale.eventAt(left + width / pixelsPerUnit + 1)];
}

/** Returns the messages whose arrows the picture shows. */
export function visibleMessages(picture: Picture): readonly TimelineMessage[] {
  const { events, filter, lit, pixelsPerUnit, recording, scale } = picture;
  const isDense = pixelsPerUnit * (scale.length / Math.max(1, events.length)) < ARROWS_FROM_PIXELS;
  if (isDense && lit === undefined) return [];
  const [first, last] = visibleEvents(picture);
  const before = recording.inFlightAt(first);
  const sent = recording.messagesSentBetween(first, last);
  const all = before.length + sent.length > MESSAGES_MAX ? sent.slice(0, MESSAGES_MAX) : [...before, ...sent];
  return all.filter((one) => showsMessage(filter, one));
}

/** Returns the ends of the arrow of a message. A message that never arrives ends on its way. */
export function arrowOf(picture: Picture, sent: TimelineMessage): readonly [start: Point, end: Point] {
  const { endEvent, fate, from, sentEvent, to } = sent;
  const start = { x: eventX(picture, sentEvent), y: laneY(picture, from) };
  const [shareX, shareY] = fate === "delivered" ? [1, 1] : [0.8, 0.6];
  const endX = eventX(picture, endEvent ?? picture.recording.length);
  return [start, { x: start.x + (endX - start.x) * shareX, y: start.y + (laneY(picture, to) - start.y) * shareY }];
}

/** The distance of a cross from its event, if its process has done something in the same event before it ended. */
const END_OFFSET = 9;

/** Returns how far right of its event the end of a process is painted, so that a square before it stays visible. */
export function endOffset(trace: readonly TimelineSign[], index: number): number {
  const isAfter = trace.slice(0, index).some(({ kind, node }) => kind === "disk" && node === trace[index]?.node);
  return isAfter ? END_OFFSET : 0;
}
