/**
 * The life of one transaction: what each server did with it, in order, and how a server lost it.
 */

import { formatZxid, type ServerId, type Zxid } from "../../protocol/zxid.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { type LifeEvent, type LifeKind, LifeTracker } from "./life-tracker.ts";

/** The value of each transaction that is on a disk before the run. The value comes from cluster/start-disk.ts. */
const VALUE_BEFORE_THE_RUN = "before";

const GAINS: ReadonlySet<LifeKind> = new Set(["before", "proposed", "logged", "delivered", "snapshot"]);
const LOSSES: ReadonlySet<LifeKind> = new Set([
  "truncated",
  "lost",
  "wiped",
  "deleted",
  "unloaded",
  "forgotten",
  "replaced",
]);

export class TransactionLife {
  readonly zxid: Zxid;
  readonly events: readonly LifeEvent[];
  /**
   * The zxid and the value, as in `1:4 (w3)`. If no client wrote the transaction during the run, the value is left out.
   */
  readonly name: string;

  constructor(run: ScenarioRun, zxid: Zxid) {
    const tracker = new LifeTracker(zxid);
    for (const [index, record] of run.records.entries()) tracker.read(record, index);
    const { events, value } = tracker;
    const isFromClient = value !== undefined && value !== VALUE_BEFORE_THE_RUN;
    this.zxid = zxid;
    this.events = events;
    this.name = isFromClient ? `${formatZxid(zxid)} (${value})` : formatZxid(zxid);
  }

  /** Returns the events at one server, up to the record with index `until`. */
  at(server: ServerId, until = Number.POSITIVE_INFINITY): LifeEvent[] {
    return this.events.filter((event) => event.server === server && event.index <= until);
  }

  /**
   * Returns how a server got the transaction. Returns undefined if the server does not have it after record `until`.
   */
  gained(server: ServerId, until: number): LifeEvent | undefined {
    const events = this.at(server, until);
    const lost = events.findLastIndex(({ kind }) => LOSSES.has(kind));
    return events.slice(lost + 1).find(({ kind }) => GAINS.has(kind));
  }

  /**
   * Returns how a server lost the transaction. Returns undefined if the server has it after record `until` or never had
   * it.
   */
  lost(server: ServerId, until: number): LifeEvent | undefined {
    const last = this.at(server, until).findLast(({ kind }) => GAINS.has(kind) || LOSSES.has(kind));
    return last !== undefined && LOSSES.has(last.kind) ? last : undefined;
  }
}
