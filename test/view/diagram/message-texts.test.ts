import { describe, expect, test } from "vitest";
import { messageTexts } from "../../../view/diagram/message-texts.ts";
import { Recording } from "../../../view/session/recording.ts";
import { shipped } from "../scenarios.ts";
import { pictureOf } from "./pictures.ts";

const recording = new Recording(shipped("zookeeper-4643-current-epoch-before-diff-is-logged"), { seed: 1n }).finish();
const widthOf = (text: string): number => 6 * text.length;

describe("the texts of messages", () => {
  test.each([26, 40, 120])("do not cover each other at %i pixels for each event", (pixelsPerUnit) => {
    const texts = messageTexts(pictureOf(recording, { pixelsPerUnit }), widthOf);
    expect(texts.length).toBeGreaterThan(20);
    for (const [index, a] of texts.entries()) {
      for (const b of texts.slice(index + 1)) {
        const isApart = Math.abs(a.x - b.x) >= (widthOf(a.text) + widthOf(b.text)) / 2 || Math.abs(a.y - b.y) >= 11;
        expect(isApart, `${a.text} and ${b.text}`).toBe(true);
      }
    }
  });

  test("include the message of the current event, even if events are too close for other texts", () => {
    const trunc = recording.messages.find(({ type }) => type === "TRUNC");
    const at = trunc?.endEvent;
    const texts = messageTexts(pictureOf(recording, { at, pixelsPerUnit: 16 }), widthOf);
    expect(texts.map(({ text }) => text)).toContain("TRUNC 1:3");
    expect(messageTexts(pictureOf(recording, { pixelsPerUnit: 16 }), widthOf)).toEqual([]);
  });
});
