import { describe, expect, test } from "vitest";
import { eventAtPoint } from "../../../view/diagram/pick.ts";
import { arrowOf, eventX, laneY, visibleMessages } from "../../../view/diagram/places.ts";
import { Recording } from "../../../view/session/recording.ts";
import { shipped } from "../scenarios.ts";
import { pictureOf } from "./pictures.ts";

const recording = new Recording(shipped("zookeeper-4643-current-epoch-before-diff-is-logged"), { seed: 1n }).finish();
const picture = pictureOf(recording);
const arrived = visibleMessages(picture).filter(({ fate }) => fate === "delivered");

describe("a click on the diagram", () => {
  test("on the tip of an arrow selects the arrival of the message", () => {
    expect(arrived.length).toBeGreaterThan(50);
    for (const sent of arrived) expect(eventAtPoint(picture, arrowOf(picture, sent)[1])).toBe(sent.endEvent);
  });

  test("on an arrow selects the arrival of a message whose arrow is there", () => {
    for (const sent of arrived) {
      const [start, end] = arrowOf(picture, sent);
      // At the height of a third server, the line of that server is there, too.
      const point = { x: start.x + 0.37 * (end.x - start.x), y: start.y + 0.37 * (end.y - start.y) };
      const ends = arrived.map(({ endEvent }) => endEvent);
      expect(ends).toContain(eventAtPoint(picture, point));
    }
    const [first] = arrived;
    const alone = pictureOf(recording, { filter: { ...picture.filter, groups: new Set(["synchronization"]) } });
    const diff = visibleMessages(alone).find(({ type }) => type === "DIFF") ?? first;
    const [start, end] = arrowOf(alone, diff as never);
    const point = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
    expect(eventAtPoint(alone, point)).toBe(diff?.endEvent);
  });

  test("on the start of an arrow selects the event that sends the message", () => {
    for (const sent of arrived) expect(eventAtPoint(picture, arrowOf(picture, sent)[0])).toBe(sent.sentEvent);
  });

  test("on the cross of a crash selects the crash", () => {
    const crashes = [...picture.events].flatMap((event) =>
      recording
        .traceOf(event)
        .filter(({ kind }) => kind === "crash")
        .map(({ node }) => ({ event, node })),
    );
    expect(crashes.length).toBeGreaterThan(0);
    for (const { event, node } of crashes) {
      const point = { x: eventX(picture, event) + 3, y: laneY(picture, node) - 3 };
      expect(eventAtPoint(picture, point)).toBe(event);
    }
  });

  test("far from everything selects a shown event close by", () => {
    const event = eventAtPoint(picture, { x: eventX(picture, picture.events[30] as number), y: 396 });
    const position = picture.events.indexOf(event);
    expect(Math.abs(position - 30)).toBeLessThanOrEqual(1);
  });
});
