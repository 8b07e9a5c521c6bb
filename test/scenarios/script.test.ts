/** The times at which steps are performed and undone, the effects that they report, and the end of a run. */

import { describe, expect, it } from "vitest";
import { asServerId } from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario, ScenarioRunner } from "../../scenarios/run.ts";
import { recordsOf, type ScenarioRun } from "../../scenarios/scenario-run.ts";

function run(steps: string, records = true): ScenarioRun {
  const text = `{ servers: 3, network: { latency: 1ms }, steps: [${steps}] }`;
  return runScenario(loadScenario(text, "script.yaml"), { seed: 1n, records });
}

describe("the end of a run", () => {
  it("comes after a step with `from`, even if nothing happens before that step", () => {
    const { endUs, steps } = run("{ from: 30s, crash: 3, for: 1s }");
    expect(steps[0]?.atUs).toBe(30_000_000);
    expect(endUs).toBeGreaterThan(31_000_000);
  });

  it("comes after the end of a step with a duration", () => {
    const { servers } = run("{ at: 2s, crash: 3, for: 10s }");
    expect(servers[2]?.active).toBe(true);
  });

  it("does not wait for a moment that may never happen, once the step's `from` has passed", () => {
    const { endUs, steps } = run("{ from: 20s, when: { event: established }, crash: 3 }");
    expect(steps[0]?.atUs).toBeUndefined();
    expect(endUs).toBeGreaterThanOrEqual(20_000_000);
    expect(endUs).toBeLessThan(22_000_000);
  });

  it("comes about a virtual second after the last consequence of the last step", () => {
    expect(run("{ at: 2s, write: 1 }").endUs).toBeLessThan(5_000_000);
  });
});

describe("a step with `afterEvent`", () => {
  /** Returns the digest of a run without the steps after a number of events, and the virtual time then. */
  function plainRun(events: number): { readonly digest: string; readonly nowUs: number } {
    const runner = new ScenarioRunner(loadScenario("{ servers: 3, network: { latency: 1ms } }", "x.yaml"), {
      seed: 1n,
    });
    for (let handled = 0; handled < events; handled++) runner.step();
    return { digest: runner.digest(), nowUs: runner.cluster.world.nowUs };
  }

  it("is performed at the end of its event, and the run before is the same without it", () => {
    const text = "{ servers: 3, network: { latency: 1ms }, steps: [{ afterEvent: 40, crash: 3 }] }";
    const runner = new ScenarioRunner(loadScenario(text, "x.yaml"), { seed: 1n });
    for (let handled = 0; handled < 40; handled++) runner.step();
    expect(runner.digest()).toBe(plainRun(40).digest);
    expect(runner.cluster.server(asServerId(3))).toBeUndefined();
    expect(runner.result().steps[0]?.atUs).toBe(plainRun(40).nowUs);
  });

  it("does not wait for other steps, and several at one event are performed in their order", () => {
    const { steps } = run("{ at: 100s, wipe: 3 }, { afterEvent: 9, pause: 1 }, { afterEvent: 9, resume: 1 }");
    expect(steps.slice(1).map(({ atUs }) => atUs)).toEqual([plainRun(9).nowUs, plainRun(9).nowUs]);
  });

  it("is reported if the run has fewer events, but steps that the branch prevents are not", () => {
    expect(run("{ afterEvent: 100000, pause: 1 }").unmet).toEqual([
      "step 1 (pause) was not performed: its trigger never came",
    ]);
    const prevented = "{ when: { event: leading, server: 3 }, pause: 1 }, { afterEvent: 3, crash: 3 }";
    expect(run(prevented).unmet).toEqual([]);
  });
});

describe("script records", () => {
  const { records } = run("{ at: 1s, pause: 3, for: 100ms }, { after: 1s, write: 1 }");

  it("hold the index, the verb and the argument of each step, as data", () => {
    expect(recordsOf(records, "script")).toMatchObject([
      { atUs: 1_000_000, server: -1, step: 0, moment: "start", verb: "pause", argument: 3, duration: "100ms" },
      { atUs: 1_100_000, step: 0, moment: "end", verb: "pause" },
      { atUs: 2_000_000, step: 1, moment: "start", verb: "write", argument: { count: 1 }, duration: undefined },
    ]);
  });

  it("are not made in a run without records", () => {
    expect(run("{ at: 1s, write: 1 }", false).records).toEqual([]);
  });
});

describe("the effect of a step", () => {
  it.each([
    ["{ at: 1s, write: 3 }", { kind: "writes", count: 3 }],
    ["{ at: 1s, crash: 3 }", { kind: "servers", count: 1 }],
    ["{ at: 1s, pause: leader, for: 10ms }", { kind: "servers", count: 1 }],
    ["{ at: 1s, disconnect: 3 }", { kind: "connections", count: expect.any(Number) as number }],
    ["{ at: 1s, drop: { type: SNAP } }", { kind: "messages", count: 0 }],
    ["{ at: 1s, disk: { server: 1, fail: snapshot } }", { kind: "disk-operations", count: 0 }],
    ["{ at: 1s, wipe: 1, for: 1s }", undefined],
    ["{ at: 1s, clock: { server: 1, rate: 2 }, for: 1s }", undefined],
  ])("%s", (step, effect) => {
    expect(run(step).steps[0]?.effect).toEqual(effect);
  });

  it("is absent for a step that was never performed", () => {
    const { steps } = run("{ from: 20s, when: { event: established }, crash: 3 }");
    expect(steps[0]).toEqual({ step: 0, atUs: undefined, effect: undefined });
  });
});
