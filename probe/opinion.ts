/**
 * What the core says about a decision that a probe saw: the rules by which a leader of a release can decide so, with
 * the conditions on what the probe does not see.
 */
import { type PossibleDecision, possibleDecisions } from "../decide/possible-decisions.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { formatZxid64 } from "../protocol/zxid.ts";
import type { ProbeAnswer } from "./handshake.ts";

/** The zxid of a database without a transaction of a leader is 0, so every zxid of the wire is a signed number. */
const NOTHING_PROPOSED = 0n;

/**
 * Returns the rules by which a leader of this release can decide as the answer says about a learner with this last
 * zxid: an observer, or a follower. Empty if the core never decides so.
 */
export function rulesThatFit(
  answer: Pick<ProbeAnswer, "operation" | "packets" | "zxid">,
  peerLastZxid: bigint,
  release: string,
  observer = true,
): PossibleDecision[] {
  const isSnap = answer.operation === "SNAP";
  const { possible } = possibleDecisions(
    {
      source: behaviorOf(release).syncSource,
      peerLastZxid,
      // The zxid of a SNAP packet is the leader's lastProcessedZxid.
      lastProcessedZxid: isSnap ? answer.zxid : undefined,
      committedLog: undefined,
      txnLogFiles: undefined,
      txnLogExceedsSizeLimit: undefined,
      txnLogSyncEnabled: true,
      forceSnapSync: false,
      lastProposed: NOTHING_PROPOSED,
      toBeApplied: [],
      outstandingProposals: [],
      observer,
    },
    formatZxid64,
  );
  const hasTxns = Object.keys(answer.packets).length > 0;
  return possible.filter(({ operation, rule, zxid }) => {
    if (operation !== answer.operation) return false;
    if (isSnap) return true;
    if (zxid !== undefined && zxid !== answer.zxid) return false;
    // A learner that is ahead of the leader, or in sync with it, lacks no transaction.
    return !(hasTxns && (rule === "ahead-of-committed-log" || rule === "in-sync"));
  });
}
