/**
 * Describes records in words. Each text is a sentence without its subject, which is the server of the record. A
 * timeline prints the server before the text.
 */
import type { DecisionRecord, ProtocolRecord, RecordOf, ScriptedStep, ServerRole } from "../cluster/records.ts";
import type { ReconfigRefusal } from "../protocol/leader/reconfig.ts";
import { SYNC_RULES } from "../protocol/leader/sync-rules.ts";
import type { AcceptErrorEvent, ElectionLinkEvent, IgnoredNotification } from "../protocol/notes.ts";
import { PACKET_NAMES, type PacketType } from "../protocol/packets.ts";
import { type Epoch, formatZxid, hexOf, type ServerId, type Zxid } from "../protocol/zxid.ts";
import { countOf, formatSpan, formatZxidRange } from "./format.ts";
import { describeConfig } from "./server-config.ts";

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
    case "election-waited":
      return (
        `receives no vote for ${formatSpan(record.waitedMs * 1000)} in round ${record.round}` +
        `${unheardText(record.unheard)}: ${record.resends ? "sends its vote again" : "connects again"}`
      );
    case "notification-ignored":
      return `ignores a notification from ${record.from}: ${IGNORED[record.reason](record.round)}`;
    case "notification-delayed":
      return `delays its vote to ${record.to}: the sending thread is still connecting to ${record.dialing}`;
    case "election-link":
      return ELECTION_LINK[record.change](record.peer, record.limitMs);
    case "accept-failed":
      return ACCEPT_FAILED[record.change](record.errors);
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
      return `acknowledges NEWLEADER of epoch ${record.epoch} with a history that ends at ${formatZxid(record.zxid)}`;
    case "newleader-ack-read":
      return `receives the ACK of NEWLEADER from ${record.learner}`;
    case "established":
      return `is established in epoch ${record.epoch} at ${formatZxid(record.zxid)}${quorumsText(record)}`;
    case "active":
      return (
        `serves in epoch ${record.epoch} of ${record.masterFollows ? "follower" : "leader"} ${record.leader} ` +
        `at ${formatZxid(record.zxid)}`
      );
    case "proposed":
      return `proposes ${txnText(record)}`;
    case "logged":
      return `logs ${txnText(record)}`;
    case "committed":
      return `commits ${txnText(record)}${quorumsText(record)}`;
    case "delivered":
      return `delivers ${txnText(record)}`;
    case "synced":
      return `syncs its log up to ${formatZxid(record.zxid)}`;
    case "truncated":
      return `truncates its log to ${formatZxid(record.zxid)}${removalText(record)}`;
    case "snapshot-saved":
      return `finishes writing ${snapshotText(record.zxid)}`;
    case "snapshot-started":
      return `begins to write ${snapshotText(record.zxid)}${record.inBackground ? " in the background" : ""}`;
    case "snapshot-failed":
      return "cannot write the snapshot";
    case "loaded":
      return `loads its database up to ${formatZxid(record.zxid)}`;
    case "fast-forwarded":
      return `fast-forwards its database to ${formatZxid(record.zxid)}`;
    case "config-seen":
      return `sees the pending configuration: ${record.config}`;
    case "config-committed":
      return `activates the configuration: ${record.config}${roleText(record)}`;
    case "reconfig-refused":
      return `refuses the reconfiguration: ${record.reason} (${REFUSED[record.reason]})`;
    case "leader-designated":
      return `designates server ${record.leader} as the leader and commits nothing more`;
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
      return record.config === undefined ? "starts" : `starts ${describeConfig(record.config)}`;
    case "crashed":
      return endText(record);
    case "received":
      return `receives ${record.message}${record.zxid === 0 ? "" : ` ${formatZxid(record.zxid)}`} from ${record.from}`;
    case "script":
      return `${record.moment === "start" ? "" : "end of "}step ${record.step + 1}: ${describeStep(record)}`;
  }
}

/** The number of transactions that a text names one by one. */
const NAMES_MAX = 6;

function removalText({ end, removed, zxid }: RecordOf<"truncated">): string {
  const kept = end > zxid ? `; its database still ends at ${formatZxid(end)}` : "";
  const [first, ...others] = removed;
  if (first === undefined) return kept === "" ? " and removes no transaction" : kept;
  const last = others.at(-1);
  if (last === undefined) return ` and removes ${formatZxid(first)}${kept}`;
  const names = removed.map((one) => formatZxid(one)).join(", ");
  const range = removed.length > NAMES_MAX ? `, ${formatZxidRange(first, last)}` : `: ${names}`;
  return ` and removes ${countOf(removed.length, "transaction")}${range}${kept}`;
}

function endText({ exitCode, lost, planned }: RecordOf<"crashed">): string {
  if (planned?.for === "upgrade") return `stops; ZooKeeper ${planned.to} replaces ${planned.from}`;
  if (planned?.for === "restart") return "stops for a restart";
  return exitCode === undefined ? `crashes${lossText(lost)}` : `exits with code ${exitCode}`;
}

const REFUSED: Readonly<Record<ReconfigRefusal, string>> = {
  ReconfigDisabled: "reconfigEnabled is false",
  Unimplemented: "the release has no reconfiguration",
  NoAuth: "the client may not write the znode with the configuration",
  ReconfigInProgress: "an earlier reconfiguration is not committed yet",
  BadVersion: "the request names another version",
  BadArguments: "too few voters, or an incremental request with groups",
  NewConfigNoQuorum: "no quorum of the new configuration is synced with the leader",
};

const IGNORED: Readonly<Record<IgnoredNotification, (round: number) => string>> = {
  "earlier-round": (round) => `it is from round ${round}, which is over`,
  "no-better-vote": () => "a quorum already agrees, and this vote is not better",
  "leader-not-voter": () => "it votes for a server that is not a voter",
  "no-database": () => "one of the two servers has no database",
  "queue-full": () => "the queue contains 100 newer notifications",
};

const ELECTION_LINK: Readonly<Record<ElectionLinkEvent, (peer: ServerId, limitMs: number) => string>> = {
  "closed-own-id-smaller": (peer) =>
    `drops its connection to the election port of ${peer}: ${peer} has the larger id and must connect itself`,
  "closed-peer-id-smaller": (peer) =>
    `drops the election connection from ${peer}, which has the smaller id, and connects itself`,
  refused: (peer) => `cannot connect to the election port of ${peer}: connection refused`,
  closed: (peer) => `loses the election connection with ${peer}: closed or reset`,
  "timed-out": (peer, limitMs) =>
    `cannot connect to the election port of ${peer}: no answer within cnxTimeout (${formatSpan(limitMs * 1000)})`,
};

const ACCEPT_FAILED: Readonly<Record<AcceptErrorEvent, (errors: number) => string>> = {
  "acceptor-ends": () =>
    "gets an error from accept(): the thread LearnerCnxAcceptor ends and accepts no learner any more",
  "error-forgotten": () => "starts to serve and forgets that its thread LearnerCnxAcceptor has ended",
  "master-retries": () => "gets an error from accept() on the observerMasterPort and tries again until it succeeds",
  "listener-closes-port": (errors) =>
    `gets an error from accept() on the election port (${errors} in a row): closes the port for 1 s`,
  "listener-opens-port": () => "opens the election port again",
  "listener-ends": (errors) =>
    `ends the thread QuorumCnxManager.Listener after ${countOf(errors, "error")} of accept(): it accepts no election ` +
    "connection any more",
};

/** Returns the quorums that a leader counted, as in `: 1, 3 of {1, 2, 3} and 1, 2 of {1, 2}`, or an empty text. */
export function quorumsText({ quorums = [] }: Pick<RecordOf<"committed">, "quorums">): string {
  const texts = quorums.map(({ servers, voters }) => `${[...servers].sort().join(", ")} of {${voters.join(", ")}}`);
  return texts.length === 0 ? "" : `, acknowledged by ${texts.join(" and ")}`;
}

function roleText({ role }: { readonly role: ServerRole | undefined }): string {
  if (role === "participant") return "";
  return role === "observer" ? "; it is an observer" : "; it is not a member";
}

function unheardText(unheard: readonly ServerId[]): string {
  return unheard.length === 0 ? "" : ` (missing votes: ${unheard.join(", ")})`;
}

function snapshotText(zxid: Zxid): string {
  return `snapshot.${hexOf(zxid)}`;
}

/** Returns the state of a server and its phase, as in `LEADING in DISCOVERY`. */
export function describeRole({ event, phase }: Role): string {
  return `${event.toUpperCase()} in ${phase}`;
}

/** Returns the reason of a failure and its details, as in `connection-closed: by 3`. */
export function describeFailure({ reason, detail }: RecordOf<"failed">): string {
  return detail === "" ? reason : `${reason}: ${detail}`;
}

/**
 * Returns the reason of a sync decision and its result, as in `peer zxid 1:7 is above maxCommittedLog 1:5 → TRUNC to
 * 1:5`.
 */
export function explainDecision(decision: DecisionRecord): string {
  const why = SYNC_RULES[decision.rule].why({
    peer: formatZxid(decision.peerLastZxid),
    last: formatZxid(decision.lastProcessedZxid),
    min: formatZxid(decision.minCommittedLog),
    max: formatZxid(decision.maxCommittedLog),
    op: decision.decision === "SNAP" ? "" : formatZxid(decision.zxid),
  });
  return decision.masterFollows ? why.replaceAll("the leader", "the follower") : why;
}

/**
 * Returns a step on one line. It uses the field names of scenario files, as in `crash server=1 unsynced=lost for 2s`.
 */
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
