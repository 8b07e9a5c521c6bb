/** The transactions of a server's log, each with its durability, and whether it is committed in the ensemble. */

import { historyOf, zxidOf } from "../../cluster/start-disk.ts";
import { History, type ServerId, type Txn, type Zxid } from "../../protocol/index.ts";
import type { Recording } from "./recording.ts";

/** The part of a log to which a transaction belongs. */
export type LogPart = "committed" | "synced" | "unsynced" | "lost" | "removed";

/** One transaction of a log. */
export interface LogEntry {
  readonly zxid: Zxid;
  readonly value: string;
  readonly part: LogPart;
  /** Whether the transaction is durable at this server. */
  readonly isDurable: boolean;
}

/** Knows, for each moment of a recording, which transactions are committed. */
export class CommittedTxns {
  private readonly events = new Map<string, number>();

  constructor(recording: Recording) {
    const { committed, servers } = recording.scenario;
    const histories = Object.values(servers).map(({ history }) => historyOf(history, History.empty()));
    if (committed !== undefined) {
      // A history that lacks the last committed transaction may have uncommitted transactions below it.
      const last = zxidOf(committed);
      for (const history of histories) if (history.upTo(last).zxid === last) this.add(history.upTo(last), 0);
    }
    for (const [index, record] of recording.records.entries()) {
      if (record.event === "committed") this.note(record.zxid, record.value, recording.eventOfRecord(index));
      if (record.event !== "established") continue;
      const event = recording.eventOfRecord(index);
      // A step of the script can crash the leader in the event that establishes it.
      const { peer } =
        [event, event - 1]
          .map((number) => recording.serverAt(record.server, number))
          .find((view) => view.peer !== undefined) ?? {};
      if (peer !== undefined) this.add(peer.log, event);
    }
  }

  private add(history: History, event: number): void {
    for (let at: History | null = history; at?.txn; at = at.previous) {
      if (this.events.has(keyOf(at.txn.zxid, String(at.txn.value)))) return;
      this.note(at.txn.zxid, String(at.txn.value), event);
    }
  }

  private note(zxid: Zxid, value: string, event: number): void {
    const key = keyOf(zxid, value);
    if (!this.events.has(key)) this.events.set(key, event);
  }

  /** Returns whether a transaction is committed after an event. */
  has(txn: Pick<Txn, "zxid" | "value">, event: number): boolean {
    const since = this.since(txn);
    return since !== undefined && since <= event;
  }

  /** Returns the event that commits a transaction: 0 if it is committed before the run, undefined if none does. */
  since({ value, zxid }: Pick<Txn, "zxid" | "value">): number | undefined {
    return this.events.get(keyOf(zxid, String(value)));
  }
}

function keyOf(zxid: Zxid, value: string): string {
  return `${zxid} ${value}`;
}

/**
 * Returns the last `limit` transactions on the disk of a server after an event, and then those that its last crash
 * lost, as long as it is down.
 */
export function logEntries(
  recording: Recording,
  committed: CommittedTxns,
  sid: ServerId,
  event: number,
  limit: number,
): { readonly entries: readonly LogEntry[]; readonly omitted: number } {
  const { disk, process } = recording.serverAt(sid, event);
  const all = disk.log.flatMap(({ durable, records }) =>
    records.txns(Math.max(0, records.length - limit)).map((txn, i, shown) => {
      const isDurable = records.length - shown.length + i < durable;
      const part: LogPart = committed.has(txn, event) ? "committed" : isDurable ? "synced" : "unsynced";
      return { zxid: txn.zxid, value: String(txn.value), part, isDurable };
    }),
  );
  const total = disk.log.reduce((sum, { records }) => sum + records.length, 0);
  const entries = all.slice(-limit);
  const lost = process === "down" ? lostBy(recording, sid, event) : removedBy(recording, sid, event, limit);
  return { entries: [...entries, ...lost], omitted: total - entries.length };
}

/** Returns the last `limit` transactions that an event removed from the log of a server that runs. */
function removedBy(recording: Recording, sid: ServerId, event: number, limit: number): readonly LogEntry[] {
  if (event === 0 || recording.lastChangeOf(sid, event) !== event) return [];
  const [before, after] = [event - 1, event].map((number) => recording.serverAt(sid, number).disk);
  if (before === undefined || before === after) return [];
  const kept = new Set(after?.log.flatMap(({ records }) => records.txns(0)).map((txn) => txn.zxid));
  return before.log
    .flatMap(({ records }) => records.txns(Math.max(0, records.length - limit)))
    .filter(({ zxid }) => !kept.has(zxid))
    .slice(-limit)
    .map(({ value, zxid }) => ({ zxid, value: String(value), part: "removed", isDurable: false }));
}

function lostBy(recording: Recording, sid: ServerId, event: number): readonly LogEntry[] {
  const { records } = recording;
  for (let i = records.length - 1; i >= 0; i--) {
    const record = records[i];
    if (record?.event !== "crashed" || record.server !== sid || recording.eventOfRecord(i) > event) continue;
    return record.lost.map((zxid) => ({ zxid, value: "", part: "lost", isDurable: false }));
  }
  return [];
}
