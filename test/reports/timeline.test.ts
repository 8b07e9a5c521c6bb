/** Tests the filters and the lines of a timeline. */
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { timeline, timelineLine } from "../../reports/timeline.ts";
import { record, runOf, sid, zxid } from "./records.ts";

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

describe("an election that does not end", () => {
  it("has a record in every minute, and names the voters that were not heard", () => {
    const { endUs, records } = runOf("servers: { 1: {}, 2: { down: true }, 3: { down: true } }\nuntil: 20m");
    const shown = timeline(records, {});
    const minutes = new Set(shown.map(({ atUs }) => Math.floor(atUs / 60_000_000)));
    expect(minutes.size).toBe(endUs / 60_000_000);
    expect(shown).toContainEqual(
      expect.objectContaining({ event: "election-waited", unheard: [2, 3], waitedMs: 60_000 }),
    );
  });

  it("shows which connections are dropped because one id is smaller", () => {
    const shown = timeline(runOf("servers: 3\nuntil: 2s").records, { only: ["election-link"] });
    expect(shown).toContainEqual(expect.objectContaining({ server: 1, peer: 3, change: "closed-own-id-smaller" }));
    expect(shown).toContainEqual(expect.objectContaining({ server: 3, peer: 1, change: "closed-peer-id-smaller" }));
  });
});

describe("timelineLine", () => {
  const lines = RECORDS.map((one) => timelineLine(one, { paint: new Chalk({ level: 0 }) }));

  it("has the time, the server and the event", () => {
    expect(lines[3]).toBe("    3.000000    2  ends the election in round 1: server 3 leads");
  });

  it("continues a wide text on further lines", () => {
    const wide = record({ event: "failed", reason: "epoch-timeout", learner: undefined, detail: "word ".repeat(20) });
    const broken = timelineLine(wide, { paint: new Chalk({ level: 0 }), width: 80 }).split("\n");
    expect(broken.length).toBe(3);
    expect(Math.max(...broken.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(broken[1]).toMatch(/^ {21}word/);
  });

  it("adds the message that ZooKeeper logs", () => {
    const failed = record({ event: "failed", reason: "epoch-timeout", learner: undefined, detail: "" });
    expect(
      timelineLine(failed, { paint: new Chalk({ level: 0 }) }, ["Timeout while"])
        .split("\n")
        .at(-1),
    ).toBe('                     ZooKeeper logs "Timeout while"');
  });

  it("has a dash instead of a server for the script", () => {
    expect(lines[2]).toBe("    2.000000    -  step 1: crash 2");
  });
});
