/**
 * initial-history-agreement: the initial history of an established epoch is a prefix of the initial history of every
 * newer established epoch.
 */
import type { Epoch, History } from "../protocol/index.ts";
import type { ServerView } from "./ensemble.ts";
import { fork, zxidAtEnd, zxidText } from "./history-facts.ts";
import type { Violations } from "./violation.ts";

interface EstablishedEpoch {
  readonly epoch: Epoch;
  readonly leader: ServerView;
  readonly initial: History;
}

export class InitialHistoryAgreement {
  /** The established epochs, ascending. */
  private readonly epochs: EstablishedEpoch[] = [];
  private readonly violations: Violations;

  constructor(violations: Violations) {
    this.violations = violations;
  }

  /**
   * Compares the initial history of the epoch with those of the epochs before and after it. The prefix
   * relation is transitive, so these two comparisons cover all epochs.
   */
  established(leader: ServerView, epoch: Epoch, initial: History): void {
    const { epochs } = this;
    // Search from the end, because an older epoch is rarely established after a newer one.
    let index = epochs.length;
    while (index > 0 && (epochs[index - 1]?.epoch ?? -1) > epoch) index--;
    const current = { epoch, leader, initial };
    const older = epochs[index - 1];
    const newer = epochs[index];
    if (older !== undefined && older.epoch < epoch && !older.initial.isPrefixOf(initial)) {
      this.report(current, older, "which does not extend");
    }
    if (newer !== undefined && !initial.isPrefixOf(newer.initial))
      this.report(current, newer, "which is not a prefix of");
    epochs.splice(index, 0, current);
  }

  private report({ epoch, initial, leader }: EstablishedEpoch, other: EstablishedEpoch, relation: string): void {
    const facts = {
      epoch,
      initial: zxidAtEnd(initial),
      otherEpoch: other.epoch,
      otherInitial: zxidAtEnd(other.initial),
    };
    const text =
      `starts epoch ${epoch} at ${zxidText(facts.initial)}, ${relation} ` +
      `the initial history of epoch ${other.epoch}, ${zxidText(facts.otherInitial)}`;
    this.violations.report("initial-history-agreement", leader.sid, text, facts, other.leader.sid, () =>
      fork(initial, other.initial),
    );
  }
}
