/**
 * One record of a run in words: the line of a timeline.
 */
import type { ProtocolRecord } from "../cluster/records.ts";
import { formatZxid, formatZxidRange } from "./format.ts";

export function describeRecord(record: ProtocolRecord): string {
  switch (record.event) {
    case "looking":
    case "leading":
    case "following":
    case "observing":
      return `${record.event.toUpperCase()} ${record.phase}`;
    case "voted":
      return `votes for ${voteName(record.leader)} (epoch ${number(record.peerEpoch)}, zxid ${formatZxid(record.zxid)}) in round ${record.round}`;
    case "elected":
      return `election over: ${record.leader} leads, round ${record.round}`;
    case "epoch-offered":
      return `${record.observer ? "OBSERVERINFO" : "FOLLOWERINFO"} of ${record.learner}: acceptedEpoch ${record.epoch}`;
    case "epoch-proposed":
      return `proposes epoch ${record.epoch}`;
    case "epoch-accepted":
      return `acceptedEpoch ${record.epoch} on disk`;
    case "epoch-acked":
      return `ACKEPOCH of ${record.learner}: currentEpoch ${record.currentEpoch}, last zxid ${formatZxid(record.lastZxid)}`;
    case "epoch-current":
      return `currentEpoch ${record.epoch} on disk`;
    case "sync-decided":
      return `sync of ${record.learner}: ${record.why}`;
    case "newleader-acked":
      return `acknowledges NEWLEADER of epoch ${record.epoch}, log at ${formatZxid(record.zxid)}`;
    case "newleader-ack-read":
      return `ACK of NEWLEADER from ${record.learner}`;
    case "established":
      return `established in epoch ${record.epoch} at ${formatZxid(record.zxid)}`;
    case "active":
      return `up to date with ${record.leader} in epoch ${record.epoch} at ${formatZxid(record.zxid)}`;
    case "proposed":
    case "logged":
    case "committed":
    case "delivered":
      return `${record.event} ${formatZxid(record.zxid)} (${record.value})`;
    case "synced":
      return `log synced at ${formatZxid(record.zxid)}`;
    case "truncated":
      return `log truncated to ${formatZxid(record.zxid)}, ${record.removed} txns removed`;
    case "snapshot-saved":
      return `snapshot ${formatZxid(record.zxid)} saved`;
    case "loaded":
      return `database at ${formatZxid(record.zxid)}`;
    case "fast-forwarded":
      return `database read forward to ${formatZxid(record.zxid)}`;
    case "failed":
      return `${record.learner === undefined ? "" : `learner ${record.learner}: `}${record.reason}: ${record.detail}`;
    case "anomaly":
      return `${record.anomaly}: ${record.packet} ${formatZxid(record.zxid)} from ${record.from}: ${record.detail}`;
    case "started":
      return "starts";
    case "crashed":
      return record.exitCode === undefined ? `crashes${lostText(record.lost)}` : `exits with code ${record.exitCode}`;
    case "received":
      return `<- ${record.from} ${record.message} ${record.zxid === 0 ? "" : formatZxid(record.zxid)}`.trimEnd();
    case "script":
      return record.text;
  }
}

/** What a crash took from the log. */
export function lostText(lost: readonly number[]): string {
  const first = lost[0];
  if (first === undefined) return "";
  return `, ${formatZxidRange(first, lost[lost.length - 1] ?? first)} not synced and lost`;
}

function voteName(leader: number): string {
  return leader < 0 ? "nobody" : String(leader);
}

function number(epoch: number): string {
  return epoch < 0 ? "none" : String(epoch);
}
