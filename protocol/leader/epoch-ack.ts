/**
 * Who has acknowledged the new epoch (Leader#waitForEpochAck). Once a quorum that includes the leader has, nobody is
 * looked at any more. Before that, a learner more recent than the leader ends its own handler, an epoch of -1 (accepted
 * earlier) and a zxid of -1 (no database) do not count, and all wait.
 */
import { type Effects, TIMER_EPOCH_ACK } from "../effects.ts";
import { AckSet, type QuorumVerifier } from "../quorum.ts";
import type { Epoch, ServerId, Zxid } from "../zxid.ts";
import { type Waiter, WaitingRoom } from "./quorum-wait.ts";

/** How far a server has come (StateSummary). */
export interface StateSummary {
  readonly currentEpoch: Epoch;
  readonly lastZxid: Zxid;
}

/** StateSummary#isMoreRecentThan. */
export function isMoreRecent(a: StateSummary, b: StateSummary): boolean {
  return a.currentEpoch > b.currentEpoch || (a.currentEpoch === b.currentEpoch && a.lastZxid > b.lastZxid);
}

export class EpochAck {
  /** Where callers wait. */
  readonly room: WaitingRoom;

  private readonly myid: ServerId;
  private readonly leader: StateSummary;
  private readonly acked: AckSet;
  private readonly knowsMissingDatabase: boolean;
  private finished = false;

  constructor(
    myid: ServerId,
    verifier: QuorumVerifier,
    leader: StateSummary,
    effects: Effects,
    timeoutUs: number,
    knowsMissingDatabase: boolean,
  ) {
    this.myid = myid;
    this.knowsMissingDatabase = knowsMissingDatabase;
    this.leader = leader;
    this.acked = new AckSet(verifier);
    this.room = new WaitingRoom(effects, TIMER_EPOCH_ACK, timeoutUs);
  }

  /** Returns false if the learner is ahead of the leader; otherwise `waiter` hears of the outcome. */
  ack(waiter: Waiter, sid: ServerId, summary: StateSummary, nowUs: number): boolean {
    if (this.finished) {
      waiter.arrived();
      return true;
    }
    if (summary.currentEpoch !== -1) {
      if (isMoreRecent(summary, this.leader)) return false;
      if (summary.lastZxid !== -1 || !this.knowsMissingDatabase) this.acked.add(sid);
    }
    this.room.enter(waiter, nowUs);
    if (this.acked.has(this.myid) && this.acked.hasQuorum) {
      this.finished = true;
      this.room.release();
    }
    return true;
  }
}
