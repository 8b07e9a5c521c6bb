/** Shrinking of a failing plan with 500 steps, and checks of the shrunk plan. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { DEFAULT_THREADS } from "../../cluster/cluster-spec.ts";
import { runBlock } from "../../fuzz/block.ts";
import { planOfSeed } from "../../fuzz/plan-arbitrary.ts";
import { type Failure, failureOf, runFor } from "../../fuzz/shrink/failure.ts";
import { type ShrunkScenario, shrinkScenario } from "../../fuzz/shrink/shrink-scenario.ts";
import { simplerScenarios } from "../../fuzz/shrink/simpler.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario, ScenarioRunner } from "../../scenarios/run.ts";
import type { Scenario, Step } from "../../scenarios/scenario.ts";
import { serversInStep } from "../../scenarios/servers-in-step.ts";
import { writeScenario } from "../../scenarios/write-scenario.ts";

const STEPS = 500;
const folder = mkdtempSync(join(tmpdir(), "zabsim-shrinking-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { failure, scenario } = failingPlan();
const startedMs = performance.now();
const shrunk = shrinkAll(scenario, failure);
const seconds = (performance.now() - startedMs) / 1000;
const text = writeScenario(shrunk.scenario);
console.log(`${STEPS} steps shrunk to ${shrunk.scenario.steps.length} in ${shrunk.runs} runs, ${seconds.toFixed(2)} s`);

describe("a plan of 500 steps", () => {
  it("shrinks to a few steps", () => {
    expect(scenario.steps).toHaveLength(STEPS);
    expect(shrunk.complete).toBe(true);
    expect(shrunk.scenario.steps.length).toBeGreaterThan(0);
    expect(shrunk.scenario.steps.length).toBeLessThanOrEqual(8);
  });

  it("violates the same invariant in another process", () => {
    const file = join(folder, "small.yaml");
    writeFileSync(file, text);
    const zabsim = fileURLToPath(new URL("../../bin/zabsim.js", import.meta.url));
    const run = spawnSync(process.execPath, [zabsim, "run", file], { encoding: "utf8" });
    expect(run.stdout).toContain(failure.kind === "violation" ? `violation of ${failure.id}` : "stuck");
    expect(run.status).toBe(0);
  });

  it("violates the same invariant if other draws change", () => {
    const small = loadScenario(text, "small.yaml");
    const seed = BigInt(small.seed ?? 1);
    const runner = new ScenarioRunner(small, { seed });
    const { random } = runner.cluster.world;
    // Draws random values that the run does not use, from a new stream and from existing streams.
    for (let i = 0; i < 100; i++) {
      random.stream("added later").u32();
      random.stream("plan").u32();
      random.stream("noise").u32();
    }
    expect(runner.run().violations.map(({ id }) => id)).toContain(failure.kind === "violation" ? failure.id : "");
    if (!shrunk.needsNoSeed) return;
    for (const other of [7n, 8n, 9n]) expect(runFor(small, failure, other)).toBeDefined();
  });
});

/**
 * The leader accepts the write of the liveness probe and is deposed. Server 4 then serves under the next leader before
 * it has applied the write.
 */
const PROBED = `
zookeeper: 3.6.2
seed: "1"
servers:
  1: { history: "3:1..3:4, 5:1" }
  2: { history: "3:1..3:4, 5:1..5:2" }
  3: { role: observer, acceptedEpoch: 1, currentEpoch: 1 }
  4: { history: "3:1..3:4, 5:1..5:2" }
  5: { role: observer, acceptedEpoch: 1, currentEpoch: 1 }
network: { latency: 0.2ms }
disk: { sync: 2ms, write: 1ms }
threads: { electionWakeUp: 0ms }
committed: 5:2
steps:
  - { when: { event: active, server: 2 }, crash: leader }
  - { at: 1.5s, settle: [2, 3, 4, 5] }
expect: { live: 120s }
`;

it("a violation that the liveness probe causes shrinks to a scenario that ends at the violation and expects it", () => {
  const probed = loadScenario(PROBED, "probed.yaml");
  const i9: Failure = { kind: "violation", id: "commit-completeness", role: "following", otherRole: "leading" };
  const small = shrinkAll(probed, i9);
  const run = runScenario(small.scenario, { seed: BigInt(small.scenario.seed ?? 1) });
  expect(run.unmet).toEqual([]);
  expect(run.violations.map(({ id }) => id)).toContain("commit-completeness");
  expect(run.endUs - (run.violations[0]?.atUs ?? 0)).toBeLessThan(3000);
});

it("durations of disks and threads that do not matter become the default ones", () => {
  const text = `
zookeeper: 3.6.2
servers: { 1: { history: 1:1 }, 2: { history: 1:1..1:2 } }
disk: { sync: 1ms..4ms, write: 0.1ms..1ms, load: 0ms, snapshot: 5ms }
threads: { applyLatency: 50ms, queueNewLeader: 0ms..5ms, transferSnapshot: 0ms..40ms }
`;
  const slow = loadScenario(text, "slow.yaml");
  const failure = failureOf(runScenario(slow, { seed: 1 })) as Failure;
  const { disk, threads } = shrinkAll(slow, failure).scenario;
  expect(disk).toEqual({ sync: "2ms", write: "1ms" });
  expect(threads).toEqual({ ...DEFAULT_THREADS, applyLatency: "50ms" });
});

it("shrinking tries resets instead of orderly closes, and the default timeouts of the kernel", () => {
  const timeouts = "latency: 1ms, retransmissionTimeout: 5s, keepAliveTimeout: 6s";
  const steps = "[{ at: 1s, disconnect: { server: 1, orderly: true } }, { at: 2s, reset: { to: 1, orderly: true } }]";
  const given = loadScenario(`{ servers: 3, network: { ${timeouts} }, steps: ${steps} }`, "given.yaml");
  const simpler = [...simplerScenarios(given)];
  const [disconnect, reset] = given.steps as [Step, Step];
  expect(simpler.map((one) => one.steps)).toEqual(
    expect.arrayContaining([
      [{ at: "1s", disconnect: { server: 1 } }, reset],
      [disconnect, { at: "2s", reset: { match: { to: 1 }, count: 1 } }],
    ]),
  );
  expect(simpler.map((one) => one.network.retransmissionTimeout)).toContain(undefined);
  expect(simpler.map((one) => one.network.keepAliveTimeout)).toContain(undefined);
});

function shrinkAll(scenario: Scenario, failure: Failure): ShrunkScenario {
  const steps = shrinkScenario(scenario, failure, { maxRuns: 20_000 });
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value as ShrunkScenario;
}

/**
 * Returns a scenario of 500 steps and its failure. Some of the steps cause the failure; the others come from unrelated
 * plans.
 */
function failingPlan(): { scenario: Scenario; failure: Failure } {
  const newest = { zookeeper: "newest", strategy: undefined, faults: undefined, scenario: undefined };
  for (let first = 1n; ; first += 64n) {
    for (const plan of runBlock(newest, { first, count: 64 }).failed) {
      const failed = plan;
      if (failed.failure.kind === "stuck" || failed.scenario.steps.length < 5) continue;
      // The disks at the start can cause a violation of follower-is-prefix without any fault.
      if (failed.signature.startsWith("follower-is-prefix")) continue;
      const still = failureOf(new ScenarioRunner({ ...failed.scenario, steps: [] }, { seed: failed.seed }).run());
      if (still !== undefined) continue;
      const grown = withMoreSteps(failed.scenario);
      const failure = failureOf(new ScenarioRunner(grown, { seed: BigInt(grown.seed ?? 1), stopAt: () => true }).run());
      if (failure?.kind === "violation") return { scenario: grown, failure };
    }
  }
}

function withMoreSteps(scenario: Scenario): Scenario {
  const more: Step[] = [];
  for (let seed = 1n; scenario.steps.length + more.length < STEPS; seed++) {
    const { steps } = planOfSeed(
      seed,
      { zookeeper: "newest", servers: 3, faults: ["slow-disk", "disconnect", "link-flap"] },
      "uniform",
    ).scenario;
    const harmless = steps.filter(
      (one) => !("settle" in one) && serversInStep(one).every((sid) => scenario.servers[sid] !== undefined),
    );
    more.push(...harmless.slice(0, STEPS - scenario.steps.length - more.length));
  }
  return { ...scenario, steps: [...scenario.steps, ...more] };
}
