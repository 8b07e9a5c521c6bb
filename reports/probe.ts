/** Prints what a leader answered to a probe, and what the core says about it. */
import type { ChalkInstance } from "chalk";
import type { PossibleDecision } from "../decide/possible-decisions.ts";
import type { ProbeAnswer, ProbeIdentity } from "../probe/handshake.ts";
import { countOf, hanging } from "./format.ts";

export interface ProbeReport {
  /** The address, as the user gave it. */
  readonly address: string;
  readonly identity: ProbeIdentity;
  readonly answer: ProbeAnswer;
  /** The release whose rules the core applied. */
  readonly release: string;
  /** The rules by which a leader of this release can decide so. Empty if the core never decides so. */
  readonly rules: readonly PossibleDecision[];
}

/** The width of the column with the names of fields. */
const NAME = 10;

export function probeText(report: ProbeReport, paint: ChalkInstance, width: number): string {
  const { address, answer, identity, release, rules } = report;
  const { config, newLeaderZxid, operation, proposedEpoch, zxid } = answer;
  const line = (name: string, text: string): string[] =>
    hanging(text, `  ${name.padEnd(NAME)}`, " ".repeat(2 + NAME), width);
  const epoch = identity.epoch === -1 ? "-1 (not compared, not counted)" : String(identity.epoch);
  const voters = config === undefined ? undefined : configText(config);
  return [
    paint.bold(`Leader at ${address}`),
    ...line(
      "sent",
      `OBSERVERINFO as server ${identity.sid}, then ACKEPOCH with zxid ${text(identity.zxid)}, epoch ${epoch}`,
    ),
    ...line(
      "proposed",
      `epoch ${proposedEpoch}, protocol version 0x${answer.protocolVersion.toString(16)} (LEADERINFO)`,
    ),
    ...line("decided", `${paint.bold(operation)} ${text(zxid)}, then ${packetsText(answer)}`),
    ...(answer.snapshot === undefined ? [] : line("snapshot", snapshotText(answer.snapshot))),
    ...line("NEWLEADER", `${text(newLeaderZxid)}${voters === undefined ? "" : `, configuration ${voters}`}`),
    "",
    ...opinionLines(rules, operation, release, paint, width),
    "",
    "The probe left without an ACK of NEWLEADER.",
  ].join("\n");
}

function packetsText({ firstZxid, lastZxid, packets }: ProbeAnswer): string {
  const counts = Object.entries(packets).map(([name, count]) => `${count} ${name}`);
  if (counts.length === 0 || firstZxid === undefined || lastZxid === undefined) return "no packet before NEWLEADER";
  return `${counts.join(", ")} from ${text(firstZxid)} to ${text(lastZxid)}`;
}

function snapshotText({ bytes, dataBytes, maxZxid, nodes, sessions }: NonNullable<ProbeAnswer["snapshot"]>): string {
  const contents = `${countOf(nodes, "znode")} with ${dataBytes} bytes of data, ${countOf(sessions, "session")}`;
  return `${bytes} bytes: ${contents}; the last zxid of a znode is ${text(maxZxid)}`;
}

/** Returns the servers and the version of a configuration, in one line. */
function configText(config: string): string {
  const servers = [...config.matchAll(/^server\.(-?\d+)=.*?(?::(participant|observer))?(?:;.*)?$/gm)];
  const version = /^version=([\da-f]+)$/m.exec(config)?.[1];
  const names = servers.map(([, sid, role]) => (role === "observer" ? `${sid} (observer)` : sid));
  return `${version ?? "without a version"} of servers ${names.join(", ")}`;
}

function opinionLines(
  rules: readonly PossibleDecision[],
  operation: string,
  release: string,
  paint: ChalkInstance,
  width: number,
): string[] {
  if (rules.length === 0) {
    const text = `By the rules of ${release}, a leader never decides so. Is its release another one (--zookeeper)?`;
    return [paint.bold(text)];
  }
  const which = rules.length === 1 ? "one rule" : "one of these rules";
  const title = `By the rules of ${release}, a leader sends this ${operation} by ${which}:`;
  return [
    ...hanging(title, "", "", width),
    ...rules.flatMap(({ conditions, rule, why }) => [
      ...hanging(`${rule}: ${why}`, "  ", "    ", width),
      ...(rules.length === 1 ? [] : conditions.flatMap((one) => hanging(`if ${one.text}`, "    ", "      ", width))),
    ]),
  ];
}

/** Returns a zxid as `epoch:counter`. */
function text(zxid: bigint): string {
  if (zxid === -1n) return "none";
  const bits = BigInt.asUintN(64, zxid);
  return `${bits >> 32n}:${bits & 0xffff_ffffn}`;
}

/** Returns the report as JSON values (schema/probe.schema.json): zxids are hexadecimal. */
export function probeJson({ address, answer, identity, release, rules }: ProbeReport): object {
  const { firstZxid, lastZxid, newLeaderZxid, proposedEpoch, snapshot, zxid, ...rest } = answer;
  return {
    version: 1,
    address,
    sent: { sid: String(identity.sid), zxid: hex(identity.zxid), epoch: identity.epoch },
    ...rest,
    proposedEpoch: Number(proposedEpoch),
    zxid: hex(zxid),
    firstZxid: firstZxid === undefined ? null : hex(firstZxid),
    lastZxid: lastZxid === undefined ? null : hex(lastZxid),
    snapshot: snapshot === undefined ? null : { ...snapshot, maxZxid: hex(snapshot.maxZxid) },
    newLeaderZxid: hex(newLeaderZxid),
    config: answer.config ?? null,
    release,
    rules: rules.map(({ conditions, rule, why }) => ({ rule, why, if: conditions.map((one) => one.text) })),
  };
}

function hex(zxid: bigint): string {
  return `0x${BigInt.asUintN(64, zxid).toString(16)}`;
}
