import { describe, expect, it } from "vitest";
import { NewLeaderAck, type NewLeaderAckWaiter } from "../../../protocol/leader/newleader-ack.ts";
import { AckSet } from "../../../protocol/quorum.ts";
import { asServerId } from "../../../protocol/zxid.ts";
import { BarePeer, ensemble, z } from "../../conformance/bare-peer.ts";

function makeAcks(): { log: string[]; acks: NewLeaderAck; ack: (sid: number, zxid: string) => boolean } {
  const log: string[] = [];
  const acks = new NewLeaderAck(z("2:0"), new AckSet(ensemble([0, 1, 2])), new BarePeer(), 1000);
  const waiter = (sid: number): NewLeaderAckWaiter => ({
    newLeaderAcked: () => log.push(`${sid} continues`),
    newLeaderAckTimedOut: () => log.push(`${sid} timed out`),
  });
  return { log, acks, ack: (sid, zxid) => acks.ack(waiter(sid), asServerId(sid), z(zxid), 0) };
}

describe("NewLeaderAck", () => {
  it("a quorum ends the wait; later acknowledgments are not checked", () => {
    const { ack, log } = makeAcks();
    expect([ack(0, "2:0"), log]).toEqual([true, []]);
    expect(ack(1, "2:0")).toBe(true);
    expect(ack(2, "1:7")).toBe(true);
    expect(log).toEqual(["0 continues", "1 continues", "2 continues"]);
  });

  it("an acknowledgment with a wrong zxid does not count, and its sender does not wait", () => {
    const { ack, log } = makeAcks();
    ack(0, "2:0");
    expect([ack(1, "1:7"), log]).toEqual([false, ["1 continues"]]);
  });

  it("waiters time out", () => {
    const { ack, acks, log } = makeAcks();
    ack(0, "2:0");
    acks.timeout(1000);
    expect(log).toEqual(["0 timed out"]);
  });
});
