/** The texts next to arrows. They never cover each other. */
import type { TimelineMessage } from "../session/timeline.ts";
import type { Picture } from "./picture.ts";
import { arrowOf, type Point, visibleMessages } from "./places.ts";

/** Below this distance between events, arrows are too dense to have texts. */
const TEXT_FROM_PIXELS = 26;
/** The height of a text above its place, and the space around it. */
const TEXT_HEIGHT = 12;
const TEXT_SPACE = 4;

/** A text and its place: the middle of its base line. */
export interface MessageText extends Point {
  readonly sent: TimelineMessage;
  readonly text: string;
}

/** Whether a message is sent or arrives in the current event. */
export function isCurrent({ at, isEcho }: Picture, { endEvent, sentEvent }: TimelineMessage): boolean {
  return !isEcho && at !== undefined && (at === sentEvent || at === endEvent);
}

/** Returns the texts to paint, those of the current event first. Skips a text that would cover an earlier one. */
export function messageTexts(picture: Picture, widthOf: (text: string) => number): readonly MessageText[] {
  const messages = visibleMessages(picture);
  const current = messages.filter((sent) => isCurrent(picture, sent));
  const hasAll = picture.pixelsPerUnit >= TEXT_FROM_PIXELS;
  const others = hasAll ? messages.filter((sent) => !isCurrent(picture, sent)) : [];
  const texts: MessageText[] = [];
  const boxes: Box[] = [];
  for (const sent of [...current, ...others]) {
    const [start, end] = arrowOf(picture, sent);
    const text = picture.recording.messageText(sent);
    const place = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 - 3 };
    const box = boxOf(place, widthOf(text));
    if (boxes.some((other) => overlaps(box, other))) continue;
    boxes.push(box);
    texts.push({ sent, text, ...place });
  }
  return texts;
}

/** The rectangle that a text covers. */
interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function boxOf({ x, y }: Point, width: number): Box {
  const half = width / 2 + TEXT_SPACE;
  return { left: x - half, right: x + half, top: y - TEXT_HEIGHT, bottom: y + TEXT_SPACE };
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
