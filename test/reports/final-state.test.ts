/** Tests the description of the servers at the end of a run. */
import { describe, expect, it } from "vitest";
import { finalStateLines } from "../../reports/final-state.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { runOf, tooWide } from "./records.ts";

const textOf = (run: ScenarioRun): string => finalStateLines(run).join("\n").replace(/\s+/g, " ");

describe("finalStateLines", () => {
  it("is one line if every server serves as expected", () => {
    const lines = finalStateLines(runOf("servers: 3\nexpect: { leader: 3, active: [1, 2, 3] }\n"));
    expect(lines).toEqual([
      expect.stringMatching(/^ {2}at the end \([\d.]+ s\) server 3 leads epoch 1 at 1:0; servers /),
    ]);
  });

  it("has a line for each server that does not serve", () => {
    const lines = finalStateLines(runOf("servers: 3\nsteps:\n  - { at: 1s, crash: 1 }\nuntil: 3s\n"));
    expect(lines.slice(1)).toEqual(["    server 1: down since 1.000000 s: it crashes (step 1)"]);
    expect(tooWide(lines.join("\n"))).toEqual([]);
  });

  it("says how the leader won if the scenario expects another one or none, and what the expected one does", () => {
    const servers = "servers: { 1: { history: '1:1..1:3' }, 2: {}, 3: {} }\n";
    const other = textOf(runOf(`${servers}expect: { leader: 3 }\n`));
    expect(other).toMatch(
      /server 1 is elected leader in round 1: its currentEpoch 1 is above currentEpoch 0 of server/,
    );
    expect(other).toMatch(/server 3: serves with leader 1 since /);
    expect(textOf(runOf(`${servers}expect: { leader: none }\n`))).toContain("server 1 is elected leader");
  });

  it("says why an expected server does not serve, and since when an unexpected one does", () => {
    const text = textOf(runOf("servers: { 1: {}, 2: {}, 3: { down: true } }\nexpect: { active: [1, 3] }\n"));
    expect(text).toMatch(/server 2: leads epoch 1 since [\d.]+ s server 3: never started$/);
  });
});
