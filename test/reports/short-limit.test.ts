/** Tests the sentences about time limits that are too short. */
import { describe, expect, it } from "vitest";
import { finalStateLines } from "../../reports/final-state.ts";
import { shortLimitSentences } from "../../reports/short-limit.ts";
import { whyStuck } from "../../reports/stuck.ts";
import { runOf, tooWide } from "./records.ts";

const TWO = "servers: { 1: { down: true }, 2: {}, 3: {} }\n";
const STUCK = "steps: [{ settle: [2, 3] }]\nexpect: { stuck: 100s }\n";
/** Server 2 gets a SNAP, because the log of server 3 has been purged. */
const SNAP = 'servers: { 2: { empty: true }, 3: { history: 1:1..1:5, snapshots: ["1:5"], logFrom: "1:4" } }\n';

describe("a limit that is too short", () => {
  const run = runOf(`${TWO}disk: { snapshot: 40s }\n${STUCK}`);
  const text =
    "The configuration needs initLimit of at least 21 ticks of 2 s: before server 3 sends LEADERINFO to server 2, " +
    "writing the start-up snapshot takes up to 40 s, but initLimit is 10 ticks (20 s).";

  it("is described with both durations and the value that is long enough", () => {
    expect(shortLimitSentences(run)).toEqual([text]);
  });

  it("is part of the explanation of stuck servers and of the final state", () => {
    for (const lines of [whyStuck(run), finalStateLines(run).join("\n")]) {
      expect(lines.replace(/\s+/g, " ")).toContain(text);
      expect(tooWide(lines)).toEqual([]);
    }
  });

  it("is described once, with the longest work, if several servers wait", () => {
    const sentences = shortLimitSentences(runOf(`servers: 3\ndisk: { write: 40s }\nuntil: 200s\n`));
    expect(sentences).toEqual([
      "The configuration needs initLimit of at least 41 ticks of 2 s: before server 3 sends LEADERINFO to server 1, " +
        "writing the start-up snapshot takes up to 40 s and writing acceptedEpoch takes up to 40 s, but initLimit is " +
        "10 ticks (20 s).",
    ]);
  });

  it("can be the limit for serializing a SNAP", () => {
    const slow = runOf(`${SNAP}threads: { serializeSnapshot: 25s..30s }\n${STUCK}`);
    expect(shortLimitSentences(slow)[0]).toMatch(
      /at least 16 ticks of 2 s: before server \d sends .*, serializing the snapshot takes up to 30 s, but /,
    );
  });

  it("can be one tick", () => {
    const slow = runOf(`${TWO}settings: { initLimit: 1 }\ndisk: { snapshot: 3s }\n${STUCK}`);
    expect(shortLimitSentences(slow)[0]).toMatch(/at least 2 ticks of 2 s: .* but initLimit is 1 tick \(2 s\)\.$/);
  });
});

describe("no sentence", () => {
  it("about servers that serve in the end", () => {
    expect(shortLimitSentences(runOf("servers: 3\ndisk: { snapshot: 25s }\n"))).toEqual([]);
  });

  it("about a stalled disk, because the duration of a stall is not known", () => {
    const stalled = `${TWO}steps: [{ at: 0ms, disk: { server: 3, stall: true } }]\nuntil: 100s\n`;
    expect(shortLimitSentences(runOf(stalled))).toEqual([]);
  });
});
