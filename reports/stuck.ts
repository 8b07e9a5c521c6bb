/**
 * Explains why a run is stuck: for each server, its state, the time at which it entered that state, what it waits for,
 * and its last record.
 */

import type { PhaseName, ProtocolRecord, RecordOf } from "../cluster/records.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { describeFailure, describeRecord, describeRole } from "./describe.ts";
import { formatMoment, hanging } from "./format.ts";

type Role = RecordOf<"looking" | "leading" | "following" | "observing">;

const LEARNER_WAITS_FOR: Readonly<Record<PhaseName, string>> = {
  ELECTION: "a connection to its leader",
  DISCOVERY: "LEADERINFO",
  SYNCHRONIZATION: "NEWLEADER or UPTODATE, or for its own disk",
  BROADCAST: "nothing: it serves",
};

const LEADER_WAITS_FOR: Readonly<Record<PhaseName, string>> = {
  ELECTION: "its own start",
  DISCOVERY: "FOLLOWERINFO and ACKEPOCH from a quorum",
  SYNCHRONIZATION: "ACKs of NEWLEADER from a quorum",
  BROADCAST: "nothing: it serves",
};

/** What a server waits for, by its state and phase. */
const WAITS_FOR: Readonly<Record<Role["event"], Readonly<Record<PhaseName, string>>>> = {
  looking: { ...LEARNER_WAITS_FOR, ELECTION: "votes from a quorum for one leader" },
  leading: LEADER_WAITS_FOR,
  following: LEARNER_WAITS_FOR,
  observing: LEARNER_WAITS_FOR,
};

/** Records that a waiting server makes repeatedly. */
const REPEATED: ReadonlySet<ProtocolRecord["event"]> = new Set([
  "voted",
  "election-waited",
  "notification-ignored",
  "notification-delayed",
  "election-link",
  "received",
]);

/** Returns the state of each server at the end of a run, in lines of at most 80 columns. */
export function whyStuck(run: ScenarioRun): string {
  const leader = run.servers.find(({ leading }) => leading);
  const active = run.servers.filter((server) => server.active).length;
  const leaderText = leader === undefined ? "no server leads" : `server ${leader.sid} leads epoch ${leader.epoch}`;
  const lines = [`at ${formatMoment(run.endUs)} s ${leaderText}, ${active} of ${run.servers.length} servers serve`];
  for (const { sid, running } of run.servers) {
    const own = run.records.filter(({ server }) => server === sid);
    lines.push(...hanging(`server ${sid}: ${running ? upText(own) : downText(own)}`, "  ", "    "));
  }
  return lines.join("\n");
}

function upText(own: readonly ProtocolRecord[]): string {
  const role = own.findLast(isRole);
  if (role === undefined) return "it loads its disk";
  const waitsFor = WAITS_FOR[role.event][role.phase];
  const text = `${describeRole(role)} since ${formatMoment(role.atUs)} s, waits for ${waitsFor}`;
  const last = own.findLast((record) => !REPEATED.has(record.event) && record !== role);
  return last === undefined
    ? text
    : `${text}; last record: it ${describeRecord(last)}, at ${formatMoment(last.atUs)} s`;
}

function downText(own: readonly ProtocolRecord[]): string {
  const ended = own.findLast(({ event }) => event === "crashed");
  if (ended === undefined) return "never started";
  const failed = own.findLast(({ event }) => event === "failed");
  const text = `down since ${formatMoment(ended.atUs)} s: it ${describeRecord(ended)}`;
  if (failed?.event !== "failed" || failed.atUs < ended.atUs) return text;
  return `${text} because of ${describeFailure(failed)}`;
}

function isRole(record: ProtocolRecord): record is Role {
  return "phase" in record;
}
