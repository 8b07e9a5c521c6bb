/**
 * trunc-keeps-committed: a TRUNC removes no transaction that was committed when the leader decided on it. A TRUNC may
 * remove a transaction that was committed after the decision, if the other servers that keep the transaction are a
 * quorum.
 */
import type { History, ServerId } from "../protocol/index.ts";
import type { CommittedHistory } from "./committed-history.ts";
import type { Ensemble, ServerView } from "./ensemble.ts";
import { zxidAtEnd, zxidText } from "./history-facts.ts";
import type { Violations } from "./violation.ts";

export class TruncKeepsCommitted {
  private readonly ensemble: Ensemble;
  private readonly sequence: CommittedHistory;
  private readonly violations: Violations;

  constructor(ensemble: Ensemble, sequence: CommittedHistory, violations: Violations) {
    this.ensemble = ensemble;
    this.sequence = sequence;
    this.violations = violations;
  }

  /**
   * Records how many transactions are committed when a leader makes a sync decision. A deposed leader cannot know which
   * transactions a newer leader has committed, so only the transactions that the deposed leader has delivered count.
   * The same is true for a follower that synchronizes an observer.
   */
  syncDecided(leader: ServerView, learner: ServerId): void {
    const learnerView = this.ensemble.servers.get(learner);
    if (learnerView === undefined) return;
    const isDeposed = leader.primary !== undefined && this.ensemble.isDeposed(leader.primary);
    const lags = isDeposed || leader.role !== "leading";
    const committed = this.sequence.length;
    learnerView.committedAtDecision = lags ? Math.min(committed, leader.tree?.length ?? 0) : committed;
  }

  /** Checks the history of a server before and after a TRUNC. */
  truncated(server: ServerView, before: History, after: History): void {
    const { length } = after;
    const committed = this.sequence.atLength(length + 1);
    if (committed === undefined || before.length <= length || !before.prefix(length + 1).equals(committed)) return;
    const facts = { truncated: zxidAtEnd(committed), to: zxidAtEnd(after) };
    const removed = zxidText(facts.truncated);
    if (length < server.committedAtDecision) {
      this.violations.report("trunc-keeps-committed", server.sid, `truncates ${removed}, which is committed`, facts);
      return;
    }
    const configuration = this.ensemble.configurationInForce(server);
    const holders = this.ensemble.holdersOf(committed, configuration);
    if (configuration.isQuorum(holders)) return;
    const left = holders.length === 0 ? "no server keeps it" : `only ${holders.join(", ")} keep it: no quorum`;
    const text = `truncates ${removed}, which was committed after the leader's decision, and ${left}`;
    this.violations.report("trunc-keeps-committed", server.sid, text, { ...facts, holders });
  }
}
