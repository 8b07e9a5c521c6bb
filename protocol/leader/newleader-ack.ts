/**
 * Who has acknowledged NEWLEADER (Leader#waitForNewLeaderAck). With a quorum the leader is established. An acknowledgement
 * with another zxid is only logged: its sender goes on without being counted (the bug behind ZOOKEEPER-4685).
 */
import { type Effects, TIMER_NEWLEADER_ACK } from "../effects.ts";
import { AckSet, type QuorumVerifier } from "../quorum.ts";
import type { ServerId, Zxid } from "../zxid.ts";
import { type Waiter, WaitingRoom } from "./quorum-wait.ts";

export class NewLeaderAck {
  /** Where callers wait. */
  readonly room: WaitingRoom;

  private readonly zxid: Zxid;
  private readonly acked: AckSet;
  private quorumFormed = false;

  constructor(zxid: Zxid, verifier: QuorumVerifier, effects: Effects, timeoutUs: number) {
    this.zxid = zxid;
    this.acked = new AckSet(verifier);
    this.room = new WaitingRoom(effects, TIMER_NEWLEADER_ACK, timeoutUs);
  }

  /** Returns false if the zxid is another leader's. `waiter` goes on, then or later. */
  ack(waiter: Waiter, sid: ServerId, zxid: Zxid, nowUs: number): boolean {
    if (this.quorumFormed || zxid !== this.zxid) {
      waiter.arrived();
      return this.quorumFormed || zxid === this.zxid;
    }
    this.acked.add(sid);
    this.room.enter(waiter, nowUs);
    if (this.acked.hasQuorum) {
      this.quorumFormed = true;
      this.room.release();
    }
    return true;
  }
}
