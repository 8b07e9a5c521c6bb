/** Tests the report of one run. */
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { runReport } from "../../reports/run-report.ts";
import { runOf, tooWide } from "./records.ts";

const plain = new Chalk({ level: 0 });
const REPLAY = "zabsim replay test --seed 1";

describe("runReport", () => {
  it("starts with the verdict, the measures and the text of the scenario", () => {
    const run = runOf("about: Three servers start.\nservers: 3\n");
    const lines = runReport(run, plain, REPLAY).split("\n");
    expect(lines[0]).toBe("test  ok");
    expect(lines[1]).toMatch(/^ {2}seed 1, \d+ events in [\d.]+ s of virtual time, digest [0-9a-f]{16}$/);
    expect(lines[2]).toBe("  Three servers start.");
  });

  it("prints the expectation that was not met, and the replay command, only for a failed run", () => {
    const failed = runReport(runOf("servers: 3\nexpect: { leader: 1 }\n"), plain, REPLAY);
    expect(failed).toContain("test  FAILED");
    expect(failed).toContain("  not as expected: ");
    expect(failed).toContain(`  replay: ${REPLAY}`);
    expect(runReport(runOf("servers: 3\n"), plain, REPLAY)).not.toContain("replay:");
  });

  it("names the server and the time of a violation", () => {
    const run = runOf("servers:\n  1: { history: '1:1..1:3' }\n  2: { history: '1:1' }\n  3: { history: '1:1' }\n");
    const violation = {
      id: "agreement",
      server: run.servers[0]?.sid as never,
      role: "leading",
      atUs: 1_500_000,
      text: "delivers 1:2",
      facts: {},
      count: 1,
    } as const;
    const text = runReport({ ...run, violations: [violation] }, plain, REPLAY);
    expect(text).toContain("  violated agreement at 1.500000 s: server 1 delivers 1:2");
    expect(tooWide(text)).toEqual([]);
  });

  it("names a step without effect", () => {
    const run = runOf("servers: 3\nsteps:\n  - { at: 1s, crash: 3 }\n  - { at: 1s, crash: 3, for: 1s }\n");
    expect(runReport(run, plain, REPLAY)).toContain("  step 2 (crash ");
  });
});
