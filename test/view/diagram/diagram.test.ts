import { describe, expect, test } from "vitest";
import { asServerId } from "../../../protocol/index.ts";
import { shownEvents, showsMessage } from "../../../view/diagram/filter.ts";
import { groupOf, MESSAGE_GROUPS } from "../../../view/diagram/groups.ts";
import { endOffset } from "../../../view/diagram/places.ts";
import { makeScale } from "../../../view/diagram/scale.ts";
import { bandsOf, segmentsOf } from "../../../view/diagram/segments.ts";
import { Recording } from "../../../view/session/recording.ts";
import { shipped } from "../scenarios.ts";

const recording = new Recording(shipped("zookeeper-4643-current-epoch-before-diff-is-logged"), { seed: 1n }).finish();
const everything = {
  servers: new Set<number>(recording.servers),
  groups: new Set(MESSAGE_GROUPS),
  showsQuietEvents: false,
};

describe("the filter", () => {
  test("shows the start, the end, and the events of shown messages", () => {
    const events = shownEvents(recording, everything);
    const { endEvent, sentEvent } = recording.messages.find(({ type }) => type === "PING") as never;
    expect(events).toContain(0);
    expect(events).toContain(recording.length);
    expect(events).toContain(sentEvent);
    expect(events).toContain(endEvent);
  });

  test("hides messages of a group, and of a server", () => {
    const shows = (filter: Partial<typeof everything>) => shownEvents(recording, { ...everything, ...filter }).length;
    const all = shows({});
    expect(shows({ groups: new Set(["discovery"]) })).toBeLessThan(all);
    expect(shows({ servers: new Set([1]) })).toBeLessThan(all);
    expect(shows({ showsQuietEvents: true })).toBe(recording.length + 1);
  });

  test("shows only messages of one type, also of a hidden group", () => {
    const filter = { ...everything, groups: new Set<never>(), type: "NEWLEADER" };
    const shown = recording.messages.filter((sent) => showsMessage(filter, sent));
    expect(new Set(shown.map(({ type }) => type))).toEqual(new Set(["NEWLEADER"]));
    const events = shownEvents(recording, filter);
    for (const { sentEvent } of shown) expect(events).toContain(sentEvent);
    expect(events.length).toBeLessThan(shownEvents(recording, everything).length);
    const toFirst = { ...filter, servers: new Set([1]) };
    expect(recording.messages.some((sent) => showsMessage(toFirst, sent))).toBe(false);
  });

  test("groups message types by the phase in which servers send them", () => {
    expect(["HELLO", "ACKEPOCH", "TRUNC", "ACK", "PING"].map(groupOf)).toEqual([...MESSAGE_GROUPS]);
  });
});

describe("the scale", () => {
  const events = shownEvents(recording, everything);

  test.each(["order", "time"] as const)("in %s, ascends and finds each event again", (kind) => {
    const scale = makeScale(recording, events, kind);
    for (let i = 1; i < events.length; i++) {
      const [before, event] = [events[i - 1] as number, events[i] as number];
      expect(scale.unitOf(event)).toBeGreaterThanOrEqual(scale.unitOf(before));
      if (kind === "order") expect(scale.eventAt(scale.unitOf(event))).toBe(event);
    }
    expect(scale.eventAt(-10)).toBe(0);
    expect(scale.unitOf(recording.length)).toBeLessThanOrEqual(scale.length);
  });

  test("an event that is not shown is between its neighbors", () => {
    const scale = makeScale(recording, Int32Array.from([0, 10, 20]), "order");
    expect(scale.unitOf(15)).toBe(1.5);
    expect(scale.eventAt(1.2)).toBe(10);
  });
});

describe("the line of a server", () => {
  test("consists of parts that follow each other and cover the run", () => {
    const segments = segmentsOf(recording, asServerId(1));
    expect(segments[0]?.from).toBe(0);
    expect(segments.at(-1)?.to).toBe(recording.length);
    for (let i = 1; i < segments.length; i++) expect(segments[i]?.from).toBe(segments[i - 1]?.to);
    expect(segments.map(({ process }) => process)).toContain("down");
  });

  test("has a band for each direction that is cut, until it is healed", () => {
    const cut = new Recording(shipped("five-servers-minority-leader-uncommitted-txn-truncated"), { seed: 1n }).finish();
    const bands = bandsOf(cut);
    expect(bands.length).toBeGreaterThan(0);
    for (const { a, b, from, kind, to } of bands) {
      expect(kind).toBe("cut");
      expect(to).toBeGreaterThan(from);
      expect(bands.some((other) => other.a === b && other.b === a && other.from === from)).toBe(true);
    }
  });
});

test("the end of a process is painted right of the write before it in the same event", () => {
  const crash = recording.allTrace.findIndex(({ kind, node }) => kind === "crash" && node === 1);
  const { sequence } = recording.allTrace[crash] as (typeof recording.allTrace)[number];
  const trace = recording.traceOf(recording.eventOfSequence(sequence));
  expect(trace.map(({ kind, node }) => `${kind} ${node}`).slice(0, 2)).toEqual(["disk 1", "crash 1"]);
  expect([endOffset(trace, 0), endOffset(trace, 1) > 5]).toEqual([0, true]);
});
