/** The zxids of a sync decision on a line: committedLog, the log files, and the zxid of the peer. */
import type { DecisionRecord } from "../../cluster/records.ts";
import { zxidText } from "../session/message-text.ts";

export interface NumberLine {
  /** The zxids with their places, from 0 to 1. Neighbors have equal distances, because zxids jump between epochs. */
  readonly ticks: readonly { readonly place: number; readonly text: string }[];
  readonly ranges: readonly { readonly kind: "txnlog" | "committed-log"; readonly from: number; readonly to: number }[];
  /** The place of the zxid of the peer. */
  readonly peer: number;
  /** The same in words. */
  readonly text: string;
}

/** A zxid of the line: its value, which orders it, and its text. */
export interface LineZxid {
  readonly value: number | bigint;
  readonly text: string;
}

/** The zxids of a decision. A range is its first and its last zxid, or empty. */
export interface LineZxids {
  readonly peer: LineZxid;
  /** The lastProcessedZxid of the leader; undefined if it is unknown. */
  readonly last: LineZxid | undefined;
  readonly committedLog: readonly LineZxid[];
  /** The log files of the leader; undefined if they are unknown. */
  readonly log: readonly LineZxid[] | undefined;
}

/** Returns the zxids of a decision in a run. `log` is the range of the leader's log files, or empty. */
export function zxidsOf(decision: DecisionRecord, log: readonly number[]): LineZxids {
  const { lastProcessedZxid, maxCommittedLog, minCommittedLog, peerLastZxid } = decision;
  const zxid = (value: number): LineZxid => ({ value, text: zxidText(value) });
  return {
    ...{ peer: zxid(peerLastZxid), last: zxid(lastProcessedZxid) },
    committedLog: maxCommittedLog > 0 ? [zxid(minCommittedLog), zxid(maxCommittedLog)] : [],
    log: log.map(zxid),
  };
}

/** Returns the line of a decision. */
export function numberLine({ committedLog, last, log, peer }: LineZxids): NumberLine {
  const zxids = [peer, ...(last === undefined ? [] : [last]), ...committedLog, ...(log ?? [])];
  const all = [...new Map(zxids.map((zxid) => [zxid.value, zxid])).values()].sort((a, b) =>
    a.value < b.value ? -1 : 1,
  );
  const placeOf = ({ value }: LineZxid): number =>
    all.length === 1 ? 0.5 : all.findIndex((one) => one.value === value) / (all.length - 1);
  const range = (kind: "txnlog" | "committed-log", [from, to]: readonly LineZxid[]): NumberLine["ranges"] =>
    from === undefined || to === undefined ? [] : [{ kind, from: placeOf(from), to: placeOf(to) }];
  const names = ({ text, value }: LineZxid): string => {
    const roles = [value === peer.value ? "peer" : "", value === last?.value ? "last" : ""];
    return [...roles.filter((role) => role !== ""), text].join(" ");
  };
  return {
    ticks: all.map((zxid) => ({ place: placeOf(zxid), text: names(zxid) })),
    ranges: [...range("txnlog", log ?? []), ...range("committed-log", committedLog)],
    peer: placeOf(peer),
    text:
      `peer ${peer.text}, committedLog ${rangeText(committedLog)}, ` +
      `log files ${log === undefined ? "not logged" : rangeText(log)}, last processed ${last?.text ?? "not logged"}`,
  };
}

function rangeText(range: readonly LineZxid[]): string {
  return range.length === 0 ? "empty" : range.map(({ text }) => text).join(" to ");
}
