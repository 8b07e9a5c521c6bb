/**
 * process-consistency: if two participants take part in the same epoch, the log of one of them is a prefix of the log
 * of the other.
 *
 * The class keeps the longest log of each epoch as one history for each length, so that a log that grows by one
 * transaction is compared with only one entry. The class adds an entry that is shorter than the epoch's first log only
 * when a comparison needs it.
 */
import type { Epoch, History } from "../protocol/index.ts";
import type { ServerView } from "./ensemble.ts";
import { fork, zxidAtEnd, zxidText } from "./history-facts.ts";
import type { Violations } from "./violation.ts";

export class ProcessConsistency {
  private readonly longestLogs = new Map<Epoch, LongestLog>();
  private readonly violations: Violations;

  constructor(violations: Violations) {
    this.violations = violations;
  }

  /** Compares the log of a participant of this epoch with the longest log of this epoch. */
  logChanged(server: ServerView, epoch: Epoch, log: History): void {
    const longest = this.longestLogs.get(epoch);
    if (longest === undefined) {
      this.longestLogs.set(epoch, new LongestLog(log));
      return;
    }
    const known = longest.atLength(log.length);
    if (known === log || (known === undefined ? longest.extend(log) : known.equals(log))) return;
    const facts = { epoch, position: log.length, log: zxidAtEnd(log), other: zxidAtEnd(known) };
    const text =
      `has ${zxidText(facts.log)} in its log of epoch ${epoch} ` +
      `where another participant has ${zxidText(facts.other)}`;
    this.violations.report("process-consistency", server.sid, text, facts, undefined, () => fork(log, longest.last));
  }
}

/** The longest log of an epoch, as one history for each length. */
class LongestLog {
  private readonly firstLength: number;
  /** Entry i has length `firstLength + i`. */
  private readonly histories: History[];
  /** Entry i has length `firstLength - 1 - i`. */
  private readonly shorter: History[] = [];

  constructor(first: History) {
    this.firstLength = first.length;
    this.histories = [first];
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
  extend(log: History): boolean {
    const { histories, last } = this;
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
