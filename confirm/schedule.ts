/**
 * The order to which real servers are held: for each server, what it took and did in the simulated run. `scheduleOf`
 * reads it from the trace and the records of a run, in one list. The position of an item in the list is its place in
 * the total order of the run.
 */
import type { ProtocolRecord } from "../cluster/records.ts";
import type { Violation } from "../invariants/index.ts";
import {
  FOLLOWERINFO,
  formatZxid,
  isHello,
  type Notification,
  OBSERVERINFO,
  PACKET_NAMES,
  PING,
  QUORUM_PORT,
  type QuorumPacket,
  REQUEST,
  REVALIDATE,
  SERVER_STATE_NAMES,
  SYNC,
  startsStream,
  UPTODATE,
  type Zxid,
} from "../protocol/index.ts";
import { runFacts } from "../reports/export/run-events.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { durationUs } from "../sim/time.ts";
import type { TraceEvent } from "../sim/trace.ts";
import { isStoppable, type StoppableThread } from "./stoppable-threads.ts";

/** What a server took or did. */
export type Fact =
  /** A process starts. */
  | { readonly kind: "start" }
  /** A process is killed. `unsynced`: the fate of writes that were not synced. */
  | { readonly kind: "crash"; readonly unsynced: "lost" | "kept" | "torn" | number }
  /** A process ends by itself. */
  | { readonly kind: "exit"; readonly code: number | undefined }
  /** A packet of the quorum port arrives. `zxid` is undefined where it is no content of the packet. */
  | {
      readonly kind: "packet";
      readonly from: number;
      readonly type: number;
      readonly zxid: Zxid | undefined;
      readonly connection: number;
    }
  /** A notification arrives on the election port. */
  | { readonly kind: "notification"; readonly from: number; readonly vote: VoteFacts }
  /** An epoch file gets its new content. */
  | { readonly kind: "epoch-file"; readonly file: "acceptedEpoch" | "currentEpoch"; readonly failed: boolean }
  /** The log is durable up to this transaction. */
  | { readonly kind: "sync"; readonly zxid: Zxid; readonly failed: boolean }
  /** A log file is cut, or deleted by a truncation. */
  | { readonly kind: "truncate" | "remove"; readonly file: string; readonly failed: boolean }
  /** A snapshot file is complete. */
  | { readonly kind: "snapshot"; readonly file: string; readonly failed: boolean }
  /** The server learns that a connection on a quorum port has ended. `forced`: not by the server at its other end. */
  | { readonly kind: "close"; readonly peer: number; readonly connection: number; readonly forced: boolean }
  /** A thread of the server stops, or goes on. */
  | { readonly kind: "stop-thread" | "resume-thread"; readonly thread: StoppableThread }
  /** A client writes through this server. */
  | { readonly kind: "write" };

/** The content of a notification that identifies it. */
export interface VoteFacts {
  readonly state: number;
  readonly leader: number;
  readonly zxid: number;
  readonly peerEpoch: number;
}

/** One item of a schedule. */
export interface Item {
  /** The place in the total order of the run, from 0. */
  readonly place: number;
  readonly server: number;
  readonly atUs: number;
  readonly fact: Fact;
}

/** The order of a run. */
export interface Schedule {
  readonly items: readonly Item[];
  /** The pings that arrive: the place, the receiver and the connection of each. */
  readonly pings: readonly { readonly place: number; readonly server: number; readonly connection: number }[];
  /** Cuts of links and their ends, in one direction each. */
  readonly cuts: readonly {
    readonly place: number;
    readonly from: number;
    readonly to: number;
    readonly isCut: boolean;
  }[];
  /** The elections: the place, the server and the leader that it elects. */
  readonly elections: readonly { readonly place: number; readonly server: number; readonly leader: number }[];
  /** Connections on a quorum port that are open at the end of the run. */
  readonly openAtEnd: ReadonlySet<number>;
}

/** Packet types that a server may send at any time, and whose order does not matter. */
export const FREE_PACKETS: ReadonlySet<number> = new Set([PING, REVALIDATE, SYNC]);
/** Packets whose zxid says nothing. */
const WITHOUT_ZXID: ReadonlySet<number> = new Set([REQUEST, UPTODATE]);

/** Returns whether an item is only a notification, whose order is kept where possible and nowhere required. */
export function isSoft({ fact }: Item): boolean {
  return fact.kind === "notification";
}

/** Returns the zxid by which a packet is recognized; undefined if its type has none. */
export function zxidOfPacket(type: number, zxid: bigint | number): Zxid | undefined {
  return WITHOUT_ZXID.has(type) ? undefined : (Number(zxid) as Zxid);
}

/** Returns the order of a run. The run must be traced and must have its records. */
export function scheduleOf(run: ScenarioRun): Schedule {
  const builder = new ScheduleBuilder(stallsOf(run));
  for (const { fact, source } of runFacts(run)) {
    if (source === "trace") builder.trace(fact);
    else if (source === "record") builder.record(fact);
  }
  return builder.schedule();
}

/** The longest order of a run whose servers repeat the same attempts without an end. */
const ITEMS_MAX = 400;

/** Returns the order without what comes late, and after the last violation of the run. */
export function withoutRepetitions(schedule: Schedule, violations: readonly Pick<Violation, "atUs">[]): Schedule {
  const lastUs = Math.max(0, ...violations.map(({ atUs }) => atUs));
  const isKept = ({ atUs, place }: Item): boolean => place < ITEMS_MAX || atUs <= lastUs;
  return { ...schedule, items: schedule.items.filter(isKept) };
}

/** An item that comes before all others of its time. */
type TimedFact = Omit<Item, "place">;

/** Returns the stops of threads that a debugger makes, and their ends, in the order of their times. */
function stallsOf({ scenario, steps }: ScenarioRun): TimedFact[] {
  const facts = scenario.steps.flatMap((step, index): TimedFact[] => {
    const { atUs, problem } = steps[index] ?? {};
    if (!("stall" in step) || atUs === undefined || problem !== undefined) return [];
    const { server, thread } = step.stall;
    if (!isStoppable(thread) || typeof server !== "number") return [];
    const stop = { server, atUs, fact: { kind: "stop-thread", thread } } as const;
    if (step.for === undefined) return [stop];
    return [stop, { server, atUs: atUs + durationUs(step.for), fact: { kind: "resume-thread", thread } }];
  });
  return facts.sort((a, b) => a.atUs - b.atUs);
}

class ScheduleBuilder {
  /** The stalls that have not been added yet. */
  private readonly stalls: TimedFact[];
  private readonly items: Item[] = [];
  private readonly pings: { place: number; server: number; connection: number }[] = [];
  private readonly cuts: { place: number; from: number; to: number; isCut: boolean }[] = [];
  private readonly elections: { place: number; server: number; leader: number }[] = [];
  private readonly quorumConnections = new Set<number>();
  private readonly forced = new Set<number>();
  private readonly open = new Set<number>();
  private readonly requests = new Set<string>();

  constructor(stalls: TimedFact[]) {
    this.stalls = stalls;
  }

  schedule(): Schedule {
    return { items: this.items, pings: this.pings, cuts: this.cuts, elections: this.elections, openAtEnd: this.open };
  }

  trace(event: TraceEvent): void {
    const { detail, kind, node, payload, peer, timeUs } = event;
    switch (kind) {
      case "start":
        this.add(node, timeUs, { kind: "start" });
        break;
      case "crash":
        this.add(node, timeUs, { kind: "crash", unsynced: (payload as { unsynced: "lost" }).unsynced });
        break;
      case "stop":
        this.add(node, timeUs, { kind: "crash", unsynced: "kept" });
        break;
      case "connect":
        if (payload === QUORUM_PORT) {
          this.quorumConnections.add(detail);
          this.open.add(detail);
        }
        break;
      case "cut":
      case "heal":
        this.cuts.push({ place: this.items.length, from: node, to: peer, isCut: kind === "cut" });
        break;
      case "close":
      case "reset":
        this.ended(event);
        break;
      case "send":
        if ((payload as QuorumPacket).type === REQUEST) this.add(node, timeUs, { kind: "write" });
        break;
      case "deliver":
        this.delivered(node, peer, detail, timeUs, payload);
        break;
      case "disk":
        this.disk(node, timeUs, payload as { kind: string; file: string; result: string });
        break;
    }
  }

  private ended({ detail, node, payload, peer, timeUs }: TraceEvent): void {
    if (!this.quorumConnections.has(detail)) return;
    this.open.delete(detail);
    if (payload === "network" || payload === "loss") {
      this.forced.add(detail);
      return;
    }
    if (payload === undefined) return;
    const forced = this.forced.has(detail) || (payload !== "closed" && payload !== "reset");
    this.add(node, timeUs, { kind: "close", peer, connection: detail, forced });
  }

  private delivered(server: number, from: number, connection: number, atUs: number, payload: unknown): void {
    if (typeof payload !== "object" || payload === null || payload instanceof Uint8Array) return;
    if ("type" in payload) {
      const { data, type, zxid } = payload as QuorumPacket;
      if (type === REQUEST) this.requests.add(`${server}@${atUs}`);
      if (FREE_PACKETS.has(type)) {
        this.pings.push({ place: this.items.length, server, connection });
        return;
      }
      if (startsStream(data) && "incomplete" in data) return;
      this.add(server, atUs, { kind: "packet", from, type, zxid: zxidOfPacket(type, zxid), connection });
      return;
    }
    if (isHello(payload as Notification) || !("electionEpoch" in payload)) return;
    const { leader, peerEpoch, state, zxid } = payload as Notification;
    this.add(server, atUs, { kind: "notification", from, vote: { state, leader, zxid, peerEpoch } });
  }

  private disk(
    server: number,
    atUs: number,
    { file, kind, result }: { kind: string; file: string; result: string },
  ): void {
    const failed = result !== "ok";
    if (kind === "replace" && (file === "acceptedEpoch" || file === "currentEpoch")) {
      this.add(server, atUs, { kind: "epoch-file", file, failed });
    } else if (kind === "write" && file.startsWith("snapshot.")) {
      this.add(server, atUs, { kind: "snapshot", file, failed });
    } else if (kind === "truncate" || kind === "remove") {
      this.add(server, atUs, { kind, file, failed });
    } else if (kind === "sync" && failed) {
      this.add(server, atUs, { kind: "sync", zxid: Number.MAX_SAFE_INTEGER as Zxid, failed });
    }
  }

  record(record: ProtocolRecord): void {
    const { atUs, server } = record;
    if (record.event === "synced") this.add(server, atUs, { kind: "sync", zxid: record.zxid, failed: false });
    if (record.event === "proposed" && !this.requests.has(`${server}@${atUs}`)) {
      this.add(server, atUs, { kind: "write" });
    }
    if (record.event === "elected") {
      this.elections.push({ place: this.items.length, server, leader: record.leader });
    }
    if (record.event === "crashed" && record.exitCode !== undefined) {
      this.add(server, atUs, { kind: "exit", code: record.exitCode });
    }
  }

  private add(server: number, atUs: number, fact: Fact): void {
    // A process that has ended by itself also leaves the trace of a crash.
    if (fact.kind === "crash" && this.items.findLast((item) => item.server === server)?.fact.kind === "exit") return;
    while (this.stalls[0] !== undefined && this.stalls[0].atUs <= atUs) {
      this.items.push({ place: this.items.length, ...(this.stalls.shift() as TimedFact) });
    }
    this.items.push({ place: this.items.length, server, atUs, fact });
  }
}

/** Returns a fact as text, for deviations and verdicts. */
export function factText(fact: Fact): string {
  switch (fact.kind) {
    case "start":
      return "starts";
    case "crash":
      return "is killed";
    case "exit":
      return `exits with code ${fact.code}`;
    case "packet":
      return `receives ${packetText(fact.type, fact.zxid)} from ${fact.from}`;
    case "notification":
      return `receives a notification from ${fact.from}: ${voteText(fact.vote)}`;
    case "epoch-file":
      return `${fact.failed ? "fails to write" : "writes"} ${fact.file}`;
    case "sync":
      return fact.failed ? "fails to sync its log" : `syncs its log up to ${formatZxid(fact.zxid)}`;
    case "truncate":
      return `truncates ${fact.file}`;
    case "remove":
      return `deletes ${fact.file}`;
    case "snapshot":
      return `${fact.failed ? "fails to write" : "writes"} ${fact.file}`;
    case "close":
      return `loses its connection with ${fact.peer}`;
    case "stop-thread":
      return `stops its thread ${fact.thread}`;
    case "resume-thread":
      return `goes on with its thread ${fact.thread}`;
    case "write":
      return "receives the write of a client";
  }
}

/** Returns a packet as text, such as `PROPOSAL 1:4`. */
export function packetText(type: number, zxid: Zxid | undefined): string {
  const name = PACKET_NAMES[type] || `packet ${type}`;
  if (zxid === undefined || zxid < 0) return name;
  const isInfo = type === FOLLOWERINFO || type === OBSERVERINFO;
  return `${name} ${isInfo ? `of epoch ${Math.floor(zxid / 0x1_0000_0000)}` : formatZxid(zxid)}`;
}

/** Returns a notification as text. */
export function voteText({ leader, peerEpoch, state, zxid }: VoteFacts): string {
  const name = SERVER_STATE_NAMES[state] ?? String(state);
  return `${name}, leader ${leader}, zxid ${formatZxid(zxid as Zxid)}, epoch ${peerEpoch}`;
}
