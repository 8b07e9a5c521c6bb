/**
 * Why a run failed: both facts, each back to something that needs no further explanation, in a few lines.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { bugPaths, readScenario, scenarioPaths } from "../../cli/scenario-files.ts";
import { whyStuck } from "../../reports/stuck.ts";
import { explain, type Fact, whyText } from "../../reports/why.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario, type ScenarioRun } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { Trace } from "../../sim/index.ts";

function traced(scenario: Scenario, seed = 1, noise = false): ScenarioRun {
  return runScenario(scenario, { seed, noise, trace: new Trace() });
}

function scenarioNamed(name: string): Scenario {
  return readScenario(scenarioPaths([name])[0] as string, []).scenario;
}

const bugs = bugPaths()
  .map((path) => ({ name: basename(path, ".yaml"), scenario: readScenario(path, []).scenario }))
  .filter(({ scenario }) => scenario.expect.violates.length > 0);

function tooWide(text: string): string[] {
  return text.split("\n").filter((line) => line.length > 80);
}

function endsWell({ hops }: Fact): boolean {
  return hops[hops.length - 1]?.end === true;
}

describe.each(bugs)("$name", ({ scenario }) => {
  const run = traced(scenario);

  it("has both facts, each back to a write, a fault, a sync decision or an election", () => {
    for (const violation of run.violations) {
      const why = explain(run, violation);
      expect(why?.facts.map(endsWell)).toEqual([true, true]);
    }
  });

  it("is told in at most 25 lines of 80 columns", () => {
    const text = whyText(run);
    expect(tooWide(text)).toEqual([]);
    expect(text.split("\n").length).toBeLessThanOrEqual(25);
  });

  it("is the same run as without a trace", () => {
    const plain = runScenario(scenario, { seed: 1 });
    expect(plain.digest).toBe(run.digest);
    expect(plain.records.some((record) => "sequence" in record)).toBe(false);
    expect(run.records.every(({ sequence }) => sequence !== undefined)).toBe(true);
  });
});

describe("whyText", () => {
  it("tells an acknowledged proposal that was truncated, committed and lost", () => {
    const text = whyText(traced(scenarioNamed("open-acked-proposal-truncated-committed-lost")));
    const golden = new URL("acked-proposal-truncated.golden.txt", import.meta.url);
    expect(`${text}\n`).toBe(readFileSync(golden, "utf8"));
  });

  it("names the step whose crash lost what was not synced", () => {
    const text = whyText(traced(scenarioNamed("open-tail-read-back-after-kill-never-synced")));
    expect(text).toContain("server 3 loses 2:1 (w1), not synced, in a crash");
    expect(text).toMatch(/<- step 8: crash .*server=3/);
  });

  it("goes from a COMMIT over the ACKs of its quorum to the client's write", () => {
    const text = whyText(traced(scenarioNamed("open-hole-in-log-after-snap-committed-truncated")));
    expect(text).toMatch(
      /commits 3:2 on the ACKs of 1 .*the log of 1 is synced with 3:2.*PROPOSAL 3:2 to 1, sent by 2/s,
    );
    expect(text).toContain("a client writes w3 at server 2 (step 4)");
  });

  it("tells that a message is the script's and not the protocol's", () => {
    const run = traced(scenarioNamed("three-servers-wrong-first-packet-refused"));
    expect(whyText(run)).toMatch(/sent by 1 as FOLLOWERINFO 1:0 and altered by the .*script/s);
  });

  it("is empty when nothing was violated", () => {
    expect(whyText(traced(scenarioNamed("follower-ahead-trunc")))).toBe("");
  });

  it("explains whatever noise finds", () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    const found = ["open-snapshot-survives-trunc", "open-hole-in-log-after-snap-passed-on"].flatMap((name) =>
      seeds.map((seed) => traced(scenarioNamed(name), seed, true)),
    );
    const texts = found.flatMap((run) => run.violations.map((violation) => whyText(run, violation)));
    expect(texts.length).toBeGreaterThan(10);
    for (const text of texts) {
      expect(tooWide(text)).toEqual([]);
      expect(text).not.toMatch(/undefined|NaN|none|0:0/);
    }
  });
});

describe("a crash", () => {
  const steps = (crash: string): Scenario => {
    const text = `servers: 3\nsteps:
  - { when: { event: active, server: 2 }, after: 1s, disk: { server: 1, sync: 60s } }
  - { write: 3 }
  - { after: 100ms, crash: ${crash} }
`;
    return loadScenario(text, "crash.yaml");
  };
  const lost = (crash: string): readonly (readonly number[])[] =>
    traced(steps(crash)).records.flatMap((record) => (record.event === "crashed" ? [record.lost] : []));
  const zxid = (counter: number): number => 0x1_0000_0000 + counter;

  it("says which txns of the log it took", () => {
    expect(lost("1")).toEqual([[zxid(1)]]);
    expect(lost("{ server: 1, unsynced: kept }")).toEqual([[]]);
    expect(lost("2")).toEqual([[]]);
  });
});

describe("whyStuck", () => {
  it("tells of each server what it is, since when, and what it waits for", () => {
    const text = "servers: 3\nuntil: 5s\nsteps:\n  - { at: 1s, crash: 1 }\n  - { at: 1s, crash: 2 }\n";
    const lines = whyStuck(traced(loadScenario(text, "quorum-lost.yaml"))).split("\n");
    expect(tooWide(lines.join("\n"))).toEqual([]);
    expect(lines[0]).toBe("at 5.000000 s nobody leads, 0 of 3 servers serve");
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}server 1: down since 1\.000000 s: crashes/));
    expect(lines.join(" ").replace(/\s+/g, " ")).toMatch(
      /server 3: LOOKING ELECTION since [\d.]+ s, waits for votes of a quorum for one leader; last: /,
    );
  });
});
