/**
 * Which epoch a new leader proposes (Leader#getEpochToPropose): one above the highest acceptedEpoch of those who came
 * before the quorum was complete. The quorum must include the leader. Whoever completes it writes acceptedEpoch while all
 * others wait at the lock; who comes later just gets the epoch.
 */
import type { Effects } from "../effects.ts";
import { TIMER_EPOCH_PROPOSAL } from "../effects.ts";
import { AckSet, type QuorumVerifier } from "../quorum.ts";
import type { Epoch, ServerId } from "../zxid.ts";
import { type Waiter, WaitingRoom } from "./quorum-wait.ts";

export class EpochProposal {
  epoch: Epoch = -1;
  /** When the leader itself began to wait (timeStartWaitForEpoch), or -1. */
  leaderWaitsSinceUs = -1;

  private readonly myid: ServerId;
  private readonly effects: Effects;
  private readonly arrived: AckSet;
  private readonly room: WaitingRoom;
  private state: "waiting" | "writing" | "done" = "waiting";
  /** Who completed the quorum: its thread does the writing, and fails if that fails. */
  private writer: Waiter | null = null;

  constructor(myid: ServerId, verifier: QuorumVerifier, effects: Effects, timeoutUs: number) {
    this.myid = myid;
    this.effects = effects;
    this.arrived = new AckSet(verifier);
    this.room = new WaitingRoom(effects, TIMER_EPOCH_PROPOSAL, timeoutUs);
  }

  get done(): boolean {
    return this.state === "done";
  }

  /** A thread of the leader's calls; `waiter` hears of the outcome, at once if the epoch is settled. */
  propose(waiter: Waiter, sid: ServerId, lastAcceptedEpoch: Epoch, nowUs: number): void {
    if (this.state === "done") {
      waiter.arrived();
      return;
    }
    this.room.enter(waiter, nowUs);
    if (this.state === "writing") return;
    if (lastAcceptedEpoch >= this.epoch) this.epoch = lastAcceptedEpoch + 1;
    this.arrived.add(sid);
    if (sid === this.myid) this.leaderWaitsSinceUs = nowUs;
    if (this.arrived.has(this.myid) && this.arrived.hasQuorum) {
      this.state = "writing";
      this.writer = waiter;
      this.effects.writeAcceptedEpoch(this.epoch);
    }
  }

  /**
   * acceptedEpoch is on disk. A failed write is the writer's alone, who is returned. Nobody wakes the others then: each finds
   * the epoch settled when its own time is up.
   */
  written(ok: boolean): Waiter | undefined {
    this.state = "done";
    if (ok) {
      this.room.release();
      return undefined;
    }
    const failed = this.writer as Waiter;
    this.room.leave(failed);
    return failed;
  }

  /** maxTimeToWaitForEpoch: everyone who waits gives up at once (Leader#quitLeading). */
  quit(): void {
    if (this.state === "waiting") this.room.callOff();
  }

  leave(waiter: Waiter): void {
    this.room.leave(waiter);
  }

  timeout(nowUs: number): void {
    // While acceptedEpoch is being written the lock is held: nobody can time out.
    if (this.state !== "writing") this.room.timeout(nowUs, this.state === "done");
  }

  close(): void {
    this.room.close();
  }
}
