/** leader-is-complete: the established leader of the newest epoch holds every committed transaction. */
import type { History } from "../protocol/index.ts";
import type { Ensemble, ServerView } from "./ensemble.ts";
import { zxidAtEnd, zxidText } from "./history-facts.ts";
import type { Violations } from "./violation.ts";

export class LeaderIsComplete {
  private readonly ensemble: Ensemble;
  private readonly violations: Violations;

  constructor(ensemble: Ensemble, violations: Violations) {
    this.ensemble = ensemble;
    this.violations = violations;
  }

  /**
   * Checks the leader when a server is the first to deliver the last transaction of `history`. The check passes if the
   * leader has the transaction in its tree or its log, or has committed it and applies it later.
   */
  firstDelivered(server: ServerView, history: History): void {
    const leader = this.ensemble.newestLeader;
    if (leader === undefined || leader === server) return;
    const { length } = history;
    const { log, primary, tree } = leader;
    const longEnough = (tree?.length ?? 0) >= length || (log?.length ?? 0) >= length;
    if ((longEnough || (primary?.lastCommitted ?? 0) >= history.zxid) && primary?.has(history)) return;
    const facts = { epoch: leader.epoch, leader: zxidAtEnd(leader.tree), missing: zxidAtEnd(history) };
    const text =
      `leads epoch ${facts.epoch} at ${zxidText(facts.leader)} ` +
      `and lacks ${zxidText(facts.missing)}, which server ${server.sid} delivered`;
    this.violations.report("leader-is-complete", leader.sid, text, facts, server.sid);
  }
}
