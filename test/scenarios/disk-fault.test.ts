/** The disk operations that the `disk` action slows down, stalls or makes fail. */
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import { recordsOf, type ScenarioRun } from "../../scenarios/scenario-run.ts";

/** Runs three servers, with a disk fault at server 1 at 1 s and a write at 1.1 s. */
function runWith(fault: string, more = ""): ScenarioRun {
  const steps = `{ at: 1s, disk: { server: 1, ${fault} }${more} }, { at: 1.1s, write: 1 }`;
  return runScenario(loadScenario(`{ servers: 3, until: 30s, steps: [${steps}] }`, "disk.yaml"), { seed: 1n });
}

/** Returns the time from the write until it is durable in the log of server 1, in milliseconds. */
function syncedAfterMs({ records }: ScenarioRun): number {
  const synced = recordsOf(records, "synced").find(({ server, atUs }) => server === 1 && atUs > 1_100_000);
  return ((synced?.atUs ?? Number.POSITIVE_INFINITY) - 1_100_000) / 1000;
}

const failuresOfServer1 = ({ records }: ScenarioRun): string[] =>
  recordsOf(records, "failed")
    .filter(({ server, learner }) => server === 1 && learner === undefined)
    .map(({ reason }) => reason);

describe("sync", () => {
  it("sets the duration of a sync", () => {
    const ms = syncedAfterMs(runWith("sync: 300ms"));
    expect(ms).toBeGreaterThan(300);
    expect(ms).toBeLessThan(400);
  });

  it("ends with the step", () => {
    expect(syncedAfterMs(runWith("sync: 300ms", ", for: 50ms"))).toBeLessThan(50);
  });
});

describe("stall", () => {
  it("keeps operations from completing, and counts them", () => {
    const run = runWith("stall: true");
    expect(syncedAfterMs(run)).toBe(Number.POSITIVE_INFINITY);
    expect(run.steps[0]?.effect).toMatchObject({ kind: "disk-operations" });
    expect(run.steps[0]?.effect?.count).toBeGreaterThan(0);
  });

  it("ends with the step", () => {
    const ms = syncedAfterMs(runWith("stall: true", ", for: 400ms"));
    expect(ms).toBeGreaterThanOrEqual(300);
    expect(ms).toBeLessThan(400);
  });
});

describe.each(["full: true", "fail: sync-log"])("%s", (fault) => {
  it("makes the server fail with a disk error", () => {
    const run = runWith(fault);
    expect(failuresOfServer1(run)).toContain("disk-error");
    expect(run.steps[0]?.effect?.count).toBeGreaterThan(0);
  });
});

it("corrupt damages one file, which the server reads at its next start", () => {
  const run = runWith("corrupt: current-epoch", " }, { restart: 1");
  expect(run.steps[0]?.effect).toEqual({ kind: "files", count: 1 });
  expect(run.servers[0]?.active).toBe(false);
});

describe("the end of a step", () => {
  const steps = (...texts: readonly string[]): ScenarioRun =>
    runScenario(loadScenario(`{ servers: 3, until: 30s, steps: [${texts.join(", ")}] }`, "disk.yaml"), { seed: 1n });

  it("cancels a failure that no operation had yet", () => {
    const run = steps("{ at: 1s, disk: { server: 1, fail: sync-log }, for: 1s }", "{ at: 3s, write: 1 }");
    expect(failuresOfServer1(run)).toEqual([]);
    expect(run.steps[0]?.effect?.count).toBe(0);
  });

  it.each(["fail: truncate-log", "full: true"])("%s: keeps a disk full that was full before", (fault) => {
    const run = steps(
      "{ at: 1s, disk: { server: 1, full: true } }",
      `{ at: 2s, disk: { server: 1, ${fault} }, for: 1s }`,
      "{ at: 4s, write: 1 }",
    );
    expect(failuresOfServer1(run)).toContain("disk-error");
  });

  it("undoes each part of a fault", () => {
    const run = steps("{ at: 1s, disk: { server: 1, sync: 300ms, stall: true }, for: 50ms }", "{ at: 1.1s, write: 1 }");
    expect(syncedAfterMs(run)).toBeLessThan(50);
  });
});

describe("a failure that no operation had yet", () => {
  const failuresWith = (more: string, expectation = ""): string[] => {
    const fail = "{ at: 1s, disk: { server: 1, fail: sync-log } }";
    const text = `{ servers: 3, until: 30s, steps: [${fail}, ${more}]${expectation} }`;
    return failuresOfServer1(runScenario(loadScenario(text, "disk.yaml"), { seed: 1n }));
  };

  it("is canceled by resume", () => {
    expect(failuresWith("{ at: 2s, write: 1 }")).toContain("disk-error");
    expect(failuresWith("{ at: 2s, disk: { server: 1, resume: true } }, { at: 3s, write: 1 }")).toEqual([]);
  });

  it("is canceled by settle, so that the transaction after it is logged", () => {
    expect(failuresWith("{ at: 2s, settle: [1, 2, 3] }", ", expect: { live: 20s }")).toEqual([]);
  });
});
