/** Tests which time limits a run finds to be too short. */
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { ShortLimit } from "../../scenarios/short-limit.ts";

const TWO = "servers: { 1: { down: true }, 2: {}, 3: {} }\n";
const SNAP = 'servers: { 2: { empty: true }, 3: { history: 1:1..1:5, snapshots: ["1:5"], logFrom: "1:4" } }\n';
const SETTLED = "steps: [{ settle: [2, 3] }]\n";

const limitsOf = (text: string): readonly ShortLimit[] =>
  runScenario(loadScenario(text, "test.yaml"), { seed: 1 }).shortLimits;
const waitsOf = (text: string): string[] =>
  limitsOf(text).map((one) => `${one.waiting} for ${one.awaited} of ${one.working}: ${one.limit} ${one.neededTicks}`);

describe("a server waits longer than its limit", () => {
  it("for LEADERINFO, while the leader writes its start-up snapshot", () => {
    const limits = limitsOf(`${TWO}disk: { snapshot: 40s }\nuntil: 100s\n`);
    expect(limits).toMatchObject([
      { limit: "initLimit", waiting: 2, working: 3, awaited: "LEADERINFO", ticks: 10, tickTimeMs: 2000 },
    ]);
    expect(limits[0]?.work.map(({ name }) => name)).toEqual(["leader-snapshot", "accepted-epoch", "network"]);
    expect(limits[0]?.maxUs).toBe(40_000_000 + 5000 + 2000);
    expect(limits[0]?.neededTicks).toBe(21);
  });

  it("for ACKEPOCH, while the learner writes acceptedEpoch", () => {
    const text = `${TWO}steps: [{ at: 0ms, disk: { server: 2, write: 30s } }]\nuntil: 100s\n`;
    expect(waitsOf(text)).toEqual(["3 for ACKEPOCH of 2: initLimit 16"]);
  });

  it.each([
    ["serializes a SNAP", "serializeSnapshot: 25s..30s"],
    ["sends a SNAP", "serializeSnapshot: 10s, transferSnapshot: 15s..20s"],
  ])("for the ACK of NEWLEADER, while the leader %s", (_name, threads) => {
    const text = `${SNAP}threads: { ${threads} }\nuntil: 100s\n`;
    expect(waitsOf(text)).toEqual(["3 for ACK of NEWLEADER of 2: initLimit 16"]);
  });

  it("for the ACK of NEWLEADER, while the learner loads its database after a TRUNC", () => {
    const text = "servers: { 2: { history: 1:1..1:7 }, 3: { history: 1:1..1:5, currentEpoch: 2, acceptedEpoch: 2 } }\n";
    const limits = limitsOf(`${text}disk: { load: 30s }\nuntil: 55s\n`);
    expect(limits.map(({ awaited, neededTicks }) => `${awaited} ${neededTicks}`)).toEqual(["ACK of NEWLEADER 16"]);
    expect(limits[0]?.work.map(({ name }) => name)).toContain("load");
  });

  it("for the ACK of a proposal, while the learner syncs its log", () => {
    const slow = "{ when: { event: active, server: 2 }, disk: { server: 2, sync: 15s } }";
    const text = `${TWO}steps: [${slow}, { after: 1ms, write: 3 }]\nuntil: 17s\n`;
    expect(waitsOf(text)).toEqual(["3 for ACK of a proposal of 2: syncLimit 16"]);
  });
});

describe("the needed limit", () => {
  const live = (text: string, initLimit: number, seed: number): boolean => {
    const scenario = loadScenario(`${text}${SETTLED}expect: { live: 300s }\n`, "test.yaml");
    const run = runScenario({ ...scenario, settings: { initLimit } }, { seed, digest: false });
    return run.ok;
  };

  it.each([
    ["a slow start-up snapshot", `${TWO}disk: { snapshot: 40s }\n`, 21],
    ["a disk on which every write is slow", `${TWO}disk: { write: 40s }\n`, 41],
    ["a slow serialization", `${SNAP}threads: { serializeSnapshot: 25s..30s }\n`, 16],
  ])("suffices for %s, and 10 ticks do not", (_name, text, needed) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      expect(live(text, needed, seed)).toBe(true);
      expect(live(text, 10, seed)).toBe(false);
    }
  });

  it("is computed from the settings of the waiting server", () => {
    const own = "servers: { 1: { down: true }, 2: { settings: { initLimit: 30 } }, 3: {} }\n";
    expect(limitsOf(`${own}disk: { snapshot: 40s }\nuntil: 100s\n`)).toEqual([]);
  });
});

it("a timeout before the settle step does not count, because a fault can be its cause", () => {
  const slow = "{ at: 0ms, disk: { server: 3, write: 30s } }";
  const text = `${TWO}steps: [${slow}, { at: 50s, settle: [2, 3] }]\nexpect: { live: 100s }\n`;
  expect(limitsOf(text)).toEqual([]);
});
