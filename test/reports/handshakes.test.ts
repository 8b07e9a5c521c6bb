/** Tests the handshakes that are collected from the records of a run. */
import { describe, expect, it } from "vitest";
import type { ProtocolRecord } from "../../cluster/records.ts";
import { asEpoch } from "../../protocol/zxid.ts";
import { handshakesOf } from "../../reports/handshakes.ts";
import { record, runOf, sid, zxid } from "./records.ts";

const offered = (learner: number, leader = 2): ProtocolRecord =>
  record({ event: "epoch-offered", learner: sid(learner), observer: false, epoch: asEpoch(1) }, { server: leader });
const failed = (server: number, learner?: number): ProtocolRecord =>
  record(
    { event: "failed", reason: "read-timeout", learner: learner === undefined ? undefined : sid(learner), detail: "" },
    { server },
  );

describe("handshakesOf", () => {
  it("follows a handshake from the learner's DISCOVERY to its service", () => {
    const [one] = handshakesOf(runOf("servers: 2\n").records);
    expect(one).toMatchObject({ leader: 2, learner: 1, observer: false, epochOffered: 0, epochAccepted: 1 });
    expect(one?.decision).toMatchObject({ decision: "DIFF", rule: "in-sync" });
    expect(one?.newLeaderAcked).toBe(true);
    expect(one?.startUs).toBeLessThan(one?.activeUs ?? 0);
    expect(one?.failure).toBeUndefined();
  });

  it("has the epoch that the leader proposed before the learner arrived", () => {
    const proposed = record({ event: "epoch-proposed", epoch: asEpoch(2) }, { server: 2 });
    const leading = record({ event: "leading", phase: "DISCOVERY" }, { server: 2 });
    expect(handshakesOf([proposed, offered(1)])[0]?.epochAccepted).toBe(2);
    expect(handshakesOf([proposed, leading, offered(1)])[0]?.epochAccepted).toBeUndefined();
    expect(handshakesOf([offered(1), proposed])[0]?.epochAccepted).toBe(2);
  });

  it("starts at the offer if the learner's DISCOVERY was not recorded", () => {
    expect(handshakesOf([offered(1)])[0]?.startUs).toBe(1_000_000);
  });

  it.each([
    ["the learner", failed(1), [true, false]],
    ["the leader, because of one learner", failed(2, 3), [false, true]],
    ["the leader", failed(2), [true, true]],
    ["a third server", failed(4), [false, false]],
  ])("ends when %s fails", (_who, failure, ended) => {
    const all = handshakesOf([offered(1), offered(3), failure]);
    expect(all.map((one) => one.failure !== undefined)).toEqual(ended);
  });

  it("keeps the first failure, and none after the learner serves", () => {
    const crashed = record({ event: "crashed", exitCode: undefined, lost: [] }, { server: 2 });
    expect(handshakesOf([offered(1), crashed, failed(1)])[0]?.failure).toEqual({ server: 2, reason: "crash" });
    const upgraded = record(
      { event: "crashed", exitCode: undefined, lost: [], planned: { for: "upgrade", from: "3.6.2", to: "3.9.4" } },
      { server: 2 },
    );
    expect(handshakesOf([offered(1), upgraded])[0]?.failure).toEqual({ server: 2, reason: "upgrade" });
    const active = record({ event: "active", epoch: asEpoch(2), leader: sid(2), zxid: zxid("1:1") });
    expect(handshakesOf([offered(1), active, failed(1)])[0]?.failure).toBeUndefined();
  });
});
