import { expect, test } from "vitest";
import { findAll, nextHit } from "../../../view/session/find-event.ts";
import { Recording } from "../../../view/session/recording.ts";
import { shipped } from "../scenarios.ts";

test("all hits of a query are found, in order", () => {
  const recording = new Recording(shipped("follower-ahead-trunc"), { seed: 1n }).finish();
  const hits = findAll(recording, { what: "decision" });
  expect(hits.length).toBeGreaterThan(0);
  for (const hit of hits) expect(recording.recordsOf(hit).map(({ event }) => event)).toContain("sync-decided");
});

test("a search continues at the other end of the run", () => {
  expect(nextHit([3, 7, 9], 3, 1)).toBe(1);
  expect(nextHit([3, 7, 9], 9, 1)).toBe(0);
  expect(nextHit([3, 7, 9], 7, -1)).toBe(0);
  expect(nextHit([3, 7, 9], 3, -1)).toBe(2);
});

test("a text of an explanation is found at its event, or at the event of the violation", () => {
  const recording = new Recording(shipped("open-snapshot-survives-trunc"), { seed: 1n }).finish();
  const events = new Set(recording.violations.map((_, index) => recording.eventOfViolation(index)));
  expect(findAll(recording, { text: "the disk of server 3 held 1:6 before the run" })).toEqual([...events]);
  const [event] = findAll(recording, { text: "1:6 survives the TRUNC" });
  expect(recording.recordsOf(event as number).map((record) => record.event)).toContain("truncated");
});
