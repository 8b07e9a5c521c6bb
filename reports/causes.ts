/**
 * From an event of a run back to what brought it about: messages to whoever sent them, a synced log to the proposal that
 * was logged, a commit to the last ACK that it needed; up to a client's write, a step of the script, a sync decision or an
 * election.
 */

import type { ProtocolRecord } from "../cluster/records.ts";
import type { QuorumPacket } from "../protocol/packets.ts";
import type { ScenarioRun } from "../scenarios/run.ts";
import type { TraceEvent } from "../sim/trace.ts";
import { formatMoment, formatZxid } from "./format.ts";

/** One cause in words. */
export interface Hop {
  readonly text: string;
  readonly atUs: number | undefined;
  /** What a chain may end with: nothing behind it explains more. */
  readonly end?: boolean;
}

/** The records of one kind. */
export type Of<Event extends ProtocolRecord["event"]> = ProtocolRecord & { readonly event: Event };

/** Where a chain has come to: what a server handled, and the txn that it is about. */
interface Point {
  readonly server: number;
  readonly sequence: number;
  readonly zxid: number | undefined;
}

interface Step {
  readonly hop?: Hop;
  readonly next?: Point;
}

const HOPS_MAX = 7;
/** A chain goes through many events that say nothing; beyond this many it is given up. */
const POINTS_MAX = 10_000;

const NAMES: Readonly<Record<QuorumPacket["type"], string>> = {
  1: "REQUEST",
  2: "PROPOSAL",
  3: "ACK",
  4: "COMMIT",
  5: "PING",
  6: "REVALIDATE",
  7: "SYNC",
  8: "INFORM",
  9: "COMMITANDACTIVATE",
  10: "NEWLEADER",
  11: "FOLLOWERINFO",
  12: "UPTODATE",
  13: "DIFF",
  14: "TRUNC",
  15: "SNAP",
  16: "OBSERVERINFO",
  17: "LEADERINFO",
  18: "ACKEPOCH",
  19: "INFORMANDACTIVATE",
};

/** What a chain goes back through by the message, rather than by what else its sender did. */
const OF_A_TXN: ReadonlySet<string> = new Set(["PROPOSAL", "ACK", "COMMIT", "INFORM", "COMMITANDACTIVATE"]);

/** What begins an event: everything else is recorded by whoever handles it. */
const TRIGGERS: ReadonlySet<TraceEvent["kind"]> = new Set(["deliver", "disk", "timer", "connected", "accept"]);

export class Causes {
  private readonly run: ScenarioRun;
  private readonly trace: readonly TraceEvent[];
  /** The first trace event of each event of the world: what was handled. */
  private readonly handled = new Map<number, TraceEvent>();
  private readonly sent = new Map<number, TraceEvent[]>();
  private readonly recorded = new Map<number, ProtocolRecord[]>();

  constructor(run: ScenarioRun) {
    this.run = run;
    this.trace = run.trace?.events() ?? [];
    for (const event of this.trace) {
      if (!this.handled.has(event.sequence)) this.handled.set(event.sequence, event);
      if (event.kind === "send") listed(this.sent, event.sequence).push(event);
    }
    for (const record of run.records) listed(this.recorded, record.sequence ?? -1).push(record);
  }

  /** What led to what a record tells, the nearest first. */
  chain(record: ProtocolRecord, zxid: number | undefined): Hop[] {
    const hops: Hop[] = [];
    const early = this.beforeServing(record);
    if (early !== undefined) return [early];
    let point: Point | undefined = { server: record.server, sequence: record.sequence ?? -1, zxid };
    for (let points = 0; point !== undefined && points < POINTS_MAX; points++) {
      const { hop, next }: Step = this.step(point);
      if (hop !== undefined) hops.push(hop);
      if (hop?.end) break;
      point = next;
    }
    return shortened(hops);
  }

  /** The leader's decision by which this server was last brought in line, up to a moment. */
  decision(learner: number, untilUs: number): Hop | undefined {
    const decided = this.lastRecord("sync-decided", untilUs, (record) => record.learner === learner);
    return decided === undefined ? undefined : decisionHop(decided);
  }

  /** How a server came to the role in which it was at that moment. */
  election(server: number, untilUs: number): Hop | undefined {
    const elected = this.lastRecord("elected", untilUs, (record) => record.server === server);
    if (elected === undefined) return undefined;
    const { leader, round, atUs } = elected;
    const role = leader === server ? "is elected leader" : `follows ${leader}, elected`;
    return { text: `server ${server} ${role} in round ${round}`, atUs, end: true };
  }

  lastRecord<Event extends ProtocolRecord["event"]>(
    event: Event,
    untilUs: number,
    accepts: (record: Of<Event>) => boolean,
  ): Of<Event> | undefined {
    return this.run.records.findLast(
      (record) => record.event === event && record.atUs <= untilUs && accepts(record as Of<Event>),
    ) as Of<Event> | undefined;
  }

  /** The step of the script, or the noise, that an event belongs to. */
  fault(sequence: number): Hop | undefined {
    for (let at = sequence, depth = 0; at >= 0 && depth < 3; at = this.handled.get(at)?.cause ?? -1, depth++) {
      const script = this.recorded.get(at)?.find((record) => record.event === "script");
      if (script?.event === "script") return this.scriptHop(script);
    }
    return undefined;
  }

  /** What keeps a proposal from a server: it was sent, and has not arrived. */
  undelivered(zxid: number, to: number, untilUs: number): Hop | undefined {
    const concerns = (event: TraceEvent): boolean => isPacket(event, "PROPOSAL", zxid) && event.timeUs <= untilUs;
    const sent = this.trace.findLast((event) => event.kind === "send" && event.peer === to && concerns(event));
    if (sent === undefined) return undefined;
    const arrived = this.trace.some((event) => event.kind === "deliver" && event.node === to && concerns(event));
    if (arrived) return undefined;
    const stopped = this.trace.find(
      ({ kind, peer, payload }) => (kind === "hold" || kind === "drop") && peer === to && payload === sent.payload,
    );
    const how = stopped?.kind === "hold" ? "was held" : stopped?.kind === "drop" ? "was lost" : "has not arrived";
    return { text: `PROPOSAL ${formatZxid(zxid)} from ${sent.node} to ${to} ${how}`, atUs: sent.timeUs, end: true };
  }

  /** While a learner is brought in line, all that it does is what the leader decided. */
  private beforeServing(record: ProtocolRecord): Hop | undefined {
    const { server, atUs } = record;
    const before = this.run.records.slice(0, this.run.records.indexOf(record) + 1);
    const role = before.findLast((one) => one.server === server && "phase" in one);
    if (role === undefined || !("phase" in role) || role.phase !== "SYNCHRONIZATION") return undefined;
    return role.event === "leading" ? undefined : this.decision(server, atUs);
  }

  private step(point: Point): Step {
    const { sequence } = point;
    const committed = this.recordOf(point, "committed");
    if (committed !== undefined) return this.committing(point, committed);
    const handled = this.handled.get(sequence);
    if (handled?.kind === "deliver") return this.message(point, handled);
    if (handled?.kind === "disk" && isSync(handled)) return this.synced(point, handled);
    return this.endOfChain(point) ?? { next: this.cause(point) };
  }

  /** A quorum has acknowledged: goes on with the last one that it took. */
  private committing(point: Point, { zxid, atUs }: Of<"committed">): Step {
    const { server, sequence } = point;
    const acks = this.trace.filter(
      (event) =>
        event.kind === "deliver" && event.node === server && isPacket(event, "ACK", zxid) && event.timeUs <= atUs,
    );
    const proposedUs =
      this.lastRecord("proposed", atUs, (one) => one.server === server && one.zxid === zxid)?.atUs ?? 0;
    const own = this.run.records.find(
      (one) => one.event === "synced" && one.server === server && one.zxid >= zxid && one.atUs >= proposedUs,
    );
    const voters = acks.map((ack) => `${ack.peer} (${formatMoment(ack.timeUs)} s)`);
    if (own !== undefined && own.atUs <= atUs) voters.push(`itself (${formatMoment(own.atUs)} s)`);
    const hop = { text: `leader ${server} commits ${formatZxid(zxid)} on the ACKs of ${voters.join(" and ")}`, atUs };
    const last = acks.find((ack) => ack.sequence === sequence);
    const sending = last === undefined ? undefined : this.sending(last);
    const next = sending ?? this.logging(server, zxid, atUs) ?? this.cause(point);
    return { hop, ...(next && { next }) };
  }

  private message(point: Point, delivered: TraceEvent): Step {
    const { node, peer, payload } = delivered;
    const { type, zxid } = payload as QuorumPacket;
    const name = NAMES[type];
    const ended = this.endOfChain(point);
    if (name === undefined) return ended ?? { next: this.sending(delivered) };
    const next = this.sending(delivered);
    const decided = this.recorded
      .get(next.sequence)
      ?.find((record) => record.event === "sync-decided" && record.server === peer && record.learner === node);
    if (decided?.event === "sync-decided") return { hop: decisionHop(decided) };
    const about = OF_A_TXN.has(name) && zxid % 0x1_0000_0000 !== 0;
    const atUs = this.sentAtUs(delivered);
    const packet = about ? `${name} ${formatZxid(zxid)}` : name;
    const hop = { text: `${packet} to ${node}, sent by ${peer}${this.alteration(delivered)}`, atUs };
    return { hop, next: { ...next, zxid: about ? zxid : point.zxid } };
  }

  /** A log is synced because something was logged. */
  private synced(point: Point, { timeUs, node }: TraceEvent): Step {
    const { zxid } = point;
    const next = zxid === undefined ? undefined : this.logging(node, zxid, timeUs);
    if (zxid === undefined || next === undefined) return { next: this.cause(point) };
    return { hop: { text: `the log of ${node} is synced with ${formatZxid(zxid)}`, atUs: timeUs }, next };
  }

  /** Where a server came to log a txn: not when an earlier sync let it, but when it was proposed to it. */
  private logging(server: number, zxid: number, untilUs: number): Point | undefined {
    const mine = (record: { server: number; zxid: number }): boolean =>
      record.server === server && record.zxid === zxid;
    const proposed = this.lastRecord("proposed", untilUs, mine);
    if (proposed !== undefined) return { server, sequence: proposed.sequence ?? -1, zxid };
    const came = this.trace.findLast(
      (event) =>
        event.kind === "deliver" &&
        event.node === server &&
        event.timeUs <= untilUs &&
        isPacket(event, "PROPOSAL", zxid),
    );
    const logged = this.lastRecord("logged", untilUs, mine);
    const sequence = came?.sequence ?? logged?.sequence;
    return sequence === undefined ? undefined : { server, sequence, zxid };
  }

  /** A client's write, an election, a step of the script, or the start of the process. */
  private endOfChain(point: Point): Step | undefined {
    const { server, sequence } = point;
    const atUs = this.handled.get(sequence)?.timeUs ?? this.recorded.get(sequence)?.[0]?.atUs ?? 0;
    const proposed = this.recordOf(point, "proposed");
    const message = this.handled.get(sequence)?.kind === "deliver";
    if (proposed !== undefined && !message) return { hop: this.writeHop(server, proposed.value, sequence, atUs) };
    const request = this.sent.get(sequence)?.find((event) => isPacket(event, "REQUEST") && event.node === server);
    if (request !== undefined && !message) {
      const value = (request.payload as { data: { value: string | number } }).data.value;
      return { hop: this.writeHop(server, String(value), sequence, atUs) };
    }
    const elected = this.recordOf(point, "elected");
    if (elected !== undefined) {
      const hop = this.election(server, elected.atUs);
      if (hop !== undefined) return { hop };
    }
    if (this.recordOf(point, "started") !== undefined || sequence < 0) {
      return { hop: { text: `server ${server} starts`, atUs, end: true } };
    }
    const handled = this.handled.get(sequence);
    const fault = handled !== undefined && TRIGGERS.has(handled.kind) ? undefined : this.fault(sequence);
    return fault === undefined ? undefined : { hop: fault };
  }

  private writeHop(server: number, value: string, sequence: number, atUs: number): Hop {
    const step = this.fault(sequence);
    const number = step === undefined ? "" : ` (${step.text.split(":")[0]})`;
    return { text: `a client writes ${value} at server ${server}${number}`, atUs, end: true };
  }

  private scriptHop(script: Of<"script">): Hop {
    const number = this.run.records.filter((record) => record.event === "script").indexOf(script) + 1;
    return { text: `step ${number}: ${script.text}`, atUs: script.atUs, end: true };
  }

  private recordOf<Event extends ProtocolRecord["event"]>(point: Point, event: Event): Of<Event> | undefined {
    const { sequence, server, zxid } = point;
    return this.recorded
      .get(sequence)
      ?.find(
        (record) =>
          record.event === event &&
          record.server === server &&
          (zxid === undefined || !("zxid" in record) || record.zxid === zxid),
      ) as Of<Event> | undefined;
  }

  /** What the sender handled when it sent this. */
  private sending(delivered: TraceEvent): Point {
    const { cause, peer, payload } = delivered;
    const { zxid } = payload as QuorumPacket;
    return { server: peer, sequence: this.sendOf(delivered)?.sequence ?? cause, zxid };
  }

  /** A script may put another message in the place of the one that was sent. */
  private alteration({ cause, node, peer, detail, payload }: TraceEvent): string {
    const sent = this.sent.get(cause)?.filter((one) => one.node === peer && one.peer === node && one.detail === detail);
    const original = sent?.[0]?.payload as Partial<QuorumPacket> | undefined;
    if (original?.type === undefined || sent?.some((one) => one.payload === payload)) return "";
    const { type, zxid = 0 } = original;
    return ` as ${NAMES[type]} ${formatZxid(zxid)} and altered by the script`;
  }

  private sentAtUs(delivered: TraceEvent): number {
    return this.sendOf(delivered)?.timeUs ?? this.handled.get(delivered.cause)?.timeUs ?? delivered.timeUs;
  }

  /** The cause as a rule; a message that waited for its receiver to go on has another, but is the same object. */
  private sendOf({ cause, node, peer, detail, payload, timeUs }: TraceEvent): TraceEvent | undefined {
    const same = (event: TraceEvent): boolean =>
      event.node === peer && event.peer === node && event.detail === detail && event.payload === payload;
    const direct = this.sent.get(cause)?.find(same);
    if (direct !== undefined) return direct;
    return this.trace.findLast((event) => event.kind === "send" && event.timeUs <= timeUs && same(event));
  }

  private cause({ server, sequence, zxid }: Point): Point {
    const cause = this.handled.get(sequence)?.cause ?? -1;
    return { server: this.handled.get(cause)?.node ?? server, sequence: cause, zxid };
  }
}

function decisionHop(record: Of<"sync-decided">): Hop {
  const { server, learner, why, atUs } = record;
  return { text: `leader ${server} syncs ${learner}: ${why}`, atUs, end: true };
}

/** The first hops and the last one. */
function shortened(hops: Hop[]): Hop[] {
  if (hops.length <= HOPS_MAX) return hops;
  const last = hops[hops.length - 1] as Hop;
  return [...hops.slice(0, HOPS_MAX - 2), { text: "...", atUs: undefined }, last];
}

function isPacket({ payload }: TraceEvent, name: string, zxid?: number): boolean {
  const packet = payload as Partial<QuorumPacket> | undefined;
  if (packet?.type === undefined || NAMES[packet.type] !== name) return false;
  return zxid === undefined || packet.zxid === zxid;
}

function isSync({ payload }: TraceEvent): boolean {
  return (payload as { kind?: string } | undefined)?.kind === "sync";
}

function listed<Value>(map: Map<number, Value[]>, key: number): Value[] {
  let list = map.get(key);
  if (list === undefined) {
    list = [];
    map.set(key, list);
  }
  return list;
}
