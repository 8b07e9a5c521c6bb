/**
 * Why a run came to a halt: what each server is, since when, what it waits for, and the last thing that it did.
 */
import type { PhaseName, ProtocolRecord } from "../cluster/records.ts";
import type { ScenarioRun } from "../scenarios/run.ts";
import { describeRecord } from "./describe.ts";
import { formatMoment, wrap } from "./format.ts";

type Role = ProtocolRecord & { readonly event: "looking" | "leading" | "following" | "observing" };

const LEARNER_WAITS: Readonly<Record<PhaseName, string>> = {
  ELECTION: "a connection to its leader",
  DISCOVERY: "LEADERINFO",
  SYNCHRONIZATION: "NEWLEADER or UPTODATE, or its own disk",
  BROADCAST: "nothing: it serves",
};

const LEADER_WAITS: Readonly<Record<PhaseName, string>> = {
  ELECTION: "its own start",
  DISCOVERY: "FOLLOWERINFO and ACKEPOCH of a quorum",
  SYNCHRONIZATION: "the ACK of NEWLEADER of a quorum",
  BROADCAST: "nothing: it serves",
};

/** What a server in a role waits for, by phase. */
const WAITS: Readonly<Record<Role["event"], Readonly<Record<PhaseName, string>>>> = {
  looking: { ...LEARNER_WAITS, ELECTION: "votes of a quorum for one leader" },
  leading: LEADER_WAITS,
  following: LEARNER_WAITS,
  observing: LEARNER_WAITS,
};

/** What a server does over and over while it waits. */
const REPEATED: ReadonlySet<ProtocolRecord["event"]> = new Set(["voted", "received"]);

/** The state of each server at the end of a run, in lines of at most 80 columns. */
export function whyStuck(run: ScenarioRun): string {
  const leader = run.servers.find(({ leading }) => leading);
  const active = run.servers.filter((server) => server.active).length;
  const who = leader === undefined ? "nobody leads" : `server ${leader.sid} leads epoch ${leader.epoch}`;
  const lines = [`at ${formatMoment(run.endUs)} s ${who}, ${active} of ${run.servers.length} servers serve`];
  for (const { sid, running } of run.servers) {
    const own = run.records.filter(({ server }) => server === sid);
    for (const [i, line] of wrap(`server ${sid}: ${running ? upText(own) : downText(own)}`, 76).entries()) {
      lines.push(`${i === 0 ? "  " : "    "}${line}`);
    }
  }
  return lines.join("\n");
}

function upText(own: readonly ProtocolRecord[]): string {
  const role = own.findLast(isRole);
  if (role === undefined) return "reads its disk";
  const waits = WAITS[role.event][role.phase];
  const text = `${describeRecord(role)} since ${formatMoment(role.atUs)} s, waits for ${waits}`;
  const last = own.findLast((record) => !REPEATED.has(record.event) && record !== role);
  return last === undefined ? text : `${text}; last: ${lastText(last)}`;
}

function downText(own: readonly ProtocolRecord[]): string {
  const ended = own.findLast(({ event }) => event === "crashed");
  if (ended === undefined) return "never started";
  const failed = own.findLast(({ event }) => event === "failed");
  const text = `down since ${formatMoment(ended.atUs)} s: ${describeRecord(ended)}`;
  return failed === undefined || failed.atUs < ended.atUs ? text : `${text}; ${describeRecord(failed)}`;
}

function lastText(record: ProtocolRecord): string {
  return `${describeRecord(record)}, at ${formatMoment(record.atUs)} s`;
}

function isRole(record: ProtocolRecord): record is Role {
  return "phase" in record;
}
