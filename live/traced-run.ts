/**
 * Turns the trace of a live server (input-trace.ts) into what reports read of a simulated run: the records of the
 * server, and the events of its connections. The inputs go to a new core, which makes the records again.
 */
import { Watchers } from "../cluster/note-watchers.ts";
import { NoteRecorder, type ProtocolRecord, type ServerConfig } from "../cluster/records.ts";
import { configOfVerifier } from "../cluster/verifier.ts";
import type { Violation } from "../invariants/index.ts";
import {
  type ConnectionId,
  DEFAULT_SETTINGS,
  ELECTION_PORT,
  type ElectionMessage,
  FOLLOWERINFO,
  isHello,
  type LearnerInfo,
  OBSERVERINFO,
  PACKET_NAMES,
  PING,
  type QuorumPacket,
  type ServerId,
  SNAP,
} from "../protocol/index.ts";
import type { TraceEvent, TraceKind } from "../sim/index.ts";
import { CUT_TRACE, type ReplayEnd, type ReplayWatcher, replayTrace, type TracedServer } from "./input-trace.ts";
import { oneServerInvariants } from "./one-server-invariants.ts";

/** What one process of a live server did. */
export interface TracedRun {
  readonly server: TracedServer;
  /** The records, in order. Packets that the server received have records, too, except for PING. */
  readonly records: readonly ProtocolRecord[];
  /** What happened on its connections. */
  readonly trace: { events(): readonly TraceEvent[] };
  readonly violations: readonly Violation[];
  /** The first effect that differs from the recorded one; undefined if there is none. */
  readonly difference: ReplayEnd["difference"];
}

const UNKNOWN = -1;

/** Reads the lines of a trace. Throws a TraceError if they are no trace. */
export function readTracedRun(lines: readonly string[]): TracedRun {
  const recorder = new TracedConnections(learnersOf(lines));
  const { difference, server } = replayTrace(lines, (traced, now) => recorder.notesFor(traced, now), recorder);
  // A process that was killed can have ended while it handled an input.
  const isCut = difference?.recorded === CUT_TRACE;
  return {
    ...{ server, records: recorder.records, trace: { events: () => recorder.events } },
    violations: recorder.violations,
    difference: isCut ? undefined : difference,
  };
}

const INFO = /^\{"input":"packet","nowUs":\d+,"args":\[(\d+),\{"type":(\d+),.*"serverId":(-?\d+)/;

/** Returns the learners that have connected to the server, by connection: their first packets have their ids. */
function learnersOf(lines: readonly string[]): ReadonlyMap<number, number> {
  const learners = new Map<number, number>();
  for (const line of lines) {
    const [, connection, type, sid] = INFO.exec(line) ?? [];
    if (Number(type) === FOLLOWERINFO || Number(type) === OBSERVERINFO) learners.set(Number(connection), Number(sid));
  }
  return learners;
}

class TracedConnections implements ReplayWatcher {
  readonly records: ProtocolRecord[] = [];
  readonly events: TraceEvent[] = [];
  private readonly learners: ReadonlyMap<number, number>;
  private readonly peers = new Map<number, number>();
  private server = UNKNOWN as ServerId;
  private now: () => number = () => 0;
  private sequence = -1;
  private found: () => readonly Violation[] = () => [];

  constructor(learners: ReadonlyMap<number, number>) {
    this.learners = learners;
  }

  get violations(): readonly Violation[] {
    return this.found();
  }

  notesFor(traced: TracedServer, now: () => number): Watchers {
    const { invariants, notes } = oneServerInvariants(traced, now);
    this.server = traced.myid;
    this.now = now;
    this.found = () => invariants.violations;
    this.record({ atUs: 0, server: traced.myid, event: "started", config: configOf(traced) });
    return new Watchers(notes, new NoteRecorder(traced.myid, now, (record) => this.record(record)));
  }

  private record(record: ProtocolRecord): void {
    this.records.push({ ...record, sequence: this.sequence });
  }

  private add(kind: TraceKind, peer: number, detail: number, payload: unknown, node: number = this.server): void {
    const { sequence } = this;
    this.events.push({ sequence, cause: -1, timeUs: this.now(), kind, node, peer, detail, payload });
  }

  input(input: string, args: readonly unknown[]): void {
    this.sequence++;
    const connection = args[0] as number;
    const peer = this.peers.get(connection) ?? UNKNOWN;
    switch (input) {
      case "accepted":
        this.accepted(connection, args[1] as number);
        break;
      case "connected":
        this.add("connected", peer, connection, undefined);
        break;
      case "refused":
        this.add("refuse", peer, connection, undefined);
        break;
      case "closed":
        this.add(args[1] === "reset" ? "reset" : "close", peer, connection, args[1]);
        break;
      case "packet":
        this.packet(connection, peer, args[1] as QuorumPacket);
        break;
      case "electionMessage":
        this.electionMessage(connection, args[1] as ElectionMessage);
        break;
    }
  }

  private accepted(connection: number, port: number): void {
    const learner = this.learners.get(connection);
    if (port === ELECTION_PORT || learner === undefined) return;
    this.peers.set(connection, learner);
    this.add("connect", this.server, connection, port, learner);
    this.add("accept", learner, connection, port);
  }

  private packet(connection: number, peer: number, packet: QuorumPacket): void {
    this.add("deliver", peer, connection, packet);
    // The first part of a snapshot is the SNAP packet, and the rest belongs to it.
    const isRest = packet.type === SNAP && !("incomplete" in packet.data);
    if (packet.type === PING || isRest) return;
    const { type, zxid } = packet;
    const info = type === FOLLOWERINFO || type === OBSERVERINFO ? (packet.data as LearnerInfo | null) : null;
    const from = (info?.serverId ?? peer) as ServerId;
    const message = PACKET_NAMES[type] as string;
    this.record({ atUs: this.now(), server: this.server, event: "received", from, message, zxid });
  }

  private electionMessage(connection: number, message: ElectionMessage): void {
    if (!(message instanceof Uint8Array) && isHello(message)) this.peers.set(connection, message.hello);
    this.add("deliver", this.peers.get(connection) ?? UNKNOWN, connection, message);
  }

  effect(effect: string, args: readonly unknown[], result: unknown): void {
    switch (effect) {
      case "connect":
        this.peers.set(result as ConnectionId, args[0] as number);
        this.add("connect", args[0] as number, result as ConnectionId, args[1]);
        break;
      case "send":
        this.add("send", this.peers.get(args[0] as number) ?? UNKNOWN, args[0] as number, args[1]);
        break;
      case "close":
        this.add("close", this.peers.get(args[0] as number) ?? UNKNOWN, args[0] as number, undefined);
        break;
      case "exit":
        this.record({ ...this.common, event: "crashed", exitCode: args[0] as number, lost: [] });
        break;
    }
  }

  private get common(): { readonly atUs: number; readonly server: ServerId } {
    return { atUs: this.now(), server: this.server };
  }
}

function configOf({ myid, release, settings, verifier }: TracedServer): ServerConfig {
  const ensemble = configOfVerifier(verifier);
  const defaults: Readonly<Record<string, unknown>> = { ...DEFAULT_SETTINGS };
  const changed = Object.entries(settings).filter(([name, value]) => value !== defaults[name]);
  return {
    release,
    role: ensemble.voters.includes(myid) ? "participant" : "observer",
    view: verifier.members,
    ensemble,
    settings,
    changed: Object.fromEntries(changed),
  };
}
