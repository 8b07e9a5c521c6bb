/** The quorum of ACKEPOCHs. */
import { describe, expect, it } from "vitest";
import { EpochAck, type EpochAckWaiter, isMoreRecent, type StateSummary } from "../../../protocol/leader/epoch-ack.ts";
import { asEpoch, asServerId, NO_EPOCH, NO_ZXID } from "../../../protocol/zxid.ts";
import { ensemble, z } from "../../conformance/bare-peer.ts";
import { RecordingEffects } from "../recording-effects.ts";

const LEADER = 0;
const state = (currentEpoch: number, lastZxid: string): StateSummary => ({
  currentEpoch: asEpoch(currentEpoch),
  lastZxid: z(lastZxid),
});

/** The wait of a leader for a quorum of ACKEPOCH. The leader is server 0 of three and has epoch 2 and zxid 2:5. */
class Acks {
  readonly log: string[] = [];
  readonly acks: EpochAck;

  constructor(knowsMissingDatabase = true) {
    this.acks = new EpochAck({
      myid: asServerId(LEADER),
      verifier: ensemble([0, 1, 2]),
      leader: state(2, "2:5"),
      knowsMissingDatabase,
      effects: new RecordingEffects().effects,
      timeoutUs: 1000,
    });
  }

  ackLeader(): void {
    this.acks.ackLeader(this.waiter(LEADER), 0);
  }

  ack(sid: number, summary: StateSummary): boolean {
    return this.acks.ack(this.waiter(sid), asServerId(sid), summary, 0);
  }

  waiter(sid: number): EpochAckWaiter {
    return {
      epochAcked: () => this.log.push(`${sid} continues`),
      epochAckTimedOut: () => this.log.push(`${sid} timed out`),
      quorumUndecidable: () => this.log.push(`${sid} cannot count`),
    };
  }
}

describe("isMoreRecent", () => {
  it.each([
    [state(3, "1:1"), state(2, "2:9"), true],
    [state(2, "2:9"), state(2, "2:5"), true],
    [state(2, "2:5"), state(2, "2:5"), false],
    [state(2, "2:4"), state(2, "2:5"), false],
    [state(1, "2:9"), state(2, "2:5"), false],
  ])("of %o and %o: %s", (a, b, expected) => {
    expect(isMoreRecent(a, b)).toBe(expected);
  });
});

describe("EpochAck", () => {
  it("a quorum with the leader ends the wait of all", () => {
    const one = new Acks();
    one.ackLeader();
    expect(one.log).toEqual([]);
    expect(one.ack(1, state(2, "2:5"))).toBe(true);
    expect(one.log).toEqual(["0 continues", "1 continues"]);
  });

  it("a quorum without the leader does not", () => {
    const one = new Acks();
    one.ack(1, state(2, "2:5"));
    one.ack(2, state(1, "1:1"));
    expect(one.log).toEqual([]);
    one.ackLeader();
    expect(one.log).toEqual(["1 continues", "2 continues", "0 continues"]);
  });

  it("a learner that is more recent than the leader neither counts nor waits", () => {
    const one = new Acks();
    one.ackLeader();
    expect(one.ack(1, state(2, "2:6"))).toBe(false);
    expect(one.ack(2, state(3, "1:1"))).toBe(false);
    expect(one.log).toEqual([]);
  });

  it("a learner that reports epoch -1 waits but does not count, even if its zxid is higher", () => {
    const one = new Acks();
    one.ackLeader();
    expect(one.ack(1, { currentEpoch: NO_EPOCH, lastZxid: z("9:9") })).toBe(true);
    expect(one.log).toEqual([]);
    one.ack(2, state(2, "2:5"));
    expect(one.log).toEqual(["0 continues", "1 continues", "2 continues"]);
  });

  it.each([
    [true, []],
    [false, ["0 continues", "1 continues"]],
  ])("a learner without a database counts only in releases without ZOOKEEPER-261 (%s)", (knows, log) => {
    const one = new Acks(knows);
    one.ackLeader();
    one.ack(1, { currentEpoch: asEpoch(0), lastZxid: NO_ZXID });
    expect(one.log).toEqual(log);
  });

  it("after the quorum is complete, nothing is checked and no server waits", () => {
    const one = new Acks();
    one.ackLeader();
    one.ack(1, state(2, "2:5"));
    one.log.length = 0;
    expect(one.ack(2, state(9, "9:9"))).toBe(true);
    expect(one.log).toEqual(["2 continues"]);
  });

  it("a waiter times out but stays counted; one that leaves is not notified", () => {
    const one = new Acks();
    one.ackLeader();
    one.acks.timeout(1000);
    expect(one.log).toEqual(["0 timed out"]);
    const waiter = one.waiter(1);
    one.acks.ack(waiter, asServerId(1), { currentEpoch: NO_EPOCH, lastZxid: z("1:1") }, 1000);
    one.acks.leave(waiter);
    one.ack(2, state(2, "2:5"));
    expect(one.log).toEqual(["0 timed out", "2 continues"]);
  });

  it("notifies no waiter after it is closed", () => {
    const one = new Acks();
    one.ackLeader();
    one.acks.close();
    one.acks.timeout(1000);
    expect(one.log).toEqual([]);
  });
});
