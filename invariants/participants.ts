/**
 * The logs of those who take part in an epoch: primary-uniqueness, initial-history-agreement, process-consistency, follower-is-prefix.
 *
 * For each epoch the longest log of a participant is kept, one history for each length, so that a log that grows by one txn
 * is compared with one entry. Of what lies before the epoch only as much is kept as some participant's log lacks.
 */
import type { Epoch, History, ServerId } from "../protocol/index.ts";
import { type Ensemble, endOf, fork, type Watched } from "./ensemble.ts";
import type { Violations } from "./violation.ts";

export class Participants {
  private readonly logs = new Map<Epoch, EpochLog>();
  /** Ascending by epoch. */
  private readonly established: { readonly epoch: Epoch; readonly leader: Watched; readonly history: History }[] = [];
  private readonly ensemble: Ensemble;
  private readonly violations: Violations;

  constructor(ensemble: Ensemble, violations: Violations) {
    this.ensemble = ensemble;
    this.violations = violations;
  }

  epochEstablished(leader: Watched, epoch: Epoch, history: History): void {
    const { established } = this;
    // From the end: an older epoch is rarely established after a newer one.
    let index = established.length;
    while (index > 0 && (established[index - 1]?.epoch ?? -1) > epoch) index--;
    const older = established[index - 1];
    if (older?.epoch === epoch) this.notTheOnly(leader, epoch, older.leader);
    this.checkInitialHistories(leader, epoch, history, index);
    established.splice(index, 0, { epoch, leader, history });
  }

  private notTheOnly(leader: Watched, epoch: Epoch, other: Watched): void {
    const who = other === leader ? "it" : other.sid;
    const text = `is established in epoch ${epoch}, in which ${who} was already`;
    this.violations.report("primary-uniqueness", leader.sid, text, { epoch }, other.sid);
  }

  /** initial-history-agreement, against the neighboring epochs: with those the rest follows. */
  private checkInitialHistories(leader: Watched, epoch: Epoch, history: History, index: number): void {
    const before = this.established[index - 1];
    const after = this.established[index];
    const facts = { epoch, initial: history.zxid };
    if (before !== undefined && before.epoch < epoch && !before.history.isPrefixOf(history)) {
      const end = endOf(before.history);
      const text = `starts epoch ${epoch} at ${endOf(history)}, not an extension of epoch ${before.epoch}'s ${end}`;
      const more = { ...facts, otherEpoch: before.epoch, otherInitial: before.history.zxid };
      this.violations.report("initial-history-agreement", leader.sid, text, more, before.leader.sid, () =>
        fork(history, before.history),
      );
    }
    if (after !== undefined && !history.isPrefixOf(after.history)) {
      const end = endOf(after.history);
      const text = `starts epoch ${epoch} at ${endOf(history)}, not a prefix of epoch ${after.epoch}'s ${end}`;
      const more = { ...facts, otherEpoch: after.epoch, otherInitial: after.history.zxid };
      this.violations.report("initial-history-agreement", leader.sid, text, more, after.leader.sid, () =>
        fork(history, after.history),
      );
    }
  }

  /** A follower acknowledges NEWLEADER. */
  joined(server: Watched, epoch: Epoch, log: History): void {
    this.checkPrefix(server, epoch, server.elected, log, "acknowledges", "its log");
    this.logIs(server, epoch, log);
  }

  /** A follower handled UPTODATE. */
  served(server: Watched, epoch: Epoch, leader: ServerId, tree: History): void {
    this.checkPrefix(server, epoch, leader, tree, "serves in", "its memory");
  }

  /**
   * Against all that the leader of this epoch has, uncommitted and still on the way to its log included: proposals reach a
   * follower while the leader's own disk is busy with them.
   */
  private checkPrefix(
    server: Watched,
    epoch: Epoch,
    sid: ServerId | undefined,
    history: History,
    does: string,
    what: string,
  ): void {
    const reign = this.ensemble.reigns.of(epoch, sid);
    if (reign?.initial === undefined || reign.has(history)) return;
    const leader = reign.leader.sid;
    const facts = { epoch, follower: history.zxid, leader: reign.head?.zxid };
    const text = `${does} epoch ${epoch} with ${what} at ${endOf(history)}, not a prefix of leader ${leader}'s ${endOf(reign.head)}`;
    const where = () => fork(history, reign.head as History);
    this.violations.report("follower-is-prefix", server.sid, text, facts, leader, where);
  }

  /** The log of a participant of this epoch, compared with the longest. */
  logIs(server: Watched, epoch: Epoch, log: History): void {
    const longest = this.logs.get(epoch);
    if (longest === undefined) {
      this.logs.set(epoch, new EpochLog(log));
      return;
    }
    const there = longest.at(log.length);
    if (there === log || (there === undefined ? longest.extend(log) : there.equals(log))) return;
    const facts = { epoch, position: log.length, log: log.zxid, other: there?.zxid };
    const text = `has ${endOf(log)} in its log of epoch ${epoch} where another participant has ${endOf(there)}`;
    this.violations.report("process-consistency", server.sid, text, facts, undefined, () => fork(log, longest.last));
  }
}

/** The longest log of an epoch. */
class EpochLog {
  private readonly offset: number;
  /** Entry i has length `offset + i`. */
  private readonly histories: History[];
  /** Entry i has length `offset - 1 - i`: shorter than the first log that was seen. */
  private readonly earlier: History[] = [];

  constructor(first: History) {
    this.offset = first.length;
    this.histories = [first];
  }

  get last(): History {
    return this.histories[this.histories.length - 1] as History;
  }

  /** Undefined beyond the end. */
  at(length: number): History | undefined {
    const index = length - this.offset;
    if (index >= 0) return this.histories[index];
    const { earlier } = this;
    let at = earlier[earlier.length - 1] ?? (this.histories[0] as History);
    while (at.length > length && at.previous !== null) {
      at = at.previous;
      earlier.push(at);
    }
    return earlier[-index - 1];
  }

  /** False if the longer log does not continue the longest so far. */
  extend(log: History): boolean {
    const { histories } = this;
    const { last } = this;
    if (log.previous === last) {
      histories.push(log);
      return true;
    }
    const added: History[] = [];
    let at = log;
    while (at.length > last.length && at.previous !== null) {
      added.push(at);
      at = at.previous;
    }
    if (!last.equals(at)) return false;
    for (let i = added.length - 1; i >= 0; i--) histories.push(added[i] as History);
    return true;
  }
}
