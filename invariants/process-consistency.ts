/**
 * process-consistency: if two participants take part in the same epoch, the log of one of them is a prefix of the log
 * of the other.
 *
 * Two logs that differ do not say which of them is wrong. The class blames the log that differs from the committed
 * history or, if neither does, from the history of the epoch's leader. Otherwise, it blames the log that changed last.
 *
 * The class keeps the longest log of each epoch as one history for each length, so that a log that grows by one
 * transaction is compared with only one entry. The class adds an entry that is shorter than the epoch's first log only
 * when a comparison needs it.
 */
import { type Epoch, type History, NO_EPOCH, type ServerId } from "../protocol/index.ts";
import type { CommittedHistory } from "./committed-history.ts";
import type { ServerView } from "./ensemble.ts";
import type { EpochPrimaries } from "./epoch-primaries.ts";
import { fork, zxidAtEnd, zxidText } from "./history-facts.ts";
import type { Violations } from "./violation.ts";

export class ProcessConsistency {
  private readonly longestLogs = new Map<Epoch, LongestLog>();
  /** The epoch of the last comparison and its longest log. Almost every comparison is of the same epoch as before. */
  private lastEpoch = NO_EPOCH;
  private lastLongest: LongestLog | undefined;
  private readonly committed: CommittedHistory;
  private readonly primaries: EpochPrimaries;
  private readonly violations: Violations;

  constructor(committed: CommittedHistory, primaries: EpochPrimaries, violations: Violations) {
    this.committed = committed;
    this.primaries = primaries;
    this.violations = violations;
  }

  /** Compares the log of a participant of this epoch with the longest log of this epoch. */
  logChanged({ sid }: ServerView, epoch: Epoch, log: History): void {
    const longest = this.longestOf(epoch);
    if (longest === undefined) {
      this.lastLongest = new LongestLog(log, sid);
      this.longestLogs.set(epoch, this.lastLongest);
      return;
    }
    const known = longest.atLength(log.length);
    if (known === log || (known === undefined ? longest.extend(log, sid) : known.equals(log))) return;
    const other = longest.last;
    if (this.isOtherWrong(epoch, log, other)) this.report(longest.owner, epoch, other, log);
    else this.report(sid, epoch, log, other);
  }

  private longestOf(epoch: Epoch): LongestLog | undefined {
    if (epoch !== this.lastEpoch) {
      this.lastEpoch = epoch;
      this.lastLongest = this.longestLogs.get(epoch);
    }
    return this.lastLongest;
  }

  /** Returns whether only the other one of two logs differs from the history that should be in them. */
  private isOtherWrong(epoch: Epoch, log: History, other: History): boolean {
    const [isLost, isOtherLost] = [log, other].map((one) => this.differsFromCommitted(one));
    if (isLost !== isOtherLost) return isOtherLost === true;
    const primary = this.primaries.of(epoch, undefined);
    return primary?.initial !== undefined && primary.has(log) && !primary.has(other);
  }

  private differsFromCommitted(log: History): boolean {
    const length = Math.min(log.length, this.committed.length);
    return length > 0 && this.committed.atLength(length)?.equals(log.prefix(length)) !== true;
  }

  private report(sid: ServerId, epoch: Epoch, log: History, other: History): void {
    const [here, there] = [log.prefix(other.length), other.prefix(log.length)].map(zxidAtEnd);
    const facts = { epoch, position: Math.min(log.length, other.length), log: here, other: there };
    const text = `has ${zxidText(here)} in its log of epoch ${epoch} where another participant has ${zxidText(there)}`;
    this.violations.report("process-consistency", sid, text, facts, undefined, () => fork(log, other));
  }
}

/** The longest log of an epoch, as one history for each length. */
class LongestLog {
  private readonly firstLength: number;
  /** Entry i has length `firstLength + i`. */
  private readonly histories: History[];
  /** Entry i has length `firstLength - 1 - i`. */
  private readonly shorter: History[] = [];
  /** The server whose log was the longest one last. */
  owner: ServerId;

  constructor(first: History, owner: ServerId) {
    this.firstLength = first.length;
    this.histories = [first];
    this.owner = owner;
  }

  get last(): History {
    return this.histories[this.histories.length - 1] as History;
  }

  /** The log's prefix of this length; undefined beyond its end. */
  atLength(length: number): History | undefined {
    const index = length - this.firstLength;
    if (index >= 0) return this.histories[index];
    const { shorter } = this;
    let at = shorter[shorter.length - 1] ?? (this.histories[0] as History);
    while (at.length > length && at.previous !== null) {
      at = at.previous;
      shorter.push(at);
    }
    return shorter[-index - 1];
  }

  /** Makes this longer log the longest one. Returns false if it does not extend the longest log so far. */
  extend(log: History, owner: ServerId): boolean {
    const { histories, last } = this;
    if (log.previous === last) {
      histories.push(log);
      this.owner = owner;
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
    this.owner = owner;
    return true;
  }
}
