/** The end of a branch, a branch without a step, and what a run leaves open. */
import { describe, expect, test } from "vitest";
import { asServerId } from "../../../protocol/index.ts";
import { loadScenario } from "../../../scenarios/load.ts";
import { runScenario } from "../../../scenarios/run.ts";
import { openEnds } from "../../../view/session/open-ends.ts";
import { Recording } from "../../../view/session/recording.ts";
import { Session } from "../../../view/session/session.ts";
import { shipped } from "../scenarios.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";

/** A run that ends before its second step and during the election after its first one. */
const SHORT = `
zookeeper: 3.9.4
servers: 3
settings: { tickTime: 200, initLimit: 5 }
steps:
  - { at: 100ms, crash: 1 }
  - { at: 700ms, start: 1 }
  - { from: 0ms, when: { event: sync-decided, server: 1 }, crash: 2 }
until: 110ms
`;

function short(): Session {
  return new Session(new Recording(loadScenario(SHORT, "short.yaml"), { seed: 1n }));
}

function eventOfStep({ recording }: Session, index: number): number {
  return recording.eventOfRecord(recording.records.findIndex((one) => one.event === "script" && one.step === index));
}

function expectSameDigest(branch: Session): void {
  const saved = loadScenario(branch.save(), "branch.yaml");
  const run = runScenario(saved, { seed: BigInt(saved.seed ?? 1) });
  expect(run.digest).toBe(branch.recording.run.digest);
  expect(run.unmet).toEqual([]);
}

describe("the end of a branch", () => {
  test("is initLimit ticks after the end of the original, and the saved file keeps it", () => {
    const one = short();
    one.goToTime(105_000);
    const branch = one.change({ crash: { server: asServerId(2), unsynced: "lost", connectionsReset: true } });
    expect(one.recording.run.endUs).toBeLessThanOrEqual(110_000);
    expect(branch.recording.scenario.until).toBe("1110ms");
    expect(branch.recording.run.endUs).toBeGreaterThan(700_000);
    expect(branch.recording.digestAt(one.at)).toBe(one.recording.digestAt(one.at));
    expectSameDigest(branch);
  });

  test("stays open if the scenario has no `until`, because the run ends when the servers are idle", () => {
    const scenario = loadScenario(SHORT.replace("until: 110ms", ""), "short.yaml");
    const one = new Session(new Recording(scenario, { seed: 1n }), 20);
    expect(one.change({ pause: asServerId(2) }).recording.scenario.until).toBeUndefined();
  });
});

describe("a branch without a step", () => {
  test("does not perform it, and the saved file has the same digest", () => {
    const one = short();
    one.goTo(eventOfStep(one, 0));
    expect(one.stepsHere).toEqual([0]);
    const branch = one.skipStep(0);
    expect(one.recording.serverAt(asServerId(1), one.at).process).toBe("down");
    expect(branch.recording.serverAt(asServerId(1), branch.at).process).toBe("running");
    expect(branch.recording.event(branch.at).timeUs).toBeLessThanOrEqual(100_000);
    expect(branch.recording.scenario.steps).toEqual(one.recording.scenario.steps.slice(1));
    expectSameDigest(branch);
  });

  test("is possible only at an event that performs a step", () => {
    const one = short();
    one.goTo(eventOfStep(one, 0) - 1);
    expect(one.stepsHere).toEqual([]);
  });
});

describe("the file of a branch", () => {
  test("expects what the branch does, and says so", () => {
    const one = new Session(new Recording(shipped(BUG), { seed: 1n }));
    while (!one.stepsHere.includes(1)) one.next();
    const saved = loadScenario(one.skipStep(1).save(), "branch.yaml");
    expect(saved.expect).toEqual({ violates: [] });
    expect(saved.about).toMatch(new RegExp(`^A branch of the run ${BUG}, saved from a debugger. It violates no`));
    expect(runScenario(saved, { seed: 1n }).ok).toBe(true);
  });

  test("of the run itself keeps its text, and expects what the run does", () => {
    const one = new Session(new Recording({ ...shipped(BUG), expect: { violates: [] } }, { seed: 1n }));
    const saved = loadScenario(one.save(), "saved.yaml");
    expect(saved.about).toBe(shipped(BUG).about);
    expect(saved.expect.violates).toEqual(["trunc-keeps-committed", "committed-history-grows"]);
  });
});

describe("what a run leaves open", () => {
  test("names the steps that did not happen and counts the messages in flight", () => {
    expect(openEnds(short().recording)).toMatch(
      /^ends at 0\.1\d+ s; steps 2 and 3 did not happen(; \d+ messages? (is|are) in flight)?$/,
    );
  });

  test("is nothing if all steps happen and the servers are idle", () => {
    const text = SHORT.replace("until: 110ms", "").replace(/\n {2}- \{ from:.*/, "");
    const { recording } = new Session(new Recording(loadScenario(text, "long.yaml"), { seed: 1n }));
    expect(openEnds(recording)).toBeUndefined();
  });

  test("counts messages in flight even if all steps happened", () => {
    const text = SHORT.slice(0, SHORT.indexOf("steps:"));
    const whole = new Recording(loadScenario(text, "long.yaml"), { seed: 1n }).finish();
    const sent = whole.messages.find(({ endUs, sentUs, type }) => type === "FOLLOWERINFO" && endUs > sentUs);
    const scenario = { ...whole.scenario, until: `${sent?.sentUs}us` };
    const recording = new Recording(scenario, { seed: 1n }).finish();
    expect(openEnds(recording)).toMatch(/^ends at 0\.\d+ s; \d+ messages? (is|are) in flight$/);
  });
});
