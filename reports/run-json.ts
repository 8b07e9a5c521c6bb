/**
 * Converts a run to plain data for --json. Zxids are strings such as `1:5`. The data does not depend on wall-clock
 * time.
 */

import type { ProtocolRecord } from "../cluster/records.ts";
import type { Facts, Violation } from "../invariants/index.ts";
import { PACKET_NAMES } from "../protocol/packets.ts";
import { formatZxid, type Zxid } from "../protocol/zxid.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import type { StepOutcome } from "../scenarios/script.ts";
import { describeRecord, explainDecision } from "./describe.ts";
import { type Handshake, handshakesOf } from "./handshakes.ts";
import { runVerdict } from "./reproduction.ts";
import { scaledSettings } from "./scaled-settings.ts";
import { endText, type ServerEnd, serverEnds } from "./server-end.ts";
import { ServerReleases } from "./server-releases.ts";
import { stepText } from "./steps.ts";

interface Json {
  [name: string]: unknown;
}

/** Returns the result of a run as plain data for JSON. */
export function runJson(run: ScenarioRun): Json {
  const releases = new ServerReleases(run);
  const ends = new Map(serverEnds(run).map((end) => [end.server.sid, endJson(end)]));
  return {
    scenario: run.scenario.name,
    seed: String(run.seed),
    ok: run.ok,
    verdict: runVerdict(run),
    digest: run.digest,
    events: run.events,
    virtualUs: run.endUs,
    handshakes: handshakesOf(run.records).map((handshake) => handshakeJson(handshake, releases)),
    servers: run.servers.map((server) => ({
      server: server.sid,
      running: server.running,
      leading: server.leading,
      active: server.active,
      epoch: server.epoch,
      lastProcessedZxid: formatZxid(server.lastProcessedZxid),
      txns: server.history?.length ?? 0,
      end: ends.get(server.sid),
    })),
    steps: run.steps.map((outcome) => stepJson(run, outcome)),
    violations: run.violations.map(violationJson),
    unmet: run.unmet,
    shortLimits: run.shortLimits,
    ...(run.smallBuffers !== undefined && { smallBuffers: run.smallBuffers }),
    scaled: scaledSettings(run.scenario),
  };
}

/** Returns the state of a server at the end of the run. If the server does not serve, the state includes the reason. */
function endJson(end: ServerEnd): Json {
  const failure = "failure" in end && end.failure !== undefined ? end.failure : undefined;
  return {
    kind: end.kind,
    ...(end.kind === "waits" && { state: end.role.event, phase: end.role.phase, sinceUs: end.role.atUs }),
    ...(end.kind === "down" && { sinceUs: end.ended.atUs, exitCode: end.ended.exitCode ?? null, refused: end.refused }),
    ...(failure !== undefined && { failure: failure.reason, failureDetail: failure.detail }),
    text: endText(end),
  };
}

function handshakeJson(handshake: Handshake, releases: ServerReleases): Json {
  const { decision, failure, leader, learner, startUs } = handshake;
  return {
    leader,
    ...(handshake.masterFollows && { masterFollows: true }),
    ...(handshake.config !== undefined && { config: handshake.config }),
    leaderRelease: releases.at(leader, startUs),
    learner,
    learnerRelease: releases.at(learner, startUs),
    role: handshake.observer ? "observer" : "follower",
    epochs: {
      offered: handshake.epochOffered,
      accepted: handshake.epochAccepted ?? null,
      acked: handshake.epochAcked ?? null,
    },
    decision: decision === undefined ? null : decisionJson(decision),
    startUs,
    activeUs: handshake.activeUs ?? null,
    failure: failure?.reason ?? null,
    failedServer: failure?.server ?? null,
  };
}

function decisionJson(decision: NonNullable<Handshake["decision"]>): Json {
  return {
    type: decision.decision,
    zxid: formatZxid(decision.zxid),
    rule: decision.rule,
    why: explainDecision(decision),
    peerLastZxid: formatZxid(decision.peerLastZxid),
    lastProcessedZxid: formatZxid(decision.lastProcessedZxid),
    minCommittedLog: formatZxid(decision.minCommittedLog),
    maxCommittedLog: formatZxid(decision.maxCommittedLog),
    startForwardingFrom: formatZxid(decision.startForwardingFrom),
    proposals: decision.proposals,
    firstZxid: decision.firstZxid === undefined ? null : formatZxid(decision.firstZxid),
    lastZxid: decision.lastZxid === undefined ? null : formatZxid(decision.lastZxid),
    forwarded: decision.forwarded,
  };
}

function stepJson(run: ScenarioRun, { atUs, effect, step }: StepOutcome): Json {
  return { step, text: stepText(run, step), atUs, effect: effect?.count, effectKind: effect?.kind };
}

export function violationJson(violation: Violation): Json {
  return { ...violation, facts: factsJson(violation.facts) };
}

/** The fields of `Facts` whose values are not zxids. */
const OTHER_FACTS: ReadonlySet<string> = new Set<keyof Facts>([
  "epoch",
  "otherEpoch",
  "position",
  "otherPosition",
  "value",
  "holders",
  "detail",
]);

/**
 * Returns the facts of a violation as plain data. An undefined zxid stands for the end of a history and becomes
 * `nothing`.
 */
function factsJson({ packet, ...facts }: Facts): Json {
  const fields = Object.entries(facts).map(([name, value]) => [
    name,
    OTHER_FACTS.has(name) ? value : value === undefined ? "nothing" : formatZxid(value as Zxid),
  ]);
  return { ...Object.fromEntries(fields), ...(packet !== undefined && { packet: PACKET_NAMES[packet] }) };
}

/** The fields that contain a zxid, in records of any kind. */
const ZXID_FIELDS: ReadonlySet<string> = new Set([
  "zxid",
  "end",
  "lastZxid",
  "firstZxid",
  "peerLastZxid",
  "lastProcessedZxid",
  "minCommittedLog",
  "maxCommittedLog",
  "startForwardingFrom",
]);

/** Returns the object that --json prints for a record: the fields of the record, and its description in words. */
export function recordJson(record: ProtocolRecord): Json {
  const fields = Object.entries(record)
    .filter(([name]) => name !== "history")
    .map(([name, value]) => [name, ZXID_FIELDS.has(name) && value !== undefined ? formatZxid(value) : value]);
  const json: Json = { ...Object.fromEntries(fields), text: describeRecord(record) };
  if (record.event === "anomaly") json.packet = PACKET_NAMES[record.packet];
  if (record.event === "crashed") json.lost = record.lost.map(formatZxid);
  if (record.event === "sync-decided") json.why = explainDecision(record);
  return json;
}
