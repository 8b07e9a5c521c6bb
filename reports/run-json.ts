/**
 * A run as plain data for --json: everything a report shows, zxids as `epoch:counter`, nothing that depends on the clock
 * on the wall.
 */
import type { ProtocolRecord } from "../cluster/records.ts";
import type { ScenarioRun } from "../scenarios/run.ts";
import { describeRecord } from "./describe.ts";
import { formatZxid } from "./format.ts";
import { type Handshake, handshakesOf } from "./handshakes.ts";

export function runJson(run: ScenarioRun): Record<string, unknown> {
  return {
    scenario: run.scenario.name,
    seed: String(run.seed),
    ok: run.ok,
    digest: run.digest,
    events: run.events,
    virtualUs: run.endUs,
    handshakes: handshakesOf(run.records).map(handshakeJson),
    servers: run.servers.map((server) => ({
      server: server.sid,
      running: server.running,
      leading: server.leading,
      active: server.active,
      epoch: server.epoch,
      lastProcessedZxid: formatZxid(server.lastProcessedZxid),
      txns: server.history?.length ?? 0,
    })),
    steps: run.steps,
    violations: run.violations,
    unmet: run.unmet,
  };
}

function handshakeJson(one: Handshake): Record<string, unknown> {
  const { decision } = one;
  return {
    leader: one.leader,
    learner: one.learner,
    role: one.observer ? "observer" : "follower",
    epochs: { offered: one.epochOffered, accepted: one.epochAccepted ?? null, acked: one.epochAcked ?? null },
    decision: decision === undefined ? null : decisionJson(decision),
    startUs: one.startUs,
    activeUs: one.activeUs ?? null,
    failure: one.failure ?? null,
  };
}

function decisionJson(decision: NonNullable<Handshake["decision"]>): Record<string, unknown> {
  return {
    type: decision.decision,
    zxid: formatZxid(decision.zxid),
    rule: decision.rule,
    why: decision.why,
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

/** A record as one line of JSON output: its words beside its fields. */
export function recordJson(record: ProtocolRecord): Record<string, unknown> {
  const fields = Object.entries(record).map(([name, value]) => [
    name,
    /zxid|ForwardingFrom|CommittedLog/i.test(name) && typeof value === "number" ? formatZxid(value) : value,
  ]);
  return { ...Object.fromEntries(fields), text: describeRecord(record) };
}
