/**
 * Writes a simulated run as ZooKeeper logs: one log for each server, with all starts of its process, in the words and
 * the pattern of the release that the server runs. It writes the messages about the handshake that a real server logs
 * at INFO and above, as far as the run has their facts, and none whose facts it does not have.
 */
import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import { MessageChooser, textOf } from "../../logs/index.ts";
import type { Fields } from "../../logs/template.ts";
import { decodeNotification } from "../../protocol/election/notification-wire.ts";
import {
  type ElectionMessage,
  FOLLOWERINFO,
  isHello,
  type Notification,
  OBSERVERINFO,
  type QuorumPacket,
} from "../../protocol/packets.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import type { TraceEvent } from "../../sim/trace.ts";
import { type RunEvent, runFacts, type TracedFacts } from "../export/run-events.ts";
import {
  writeElectionLink,
  writeElectionRestarted,
  writeIgnored,
  writeLooking,
  writeNotification,
  writeReceivedConfig,
  writeVote,
  writeWaited,
} from "./election-lines.ts";
import {
  type FailureContext,
  writeAckNotSent,
  writeElectionPortLost,
  writeExit,
  writeHandlerFailure,
  writeRoleFailure,
} from "./failure-lines.ts";
import {
  addHandler,
  writeAcceptorEnded,
  writeAckRead,
  writeDecided,
  writeEstablished,
  writeHandlerEnded,
  writeRegistered,
} from "./leader-lines.ts";
import {
  writeConnected,
  writeCurrentEpoch,
  writeNewLeaderAcked,
  writeNotConnected,
  writeRole,
  writeServing,
} from "./learner-lines.ts";
import { lineOf, START_OF_RUN_MS } from "./line-pattern.ts";
import { LoggedServer } from "./logged-server.ts";
import { writeLeaderChange, writeRefused, writeRoleChanged, writeSeen } from "./reconfig-lines.ts";
import type { MessageSink, ServerMessage } from "./server-log.ts";
import {
  setCommitted,
  writeLoaded,
  writeLogged,
  writeReloaded,
  writeSnapshot,
  writeStart,
  writeStartFile,
} from "./start-lines.ts";

/** A line of a server's log. */
export interface LoggedLine {
  readonly server: number;
  readonly line: string;
}

/** The log of one server. */
export interface ServerLogText {
  readonly server: number;
  readonly lines: readonly string[];
}

/** Returns the logs of the servers of a traced run, by server. A server that never starts has none. */
export function zookeeperLogs(run: ScenarioRun): ServerLogText[] {
  const byServer = new Map<number, string[]>();
  for (const { line, server } of zookeeperLines(run)) {
    const lines = byServer.get(server) ?? [];
    byServer.set(server, lines);
    lines.push(line);
  }
  return [...byServer].map(([server, lines]) => ({ server, lines })).sort((a, b) => a.server - b.server);
}

/**
 * Returns the lines of all servers of a traced run in the order in which the servers write them. `startMs` is the time
 * of day of virtual time 0.
 */
export function zookeeperLines(run: TracedFacts, startMs = START_OF_RUN_MS): readonly LoggedLine[] {
  const lines: LoggedLine[] = [];
  const add = ({ exception, fields, message, server, ...origin }: ServerMessage): void => {
    const text = textOf(message, fields as unknown as Fields) ?? "";
    for (const line of [lineOf({ message, text }, origin, startMs), ...exception]) lines.push({ server, line });
  };
  writeMessages(run, { chooser: new MessageChooser(), add });
  return lines;
}

/** Hands the messages of all servers of a traced run to a sink, in the order in which the servers log them. */
export function writeMessages(run: TracedFacts, sink: MessageSink): void {
  const logs = new RunLogs(sink);
  let handling: RunEvent[] = [];
  for (const event of runFacts(run)) {
    if (handling[0] !== undefined && sequenceOf(event) !== sequenceOf(handling[0])) {
      logs.add(handling);
      handling = [];
    }
    handling.push(event);
  }
  logs.add(handling);
}

function sequenceOf({ fact, source }: RunEvent): number {
  return source === "violation" ? -2 : ((fact as TraceEvent | ProtocolRecord).sequence ?? -1);
}

/** The number of kinds of ports. A port of a simulated node is its kind plus a multiple of this number. */
const PORT_KINDS = 3;
const ELECTION_PORT = 1;

/** What happened to one server while the world handled one event. */
interface Handled {
  readonly records: readonly ProtocolRecord[];
  readonly trace: readonly TraceEvent[];
}

class RunLogs {
  private readonly sink: MessageSink;
  private readonly servers = new Map<number, LoggedServer>();
  /** The kind of port of each connection to a leader or an ObserverMaster. */
  private readonly ports = new Map<number, number>();
  /** The ids that servers have sent on election connections, by connection and sender. */
  private readonly hellos = new Map<string, number>();

  constructor(sink: MessageSink) {
    this.sink = sink;
  }

  /** Adds the events that happened while the world handled one event. */
  add(events: readonly RunEvent[]): void {
    const trace: TraceEvent[] = [];
    const records: ProtocolRecord[] = [];
    for (const event of events) {
      if (event.source === "trace") trace.push(event.fact);
      else if (event.source === "record") records.push(event.fact);
    }
    const handled = { records, trace };
    // The event that the server handles comes first, and what the server did comes last.
    let at = 0;
    for (const event of withTriggerFirst(events)) {
      const one = this.serverAt(event);
      if (one === undefined) continue;
      one.log.nowUs = event.atUs;
      if (event.source === "record") this.addRecord(one, event.fact, handled, at++);
      else if (event.source === "trace") this.addTrace(one, event.fact, handled);
    }
  }

  private serverAt({ server }: RunEvent): LoggedServer | undefined {
    if (server < 0) return undefined;
    let one = this.servers.get(server);
    if (one === undefined) {
      one = new LoggedServer(server, this.sink);
      this.servers.set(server, one);
    }
    return one;
  }

  // ---- the network and the disk

  private addTrace(one: LoggedServer, event: TraceEvent, handled: Handled): void {
    const { detail: connection, kind, payload, peer } = event;
    switch (kind) {
      case "connect":
        this.connect(one, connection, peer, payload as number);
        break;
      case "accept":
        if (this.ports.has(connection)) addHandler(one, connection, peer);
        break;
      case "connected":
        if (one.role?.connection === connection) {
          one.role.connectedUs = one.log.nowUs;
          writeConnected(one, this.ports.get(connection) ?? 0);
        }
        break;
      case "refuse":
        if (isOwnRefusal(one, event) && !failsNow(one, handled)) {
          writeNotConnected(one, this.ports.get(connection) ?? 0, "again");
        }
        break;
      case "deliver":
        if (!crashesFirst(one, handled)) this.deliver(one, event, handled);
        break;
      case "close":
        if (payload === undefined) this.closed(one, connection);
        break;
      case "disk":
        this.diskDone(one, payload as { readonly kind: string; readonly file: string; readonly result: string });
        break;
      default:
        break;
    }
  }

  private connect(one: LoggedServer, connection: number, peer: number, port: number): void {
    const kind = port % PORT_KINDS;
    if (kind === ELECTION_PORT) return;
    this.ports.set(connection, kind);
    if (one.role === undefined) return;
    Object.assign(one.role, { connection, master: peer, connectedUs: undefined });
  }

  /** The server has closed a connection. */
  private closed(one: LoggedServer, connection: number): void {
    const handler = one.handlers.get(connection);
    if (handler !== undefined) writeHandlerEnded(one, handler);
  }

  private deliver(one: LoggedServer, event: TraceEvent, handled: Handled): void {
    const { detail: connection, payload } = event;
    if (typeof payload !== "object" || payload === null) return;
    if ("type" in payload) this.deliverPacket(one, connection, payload as QuorumPacket);
    else this.deliverVote(one, event, payload as ElectionMessage, handled);
  }

  private deliverVote(
    one: LoggedServer,
    { detail: connection, peer }: TraceEvent,
    message: ElectionMessage,
    handled: Handled,
  ): void {
    const key = `${connection} ${peer}`;
    const notification = message instanceof Uint8Array ? decodeNotification(message) : message;
    if (notification === undefined) return;
    if (isHello(notification)) this.hellos.set(key, notification.hello);
    else {
      writeReceivedConfig(one, notification, committedIn(one, handled));
      if (this.sink.ownVotesOnly !== true)
        writeNotification(one, this.hellos.get(key) ?? this.sidOf(peer), notification);
    }
  }

  private sidOf(server: number): number {
    return this.servers.get(server)?.sid ?? server;
  }

  private deliverPacket(one: LoggedServer, connection: number, packet: QuorumPacket): void {
    if (one.role?.connection === connection) {
      one.role.reader?.arrived(packet);
      return;
    }
    const handler = one.handlers.get(connection);
    if (handler === undefined || handler.offered !== undefined) return;
    if (packet.type === FOLLOWERINFO || packet.type === OBSERVERINFO) handler.offered = packet.data?.serverId ?? -1;
  }

  private diskDone(one: LoggedServer, disk: { kind: string; file: string; result: string }): void {
    const isEpochFile = disk.file === "currentEpoch" || disk.file === "acceptedEpoch";
    if (!one.hasStarted && isEpochFile && disk.kind === "replace" && disk.result === "ok")
      writeStartFile(one, disk.file);
  }

  // ---- the records

  private addRecord(one: LoggedServer, record: ProtocolRecord, handled: Handled, position: number): void {
    switch (record.event) {
      case "started":
        writeStart(one, record.config, record.atUs);
        break;
      case "crashed":
        one.role = undefined;
        one.hasLostLeader = false;
        one.hasOpenLog = false;
        one.handlers.clear();
        break;
      case "logged":
        writeLogged(one, record.zxid);
        break;
      case "loaded":
        one.hasOpenLog = false;
        if (one.hasStarted) one.role?.reader?.opDone();
        else writeLoaded(one, record.zxid);
        break;
      case "truncated":
        one.hasOpenLog = false;
        writeReloaded(one, record.end);
        one.role?.reader?.opDone();
        break;
      case "snapshot-started":
        // The log thread rolls the log before it starts a snapshot (SyncRequestProcessor#run).
        if (record.inBackground) one.hasOpenLog = false;
        writeSnapshot(one, record.zxid, record.inBackground);
        break;
      case "config-committed":
        setCommitted(one, record.config);
        writeElectionRestarted(one, record.atUs);
        writeRoleChanged(one);
        break;
      case "config-seen":
        writeSeen(one, record.config, requestIn(handled));
        break;
      case "reconfig-refused":
        writeRefused(one, record, requestIn(handled));
        break;
      case "leader-designated":
        writeLeaderChange(one);
        break;
      case "failed":
        this.failed(one, record, handled, position);
        break;
      default:
        addElectionRecord(one, record, handled);
        addRoleRecord(one, record, handled);
    }
  }

  private failed(one: LoggedServer, record: RecordOf<"failed">, handled: Handled, position: number): void {
    const rest = handled.records.slice(position + 1);
    const crash = rest.find((next) => next.event === "crashed" && next.server === one.server);
    const connection = handled.trace.find(
      ({ detail, node }) => node === one.server && one.handlers.has(detail),
    )?.detail;
    if (record.learner !== undefined) {
      writeHandlerFailure(one, record, connection);
      return;
    }
    const exitCode = crash?.event === "crashed" ? crash.exitCode : undefined;
    const context: FailureContext = {
      ...{ exitCode, connection },
      refusedPort: refusedPort(one, handled, this.ports),
      wasReset: handled.trace.some(({ kind, node }) => kind === "reset" && node === one.server),
      anomaly: handled.records.findLast(
        (other): other is RecordOf<"anomaly"> => other.event === "anomaly" && other.server === one.server,
      ),
    };
    if (exitCode === undefined) writeRoleFailure(one, record, context);
    else writeExit(one, record, context);
  }
}

const TRIGGERS: ReadonlySet<string> = new Set(["deliver", "connected", "refuse", "accept", "disk"]);

/** Puts what made the server act before the step of a scenario that waited for it. */
function withTriggerFirst(events: readonly RunEvent[]): readonly RunEvent[] {
  const trigger = events.find(({ source }) => source === "trace");
  if (trigger === undefined || !TRIGGERS.has(trigger.kind) || events[0]?.kind !== "script") return events;
  return [trigger, ...events.filter((event) => event !== trigger)];
}

/** Returns whether the server's own attempt to connect to its leader was refused. */
function isOwnRefusal(one: LoggedServer, { detail, payload }: TraceEvent): boolean {
  return payload === undefined && one.role?.connection === detail;
}

/** Returns whether the server is killed before it handles the message that has arrived. */
function crashesFirst(one: LoggedServer, { records }: Handled): boolean {
  return records.find(({ server }) => server === one.server)?.event === "crashed";
}

/** Returns the configuration that the server takes over while it handles an event. */
function committedIn(one: LoggedServer, { records }: Handled): string | undefined {
  const record = records.find((next) => next.event === "config-committed" && next.server === one.server);
  return record?.event === "config-committed" ? record.config : undefined;
}

/** Returns the request of a client that a step of the script makes during an event. */
function requestIn({ records }: Handled): unknown {
  const record = records.find((next) => next.event === "script" && next.verb === "reconfig");
  return record?.event === "script" ? record.argument : undefined;
}

function failsNow(one: LoggedServer, { records }: Handled): boolean {
  return records.some((record) => record.event === "failed" && record.server === one.server);
}

function refusedPort(one: LoggedServer, { trace }: Handled, ports: ReadonlyMap<number, number>): number | undefined {
  const refusal = trace.find(
    (event) => event.kind === "refuse" && event.node === one.server && isOwnRefusal(one, event),
  );
  return refusal === undefined ? undefined : (ports.get(refusal.detail) ?? 0);
}

function addElectionRecord(one: LoggedServer, record: ProtocolRecord, handled: Handled): void {
  switch (record.event) {
    case "looking":
      writeLooking(one);
      break;
    case "voted":
      writeVote(one, record);
      break;
    case "election-waited":
      writeWaited(one, record);
      break;
    case "election-link":
      writeElectionLink(one, record);
      break;
    case "notification-ignored":
      if (record.reason === "leader-not-voter") writeIgnored(one, record.from, notificationIn(handled));
      break;
    case "elected":
      one.elected = record.leader;
      break;
    default:
      break;
  }
}

function notificationIn({ trace }: Handled): Notification | undefined {
  const payload = trace.find(({ kind }) => kind === "deliver")?.payload;
  return typeof payload === "object" && payload !== null && "electionEpoch" in payload
    ? (payload as Notification)
    : undefined;
}

function addRoleRecord(one: LoggedServer, record: ProtocolRecord, handled: Handled): void {
  switch (record.event) {
    case "leading":
    case "following":
    case "observing":
      writeRole(one, record.event, record.phase);
      if (record.event === "leading" && record.phase === "BROADCAST") {
        writeEstablished(one, record.atUs, quorumsIn(one, handled), designatesAnother(one, handled));
      }
      break;
    case "epoch-offered":
      writeRegistered(one, record);
      break;
    case "epoch-proposed":
      if (one.role === undefined) break;
      Object.assign(one.role, { epoch: record.epoch, lastProposed: record.epoch * 0x1_0000_0000 });
      break;
    case "proposed":
      if (one.role !== undefined) one.role.lastProposed = record.zxid;
      break;
    case "epoch-current":
      writeCurrentEpoch(one, record.epoch);
      break;
    case "sync-decided":
      writeDecided(one, record, isThrottled(one, record.learner, handled));
      break;
    case "newleader-acked":
      writeNewLeaderAcked(one, record);
      break;
    case "newleader-ack-read":
      writeAckRead(one, record);
      break;
    case "active":
      writeServing(one);
      break;
    case "accept-failed":
      if (record.change === "listener-ends") writeElectionPortLost(one);
      if (record.change === "acceptor-ends") writeAcceptorEnded(one);
      break;
    case "synced":
      writeAckNotSent(one);
      break;
    default:
      break;
  }
}

function quorumsIn({ server }: LoggedServer, { records }: Handled): RecordOf<"established">["quorums"] {
  const record = records.find((one) => one.event === "established" && one.server === server);
  return record?.event === "established" ? record.quorums : undefined;
}

/** Returns whether the leader designated another server when it became the leader. */
function designatesAnother({ server }: LoggedServer, { records }: Handled): boolean {
  return records.some((record) => record.event === "leader-designated" && record.server === server);
}

function isThrottled({ server }: LoggedServer, learner: number, { records }: Handled): boolean {
  return records.some(
    (record) =>
      record.event === "failed" &&
      record.server === server &&
      record.learner === learner &&
      record.reason === "sync-throttled",
  );
}
