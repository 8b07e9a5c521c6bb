/**
 * Records in words. The subject of each sentence is the server of the record, which timelines print before it.
 */
import type { DecisionRecord, ProtocolRecord, RecordOf, ScriptedStep } from "../cluster/records.ts";
import { SYNC_RULES } from "../protocol/leader/sync-rules.ts";
import { PACKET_NAMES, type PacketType } from "../protocol/packets.ts";
import { type Epoch, formatZxid, type ServerId, type Zxid } from "../protocol/zxid.ts";
import { countOf, formatZxidRange } from "./format.ts";

type Role = RecordOf<"looking" | "leading" | "following" | "observing">;

export function describeRecord(record: ProtocolRecord): string {
  switch (record.event) {
    case "looking":
    case "leading":
    case "following":
    case "observing":
      return `is ${describeRole(record)}`;
    case "voted":
      return (
        `votes for ${serverText(record.leader)} ` +
        `(epoch ${epochText(record.peerEpoch)}, zxid ${formatZxid(record.zxid)}) in round ${record.round}`
      );
    case "elected":
      return `ends the election in round ${record.round}: server ${record.leader} leads`;
    case "epoch-offered":
      return (
        `receives ${record.observer ? "OBSERVERINFO" : "FOLLOWERINFO"} from ${record.learner}: ` +
        `acceptedEpoch ${record.epoch}`
      );
    case "epoch-proposed":
      return `proposes epoch ${record.epoch}`;
    case "epoch-accepted":
      return `writes acceptedEpoch ${record.epoch} to disk`;
    case "epoch-acked":
      return (
        `receives ACKEPOCH from ${record.learner}: ` +
        `currentEpoch ${record.currentEpoch}, last zxid ${formatZxid(record.lastZxid)}`
      );
    case "epoch-current":
      return `writes currentEpoch ${record.epoch} to disk`;
    case "sync-decided":
      return `synchronizes ${record.learner}: ${explainDecision(record)}`;
    case "newleader-acked":
      return `acknowledges NEWLEADER of epoch ${record.epoch} with its log at ${formatZxid(record.zxid)}`;
    case "newleader-ack-read":
      return `receives the ACK of NEWLEADER from ${record.learner}`;
    case "established":
      return `is established in epoch ${record.epoch} at ${formatZxid(record.zxid)}`;
    case "active":
      return `serves in epoch ${record.epoch} of leader ${record.leader} at ${formatZxid(record.zxid)}`;
    case "proposed":
      return `proposes ${txnText(record)}`;
    case "logged":
      return `logs ${txnText(record)}`;
    case "committed":
      return `commits ${txnText(record)}`;
    case "delivered":
      return `delivers ${txnText(record)}`;
    case "synced":
      return `syncs its log up to ${formatZxid(record.zxid)}`;
    case "truncated":
      return `truncates its log to ${formatZxid(record.zxid)} and removes ${countOf(record.removed, "transaction")}`;
    case "snapshot-saved":
      return `saves snapshot ${formatZxid(record.zxid)}`;
    case "loaded":
      return `loads its database up to ${formatZxid(record.zxid)}`;
    case "fast-forwarded":
      return `fast-forwards its database to ${formatZxid(record.zxid)}`;
    case "failed":
      return record.learner === undefined
        ? `fails with ${describeFailure(record)}`
        : `closes the connection to learner ${record.learner}: ${describeFailure(record)}`;
    case "anomaly":
      return (
        `reads ${packetText(record.packet, record.zxid)} ` +
        `from ${record.from < 0 ? "an unknown learner" : record.from} ` +
        `(${record.anomaly}): ${record.detail}`
      );
    case "started":
      return "starts";
    case "crashed":
      return endText(record);
    case "received":
      return `receives ${record.message}${record.zxid === 0 ? "" : ` ${formatZxid(record.zxid)}`} from ${record.from}`;
    case "script":
      return `${record.moment === "start" ? "" : "end of "}step ${record.step + 1}: ${describeStep(record)}`;
  }
}

function endText({ exitCode, lost, planned }: RecordOf<"crashed">): string {
  if (planned?.for === "upgrade") return `stops; ZooKeeper ${planned.to} replaces ${planned.from}`;
  if (planned?.for === "restart") return "stops for a restart";
  return exitCode === undefined ? `crashes${lossText(lost)}` : `exits with code ${exitCode}`;
}

/** The state of a server and its phase: `LEADING in DISCOVERY`. */
export function describeRole({ event, phase }: Role): string {
  return `${event.toUpperCase()} in ${phase}`;
}

/** The reason for a failure, and its details: `connection-closed: by 3`. */
export function describeFailure({ reason, detail }: RecordOf<"failed">): string {
  return detail === "" ? reason : `${reason}: ${detail}`;
}

/** The rule that decided and the decision: `peer zxid 1:7 is above maxCommittedLog 1:5 → TRUNC to 1:5`. */
export function explainDecision(decision: DecisionRecord): string {
  return SYNC_RULES[decision.rule].why({
    peer: formatZxid(decision.peerLastZxid),
    last: formatZxid(decision.lastProcessedZxid),
    min: formatZxid(decision.minCommittedLog),
    max: formatZxid(decision.maxCommittedLog),
    op: decision.decision === "SNAP" ? "" : formatZxid(decision.zxid),
  });
}

/** A step as a scenario file has it, on one line: `crash server=1 unsynced=lost for 2s`. */
export function describeStep({ verb, argument, duration }: Omit<ScriptedStep, "step" | "moment">): string {
  const text = isObject(argument) ? fieldsText(argument) : valueText(argument);
  return `${verb} ${text}${duration === undefined ? "" : ` for ${duration}`}`;
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(" ")}]`;
  return isObject(value) ? `{${fieldsText(value)}}` : String(value);
}

function fieldsText(object: object): string {
  return Object.entries(object)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${name}=${valueText(field)}`)
    .join(" ");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function packetText(type: PacketType | 0, zxid: Zxid): string {
  return `${PACKET_NAMES[type] || "a message"} ${formatZxid(zxid)}`;
}

function txnText({ zxid, value }: { readonly zxid: Zxid; readonly value: string }): string {
  return `${formatZxid(zxid)} (${value})`;
}

function lossText(lost: readonly Zxid[]): string {
  const [first] = lost;
  if (first === undefined) return "";
  const last = lost[lost.length - 1] ?? first;
  return ` and loses ${formatZxidRange(first, last)}, which ${lost.length === 1 ? "was" : "were"} not synced`;
}

function serverText(server: ServerId): string {
  return server < 0 ? "no server" : String(server);
}

function epochText(epoch: Epoch): string {
  return epoch < 0 ? "none" : String(epoch);
}
