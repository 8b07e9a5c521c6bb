/** Filters and lines of a timeline. */
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { timeline, timelineLine } from "../../reports/timeline.ts";
import { record, sid, zxid } from "./records.ts";

const crashStep = { moment: "start", step: 0, verb: "crash", argument: 2, duration: undefined } as const;
const RECORDS = [
  record({ event: "started" }, { atUs: 0, server: 1 }),
  record({ event: "synced", zxid: zxid("1:1") }, { atUs: 1_000_000, server: 1 }),
  record({ event: "script", ...crashStep }, { atUs: 2_000_000, server: -1 }),
  record({ event: "elected", leader: sid(3), round: 1 }, { atUs: 3_000_000, server: 2 }),
];
const eventsOf = (filter: Parameters<typeof timeline>[1]): string[] =>
  timeline(RECORDS, filter).map(({ event }) => event);

describe("timeline", () => {
  it("hides frequent events by default", () => {
    expect(eventsOf({})).toEqual(["started", "script", "elected"]);
  });

  it("selects by time, including both ends", () => {
    expect(eventsOf({ fromUs: 2_000_000, untilUs: 3_000_000 })).toEqual(["script", "elected"]);
  });

  it("selects by server, and keeps the script", () => {
    expect(eventsOf({ servers: [2] })).toEqual(["script", "elected"]);
  });

  it("selects by event, including events that are hidden by default", () => {
    expect(eventsOf({ only: ["synced", "elected"] })).toEqual(["synced", "elected"]);
  });
});

describe("timelineLine", () => {
  const lines = RECORDS.map((one) => timelineLine(one, { paint: new Chalk({ level: 0 }) }));

  it("has the time, the server and the event", () => {
    expect(lines[3]).toBe("    3.000000    2  ends the election in round 1: server 3 leads");
  });

  it("has a dash instead of a server for the script", () => {
    expect(lines[2]).toBe("    2.000000    -  step 1: crash 2");
  });
});
