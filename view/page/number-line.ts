/** The zxids of a sync decision on a line: committedLog, the log files, and the zxid of the peer. */
import type { DecisionRecord } from "../../cluster/records.ts";
import { zxidText } from "../session/describe-event.ts";

export interface NumberLine {
  /** The zxids with their places, from 0 to 1. Neighbors have equal distances, because zxids jump between epochs. */
  readonly ticks: readonly { readonly place: number; readonly text: string }[];
  readonly ranges: readonly { readonly kind: "txnlog" | "committed-log"; readonly from: number; readonly to: number }[];
  /** The place of the zxid of the peer. */
  readonly peer: number;
  /** The same in words. */
  readonly text: string;
}

/** Returns the line of a decision. `log` is the first and the last zxid of the leader's log files, or empty. */
export function numberLine(decision: DecisionRecord, log: readonly number[]): NumberLine {
  const { lastProcessedZxid, maxCommittedLog, minCommittedLog, peerLastZxid } = decision;
  const hasCommittedLog = maxCommittedLog > 0;
  const committedLog = hasCommittedLog ? [minCommittedLog, maxCommittedLog] : [];
  const zxids: readonly number[] = [peerLastZxid, lastProcessedZxid, ...committedLog, ...log];
  const all = [...new Set(zxids)].sort((a, b) => a - b);
  const placeOf = (zxid: number): number => (all.length === 1 ? 0.5 : all.indexOf(zxid) / (all.length - 1));
  const range = (kind: "txnlog" | "committed-log", ends: readonly number[]): NumberLine["ranges"] =>
    ends.length === 0 ? [] : [{ kind, from: placeOf(ends[0] as number), to: placeOf(ends[1] as number) }];
  const names = (zxid: number): string => {
    const roles = [zxid === peerLastZxid ? "peer" : "", zxid === lastProcessedZxid ? "last" : ""];
    return [...roles.filter((role) => role !== ""), zxidText(zxid)].join(" ");
  };
  return {
    ticks: all.map((zxid) => ({ place: placeOf(zxid), text: names(zxid) })),
    ranges: [...range("txnlog", log), ...range("committed-log", committedLog)],
    peer: placeOf(peerLastZxid),
    text:
      `peer ${zxidText(peerLastZxid)}, ` +
      `committedLog ${hasCommittedLog ? committedLog.map(zxidText).join(" to ") : "empty"}, ` +
      `log files ${log.length === 0 ? "empty" : log.map(zxidText).join(" to ")}, ` +
      `last processed ${zxidText(lastProcessedZxid)}`,
  };
}
