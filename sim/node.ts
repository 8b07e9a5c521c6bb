/**
 * A node: a host with a disk, running at most one program at a time; its timers and its life cycle.
 *
 * A crash ends the process, with `power` the host as well. A paused node (a long garbage collection) receives nothing;
 * what came due meanwhile is handled at resume, one event each, in order. The node runs the program's timers at its own
 * clock rate. It does not know what the program is.
 */

import { Disk, type DiskCharacter, type DiskCrash, type DiskCrashEffect, type DiskResult } from "./disk.ts";
import { DISK_EVENT, DRAIN_EVENT, TIMER_EVENT } from "./event-kinds.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** What a node runs. Called one event at a time; whatever it wants done it asks its node for. */
export interface NodeProgram<M> {
  onTimer(timer: number): void;
  onConnected(conn: number): void;
  onRefused(conn: number): void;
  onAccepted(conn: number, from: number, port: number): void;
  onMessage(conn: number, from: number, message: M): void;
  onClosed(conn: number, how: "closed" | "reset"): void;
  onDatagram(from: number, port: number, message: M): void;
  onDiskDone(operation: number, result: DiskResult): void;
  /** A 32-bit integer of the program's state, for the digest of the run. Cheap. */
  stateHash(): number;
}

export interface NodeCrash extends Partial<DiskCrash> {
  /** The host loses power: nobody is told, nothing answers until it starts again. Default: only the process dies. */
  readonly power?: boolean;
}

/** An event that came due while the node could not handle it. */
export interface Deferred {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly payload: unknown;
  readonly extra: unknown;
}

export const TIMERS_MAX = 16;

export class Node<M> {
  readonly id: number;
  readonly world: World<M>;
  readonly disk: Disk;
  /** A process runs here. */
  up = false;
  /** The host has power; one that was never started answers, as a host does whose server is not installed yet. */
  hostUp = true;
  paused = false;
  /** New connections to it are refused, whatever listens. */
  refusing = false;
  /** Something waits for this node, so whatever arrives queues up behind it. */
  deferring = false;
  /** How often it was started. */
  incarnation = 0;
  program: NodeProgram<M> | undefined = undefined;
  private rate = 1;
  /** What the clock told when it got its rate, and when that was. */
  private clockStartUs = 0;
  private rateSinceUs = 0;
  private drawn: Random | undefined = undefined;
  private readonly timerGeneration = new Float64Array(TIMERS_MAX);
  private readonly timerPending = new Uint8Array(TIMERS_MAX);
  private ports: number[] = [];
  private deferred: Deferred[] = [];
  private drainGeneration = 0;

  constructor(world: World<M>, id: number, diskCharacter: DiskCharacter) {
    this.world = world;
    this.id = id;
    this.disk = new Disk(world.kernel, id, this, diskCharacter);
  }

  // What the program asks for.

  /** One pending timer per number: setting it again replaces it. */
  setTimer(timer: number, delayUs: number): void {
    if (!(timer >= 0 && timer < TIMERS_MAX)) throw new RangeError(`setTimer: timer ${timer} is not in 0 .. 15`);
    if (!(delayUs >= 0)) throw new RangeError(`setTimer: delay ${delayUs} us`);
    const generation = (this.timerGeneration[timer] as number) + 1;
    this.timerGeneration[timer] = generation;
    this.timerPending[timer] = 1;
    const { nowUs, queue } = this.world.kernel;
    // Rounded up: when it fires, at least that much has passed on the node's own clock.
    queue.push(nowUs + Math.ceil(delayUs / this.rate), this.id, TIMER_EVENT, timer, generation, undefined);
  }

  cancelTimer(timer: number): void {
    this.timerPending[timer] = 0;
  }

  /** A connection id at once; `onConnected`, `onRefused` or nothing follows. */
  connect(to: number, port: number): number {
    return this.world.network.connect(this.id, to, port);
  }

  /** False when the connection is not open at this end. */
  send(conn: number, message: M): boolean {
    return this.world.network.send(this.id, conn, message);
  }

  close(conn: number): void {
    this.world.network.close(this.id, conn);
  }

  listen(port: number): void {
    if (!this.ports.includes(port)) this.ports.push(port);
  }

  unlisten(port: number): void {
    this.ports = this.ports.filter((open) => open !== port);
  }

  datagram(to: number, port: number, message: M): void {
    this.world.network.datagram(this.id, to, port, message);
  }

  get random(): Random {
    this.drawn ??= this.world.random.stream("node", this.id);
    return this.drawn;
  }

  // The life cycle, for scripts.

  start(program: NodeProgram<M>): void {
    if (this.up) throw new Error(`Node ${this.id} is already running`);
    this.up = true;
    this.hostUp = true;
    this.incarnation++;
    this.program = program;
    this.world.kernel.trace?.record("start", this.id, -1, this.incarnation, undefined);
    this.world.network.streams.hostAnswers(this.id);
  }

  /** By default the process dies and the page cache survives; without power what is unsynced is lost. */
  crash(how: NodeCrash = {}): DiskCrashEffect {
    const power = how.power === true;
    this.world.kernel.trace?.record("crash", this.id, -1, this.incarnation, how);
    this.endProcess(power);
    return this.disk.crash({ unsynced: how.unsynced ?? (power ? "lost" : "kept"), tmp: how.tmp === true });
  }

  /** A clean exit of the process. */
  stop(): void {
    this.world.kernel.trace?.record("stop", this.id, -1, this.incarnation, undefined);
    this.endProcess(false);
    this.disk.crash({ unsynced: "kept" });
  }

  pause(): void {
    if (!this.up || this.paused) return;
    this.world.kernel.trace?.record("pause", this.id, -1, this.incarnation, undefined);
    this.paused = true;
    this.deferring = true;
    this.drainGeneration++;
  }

  resume(): void {
    if (!this.paused) return;
    this.world.kernel.trace?.record("resume", this.id, -1, this.incarnation, undefined);
    this.paused = false;
    this.deferring = this.deferred.length > 0;
    for (let count = this.deferred.length; count > 0; count--) this.pushDrain();
  }

  /** 2 is a clock twice as fast: it tells later times, and timers set from now on fire earlier. */
  set clockRate(rate: number) {
    if (!(rate > 0)) throw new RangeError(`clockRate ${rate} must be positive`);
    this.clockStartUs = this.clockUs;
    this.rateSinceUs = this.world.kernel.nowUs;
    this.rate = rate;
  }

  /** What the node's own clock tells. */
  get clockUs(): number {
    return this.clockStartUs + Math.floor((this.world.kernel.nowUs - this.rateSinceUs) * this.rate);
  }

  get clockRate(): number {
    return this.rate;
  }

  /** Empties the disk of a node that is down. */
  wipe(): void {
    if (this.up) throw new Error(`Node ${this.id} is running: crash or stop it before wiping its disk`);
    this.disk.wipe();
  }

  // What the world calls.

  isListening(port: number): boolean {
    return this.ports.includes(port);
  }

  timerIsLive(timer: number, generation: number): boolean {
    return this.timerPending[timer] === 1 && this.timerGeneration[timer] === generation;
  }

  fireTimer(timer: number, generation: number): void {
    if (this.deferring) {
      this.defer(TIMER_EVENT, timer, generation, undefined, undefined);
      return;
    }
    this.timerPending[timer] = 0;
    this.world.kernel.trace?.record("timer", this.id, -1, timer, undefined);
    this.program?.onTimer(timer);
  }

  diskDone(operation: number, result: DiskResult): void {
    if (this.deferring) this.defer(DISK_EVENT, operation, 0, result, undefined);
    else this.program?.onDiskDone(operation, result);
  }

  defer(kind: number, a: number, b: number, payload: unknown, extra: unknown): void {
    this.deferred.push({ kind, a, b, payload, extra });
    if (!this.paused) this.pushDrain();
  }

  drainIsLive(generation: number): boolean {
    return generation === this.drainGeneration && this.deferred.length > 0;
  }

  /** The next event that waited. While it is handled, the node counts as able to handle events. */
  takeDeferred(): Deferred {
    const first = this.deferred.shift() as Deferred;
    this.deferring = false;
    return first;
  }

  /** After one deferred event was handled. */
  drained(): void {
    this.deferring = this.paused || this.deferred.length > 0;
  }

  private pushDrain(): void {
    const { nowUs, queue } = this.world.kernel;
    queue.push(nowUs, this.id, DRAIN_EVENT, 0, this.drainGeneration, undefined);
  }

  private endProcess(power: boolean): void {
    this.up = false;
    if (power) this.hostUp = false;
    this.paused = false;
    this.deferring = false;
    this.deferred = [];
    this.drainGeneration++;
    this.program = undefined;
    this.ports = [];
    this.timerPending.fill(0);
    this.world.network.streams.nodeCrashed(this.id, power);
  }
}
