import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ShrinkSession, shrinkSession } from "../../campaign/shrink-session.ts";
import { loadScenario } from "../../scenarios/load.ts";
import type { Scenario } from "../../scenarios/scenario.ts";

const BUG = "open-trunc-keeps-one-txn-too-many";
const bug = loadScenario(readFileSync(new URL(`../../scenarios/bugs/${BUG}.yaml`, import.meta.url), "utf8"), BUG);
const holds = loadScenario("servers: 3\n", "holds.yaml");

function session(scenario: Scenario, changes: Partial<ShrinkSession> = {}) {
  const saved: string[] = [];
  const outcome = shrinkSession({
    scenario,
    seed: 1n,
    earlier: undefined,
    maxRuns: 20,
    timeMs: undefined,
    isInterrupted: () => false,
    progress: async () => {},
    save: (_scenario, signature) => saved.push(signature),
    ...changes,
  });
  return { outcome, saved };
}

describe("a session of shrinking", () => {
  it("does nothing if the scenario does not fail", async () => {
    const { outcome, saved } = session(holds);
    expect(await outcome).toEqual({ kind: "does-not-fail" });
    expect(saved).toEqual([]);
  });

  it("saves its result", async () => {
    const { outcome, saved } = session(bug);
    expect(await outcome).toMatchObject({ kind: "shrunk" });
    expect(saved.at(-1)).toMatch(/^follower-is-prefix /);
  });

  it("ends early if it is interrupted", async () => {
    const { outcome } = session(bug, { isInterrupted: () => true });
    expect(await outcome).toMatchObject({ kind: "shrunk", shrunk: { complete: false } });
  });

  it("reports that the earlier result no longer fails", async () => {
    const { outcome, saved } = session(bug, { earlier: holds });
    expect(await outcome).toMatchObject({ kind: "earlier-does-not-fail" });
    expect(saved).toEqual([]);
  });
});
