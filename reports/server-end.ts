/**
 * Finds out, from the records of a run, in which state each server ended the run: the server serves, loads its disk,
 * waits, is down, refused to start, or never started.
 */
import type { PhaseName, ProtocolRecord, RecordOf } from "../cluster/records.ts";
import { formatZxid, type ServerId } from "../protocol/zxid.ts";
import type { FinalServer, ScenarioRun } from "../scenarios/scenario-run.ts";
import { describeFailure, describeRecord, describeRole } from "./describe.ts";
import { countOf, formatMoment } from "./format.ts";
import { refusalReason } from "./start-refusal.ts";

type Role = RecordOf<"looking" | "leading" | "following" | "observing">;
type Failure = RecordOf<"failed">;

export type ServerEnd =
  | {
      readonly kind: "serves";
      readonly server: FinalServer;
      /** The learner master of the server, for example `leader 3`. */
      readonly master: string;
      readonly sinceUs: number;
    }
  | { readonly kind: "loads"; readonly server: FinalServer }
  | {
      readonly kind: "waits";
      readonly server: FinalServer;
      readonly role: Role;
      /** The last vote of the server. Undefined if the server is not LOOKING. */
      readonly vote: RecordOf<"voted"> | undefined;
      /**
       * The last failure that made the server stop following or leading. `failures` counts the failures with the same
       * reason.
       */
      readonly failure: Failure | undefined;
      readonly failures: number;
      /**
       * The reason why a leader closed the connection to this server. Undefined unless this ended the server's last
       * attempt to follow.
       */
      readonly rejection: Failure | undefined;
      readonly last: ProtocolRecord | undefined;
    }
  | {
      readonly kind: "down";
      readonly server: FinalServer;
      readonly ended: RecordOf<"crashed">;
      /** The failure that made the process exit. Undefined if the process did not end itself. */
      readonly failure: Failure | undefined;
      /** Whether the process exited during its start, before it entered LOOKING. */
      readonly refused: boolean;
      /** Why the server refused to start. Undefined if it did not refuse, or if the records do not show the reason. */
      readonly refusal: string | undefined;
      /** The index, from 0, of the step that ended the process. Undefined if no step ended it. */
      readonly step: number | undefined;
    }
  | { readonly kind: "never-started"; readonly server: FinalServer };

/**
 * Events that a waiting server records again and again. They are not reported as the last record of the server, because
 * they do not show what it waits for.
 */
const REPEATED: ReadonlySet<ProtocolRecord["event"]> = new Set([
  "voted",
  "received",
  "election-waited",
  "notification-ignored",
  "notification-delayed",
  "election-link",
  "accept-failed",
]);

const CLOSED: Failure["reason"] = "connection-closed";

export function serverEnds(run: ScenarioRun): ServerEnd[] {
  return run.servers.map((server) => {
    const own = run.records.filter((record) => record.server === server.sid);
    return server.running ? endOfRunning(run, server, own) : endOfStopped(run, server, own);
  });
}

function endOfRunning(run: ScenarioRun, server: FinalServer, own: readonly ProtocolRecord[]): ServerEnd {
  const role = own.findLast(isRole);
  if (role === undefined) return { kind: "loads", server };
  if (server.active) {
    const active = own.findLast((one) => one.event === "active" || one.event === "established");
    const { leader, masterFollows } = active?.event === "active" ? active : { leader: server.sid };
    const master = `${masterFollows ? "follower" : "leader"} ${leader}`;
    return { kind: "serves", server, master, sinceUs: active?.atUs ?? role.atUs };
  }
  const failed = own.filter((one): one is Failure => one.event === "failed" && one.learner === undefined);
  const failure = failed.at(-1);
  return {
    kind: "waits",
    server,
    role,
    vote: role.event === "looking" ? own.findLast(isVote) : undefined,
    failure,
    failures: failed.filter(({ reason }) => reason === failure?.reason).length,
    rejection: failure?.reason === CLOSED ? rejectionOf(run, server.sid) : undefined,
    last: own.findLast((record) => !REPEATED.has(record.event) && record !== role),
  };
}

/** Returns the last failure that made a leader close its connection to a learner. */
function rejectionOf({ records }: ScenarioRun, learner: ServerId): Failure | undefined {
  return records.findLast(
    (one): one is Failure => one.event === "failed" && one.learner === learner && one.reason !== CLOSED,
  );
}

function endOfStopped({ records }: ScenarioRun, server: FinalServer, own: readonly ProtocolRecord[]): ServerEnd {
  const ended = own.findLast((one): one is RecordOf<"crashed"> => one.event === "crashed");
  if (ended === undefined) return { kind: "never-started", server };
  const startedAt = own.findLastIndex(({ event }) => event === "started");
  const lastRun = own.slice(startedAt);
  const failure = lastRun.findLast((one): one is Failure => one.event === "failed" && one.learner === undefined);
  const ownFailure = ended.exitCode === undefined ? undefined : failure;
  const refused = ended.exitCode !== undefined && !lastRun.some(({ event }) => event === "looking");
  const before = records[records.indexOf(ended) - 1];
  const isByStep = ended.exitCode === undefined && before?.event === "script" && before.atUs === ended.atUs;
  return {
    kind: "down",
    server,
    ended,
    failure: ownFailure,
    refused,
    refusal: refused && ownFailure !== undefined ? refusalReason(ownFailure, records) : undefined,
    step: isByStep ? before.step : undefined,
  };
}

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

/** What a server waits for in each state and phase. */
const WAITS_FOR: Readonly<Record<Role["event"], Readonly<Record<PhaseName, string>>>> = {
  looking: { ...LEARNER_WAITS_FOR, ELECTION: "votes from a quorum for one leader" },
  leading: LEADER_WAITS_FOR,
  following: LEARNER_WAITS_FOR,
  observing: LEARNER_WAITS_FOR,
};

/** Returns one sentence about the state in which a server ended the run. */
export function serverSentence({ liveness }: ScenarioRun, end: ServerEnd): string {
  const { sid } = end.server;
  const isCutOff = end.server.running && liveness !== undefined && !liveness.servers.includes(sid);
  return `server ${sid}: ${isCutOff ? "cut off by the settle step, " : ""}${endText(end)}`;
}

/** Returns the state in which a server ended the run, as a phrase without the name of the server. */
export function endText(end: ServerEnd): string {
  switch (end.kind) {
    case "serves":
      return end.server.leading
        ? `leads epoch ${end.server.epoch} since ${formatMoment(end.sinceUs)} s`
        : `serves with ${end.master} since ${formatMoment(end.sinceUs)} s`;
    case "loads":
      return "it loads its data from disk";
    case "waits":
      return waitsText(end);
    case "down":
      return end.refused ? refusedText(end) : downText(end);
    case "never-started":
      return "never started";
  }
}

function waitsText({ failure, failures, last, rejection, role, vote }: ServerEnd & { kind: "waits" }): string {
  const waitsFor = WAITS_FOR[role.event][role.phase];
  const parts = [`${describeRole(role)} since ${formatMoment(role.atUs)} s, waits for ${waitsFor}`];
  if (vote !== undefined) parts.push(`it ${describeRecord(vote)}`);
  if (failure !== undefined && failures > 1) {
    parts.push(`it failed ${countOf(failures, "time")} with ${describeFailure(failure)}`);
  } else if (last !== undefined) {
    parts.push(`last record: it ${describeRecord(last)}, at ${formatMoment(last.atUs)} s`);
  }
  if (rejection !== undefined) {
    parts.push(`server ${rejection.server} closes its connection because of ${describeFailure(rejection)}`);
  }
  return parts.join("; ");
}

function downText({ ended, failure, step }: ServerEnd & { kind: "down" }): string {
  const text = `down since ${formatMoment(ended.atUs)} s: it ${describeRecord(ended)}`;
  const cause = failure === undefined ? "" : ` because of ${describeFailure(failure)}`;
  return `${text}${cause}${step === undefined ? "" : ` (step ${step + 1})`}`;
}

function refusedText({ ended, failure, refusal }: ServerEnd & { kind: "down" }): string {
  const text = `refused to start at ${formatMoment(ended.atUs)} s (exit code ${ended.exitCode})`;
  const parts = [failure === undefined ? text : `${text}: ${describeFailure(failure)}`];
  if (refusal !== undefined) parts.push(refusal);
  return parts.join("; ");
}

/**
 * Returns a sentence about the leader and the other servers that serve, as in `server 3 leads epoch 1 at 1:5; servers 1
 * and 2 serve`.
 */
export function headlineOf({ servers }: ScenarioRun): string {
  const leader = servers.find(({ leading }) => leading);
  const others = servers.filter((server) => server.active && !server.leading).map(({ sid }) => sid);
  const leaderText =
    leader === undefined
      ? "no server leads"
      : `server ${leader.sid} leads epoch ${leader.epoch} at ${formatZxid(leader.lastProcessedZxid)}`;
  if (others.length === 0) return leader === undefined ? leaderText : `${leaderText}; no other server serves`;
  const verb = others.length === 1 ? "serves" : "serve";
  return `${leaderText}; ${others.length === 1 ? "server" : "servers"} ${listText(others)} ${verb}`;
}

/** Returns the values as a list in words: `1`, `1 and 2`, `1, 2 and 3`. */
export function listText(values: readonly (string | number)[]): string {
  if (values.length < 2) return values.join("");
  return `${values.slice(0, -1).join(", ")} and ${values.at(-1)}`;
}

function isRole(record: ProtocolRecord): record is Role {
  return "phase" in record;
}

function isVote(record: ProtocolRecord): record is RecordOf<"voted"> {
  return record.event === "voted";
}
