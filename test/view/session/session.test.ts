import { describe, expect, test } from "vitest";
import { asServerId } from "../../../protocol/index.ts";
import { loadScenario } from "../../../scenarios/load.ts";
import { runScenario } from "../../../scenarios/run.ts";
import type { Action } from "../../../scenarios/scenario.ts";
import { executeTo } from "../../../view/session/branch.ts";
import { Recording } from "../../../view/session/recording.ts";
import { Session } from "../../../view/session/session.ts";
import { chaosPlan, shipped } from "../scenarios.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";

function session(at = 0): Session {
  return new Session(new Recording(shipped(BUG), { seed: 1n }), at);
}

describe("moves", () => {
  test("next and back stay within the run", () => {
    const one = session();
    expect(one.back()).toBe(false);
    expect(one.next()).toBe(true);
    expect(one.at).toBe(1);
    one.goTo(1e9);
    expect(one.at).toBe(one.recording.length);
    expect(one.next()).toBe(false);
  });

  test("after a step back, the digest and the states equal those of the first visit and of a new execution", () => {
    const one = session(120);
    const digest = one.recording.digestAt(one.at);
    const servers = one.recording.serversAt(one.at);
    one.next();
    expect(one.recording.digestAt(one.at)).not.toBe(digest);
    one.back();
    expect(one.recording.digestAt(one.at)).toBe(digest);
    expect(one.recording.serversAt(one.at)).toEqual(servers);
    expect(executeTo(one.recording, one.at).digest()).toBe(digest);
  });

  test("find goes to the next violation and back to the decision before it", () => {
    const one = session();
    expect(one.find({ what: "violation" })).toBe(true);
    expect(one.recording.violationsOf(one.at).map(({ id }) => id)).toEqual(["trunc-keeps-committed"]);
    expect(one.find({ what: "decision" }, -1)).toBe(true);
    expect(one.recording.recordsOf(one.at).map(({ event }) => event)).toContain("sync-decided");
  });

  test("find finds a message at a server, and a text", () => {
    const one = session();
    expect(one.find({ message: "TRUNC", server: 2 })).toBe(true);
    const { at } = one;
    one.goTo(0);
    expect(one.find({ text: "trunc 1:3 from 1 arrives at 2" })).toBe(true);
    expect(one.at).toBe(at);
    expect(one.find({ text: "no such text" })).toBe(false);
    expect(one.at).toBe(at);
  });

  test("the effect of a cause is the event itself, or an earlier effect", () => {
    const one = session(100);
    expect(one.goToCause()).toBe(true);
    expect(one.recording.effectsOf(one.at)).toContain(100);
    expect(one.goToEffect()).toBe(true);
    expect(one.recording.event(one.at).cause).toBeLessThan(one.at);
  });

  test("goToTime goes to the last event at or before a time", () => {
    const one = session();
    one.goToTime(324_900);
    expect(one.recording.event(one.at).timeUs).toBeLessThanOrEqual(324_900);
    expect(one.recording.event(one.at + 1).timeUs).toBeGreaterThan(324_900);
  });
});

describe("a branch", () => {
  test("equals the original up to its event, and its first difference comes after it", () => {
    const one = session(50);
    const branch = one.change({ crash: { server: asServerId(3), unsynced: "lost", connectionsReset: true } });
    expect(branch.recording.digestAt(50)).toBe(one.recording.digestAt(50));
    expect(branch.recording.serverAt(asServerId(3), 50).process).toBe("down");
    expect(one.recording.serverAt(asServerId(3), 50).process).toBe("running");
    expect(branch.firstDifference).toBeGreaterThan(50);
  });

  test("a message that is delivered now arrives in the next event", () => {
    const one = session();
    one.find({ message: "ACKEPOCH", server: 1 });
    const message = one.recording.inFlightAt(one.at).find(({ type }) => type === "ACKEPOCH");
    const branch = one.changeMessage(message as never, { deliver: true });
    expect(branch.next()).toBe(true);
    expect(branch.recording.traceOf(branch.at)[0]).toMatchObject({ kind: "deliver", node: message?.to });
    expect(branch.recording.event(branch.at).timeUs).toBe(one.recording.event(one.at).timeUs);
  });

  test("a message that is dropped never arrives, and a delayed one arrives later", () => {
    const one = session();
    one.find({ message: "DIFF" });
    const message = one.recording.inFlightAt(one.at).find(({ type }) => type === "DIFF");
    const dropped = one.changeMessage(message as never, { drop: true }).recording;
    expect(dropped.messages[message?.id as number]?.fate).toBe("lost");
    const delayed = one.changeMessage(message as never, { delay: "3ms" }).recording;
    const copy = delayed.messages[message?.id as number];
    expect(copy).toMatchObject({ fate: "delivered", endUs: (message?.endUs as number) + 3000 });
  });

  test("the original stays as it is", () => {
    const one = session(50);
    const digest = one.recording.run.digest;
    one.change({ pause: asServerId(1) });
    expect(one.recording.run.digest).toBe(digest);
    expect(one.at).toBe(50);
  });
});

describe("a saved branch has the same digest when its file is run", () => {
  const actions: readonly Action[] = [
    { crash: { server: asServerId(1), unsynced: "lost", connectionsReset: true } },
    { pause: asServerId(2) },
    { restart: asServerId(1) },
    { cutOneWay: { from: [asServerId(1)], to: [asServerId(2)] } },
    { isolate: asServerId(2) },
  ];
  const cases = Array.from({ length: 24 }, (_, i) => [i] as const);

  test.each(cases)("branch %i", (i) => {
    const seed = Math.floor(i / 4) + 1;
    const original = new Session(new Recording(i % 2 === 0 ? shipped(BUG) : chaosPlan(seed), { seed: BigInt(seed) }));
    original.goTo(Math.floor(original.recording.length * (0.1 + (i % 5) * 0.1)));
    const message = original.recording.inFlightAt(original.at)[0];
    const change = [{ drop: true }, { delay: "5ms" }, { deliver: true }] as const;
    const branch =
      message !== undefined && i % 3 !== 0
        ? original.changeMessage(message, change[i % change.length] as never)
        : original.change(actions[i % actions.length] as Action);
    const saved = loadScenario(branch.save(), "branch.yaml");
    const run = runScenario(saved, { seed: BigInt(saved.seed ?? 1) });
    expect(run.digest).toBe(branch.recording.run.digest);
    expect(run.unmet).toEqual([]);
    expect(original.canChange).toBe(true);
  });
});
