/** The transactions that a server holds, each with its durability, and whether it is committed in the ensemble. */

import type { LogFileView, ServerView } from "../../cluster/server-view.ts";
import { historyOf, zxidOf } from "../../cluster/start-disk.ts";
import { History, type ServerId, sameTxn, type Txn, type Zxid } from "../../protocol/index.ts";
import type { Recording } from "./recording.ts";

/** The part of a log to which a transaction belongs. */
export type LogPart = "committed" | "synced" | "unsynced" | "lost" | "removed";

/** One transaction of a server. */
export interface LogEntry {
  readonly zxid: Zxid;
  readonly value: string;
  readonly part: LogPart;
  /** Whether the transaction is durable at this server. */
  readonly isDurable: boolean;
  /** Where the server has it: in its log, or else only in a snapshot or only in the data tree in memory. */
  readonly place: "log" | "snapshot" | "memory";
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
 * Returns the last `limit` transactions that a server holds after an event, in its log or only in its database (in
 * memory or in a snapshot), and then those that its last crash lost, as long as it is down.
 */
export function logEntries(
  recording: Recording,
  committed: CommittedTxns,
  sid: ServerId,
  event: number,
  limit: number,
): { readonly entries: readonly LogEntry[]; readonly omitted: number } {
  const view = recording.serverAt(sid, event);
  const { log } = view.disk;
  const logged = lastRecords(log, limit).map(({ isDurable, txn }) =>
    entryOf(txn, isDurable, "log", committed.has(txn, event)),
  );
  const unlogged = unloggedTxns(view, limit).map(({ place, txn }) =>
    entryOf(txn, place === "snapshot", place, committed.has(txn, event)),
  );
  const held = [...logged, ...unlogged].sort((a, b) => a.zxid - b.zxid).slice(-limit);
  const total = log.reduce((sum, { records }) => sum + records.length, 0);
  const longest = Math.max(total, total === 0 ? (databaseOf(view)?.length ?? 0) : 0);
  const lost = view.process === "down" ? lostBy(recording, sid, event) : removedBy(recording, sid, event, limit);
  return { entries: [...held, ...lost], omitted: Math.max(0, longest - held.length) };
}

/** Returns the last `limit` records of a log. */
function lastRecords(
  log: readonly LogFileView[],
  limit: number,
): readonly { readonly isDurable: boolean; readonly txn: Txn }[] {
  const files: { readonly isDurable: boolean; readonly txn: Txn }[][] = [];
  let count = 0;
  for (let i = log.length - 1; i >= 0 && count < limit; i--) {
    const { durable, records } = log[i] as LogFileView;
    const from = Math.max(0, records.length - (limit - count));
    files.unshift(records.txns(from).map((txn, i) => ({ isDurable: from + i < durable, txn })));
    count += records.length - from;
  }
  return files.flat();
}

function entryOf(txn: Txn, isDurable: boolean, place: LogEntry["place"], isCommitted: boolean): LogEntry {
  const part: LogPart = isCommitted ? "committed" : isDurable ? "synced" : "unsynced";
  return { zxid: txn.zxid, value: String(txn.value), part, isDurable, place };
}

/** Returns what the database of a server holds: its data tree, or its newest snapshot if the process does not run. */
function databaseOf({ disk, peer }: ServerView): History | undefined {
  return peer?.tree ?? disk.snapshots.findLast(({ history }) => history !== undefined)?.history;
}

/** Returns those of the last `limit` transactions of the database that the log lacks. */
function unloggedTxns(
  view: ServerView,
  limit: number,
): readonly { readonly place: "snapshot" | "memory"; readonly txn: Txn }[] {
  const { log, snapshots } = view.disk;
  const database = databaseOf(view);
  if (database === undefined) return [];
  const shown = database.txns(Math.max(0, database.length - limit));
  const unlogged = without(
    shown,
    log.map(({ records }) => records),
  );
  const inMemory = new Set(
    without(
      unlogged,
      snapshots.flatMap(({ history }) => history ?? []),
    ),
  );
  return unlogged.map((txn) => ({ place: inMemory.has(txn) ? "memory" : "snapshot", txn }));
}

/** Returns the transactions that no history contains. All ascend. Walks through each history at most once. */
function without(txns: readonly Txn[], histories: readonly History[]): readonly Txn[] {
  let left = txns;
  // The newest history usually contains all of them.
  for (const history of histories.toReversed()) {
    const [first, last] = [left[0], left.at(-1)];
    if (first === undefined || last === undefined) break;
    if (history.zxid < first.zxid) continue;
    const held = new Set<Txn>();
    let at = history.upTo(last.zxid);
    for (const txn of left.toReversed()) {
      at = at.upTo(txn.zxid);
      if (at.txn !== null && sameTxn(at.txn, txn)) held.add(txn);
    }
    if (held.size > 0) left = left.filter((txn) => !held.has(txn));
  }
  return left;
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
    .map(({ value, zxid }) => ({ zxid, value: String(value), part: "removed", isDurable: false, place: "log" }));
}

function lostBy(recording: Recording, sid: ServerId, event: number): readonly LogEntry[] {
  const { records } = recording;
  for (let i = records.length - 1; i >= 0; i--) {
    const record = records[i];
    if (record?.event !== "crashed" || record.server !== sid || recording.eventOfRecord(i) > event) continue;
    return record.lost.map((zxid) => ({ zxid, value: "", part: "lost", isDurable: false, place: "log" }));
  }
  return [];
}
