/**
 * The logs of the participants of each epoch: primary-uniqueness, initial-history-agreement, process-consistency and
 * follower-is-prefix.
 *
 * For each epoch the longest log of a participant is kept, one history for each length, so a log that grows by one
 * transaction is compared with one entry. Histories from before the epoch are kept only as far back as some
 * participant's log ends.
 */
import type { Epoch, History, ServerId } from "../protocol/index.ts";
import type { Ensemble, ServerView } from "./ensemble.ts";
import { fork, zxidAtEnd, zxidText } from "./history-facts.ts";
import type { Violations } from "./violation.ts";

export class Participants {
  private readonly logs = new Map<Epoch, EpochLog>();
  /** Established leaders with their initial histories, ascending by epoch. */
  private readonly established: { readonly epoch: Epoch; readonly leader: ServerView; readonly history: History }[] =
    [];
  private readonly ensemble: Ensemble;
  private readonly violations: Violations;

  constructor(ensemble: Ensemble, violations: Violations) {
    this.ensemble = ensemble;
    this.violations = violations;
  }

  epochEstablished(leader: ServerView, epoch: Epoch, history: History): void {
    const { established } = this;
    // From the end: an older epoch is rarely established after a newer one.
    let index = established.length;
    while (index > 0 && (established[index - 1]?.epoch ?? -1) > epoch) index--;
    const older = established[index - 1];
    if (older?.epoch === epoch) this.reportSecondLeader(leader, epoch, older.leader);
    this.checkInitialHistories(leader, epoch, history, index);
    established.splice(index, 0, { epoch, leader, history });
  }

  private reportSecondLeader(leader: ServerView, epoch: Epoch, other: ServerView): void {
    const first = other === leader ? "it" : `server ${other.sid}`;
    const text = `is established in epoch ${epoch}, in which ${first} was established before`;
    this.violations.report("primary-uniqueness", leader.sid, text, { epoch }, other.sid);
  }

  /** Compares an initial history with those of the neighboring epochs; agreement with all others follows. */
  private checkInitialHistories(leader: ServerView, epoch: Epoch, history: History, index: number): void {
    const before = this.established[index - 1];
    const after = this.established[index];
    const initial = zxidAtEnd(history);
    if (before !== undefined && before.epoch < epoch && !before.history.isPrefixOf(history)) {
      const otherInitial = zxidAtEnd(before.history);
      const text =
        `starts epoch ${epoch} at ${zxidText(initial)}, which does not extend ` +
        `the initial history of epoch ${before.epoch}, ${zxidText(otherInitial)}`;
      const facts = { epoch, initial, otherEpoch: before.epoch, otherInitial };
      const where = () => fork(history, before.history);
      this.violations.report("initial-history-agreement", leader.sid, text, facts, before.leader.sid, where);
    }
    if (after !== undefined && !history.isPrefixOf(after.history)) {
      const otherInitial = zxidAtEnd(after.history);
      const text =
        `starts epoch ${epoch} at ${zxidText(initial)}, which is not a prefix of ` +
        `the initial history of epoch ${after.epoch}, ${zxidText(otherInitial)}`;
      const facts = { epoch, initial, otherEpoch: after.epoch, otherInitial };
      const where = () => fork(history, after.history);
      this.violations.report("initial-history-agreement", leader.sid, text, facts, after.leader.sid, where);
    }
  }

  /** A follower acknowledges NEWLEADER. */
  joined(server: ServerView, epoch: Epoch, log: History): void {
    this.checkPrefix(server, epoch, server.elected, log, "acknowledges", "its log");
    this.logIs(server, epoch, log);
  }

  /** A follower handled UPTODATE. */
  served(server: ServerView, epoch: Epoch, leader: ServerId, tree: History): void {
    this.checkPrefix(server, epoch, leader, tree, "serves in", "its memory");
  }

  /**
   * Compares a follower's history with everything that the leader of this epoch has, including proposals that the
   * leader has not yet logged: a proposal can reach a follower while the leader's own disk is still busy.
   */
  private checkPrefix(
    server: ServerView,
    epoch: Epoch,
    sid: ServerId | undefined,
    history: History,
    does: "acknowledges" | "serves in",
    what: "its log" | "its memory",
  ): void {
    const primary = this.ensemble.primaries.of(epoch, sid);
    if (primary?.initial === undefined || primary.has(history)) return;
    const leader = primary.leader.sid;
    const facts = { epoch, follower: zxidAtEnd(history), leader: zxidAtEnd(primary.head) };
    const text =
      `${does} epoch ${epoch} with ${what} at ${zxidText(facts.follower)}, ` +
      `which is not a prefix of leader ${leader}'s history, ${zxidText(facts.leader)}`;
    const where = () => fork(history, primary.head as History);
    this.violations.report("follower-is-prefix", server.sid, text, facts, leader, where);
  }

  /** Compares the log of a participant of this epoch with the longest log. */
  logIs(server: ServerView, epoch: Epoch, log: History): void {
    const longest = this.logs.get(epoch);
    if (longest === undefined) {
      this.logs.set(epoch, new EpochLog(log));
      return;
    }
    const there = longest.at(log.length);
    if (there === log || (there === undefined ? longest.extend(log) : there.equals(log))) return;
    const facts = { epoch, position: log.length, log: zxidAtEnd(log), other: zxidAtEnd(there) };
    const text =
      `has ${zxidText(facts.log)} in its log of epoch ${epoch} ` +
      `where another participant has ${zxidText(facts.other)}`;
    this.violations.report("process-consistency", server.sid, text, facts, undefined, () => fork(log, longest.last));
  }
}

/** The longest log among the participants of an epoch. */
class EpochLog {
  private readonly offset: number;
  /** Entry i has length `offset + i`. */
  private readonly histories: History[];
  /** Entry i has length `offset - 1 - i`: histories shorter than the first log. */
  private readonly earlier: History[] = [];

  constructor(first: History) {
    this.offset = first.length;
    this.histories = [first];
  }

  get last(): History {
    return this.histories[this.histories.length - 1] as History;
  }

  /** Returns the history of this length; undefined beyond the end. */
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

  /** Adds a longer log. Returns false if it does not extend the longest log so far. */
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
