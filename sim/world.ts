/**
 * A world: nodes, the network between them, a clock, the pending events, and the loop that handles them one by one.
 *
 * Time jumps from event to event. Events with the same time are handled in the order in which they were scheduled. The
 * rolling digest identifies the run: it covers the time, kind, endpoints and payload of every handled event, and the
 * state of the node that handled it. The world skips void events, such as the event of a timer that was set again, and
 * does not count them. The world knows neither the programs nor the faults.
 */

import { DATA, type Direction, type Parcel } from "./connection.ts";
import { Digest } from "./digest.ts";
import { DEFAULT_DISK, type DiskCharacter, type DiskLane, type DiskOperationView, type DiskResult } from "./disk.ts";
import {
  ACCEPT_EVENT,
  ARRIVAL_EVENT,
  DATAGRAM_EVENT,
  DISK_EVENT,
  DRAIN_EVENT,
  eventKindName,
  KEEP_ALIVE_EVENT,
  RETRANSMISSION_EVENT,
  SCRIPT_EVENT,
  TIMER_EVENT,
  USER_EVENT,
} from "./event-kinds.ts";
import type { EventQueue } from "./event-queue.ts";
import { Kernel } from "./kernel.ts";
import { DEFAULT_LINK, type LinkCharacter } from "./link.ts";
import { Network } from "./network.ts";
import { Node } from "./node.ts";
import type { RandomStreams } from "./random.ts";
import { formatTime, type SimTime } from "./time.ts";
import type { Trace } from "./trace.ts";

const NODE_ID_MAX = 255;
const NODE_STATE_MARK = 0x53;

/** The options of a World. */
export interface WorldOptions<M> {
  /** The seed of all random streams. Equal seeds give equal runs. */
  readonly seed: bigint | number | string;
  /** The ids of the nodes, or the number of nodes. With a number, the ids are 1, 2, … up to that number. */
  readonly nodes: readonly number[] | number;
  /** The character of all links; default: DEFAULT_LINK. */
  readonly link?: Partial<LinkCharacter>;
  /** The character of all disks; default: DEFAULT_DISK. */
  readonly disk?: Partial<DiskCharacter>;
  /**
   * Returns a 32-bit hash of a message, for the digest. Without it the digest does not cover the content of messages.
   */
  readonly hashMessage?: (message: M) => number;
  /** Whether to compute the digest. Default: true. */
  readonly digest?: boolean;
  /** Whether the digest covers the state of a node after each of its events. Default: true. */
  readonly digestState?: boolean;
  /** The trace that records the events of the run. Default: no trace. */
  readonly trace?: Trace | undefined;
}

/** The options of World#run(): when it returns. */
export interface RunOptions {
  /** The run handles no event after this virtual time. */
  readonly untilUs: SimTime;
  /** The limit of events. Default: no limit. */
  readonly maxEvents?: number;
  /** Called after each event. If it returns true, the run ends. */
  readonly stopWhen?: () => boolean;
}

/** Why World#run() returned, and after how many events. */
export interface RunResult {
  /** `until`: the time is over. `idle`: no event is left. `events`: maxEvents. `stopped`: stopWhen returned true. */
  readonly reason: "until" | "idle" | "events" | "stopped";
  /** Number of events that this call handled. */
  readonly events: number;
}

interface Script {
  readonly action: () => void;
  readonly label: string;
}

/** A simulated world: nodes, a network, a clock, and the pending events. M is the type of messages. */
export class World<M> {
  /** The parts that all facilities share. */
  readonly kernel: Kernel;
  /** The pending events. */
  readonly queue: EventQueue;
  /** The random streams of the seed. */
  readonly random: RandomStreams;
  /** The network between the nodes. */
  readonly network: Network<M>;
  /** The nodes, in the order of the options. */
  readonly nodes: readonly Node<M>[];
  /** The digest of the run; undefined if it is switched off. */
  readonly digest: Digest | undefined;
  /** Number of handled events. */
  eventsHandled = 0;
  /** Called at the end of each handled event. Events that it schedules have the handled event as their cause. */
  onEvent: ((world: World<M>) => void) | undefined = undefined;
  /** Handles the events that `schedule` schedules with a kind of USER_EVENT or higher. */
  onUserEvent: ((target: number, kind: number, a: number, b: number, payload: unknown) => void) | undefined = undefined;

  private readonly byId: (Node<M> | undefined)[] = [];
  private readonly hashMessage: ((message: M) => number) | undefined;
  private readonly digestState: boolean;
  // The following fields describe the last handled event, for `describe`.
  private lastTimeUs = 0;
  private lastKind = -1;
  private lastNode = -1;
  private lastPeer = -1;
  private lastDetail = 0;
  private lastPayloadHash = 0;

  constructor(options: WorldOptions<M>) {
    this.kernel = new Kernel(options.seed, options.trace);
    this.queue = this.kernel.queue;
    this.random = this.kernel.random;
    this.digest = options.digest === false ? undefined : new Digest();
    this.digestState = options.digestState !== false;
    this.hashMessage = options.hashMessage;
    const ids = checkedIds(options.nodes);
    const diskCharacter = { ...DEFAULT_DISK, ...options.disk };
    this.network = new Network<M>(this.kernel, this.byId, ids, { ...DEFAULT_LINK, ...options.link });
    this.nodes = ids.map((id) => new Node<M>(this, id, diskCharacter));
    for (let id = 0; id <= Math.max(...ids); id++) this.byId.push(this.nodes.find((node) => node.id === id));
  }

  /** The virtual time in microseconds. */
  get nowUs(): SimTime {
    return this.kernel.nowUs;
  }

  /** The trace. Undefined if the world is not traced. */
  get trace(): Trace | undefined {
    return this.kernel.trace;
  }

  /** The sequence of the event that is being handled; -1 if there is none. */
  get currentSequence(): number {
    return this.queue.currentSequence;
  }

  /** Returns the node with this id. Throws a RangeError if there is none. */
  node(id: number): Node<M> {
    const node = this.byId[id];
    if (node === undefined) throw new RangeError(`There is no node ${id}`);
    return node;
  }

  /** Schedules an action at `timeUs`, which must not be in the past. The label goes into the digest. */
  at(timeUs: SimTime, action: () => void, label: string): void {
    const script: Script = { action, label };
    this.schedule(timeUs, -1, SCRIPT_EVENT, 0, 0, script);
  }

  /** Schedules an event of any kind. Kinds from USER_EVENT on go to `onUserEvent`. */
  schedule(timeUs: SimTime, target: number, kind: number, a: number, b: number, payload: unknown): number {
    if (!Number.isSafeInteger(timeUs) || timeUs < this.kernel.nowUs) {
      throw new RangeError(`schedule: ${timeUs} is not a whole microsecond from now (${this.kernel.nowUs}) on`);
    }
    return this.queue.push(timeUs, target, kind, a, b, payload);
  }

  /** Handles the next event. Returns false if there is none. */
  step(): boolean {
    while (this.queue.pop()) if (this.dispatch()) return true;
    return false;
  }

  /**
   * Handles events until no event is due at or before `untilUs`, `maxEvents` events are handled, or `stopWhen` returns
   * true. In the first case, the virtual time is `untilUs` afterwards.
   */
  run(options: RunOptions): RunResult {
    const { untilUs, stopWhen } = options;
    const maxEvents = options.maxEvents ?? Number.POSITIVE_INFINITY;
    const { kernel, queue } = this;
    let events = 0;
    while (queue.peekTime() <= untilUs) {
      if (events >= maxEvents) return { reason: "events", events };
      if (!queue.pop()) break;
      if (!this.dispatch()) continue;
      events++;
      if (stopWhen?.()) return { reason: "stopped", events };
    }
    if (Number.isFinite(untilUs) && untilUs > kernel.nowUs) kernel.nowUs = untilUs;
    return { reason: queue.size === 0 ? "idle" : "until", events };
  }

  /** Returns the digest so far as 16 hexadecimal digits; an empty text if the digest is switched off. */
  digestHex(): string {
    return this.digest?.hex() ?? "";
  }

  /** Describes the last handled event. */
  describe(): string {
    if (this.lastKind < 0) return "no event yet";
    const place = this.lastNode < 0 ? "" : ` at node ${this.lastNode}`;
    const peer = this.lastPeer < 0 ? "" : ` from node ${this.lastPeer}`;
    const payload = `payload ${(this.lastPayloadHash >>> 0).toString(16).padStart(8, "0")}`;
    const state = this.byId[this.lastNode]?.program?.stateHash();
    const after = state === undefined ? "" : `, state ${(state >>> 0).toString(16).padStart(8, "0")}`;
    const what = `${eventKindName(this.lastKind)} ${this.lastDetail}${place}${peer}`;
    return `event ${this.eventsHandled} at ${formatTime(this.lastTimeUs)}: ${what}, ${payload}${after}`;
  }

  /** Handles the popped event. Returns false if the event is void. */
  private dispatch(): boolean {
    const queue = this.queue;
    const target = queue.target;
    switch (queue.kind) {
      case TIMER_EVENT: {
        const node = this.byId[target] as Node<M>;
        if (!node.timerIsLive(queue.a, queue.b)) return false;
        this.begin(-1, queue.a, 0);
        node.fireTimer(queue.a, queue.b);
        break;
      }
      case ARRIVAL_EVENT: {
        const direction = queue.payload as Direction<M>;
        if (direction.generation !== queue.a) return false;
        this.begin(direction.from, direction.connection.id, this.hashParcel(direction.at(0)));
        this.network.tcp.arrive(direction);
        break;
      }
      case DATAGRAM_EVENT:
        if (this.network.datagrams.isRevoked(queue.sequence)) return false;
        this.begin(queue.a, queue.b, this.hash(queue.payload as M));
        this.network.datagrams.arrive(this.byId[target] as Node<M>, queue.a, queue.b, queue.payload as M);
        break;
      case DISK_EVENT: {
        const lane = queue.payload as DiskLane;
        const { disk } = this.byId[target] as Node<M>;
        if (!disk.tokenIsLive(lane, queue.b)) return false;
        // A completion that was not canceled belongs to the first operation of its lane.
        const { operation } = lane.operations[0] as DiskOperationView;
        this.begin(-1, operation, queue.a);
        disk.complete(lane);
        break;
      }
      case DRAIN_EVENT:
        if (!this.drain(this.byId[target] as Node<M>)) return false;
        break;
      case RETRANSMISSION_EVENT: {
        const { tcp } = this.network;
        const direction = queue.payload as Direction<M>;
        if (!tcp.timers.isStalledSince(direction, queue.a)) return false;
        this.begin(direction.to, direction.connection.id, queue.kind);
        tcp.retransmissionTimedOut(direction);
        break;
      }
      case KEEP_ALIVE_EVENT: {
        const { tcp } = this.network;
        const incoming = queue.payload as Direction<M>;
        if (!tcp.timers.keepAliveExpired(incoming)) return false;
        this.begin(incoming.from, incoming.connection.id, queue.kind);
        tcp.giveUpEnd(incoming, "keep-alive");
        break;
      }
      default:
        this.dispatchScript();
    }
    this.finish(target);
    return true;
  }

  private dispatchScript(): void {
    const { target, kind, a, b, payload } = this.queue;
    if (kind === SCRIPT_EVENT) {
      const { action, label } = payload as Script;
      this.begin(-1, 0, 0);
      this.digest?.mixString(label);
      action();
    } else if (kind >= USER_EVENT) {
      this.begin(a, b, 0);
      this.onUserEvent?.(target, kind, a, b, payload);
    } else {
      throw new RangeError(`There is no event kind ${kind}; your own start at ${USER_EVENT}`);
    }
  }

  /** Handles one deferred event of the node. Returns false if the node has none, or if the event is void. */
  private drain(node: Node<M>): boolean {
    if (!node.drainIsLive(this.queue.b)) return false;
    const { kind, a, b, payload, extra } = node.takeDeferred();
    const live = kind !== TIMER_EVENT || node.timerIsLive(a, b);
    if (live) {
      switch (kind) {
        case TIMER_EVENT:
          this.begin(-1, a, kind);
          node.fireTimer(a, b);
          break;
        case ARRIVAL_EVENT: {
          const direction = payload as Direction<M>;
          this.begin(direction.from, a, this.hashParcel(extra as Parcel<M>));
          this.network.tcp.receive(direction, extra as Parcel<M>, node);
          break;
        }
        case ACCEPT_EVENT:
          this.begin((payload as Direction<M>).from, a, kind);
          this.network.tcp.accept(payload as Direction<M>, node);
          break;
        case DATAGRAM_EVENT:
          this.begin(a, b, this.hash(payload as M));
          this.network.datagrams.receive(node, a, b, payload as M);
          break;
        default:
          this.begin(-1, a, kind);
          node.diskDone(a, payload as DiskResult);
      }
    }
    node.drained();
    return live;
  }

  /**
   * Makes the popped event the current one: sets the time, remembers the event for `describe`, and mixes it into the
   * digest.
   */
  private begin(peer: number, detail: number, payloadHash: number): void {
    const { queue, digest } = this;
    const timeUs = queue.timeUs;
    this.kernel.nowUs = timeUs;
    queue.currentSequence = queue.sequence;
    this.lastTimeUs = timeUs;
    this.lastKind = queue.kind;
    this.lastNode = queue.target;
    this.lastPeer = peer;
    this.lastDetail = detail;
    this.lastPayloadHash = payloadHash;
    if (digest === undefined) return;
    digest.mix(timeUs);
    digest.mixInts((queue.kind << 20) ^ (queue.target << 10) ^ peer, detail);
    digest.mixInts(payloadHash, NODE_STATE_MARK);
  }

  private finish(target: number): void {
    const digest = this.digest;
    if (digest !== undefined && this.digestState && target >= 0) {
      const program = this.byId[target]?.program;
      if (program !== undefined) digest.mixInts(program.stateHash(), NODE_STATE_MARK);
    }
    this.eventsHandled++;
    if (this.onEvent !== undefined) this.onEvent(this);
    this.queue.currentSequence = -1;
  }

  private hash(message: M): number {
    return this.digest === undefined || this.hashMessage === undefined ? 0 : this.hashMessage(message);
  }

  private hashParcel(parcel: Parcel<M>): number {
    return parcel.kind === DATA ? this.hash(parcel.message as M) : parcel.kind;
  }
}

function checkedIds(nodes: readonly number[] | number): readonly number[] {
  const ids = typeof nodes === "number" ? Array.from({ length: nodes }, (_, index) => index + 1) : [...nodes];
  if (ids.length === 0) throw new RangeError("World: at least one node is needed");
  for (const id of ids) {
    if (!Number.isInteger(id) || id < 0 || id > NODE_ID_MAX) {
      throw new RangeError(`World: node id ${id} is not a whole number in 0 .. ${NODE_ID_MAX}`);
    }
  }
  if (new Set(ids).size !== ids.length) throw new RangeError(`World: node ids ${ids.join(", ")} are not distinct`);
  return ids;
}
