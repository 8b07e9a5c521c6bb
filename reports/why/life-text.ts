/** Describes in words the life of a transaction, which is what each server did with it. */

import type { ProtocolRecord } from "../../cluster/records.ts";
import type { ServerId } from "../../protocol/zxid.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { quorumsText } from "../describe.ts";
import { formatMoment } from "../format.ts";
import type { LifeEvent, LifeKind } from "./life-tracker.ts";
import type { TransactionLife } from "./transaction-life.ts";

const TEXTS: Readonly<Record<LifeKind, string>> = {
  before: "on disk before the run",
  proposed: "proposed",
  logged: "logged",
  synced: "synced",
  committed: "committed",
  delivered: "delivered",
  snapshot: "received in a snapshot",
  saved: "saved in a snapshot",
  "read-back": "read back from the log without having been synced",
  kept: "survived a TRUNC",
  "left-in-log": "left in the log by a SNAP without it",
  truncated: "truncated",
  lost: "lost in a crash",
  wiped: "lost when the disk was wiped",
  deleted: "lost when files on the disk were deleted or replaced",
  forgotten: "lost when its process ended (was only in memory)",
  unloaded: "missing after a restart from an older snapshot",
  replaced: "replaced by a snapshot without it",
};

/**
 * Returns one line for each server that ever had the transaction. The line lists what happened to the transaction at
 * that server, with the times in seconds. Events after the record with index `until` are omitted.
 */
export function lifeLines(life: TransactionLife, run: ScenarioRun, until: number): string[] {
  return run.servers.flatMap(({ sid }) => {
    const events = life.at(sid, until);
    if (events.length === 0) return [];
    const texts = events.map((event, i) => eventText(event, events[i + 1]) + countedText(run.records[event.index]));
    const parts = [...texts, ...downText(run, sid, until)];
    return [`server ${sid}: ${parts.join(", ")}`];
  });
}

/** Returns an event in words. If the next event happens at the same time, omits the time. */
function eventText({ atUs, kind }: LifeEvent, next: LifeEvent | undefined): string {
  return kind === "before" || atUs === next?.atUs ? TEXTS[kind] : `${TEXTS[kind]} ${formatMoment(atUs)}`;
}

/** Returns the quorums of a commit during a reconfiguration, in parentheses. Otherwise, returns an empty text. */
function countedText(record: ProtocolRecord | undefined): string {
  if (record?.event !== "committed" || record.quorums === undefined) return "";
  return ` (${quorumsText(record).replace(/^, /, "")})`;
}

function downText({ records }: ScenarioRun, sid: ServerId, until: number): string[] {
  const process = records
    .slice(0, until + 1)
    .findLast(({ event, server }) => server === sid && (event === "started" || event === "crashed"));
  return process?.event === "crashed" ? [`down since ${formatMoment(process.atUs)}`] : [];
}
