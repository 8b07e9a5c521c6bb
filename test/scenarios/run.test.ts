/** The options, the end and the result of a run. script.test.ts tests the steps. */
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario, ScenarioRunner } from "../../scenarios/run.ts";
import { recordsOf } from "../../scenarios/scenario-run.ts";
import { Trace } from "../../sim/index.ts";

const load = (text: string) => loadScenario(`{ servers: 3, ${text} }`, "run.yaml");
const ORDINARY = load("steps: [{ at: 1s, write: 2 }]");

describe("the same scenario and seed", () => {
  it("give the same digest and the same records", () => {
    const [one, two] = [runScenario(ORDINARY, { seed: 7n }), runScenario(ORDINARY, { seed: 7n })];
    expect(two.digest).toBe(one.digest);
    expect(two.records).toEqual(one.records);
  });

  it("give the same digest with any options, if the scenario has `until`", () => {
    const scenario = load("until: 3s, steps: [{ at: 1s, write: 2 }]");
    const { digest } = runScenario(scenario, { seed: 7n });
    expect(runScenario(scenario, { seed: 7n, records: false }).digest).toBe(digest);
    expect(runScenario(scenario, { seed: 7n, messages: true }).digest).toBe(digest);
    expect(runScenario(scenario, { seed: 7n, trace: new Trace() }).digest).toBe(digest);
  });

  it("give the same run event by event", () => {
    const runner = new ScenarioRunner(ORDINARY, { seed: 7n });
    while (runner.step());
    expect(runner.result().digest).toBe(runScenario(ORDINARY, { seed: 7n }).digest);
  });
});

describe("the option", () => {
  it("maxEvents ends a run that is too large, and the run says so", () => {
    const { endUs, events, isTooLarge, ok, unmet } = runScenario(ORDINARY, { seed: 1n, maxEvents: 50 });
    expect([events, isTooLarge, ok]).toEqual([50, true, false]);
    expect(endUs).toBeLessThan(1_000_000);
    expect(unmet).toEqual([expect.stringContaining("zabsim ended the run after 50 events, at 0.")]);
    expect(runScenario(load("until: 1s"), { seed: 1n, maxEvents: 1000 }).isTooLarge).toBe(false);
  });

  it("digest: false leaves the digest empty", () => {
    expect(runScenario(ORDINARY, { seed: 1n, digest: false }).digest).toBe("");
  });

  it("messages adds a record for each message", () => {
    expect(recordsOf(runScenario(ORDINARY, { seed: 1n }).records, "received")).toEqual([]);
    const received = recordsOf(runScenario(ORDINARY, { seed: 1n, messages: true }).records, "received");
    expect(received.map(({ message }) => message)).toEqual(expect.arrayContaining(["FOLLOWERINFO", "NOTIFICATION"]));
  });

  it("trace adds the event of the world to each record", () => {
    const { records } = runScenario(ORDINARY, { seed: 1n, trace: new Trace() });
    expect(records.every(({ sequence }) => sequence !== undefined)).toBe(true);
  });

  it("coverage receives sync decisions and messages, also in a run without records", () => {
    const events = new Set<string>();
    let messages = 0;
    const run = runScenario(ORDINARY, {
      seed: 1n,
      records: false,
      coverage: {
        started: () => {},
        recorded: ({ event }) => void events.add(event),
        handled: () => void messages++,
      },
    });
    expect(run.records).toEqual([]);
    expect(events).toContain("sync-decided");
    expect(messages).toBeGreaterThan(0);
  });
});

describe("the committed history", () => {
  const complete = '{ history: "1:1..1:3" }';
  const hole = '{ history: "1:1, 1:3", snapshots: ["1:3"] }';
  /** Returns the servers that deliver or lead without the committed history. */
  const accused = (servers: string): string[] => {
    const text = `about: x\nservers: ${servers}\ncommitted: "1:3"\nuntil: 3s\n`;
    const { violations } = runScenario(loadScenario(text, "hole.yaml"), { seed: 1 });
    const isAboutCommitted = (id: string): boolean => id === "total-order" || id === "committed-history-grows";
    return violations.filter(({ id }) => isAboutCommitted(id)).map(({ id, server }) => `${id} at ${server}`);
  };

  it("is the one that most servers hold, so a hole in one log does not accuse the complete servers", () => {
    expect(accused(`{1: ${hole}, 2: ${complete}, 3: ${complete}}`)).toEqual(["total-order at 1"]);
  });

  it("is the longest one if no two servers hold the same", () => {
    expect(accused(`{1: ${hole}, 2: ${complete}, 3: {}}`)).toEqual(["total-order at 1"]);
  });
});

describe("the result", () => {
  it("has the state of each server at the end", () => {
    const { servers } = runScenario(ORDINARY, { seed: 1n });
    expect(servers.map(({ sid, running, active }) => ({ sid, running, active }))).toEqual(
      [1, 2, 3].map((sid) => ({ sid, running: true, active: true })),
    );
    expect(servers.filter(({ leading }) => leading)).toHaveLength(1);
    expect(servers.map(({ history }) => history?.length)).toEqual([2, 2, 2]);
  });

  it("marks a server that is down", () => {
    const { servers } = runScenario(load("steps: [{ at: 1s, crash: 1 }]"), { seed: 1n });
    expect(servers[0]).toMatchObject({ running: false, active: false, leading: false, epoch: -1 });
  });

  it("has no liveness without a settle step", () => {
    expect(runScenario(ORDINARY, { seed: 1n }).liveness).toBeUndefined();
  });
});

describe("the end of a run", () => {
  it("is `until`, if the scenario has it", () => {
    const { endUs } = runScenario(load("until: 3s"), { seed: 1n });
    expect(endUs).toBeGreaterThan(2_000_000);
    expect(endUs).toBeLessThanOrEqual(3_000_000);
  });

  it("is 120 s if the servers never serve", () => {
    const { endUs } = runScenario(load("steps: [{ partition: [[1], [2], [3]] }]"), { seed: 1n });
    expect(endUs).toBeGreaterThan(100_000_000);
    expect(endUs).toBeLessThanOrEqual(120_000_000);
  });

  it("comes when the settled servers are live", () => {
    const { endUs, liveness } = runScenario(load("steps: [{ at: 1s, settle: [1, 2] }], expect: { live: 20s }"), {
      seed: 1n,
    });
    expect(liveness).toMatchObject({ servers: [1, 2], settledUs: 1_000_000 });
    expect(endUs).toBe(liveness?.liveUs);
  });
});
