/** Which committed transactions a TRUNC removes. A TRUNC that removes only uncommitted ones does what it must. */
import type { RecordOf } from "../../cluster/records.ts";
import type { Txn } from "../../protocol/index.ts";
import type { CommittedTxns } from "./log-parts.ts";
import { zxidText } from "./message-text.ts";
import type { Recording } from "./recording.ts";

/** The number of transactions that the text names. */
const NAMES_MAX = 3;

/**
 * Returns which committed transactions the TRUNC of a sync decision removes from the log of its learner, such as
 * `removes 1:4, which is committed`. Undefined if it removes none, and for any other decision.
 */
export function truncLoss(
  recording: Recording,
  committed: CommittedTxns,
  event: number,
  { decision, learner, zxid }: RecordOf<"sync-decided">,
): string | undefined {
  if (decision !== "TRUNC") return undefined;
  const removed = recording
    .serverAt(learner, event)
    .disk.log.flatMap(({ records }) => records.txns(0))
    .filter((txn) => txn.zxid > zxid);
  const before = removed.filter((txn) => committed.has(txn, event));
  if (before.length > 0) return `removes ${names(before)} committed`;
  const later = removed.filter((txn) => committed.since(txn) !== undefined);
  const [first] = later;
  return first && `removes ${names(later)} committed later, in event ${committed.since(first)}`;
}

function names(txns: readonly Txn[]): string {
  const shown = txns.slice(0, NAMES_MAX).map((txn) => zxidText(txn.zxid));
  const rest = txns.length - shown.length;
  const list = rest === 0 ? shown.join(", ") : `${shown.join(", ")} and ${rest} more`;
  return `${list}, which ${txns.length === 1 ? "is" : "are"}`;
}
