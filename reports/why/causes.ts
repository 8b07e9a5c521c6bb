/**
 * Follows chains of causes, from a record of a run back to the events that led to it. A received message leads to its
 * sender, a synced log to the proposal that was logged, and a commit to the last ACK that the leader needed for it. A
 * chain ends with a root cause: a client's write, a step of the script, a sync decision, an election, or the start of a
 * process.
 */

import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import {
  ACK,
  COMMIT,
  COMMITANDACTIVATE,
  INFORM,
  NEWLEADER,
  PACKET_NAMES,
  type PacketType,
  PROPOSAL,
  REQUEST,
} from "../../protocol/packets.ts";
import { asServerId, counterOf, formatZxid, type ServerId, type Zxid } from "../../protocol/zxid.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import type { TraceEvent } from "../../sim/trace.ts";
import { describeStep, explainDecision } from "../describe.ts";
import { formatMoment } from "../format.ts";
import { winOf, winText } from "./election.ts";
import { isPacket, packetOf, TraceIndex } from "./trace-index.ts";

/** One cause as a sentence. */
export interface Cause {
  readonly text: string;
  readonly atUs: number | undefined;
  /** True if this cause ends a chain, because earlier causes would not help to explain the violation. */
  readonly isRoot?: boolean;
  /**
   * True if a server does here what makes the violation possible, such as an ACK before the write to disk. The other
   * causes are the circumstances.
   */
  readonly isDefect?: boolean;
}

/** A position in a chain of causes: a simulated event at one server, and the transaction that the chain is about. */
interface Point {
  readonly server: ServerId;
  readonly sequence: number;
  readonly zxid: Zxid | undefined;
}

/** One step of a chain. If `next` is absent, the chain ends. */
interface Link {
  readonly cause?: Cause;
  /** Additional causes, to print together with the cause of this link. */
  readonly also?: readonly Cause[];
  readonly next?: Point | undefined;
}

/** Maximum number of causes to print. From a longer chain, the causes in the middle are left out. */
const CAUSES_MAX = 7;
/**
 * Maximum number of points to follow in one chain, because many points add no cause. If a chain reaches this limit, it
 * ends without a root cause.
 */
const POINTS_MAX = 10_000;
/**
 * Maximum number of events to follow back from an event, from effect to cause, in the search for the step of the script
 * that led to it.
 */
const STEP_DEPTH_MAX = 3;

/**
 * Packets that concern one transaction. After such a packet, a chain follows only this transaction and ignores
 * everything else that the sender did during the same event.
 */
const TXN_PACKETS: ReadonlySet<PacketType> = new Set([PROPOSAL, ACK, COMMIT, INFORM, COMMITANDACTIVATE]);

/** The trace events that mark the moment at which a server starts to handle an event of the simulated world. */
const TRIGGERS: ReadonlySet<TraceEvent["kind"]> = new Set(["deliver", "disk", "timer", "connected", "accept"]);

export class CauseFinder {
  private readonly run: ScenarioRun;
  private readonly trace: TraceIndex;

  constructor(run: ScenarioRun) {
    this.run = run;
    this.trace = new TraceIndex(run);
  }

  /** Returns the causes of a record. The nearest cause comes first. */
  chain(record: ProtocolRecord, zxid: Zxid | undefined): Cause[] {
    const decision = this.decisionDuringSynchronization(record);
    if (decision !== undefined) return [decision];
    const causes: Cause[] = [];
    let point: Point | undefined = { server: record.server, sequence: record.sequence ?? -1, zxid };
    for (let points = 0; point !== undefined && points < POINTS_MAX; points++) {
      const { also = [], cause, next }: Link = this.link(point);
      if (cause !== undefined) causes.push(cause, ...also);
      if (cause?.isRoot) break;
      point = next;
    }
    return shortened(causes);
  }

  /** Returns the last sync decision for a learner at or before a time. */
  decision(learner: ServerId, untilUs: number): Cause | undefined {
    const decision = this.lastRecord("sync-decided", untilUs, (record) => record.learner === learner);
    return decision && decisionCause(decision);
  }

  /** Returns the last election that a server completed at or before a time. */
  election(server: ServerId, untilUs: number): Cause | undefined {
    const election = this.lastRecord("elected", untilUs, (record) => record.server === server);
    if (election === undefined) return undefined;
    const { leader, round, atUs } = election;
    const win = leader === server ? winOf(this.run.records, server, untilUs) : undefined;
    const text = win === undefined ? `server ${server} elects server ${leader} in round ${round}` : winText(win);
    return { text, atUs, isRoot: true };
  }

  /** Returns the step of the script that caused an event of the world. */
  step(sequence: number): Cause | undefined {
    const record = this.stepRecord(sequence);
    if (record === undefined) return undefined;
    return { text: `step ${record.step + 1}: ${describeStep(record)}`, atUs: record.atUs, isRoot: true };
  }

  /**
   * Returns a cause for the PROPOSAL of a transaction that was sent to a server by a time but has not arrived by then.
   * Returns undefined if there is no such PROPOSAL.
   */
  undelivered(zxid: Zxid, to: ServerId, untilUs: number): Cause | undefined {
    const { events } = this.trace;
    const isProposal = (event: TraceEvent): boolean => event.timeUs <= untilUs && isPacket(event, PROPOSAL, zxid);
    const sent = events.findLast((event) => event.kind === "send" && event.peer === to && isProposal(event));
    if (sent === undefined) return undefined;
    if (events.some((event) => event.kind === "deliver" && event.node === to && isProposal(event))) return undefined;
    const stopped = events.find(
      ({ kind, peer, payload }) => (kind === "hold" || kind === "drop") && peer === to && payload === sent.payload,
    );
    const fate = stopped?.kind === "hold" ? "is held" : stopped?.kind === "drop" ? "is lost" : "has not arrived";
    const text = `PROPOSAL ${formatZxid(zxid)} from server ${sent.node} to server ${to} ${fate}`;
    return { text, atUs: sent.timeUs, isRoot: true };
  }

  /** Returns a cause for the PROPOSAL of a transaction that the leader sent to a learner after NEWLEADER. */
  proposedAfterNewLeader({ atUs, learner, server }: RecordOf<"sync-decided">, zxid: Zxid): Cause | undefined {
    const sent = this.trace.events.filter(
      (event) => event.kind === "send" && event.node === server && event.peer === learner && event.timeUs >= atUs,
    );
    const newLeader = sent.findIndex((event) => isPacket(event, NEWLEADER));
    const proposal = sent.findIndex((event) => isPacket(event, PROPOSAL, zxid));
    if (newLeader < 0 || proposal < newLeader) return undefined;
    const packet = `PROPOSAL ${formatZxid(zxid)}`;
    const text = `leader ${server} sends ${packet} after NEWLEADER, although the SNAP already contains it`;
    return { text, atUs: sent[proposal]?.timeUs };
  }

  /** Returns whether a learner master sent a packet of a transaction to a learner after a sync decision. */
  wasSent(zxid: Zxid, { atUs, learner, server }: RecordOf<"sync-decided">, type: PacketType = PROPOSAL): boolean {
    return this.trace.events.some(
      (event) =>
        event.kind === "send" &&
        event.node === server &&
        event.peer === learner &&
        event.timeUs >= atUs &&
        isPacket(event, type, zxid),
    );
  }

  /** Returns the trace entry of the last delivery of a packet from one server to another at or before a time. */
  delivery(type: PacketType, zxid: Zxid, from: ServerId, to: ServerId, untilUs: number): TraceEvent | undefined {
    return this.trace.events.findLast(
      (event) =>
        event.kind === "deliver" &&
        event.node === to &&
        event.peer === from &&
        event.timeUs <= untilUs &&
        isPacket(event, type, zxid),
    );
  }

  lastRecord<Event extends ProtocolRecord["event"]>(
    event: Event,
    untilUs: number,
    accepts: (record: RecordOf<Event>) => boolean,
  ): RecordOf<Event> | undefined {
    return this.run.records.findLast(
      (record): record is RecordOf<Event> =>
        record.event === event && record.atUs <= untilUs && accepts(record as RecordOf<Event>),
    );
  }

  /**
   * Returns the sync decision that led to a record of a learner in SYNCHRONIZATION, because everything that a learner
   * does in this phase follows from that decision. Returns undefined for any other record.
   */
  private decisionDuringSynchronization(record: ProtocolRecord): Cause | undefined {
    const { server, atUs } = record;
    const before = this.run.records.slice(0, this.run.records.indexOf(record) + 1);
    const role = before.findLast((one) => one.server === server && "phase" in one);
    if (role === undefined || !("phase" in role) || role.phase !== "SYNCHRONIZATION") return undefined;
    return role.event === "leading" ? undefined : this.decision(server, atUs);
  }

  private link(point: Point): Link {
    const commit = this.recordAt(point, "committed");
    if (commit !== undefined) return this.commit(point, commit);
    const event = this.trace.eventAt(point.sequence);
    if (event?.kind === "deliver") return this.message(point, event);
    if (event?.kind === "disk" && isSync(event)) return this.logSync(point, event);
    return this.root(point) ?? { next: this.causeOf(point) };
  }

  /**
   * Returns the link for a commit. A leader commits a transaction when a quorum has acknowledged it, so the chain
   * continues with the last ACK.
   */
  private commit(point: Point, { zxid, atUs }: RecordOf<"committed">): Link {
    const { server, sequence } = point;
    const acks = this.trace.events.filter(
      (event) =>
        event.kind === "deliver" && event.node === server && event.timeUs <= atUs && isPacket(event, ACK, zxid),
    );
    const voters = acks.map((ack) => `server ${ack.peer} (${formatMoment(ack.timeUs)} s)`);
    const ownUs = this.ownSyncUs(server, zxid, atUs);
    if (ownUs !== undefined && ownUs <= atUs) voters.push(`itself (${formatMoment(ownUs)} s)`);
    const text = `leader ${server} commits ${formatZxid(zxid)} after ACKs from ${voters.join(" and ")}`;
    const last = acks.find((ack) => ack.sequence === sequence);
    const next = last === undefined ? (this.logging(server, zxid, atUs) ?? this.causeOf(point)) : this.sending(last);
    return { cause: { text, atUs }, also: acks.flatMap((ack) => this.staleAck(ack, zxid, atUs) ?? []), next };
  }

  /**
   * Returns a cause that says that an ACK is stale, because its sender truncated the transaction after sending the ACK.
   * Otherwise, returns undefined.
   */
  private staleAck({ peer, timeUs }: TraceEvent, zxid: Zxid, untilUs: number): Cause | undefined {
    const truncated = this.lastRecord(
      "truncated",
      untilUs,
      (one) => one.server === peer && one.end < zxid && one.atUs >= timeUs,
    );
    if (truncated === undefined) return undefined;
    return {
      text: `the ACK of server ${peer} is stale: server ${peer} truncated ${formatZxid(zxid)} after this ACK`,
      atUs: truncated.atUs,
      isDefect: true,
    };
  }

  /** Returns the time at which the leader finished syncing its own log up to the transaction that it proposed. */
  private ownSyncUs(leader: ServerId, zxid: Zxid, untilUs: number): number | undefined {
    const proposed = this.lastRecord("proposed", untilUs, (one) => one.server === leader && one.zxid === zxid);
    const proposedUs = proposed?.atUs ?? 0;
    return this.run.records.find(
      (one) => one.event === "synced" && one.server === leader && one.zxid >= zxid && one.atUs >= proposedUs,
    )?.atUs;
  }

  private message(point: Point, delivered: TraceEvent): Link {
    const next = this.sending(delivered);
    const packet = packetOf(delivered);
    const name = packet && PACKET_NAMES[packet.type];
    if (packet === undefined || name === undefined) return this.root(point) ?? { next };
    const { node, peer } = delivered;
    const decision = this.trace
      .recordsAt(next.sequence)
      .find((record) => record.event === "sync-decided" && record.server === peer && record.learner === node);
    if (decision?.event === "sync-decided") return { cause: decisionCause(decision) };
    const isAboutTxn = TXN_PACKETS.has(packet.type) && counterOf(packet.zxid) !== 0;
    const atUs = this.sentAtUs(delivered);
    const replaced = this.trace.replacedPacket(delivered);
    const delivery = isAboutTxn ? `${name} ${formatZxid(packet.zxid)}` : name;
    const sent = replaced === undefined ? delivery : `${PACKET_NAMES[replaced.type]} ${formatZxid(replaced.zxid)}`;
    const change = replaced === undefined ? "" : `; the script changes it to ${delivery}`;
    const text = `server ${peer} sends ${sent} to server ${node}${change}`;
    return { cause: { text, atUs }, next: { ...next, zxid: isAboutTxn ? packet.zxid : point.zxid } };
  }

  /**
   * Returns the link for a sync of the log. The chain continues with the event through which the server got the
   * transaction that it logged.
   */
  private logSync(point: Point, { timeUs, node }: TraceEvent): Link {
    const { server, zxid } = point;
    const next = zxid === undefined ? undefined : this.logging(server, zxid, timeUs);
    if (zxid === undefined || next === undefined) return { next: this.causeOf(point) };
    const text = `server ${node} syncs ${formatZxid(zxid)} to disk`;
    return { cause: { text, atUs: timeUs }, also: listOf(this.lateWrite(server, zxid, timeUs, next.sequence)), next };
  }

  /**
   * Returns a cause that says that the log thread wrote a transaction only after the server had left the leader that
   * sent it. Otherwise, returns undefined.
   */
  private lateWrite(server: ServerId, zxid: Zxid, untilUs: number, arrival: number): Cause | undefined {
    const logged = this.lastRecord("logged", untilUs, (one) => one.server === server && one.zxid === zxid);
    const arrivedUs = this.trace.eventAt(arrival)?.timeUs;
    if (logged === undefined || arrivedUs === undefined) return undefined;
    const left = this.lastRecord(
      "failed",
      logged.atUs,
      (one) => one.server === server && one.learner === undefined && one.atUs >= arrivedUs,
    );
    if (left === undefined) return undefined;
    const text =
      `the log thread of server ${server} writes ${formatZxid(zxid)} only after ` +
      `server ${server} left its leader (${formatMoment(left.atUs)} s)`;
    return { text, atUs: logged.atUs, isDefect: true };
  }

  /**
   * Returns the point at which a server got a transaction that it logged later. The server either proposed the
   * transaction or received its PROPOSAL.
   */
  private logging(server: ServerId, zxid: Zxid, untilUs: number): Point | undefined {
    const isOwn = (record: { server: ServerId; zxid: Zxid }): boolean =>
      record.server === server && record.zxid === zxid;
    const proposed = this.lastRecord("proposed", untilUs, isOwn);
    if (proposed !== undefined) return { server, sequence: proposed.sequence ?? -1, zxid };
    const arrived = this.trace.events.findLast(
      (event) =>
        event.kind === "deliver" && event.node === server && event.timeUs <= untilUs && isPacket(event, PROPOSAL, zxid),
    );
    const sequence = arrived?.sequence ?? this.lastRecord("logged", untilUs, isOwn)?.sequence;
    return sequence === undefined ? undefined : { server, sequence, zxid };
  }

  /**
   * Returns the root cause at a point: a client's write, an election, the start of the process, or a step of the
   * script. Returns undefined if the point has none of them.
   */
  private root(point: Point): Link | undefined {
    const { server, sequence } = point;
    const event = this.trace.eventAt(sequence);
    const atUs = event?.timeUs ?? this.trace.recordsAt(sequence)[0]?.atUs ?? 0;
    const value = event?.kind === "deliver" ? undefined : this.clientValue(point);
    if (value !== undefined) return { cause: this.write(server, value, sequence, atUs) };
    const electedUs = this.recordAt(point, "elected")?.atUs;
    const election = electedUs === undefined ? undefined : this.election(server, electedUs);
    if (election !== undefined) return { cause: election };
    if (this.recordAt(point, "started") !== undefined || sequence < 0) {
      return { cause: { text: `server ${server} starts`, atUs, isRoot: true } };
    }
    const step = event !== undefined && TRIGGERS.has(event.kind) ? undefined : this.step(sequence);
    return step && { cause: step };
  }

  /**
   * Returns the value that a client wrote during the event of a point. If the server is the leader, it proposes the
   * value; if it is a learner, it sends the value in a REQUEST.
   */
  private clientValue(point: Point): string | undefined {
    const proposed = this.recordAt(point, "proposed");
    if (proposed !== undefined) return proposed.value;
    const packets = this.trace
      .sendsAt(point.sequence)
      .filter(({ node }) => node === point.server)
      .map(packetOf);
    const request = packets.find((packet) => packet?.type === REQUEST);
    return request?.type === REQUEST ? String(request.data.value) : undefined;
  }

  private write(server: ServerId, value: string, sequence: number, atUs: number): Cause {
    const record = this.stepRecord(sequence);
    const step = record === undefined ? "" : ` (step ${record.step + 1})`;
    return { text: `a client writes ${value} at server ${server}${step}`, atUs, isRoot: true };
  }

  private stepRecord(sequence: number): RecordOf<"script"> | undefined {
    let at = sequence;
    for (let depth = 0; at >= 0 && depth < STEP_DEPTH_MAX; depth++) {
      const record = this.trace.recordsAt(at).find(({ event }) => event === "script");
      if (record?.event === "script") return record;
      at = this.trace.eventAt(at)?.cause ?? -1;
    }
    return undefined;
  }

  private recordAt<Event extends ProtocolRecord["event"]>(point: Point, event: Event): RecordOf<Event> | undefined {
    const { sequence, server, zxid } = point;
    return this.trace
      .recordsAt(sequence)
      .find(
        (record): record is RecordOf<Event> =>
          record.event === event &&
          record.server === server &&
          (zxid === undefined || !("zxid" in record) || record.zxid === zxid),
      );
  }

  /** Returns the point at which the sender of a delivered packet sent this packet. */
  private sending(delivered: TraceEvent): Point {
    const sequence = this.trace.sendOf(delivered)?.sequence ?? delivered.cause;
    return { server: asServerId(delivered.peer), sequence, zxid: packetOf(delivered)?.zxid };
  }

  private sentAtUs(delivered: TraceEvent): number {
    const sent = this.trace.sendOf(delivered) ?? this.trace.eventAt(delivered.cause);
    return (sent ?? delivered).timeUs;
  }

  private causeOf({ server, sequence, zxid }: Point): Point {
    const cause = this.trace.eventAt(sequence)?.cause ?? -1;
    return { server: asServerId(this.trace.eventAt(cause)?.node ?? server), sequence: cause, zxid };
  }
}

export function decisionCause(decision: RecordOf<"sync-decided">): Cause {
  const { learner, atUs } = decision;
  const text = `${masterText(decision)} synchronizes server ${learner}: ${explainDecision(decision)}`;
  return { text, atUs, isRoot: true };
}

/** Returns the name of the server that made a sync decision, with its role. */
export function masterText({ masterFollows, server }: RecordOf<"sync-decided">): string {
  return `${masterFollows ? "follower" : "leader"} ${server}`;
}

/** If a chain is too long to print, replaces the causes before its last one with an ellipsis. */
function shortened(causes: Cause[]): Cause[] {
  if (causes.length <= CAUSES_MAX) return causes;
  return [...causes.slice(0, CAUSES_MAX - 2), { text: "...", atUs: undefined }, ...causes.slice(-1)];
}

export function listOf<Value>(value: Value | undefined): Value[] {
  return value === undefined ? [] : [value];
}

function isSync({ payload }: TraceEvent): boolean {
  return (payload as { readonly kind?: string } | undefined)?.kind === "sync";
}
