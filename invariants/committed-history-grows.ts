/** committed-history-grows: a newly established leader has every transaction that a client could have read. */
import type { Epoch, History } from "../protocol/index.ts";
import type { CommittedHistory } from "./committed-history.ts";
import type { ServerView } from "./ensemble.ts";
import { fork, zxidAtEnd, zxidText } from "./history-facts.ts";
import type { Violations } from "./violation.ts";

export class CommittedHistoryGrows {
  private readonly sequence: CommittedHistory;
  private readonly violations: Violations;

  constructor(sequence: CommittedHistory, violations: Violations) {
    this.sequence = sequence;
    this.violations = violations;
  }

  /**
   * Checks a newly established leader that is not deposed. A deposed leader is exempt: it may learn late that a quorum
   * has acknowledged its NEWLEADER, and it may then serve stale data.
   */
  newestEstablished(leader: ServerView, epoch: Epoch, history: History): void {
    const committed = this.sequence.last;
    if (committed === undefined || committed.isPrefixOf(history)) return;
    const facts = { epoch, history: zxidAtEnd(history), committed: zxidAtEnd(committed) };
    const text =
      `is established in epoch ${epoch} at ${zxidText(facts.history)} ` +
      `and lacks committed transactions, which end at ${zxidText(facts.committed)}`;
    this.violations.report("committed-history-grows", leader.sid, text, facts, undefined, () =>
      fork(history, committed),
    );
  }
}
