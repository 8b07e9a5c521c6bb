/** Tests coverage as text and as JSON. */
import { describe, expect, it } from "vitest";
import { coverageJson, coverageReport } from "../../reports/coverage.ts";
import { tooWide } from "./records.ts";

const reached = new Set([
  "rule in-sync",
  "failure read-timeout",
  "fault crash",
  "message FOLLOWING SYNCHRONIZATION UPTODATE: next phase",
  "message FOLLOWING SYNCHRONIZATION UPTODATE: as before",
  "message LEADING BROADCAST ACK: as before",
]);
const faults = new Map([
  ["crash", [3, 2]],
  ["heal", [4, 0]],
] as const);
const all = ["rule in-sync", "rule forced-snap", "fault crash", "fault heal", "config pending on a quorum"];

describe("coverageReport", () => {
  const text = coverageReport(reached, faults, all);

  it("groups messages by state and phase, and lists their outcomes", () => {
    expect(text).toMatch(/^ {2}FOLLOWING SYNCHRONIZATION\n {4}UPTODATE +as before, next phase$/m);
    expect(text).toMatch(/^ {2}LEADING BROADCAST\n {4}ACK +as before$/m);
  });

  it("counts rules, failures and faults with an effect", () => {
    expect(text).toContain("rules of the sync decision: 1\n  in-sync\n");
    expect(text).toContain("failures: 1\n  read-timeout\n");
    expect(text).toContain("faults that had an effect: 1\n  crash\n");
  });

  it("lists states of configurations and refusals only if there are any", () => {
    expect(text).not.toContain("states of a configuration");
    const more = coverageReport(new Set(["config pending on a quorum", "refusal BadVersion"]), new Map(), all);
    expect(more).toContain("states of a configuration: 1\n  pending on a quorum\n");
    expect(more).toContain("reasons for a refused reconfiguration: 1\n  BadVersion\n");
  });

  it("lists what was never reached, and faults without effect", () => {
    expect(text).toContain("never reached: 3\n  rule forced-snap, fault heal, config pending on a quorum\n");
    expect(text).toContain("faults that were injected but never had an effect: heal");
    expect(tooWide(text)).toEqual([]);
  });

  it("says so if everything was reached", () => {
    const everything = coverageReport(reached, new Map(), ["rule in-sync", "fault crash"]);
    expect(everything).toMatch(/every rule and every fault was reached$/);
  });
});

describe("coverageJson", () => {
  it("has the same content as data", () => {
    expect(coverageJson(reached, faults, all)).toEqual({
      reached: [...reached].sort(),
      never: ["rule forced-snap", "fault heal", "config pending on a quorum"],
      faults: { crash: { struck: 3, effect: 2 }, heal: { struck: 4, effect: 0 } },
    });
  });
});
