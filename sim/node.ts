/**
 * A node: a host with a disk that runs at most one program at a time, with the timers and the life cycle of that
 * program.
 *
 * A crash ends the process. If the option `power` is true, the host also loses power. A paused node handles no events,
 * like a Java process during a long garbage collection. When it resumes, it handles the deferred events one by one, in
 * order. The node runs the program's timers at its own clock rate. It knows nothing about the program.
 */

import { DATA, type Parcel } from "./connection.ts";
import { Disk, type DiskCharacter, type DiskCrash, type DiskCrashEffect, type DiskResult } from "./disk.ts";
import { ACCEPT_EVENT, ARRIVAL_EVENT, DATAGRAM_EVENT, DISK_EVENT, DRAIN_EVENT, TIMER_EVENT } from "./event-kinds.ts";
import type { Random } from "./random.ts";
import type { SimTime } from "./time.ts";
import type { World } from "./world.ts";

/**
 * The program of a node. The node calls the program for one event at a time, and the program acts through the methods
 * of its node.
 */
export interface NodeProgram<M> {
  /** A timer that setTimer() has set is due. */
  onTimer(timer: number): void;
  /** A connection of this node is open. */
  onConnected(conn: number): void;
  /** A connection of this node could not be opened. */
  onRefused(conn: number): void;
  /** Another node has connected to a port of this node. */
  onAccepted(conn: number, from: number, port: number): void;
  /** A message has arrived on a connection. */
  onMessage(conn: number, from: number, message: M): void;
  /** The other end has closed a connection, or the connection was reset. */
  onClosed(conn: number, how: "closed" | "reset"): void;
  /** A datagram has arrived. */
  onDatagram(from: number, port: number, message: M): void;
  /** A disk operation has ended. */
  onDiskDone(operation: number, result: DiskResult): void;
  /**
   * Returns whether messages have arrived on a connection that the program has not read. When the program closes such a
   * connection or ends, its host resets the connection. Default: the program has read every message.
   */
  hasUnread?(conn: number): boolean;
  /** Returns a 32-bit hash of the program's state, for the digest of the run. Must be cheap. */
  stateHash(): number;
}

/** How a node crashes: what the disk loses, and whether the host goes down. */
export interface NodeCrash extends Partial<DiskCrash> {
  /**
   * Whether the host loses power: peers get no reset and no answer until it starts again. Default: only the process
   * dies.
   */
  readonly power?: boolean;
}

/** An event that was due while the node could not handle it. */
export interface Deferred {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly payload: unknown;
  readonly extra: unknown;
}

/** Number of timers of a node. They are numbered from 0. */
export const TIMERS_MAX = 17;

/** A host with a disk, running at most one program. A program acts through the methods of its node. */
export class Node<M> {
  /** The id of the node. */
  readonly id: number;
  /** The world of the node. */
  readonly world: World<M>;
  /** The disk, which survives crashes. */
  readonly disk: Disk;
  /** Whether a process runs. */
  up = false;
  /** Whether the host has power. A host whose program was never started has power and refuses connections. */
  hostUp = true;
  /** Whether the node is paused, so that its events wait. */
  paused = false;
  /** Whether the host refuses new connections, even to ports that listen. */
  refusing = false;
  /** Whether new events must be deferred, because the node is paused or earlier deferred events still wait. */
  deferring = false;
  /** Number of starts. */
  incarnation = 0;
  /** The running program; undefined if none runs. */
  program: NodeProgram<M> | undefined = undefined;
  private rate = 1;
  /** The time on the node's clock when the clock got its current rate. */
  private clockStartUs = 0;
  /** The virtual time when the clock got its current rate. */
  private rateSinceUs = 0;
  private drawn: Random | undefined = undefined;
  private readonly timerGeneration = new Float64Array(TIMERS_MAX);
  private readonly timerPending = new Uint8Array(TIMERS_MAX);
  private readonly timerDueUs = new Float64Array(TIMERS_MAX);
  private ports: number[] = [];
  private deferred: Deferred[] = [];
  private drainGeneration = 0;

  constructor(world: World<M>, id: number, diskCharacter: DiskCharacter) {
    this.world = world;
    this.id = id;
    this.disk = new Disk(world.kernel, id, this, diskCharacter);
  }

  // The program of the node calls the following methods.

  /** Sets a timer. A timer with the same number that is pending is replaced. */
  setTimer(timer: number, delayUs: number): void {
    if (!(timer >= 0 && timer < TIMERS_MAX))
      throw new RangeError(`setTimer: timer ${timer} is not in 0 .. ${TIMERS_MAX - 1}`);
    if (!(delayUs >= 0)) throw new RangeError(`setTimer: delay ${delayUs} us`);
    const generation = (this.timerGeneration[timer] as number) + 1;
    this.timerGeneration[timer] = generation;
    this.timerPending[timer] = 1;
    const { nowUs, queue } = this.world.kernel;
    // Math.ceil ensures that the timer never fires early on the node's own clock.
    const dueUs = nowUs + Math.ceil(delayUs / this.rate);
    this.timerDueUs[timer] = dueUs;
    queue.push(dueUs, this.id, TIMER_EVENT, timer, generation, undefined);
  }

  /** Cancels a timer. Has no effect if the timer is not set. */
  cancelTimer(timer: number): void {
    this.timerPending[timer] = 0;
  }

  /**
   * Opens a connection and returns its id. The node then calls `onConnected` or `onRefused`, or neither if the host is
   * unreachable.
   */
  connect(to: number, port: number): number {
    return this.world.network.connect(this.id, to, port);
  }

  /** Sends a message. Returns false if the connection is not open at this end. */
  send(conn: number, message: M): boolean {
    return this.world.network.send(this.id, conn, message);
  }

  /** Closes a connection. The other end is notified after every message that was sent has arrived. */
  close(conn: number): void {
    this.world.network.close(this.id, conn);
  }

  /** Turns on keep-alive at this end of a connection (SO_KEEPALIVE). */
  keepAlive(conn: number): void {
    this.world.network.tcp.keepAlive(this.id, conn);
  }

  /** Starts to accept connections on a port. */
  listen(port: number): void {
    if (!this.ports.includes(port)) this.ports.push(port);
  }

  /** Stops accepting connections on a port. Open connections stay. */
  unlisten(port: number): void {
    this.ports = this.ports.filter((open) => open !== port);
  }

  /** Sends a message that may be lost, repeated or late. */
  datagram(to: number, port: number, message: M): void {
    this.world.network.datagram(this.id, to, port, message);
  }

  /** The random stream of this node. */
  get random(): Random {
    this.drawn ??= this.world.random.stream("node", this.id);
    return this.drawn;
  }

  // Scripts call the following methods to control the process, its clock and its disk.

  /** Starts a program as a new process. Throws an Error if one runs. */
  start(program: NodeProgram<M>): void {
    if (this.up) throw new Error(`Node ${this.id} is already running`);
    this.up = true;
    this.hostUp = true;
    this.incarnation++;
    this.program = program;
    this.world.kernel.trace?.record("start", this.id, -1, this.incarnation, undefined);
    this.world.network.tcp.hostAnswers(this.id);
  }

  /**
   * Crashes the node. Default: only the process dies, and unsynced writes survive. With `power`, unsynced writes are
   * lost.
   */
  crash(how: NodeCrash = {}): DiskCrashEffect {
    const power = how.power === true;
    this.world.kernel.trace?.record("crash", this.id, -1, this.incarnation, how);
    this.endProcess(power);
    return this.disk.crash({ unsynced: how.unsynced ?? (power ? "lost" : "kept"), tmp: how.tmp === true });
  }

  /** Ends the process cleanly. */
  stop(): void {
    this.world.kernel.trace?.record("stop", this.id, -1, this.incarnation, undefined);
    this.endProcess(false);
    this.disk.crash({ unsynced: "kept" });
  }

  /** Stops the node, as a long garbage collection does: its events wait until resume(). */
  pause(): void {
    if (!this.up || this.paused) return;
    this.world.kernel.trace?.record("pause", this.id, -1, this.incarnation, undefined);
    this.paused = true;
    this.deferring = true;
    this.drainGeneration++;
  }

  /** Ends a pause. The node handles the events that wait, one by one. */
  resume(): void {
    if (!this.paused) return;
    this.world.kernel.trace?.record("resume", this.id, -1, this.incarnation, undefined);
    this.paused = false;
    this.deferring = this.deferred.length > 0;
    for (let count = this.deferred.length; count > 0; count--) this.pushDrain();
  }

  /**
   * The rate of the clock; 2 is twice as fast. A new rate applies to the clock immediately, but not to timers that are
   * already set.
   */
  set clockRate(rate: number) {
    if (!(rate > 0)) throw new RangeError(`clockRate ${rate} must be positive`);
    this.clockStartUs = this.clockUs;
    this.rateSinceUs = this.world.kernel.nowUs;
    this.rate = rate;
  }

  /** The time of the node's own clock in microseconds. */
  get clockUs(): number {
    return this.clockStartUs + Math.floor((this.world.kernel.nowUs - this.rateSinceUs) * this.rate);
  }

  /** The rate of the clock; 2 is twice as fast. */
  get clockRate(): number {
    return this.rate;
  }

  /** Empties the disk of a node that is down. */
  wipe(): void {
    if (this.up) throw new Error(`Node ${this.id} is running: crash or stop it before wiping its disk`);
    this.disk.wipe();
  }

  // The world calls the following methods.

  /** Returns whether the node accepts connections on a port. */
  isListening(port: number): boolean {
    return this.ports.includes(port);
  }

  /** Returns whether messages or an accept have arrived on a connection that the process has not handled. */
  hasUnread(conn: number): boolean {
    const waits = ({ a, extra, kind }: Deferred): boolean =>
      a === conn && (kind === ACCEPT_EVENT || (kind === ARRIVAL_EVENT && (extra as Parcel<M>).kind === DATA));
    return this.deferred.some(waits) || this.program?.hasUnread?.(conn) === true;
  }

  /** Returns whether a timer event belongs to the current setting of the timer. */
  timerIsLive(timer: number, generation: number): boolean {
    return this.timerPending[timer] === 1 && this.timerGeneration[timer] === generation;
  }

  /** Returns the pending timers with the virtual times at which they are due. */
  pendingTimers(): { readonly timer: number; readonly dueUs: SimTime }[] {
    const pending = [];
    for (let timer = 0; timer < TIMERS_MAX; timer++) {
      if (this.timerPending[timer] === 1) pending.push({ timer, dueUs: this.timerDueUs[timer] as number });
    }
    return pending;
  }

  /** Handles a timer that is due. */
  fireTimer(timer: number, generation: number): void {
    if (this.deferring) {
      this.defer(TIMER_EVENT, timer, generation, undefined, undefined);
      return;
    }
    this.timerPending[timer] = 0;
    this.world.kernel.trace?.record("timer", this.id, -1, timer, undefined);
    this.program?.onTimer(timer);
  }

  /** Handles the end of a disk operation. The disk calls this method. */
  diskDone(operation: number, result: DiskResult): void {
    if (this.deferring) this.defer(DISK_EVENT, operation, 0, result, undefined);
    else this.program?.onDiskDone(operation, result);
  }

  /** Keeps an event that the node cannot handle now. */
  defer(kind: number, a: number, b: number, payload: unknown, extra: unknown): void {
    this.deferred.push({ kind, a, b, payload, extra });
    if (!this.paused) this.pushDrain();
  }

  /** Returns the messages that wait for the end of a pause, with their connections; 0 stands for a datagram. */
  deferredMessages(): { readonly conn: number; readonly message: M }[] {
    const found: { conn: number; message: M }[] = [];
    for (const { a, extra, kind, payload } of this.deferred) {
      if (kind === DATAGRAM_EVENT) found.push({ conn: 0, message: payload as M });
      if (kind !== ARRIVAL_EVENT) continue;
      const parcel = extra as Parcel<M>;
      if (parcel.kind === DATA) found.push({ conn: a, message: parcel.message as M });
    }
    return found;
  }

  /** Returns whether a drain event is still valid. A drain event makes the node handle one deferred event. */
  drainIsLive(generation: number): boolean {
    return generation === this.drainGeneration && this.deferred.length > 0;
  }

  /** Takes the next deferred event. The node does not defer events while it handles this one. */
  takeDeferred(): Deferred {
    const first = this.deferred.shift() as Deferred;
    this.deferring = false;
    return first;
  }

  /** Ends the handling of a deferred event. The world calls this method after each deferred event. */
  drained(): void {
    this.deferring = this.paused || this.deferred.length > 0;
  }

  private pushDrain(): void {
    const { nowUs, queue } = this.world.kernel;
    queue.push(nowUs, this.id, DRAIN_EVENT, 0, this.drainGeneration, undefined);
  }

  private endProcess(power: boolean): void {
    this.world.network.tcp.nodeCrashed(this.id, power);
    this.up = false;
    if (power) this.hostUp = false;
    this.paused = false;
    this.deferring = false;
    this.deferred = [];
    this.drainGeneration++;
    this.program = undefined;
    this.ports = [];
    this.timerPending.fill(0);
  }
}
