/**
 * Explains why a server refuses to start. The reason is in the data that an earlier process of the server left on its
 * disk.
 */
import type { ProtocolRecord, RecordOf } from "../cluster/records.ts";
import { epochOf, formatZxid } from "../protocol/zxid.ts";
import { formatMoment } from "./format.ts";

type Failure = RecordOf<"failed">;
type ReasonFinder = (failed: Failure, before: readonly ProtocolRecord[]) => string | undefined;

/**
 * Returns the event that led to the failure of a server at its start. Returns undefined if the records do not show it.
 */
export function refusalReason(failed: Failure, records: readonly ProtocolRecord[]): string | undefined {
  const before = records.slice(0, records.indexOf(failed));
  return REASONS[failed.reason]?.(failed, before);
}

/**
 * Explains why a disk has a snapshot or a transaction of an epoch above currentEpoch: the earlier process ended before
 * it wrote currentEpoch.
 */
const crashedBeforeEpoch: ReasonFinder = ({ server }, before) => {
  const own = before.filter((one) => one.server === server);
  const crash = own.findLast((one) => one.event === "crashed");
  const saved = own.findLast(
    (one): one is RecordOf<"snapshot-saved" | "synced"> => one.event === "snapshot-saved" || one.event === "synced",
  );
  if (crash === undefined || saved === undefined) return undefined;
  const epoch = epochOf(saved.zxid);
  const wrote = own.some((one) => one.event === "epoch-current" && one.epoch >= epoch);
  if (wrote) return undefined;
  const what =
    saved.event === "synced" ? `logged ${formatZxid(saved.zxid)}` : `saved snapshot ${formatZxid(saved.zxid)}`;
  const moment = `crashed (${formatMoment(crash.atUs)} s) before it wrote currentEpoch ${epoch}`;
  return `it ${what} (${formatMoment(saved.atUs)} s) and ${moment}`;
};

/** Explains why a log has a gap: the earlier process ended while it removed log files for a TRUNC. */
const killedInTrunc: ReasonFinder = ({ server }, before) => {
  const decidedAt = before.findLastIndex((one) => one.event === "sync-decided" && one.learner === server);
  const decided = before[decidedAt];
  if (decided?.event !== "sync-decided" || decided.decision !== "TRUNC") return undefined;
  const after = before.slice(decidedAt).filter((one) => one.server === server);
  const crash = after.find(({ event }) => event === "crashed");
  if (crash === undefined || after.some(({ event }) => event === "truncated")) return undefined;
  const zxid = formatZxid(decided.zxid);
  return `it crashed (${formatMoment(crash.atUs)} s) while it truncated its log to ${zxid}, and its log has a gap`;
};

const REASONS: Readonly<Partial<Record<Failure["reason"], ReasonFinder>>> = {
  "epoch-older-than-zxid": crashedBeforeEpoch,
  "proposal-gap": killedInTrunc,
};
