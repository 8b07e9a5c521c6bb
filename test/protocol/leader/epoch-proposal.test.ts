import { describe, expect, it } from "vitest";
import { EpochProposal, type EpochWaiter } from "../../../protocol/leader/epoch-proposal.ts";
import { asEpoch, asServerId, MAX_EPOCH } from "../../../protocol/zxid.ts";
import { BarePeer, ensemble } from "../../conformance/bare-peer.ts";

const LEADER = 0;

/** The epoch proposal of a leader, server 0 of three. The timeout is 1000 us. */
class Proposal {
  readonly log: string[] = [];
  readonly host = new BarePeer();
  readonly proposal = new EpochProposal(asServerId(LEADER), ensemble([0, 1, 2]), this.host, 1000);

  propose(sid: number, acceptedEpoch: number, nowUs: number): EpochWaiter {
    const waiter: EpochWaiter = {
      epochProposed: (epoch) => this.log.push(`${sid} gets ${epoch}`),
      epochTimedOut: () => this.log.push(`${sid} timed out`),
      epochAborted: () => this.log.push(`${sid} aborted`),
      epochLimitReached: () => this.log.push(`${sid} reached the limit`),
      quorumUndecidable: () => this.log.push(`${sid} cannot count`),
      acceptedEpochNotWritten: () => this.log.push(`${sid} could not write`),
    };
    this.proposal.propose(waiter, asServerId(sid), asEpoch(acceptedEpoch), nowUs);
    return waiter;
  }
}

describe("EpochProposal", () => {
  it("proposes one above the highest acceptedEpoch, and notifies all waiters in order", () => {
    const one = new Proposal();
    one.propose(LEADER, 3, 0);
    one.propose(1, 5, 10);
    expect([one.log, one.host.pendingDisk]).toEqual([[], ["write acceptedEpoch"]]);
    one.proposal.written(true);
    one.propose(2, 9, 20);
    expect(one.log).toEqual(["0 gets 6", "1 gets 6", "2 gets 6"]);
  });

  it("does not count a server whose acceptedEpoch is the largest supported epoch", () => {
    const one = new Proposal();
    one.propose(LEADER, 3, 0);
    one.propose(1, MAX_EPOCH, 10);
    expect([one.log, one.host.pendingDisk]).toEqual([["1 reached the limit"], []]);
    one.propose(2, MAX_EPOCH - 1, 20);
    one.proposal.written(true);
    expect(one.log.slice(1)).toEqual([`0 gets ${MAX_EPOCH}`, `2 gets ${MAX_EPOCH}`]);
  });

  it("does not count servers that arrive while acceptedEpoch is written, and no waiter times out then", () => {
    const one = new Proposal();
    one.propose(LEADER, 3, 0);
    one.propose(1, 5, 10);
    one.propose(2, 9, 20);
    one.proposal.timeout(5000);
    expect(one.log).toEqual([]);
    one.proposal.written(true);
    expect(one.log).toEqual(["0 gets 6", "1 gets 6", "2 gets 6"]);
  });

  it("if the write fails, the writer fails, and the others get the epoch when their timeouts expire", () => {
    const one = new Proposal();
    one.propose(LEADER, 3, 0);
    one.propose(1, 5, 10);
    one.proposal.written(false);
    expect([one.log, one.proposal.done]).toEqual([["1 could not write"], true]);
    one.proposal.timeout(1000);
    expect(one.log).toEqual(["1 could not write", "0 gets 6"]);
  });

  it("notifies each waiter of its own timeout, and forgets waiters that leave", () => {
    const one = new Proposal();
    const first = one.propose(LEADER, 3, 0);
    one.propose(7, 0, 400);
    one.propose(8, 0, 500);
    one.proposal.leave(first);
    one.proposal.timeout(1000);
    expect(one.log).toEqual([]);
    one.proposal.timeout(1400);
    expect(one.log).toEqual(["7 timed out"]);
    one.proposal.close();
    one.proposal.timeout(1500);
    expect(one.log).toEqual(["7 timed out"]);
  });

  it("an abort ends the wait of all waiters, unless the quorum is complete", () => {
    const one = new Proposal();
    one.propose(LEADER, 3, 0);
    one.proposal.abort();
    expect(one.log).toEqual(["0 aborted"]);
    one.propose(1, 5, 10);
    one.proposal.abort();
    expect(one.log).toEqual(["0 aborted"]);
  });
});
