/**
 * follower-is-prefix: a follower that acknowledges NEWLEADER, or starts to serve, holds a prefix of its leader's
 * history.
 */
import type { Epoch, History, ServerId } from "../protocol/index.ts";
import type { ServerView } from "./ensemble.ts";
import type { EpochPrimaries } from "./epoch-primaries.ts";
import { fork, zxidAtEnd, zxidText } from "./history-facts.ts";
import type { Violations } from "./violation.ts";

export class FollowerIsPrefix {
  private readonly primaries: EpochPrimaries;
  private readonly violations: Violations;

  constructor(primaries: EpochPrimaries, violations: Violations) {
    this.primaries = primaries;
    this.violations = violations;
  }

  /** Checks the history on the disk of a follower (its snapshot and its log) that acknowledges NEWLEADER. */
  newLeaderAcked(follower: ServerView, epoch: Epoch, log: History): void {
    this.check(follower, epoch, follower.elected, log, "acknowledges", "its history");
  }

  /** Checks the memory of a follower that has handled UPTODATE and starts to serve. */
  active(follower: ServerView, epoch: Epoch, leader: ServerId, tree: History): void {
    this.check(follower, epoch, leader, tree, "serves in", "its memory");
  }

  /**
   * Compares the follower's history with all transactions that the leader has broadcast. The leader may not have logged
   * all of them: a proposal can reach a follower before the leader's disk has written it.
   */
  private check(
    follower: ServerView,
    epoch: Epoch,
    leaderSid: ServerId | undefined,
    history: History,
    action: string,
    place: string,
  ): void {
    const primary = this.primaries.of(epoch, leaderSid);
    if (primary?.initial === undefined || primary.has(history)) return;
    const leader = primary.leader.sid;
    const facts = { epoch, follower: zxidAtEnd(history), leader: zxidAtEnd(primary.head) };
    const text =
      `${action} epoch ${epoch} with ${place} at ${zxidText(facts.follower)}, ` +
      `which is not a prefix of leader ${leader}'s history, ${zxidText(facts.leader)}`;
    this.violations.report("follower-is-prefix", follower.sid, text, facts, leader, () =>
      fork(history, primary.head as History),
    );
  }
}
