/**
 * Real servers under the order of a simulated run. Packets wait at the proxy, and threads wait in front of their disk
 * operations, until the server has taken and done everything that it had taken and done in the simulated run before.
 * If nothing happens for too long, the run goes on in another order and keeps a record of the deviation.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FOLLOWERINFO, OBSERVERINFO } from "../protocol/index.ts";
import { wireRulesOf } from "../wire/index.ts";
import type { Evidence } from "./evidence.ts";
import { HeldDisks } from "./held-disks.ts";
import { HeldThreads } from "./held-threads.ts";
import { HeldTraffic } from "./held-traffic.ts";
import { isKind } from "./order.ts";
import type { Question } from "./preload.ts";
import { type Deviation, Progress } from "./progress.ts";
import { Quiet } from "./quiet.ts";
import type { RealServer, ServerEvents } from "./real-server.ts";
import { factText, type Schedule } from "./schedule.ts";
import { Steps } from "./steps.ts";

/** The limits of a real run. */
export interface RunLimits {
  /** Real milliseconds for each virtual millisecond of a time limit of the protocol. */
  readonly scale: number;
  readonly totalMs: number;
  readonly deviationsMax: number;
}

/** How a real run ended. */
export interface RealRunEnd {
  readonly deviations: readonly Deviation[];
  /** Whether all items were done. Otherwise, the run was given up. */
  readonly isComplete: boolean;
}

/** What a real run needs. */
interface RealRunOptions {
  readonly schedule: Schedule;
  readonly servers: ReadonlyMap<number, RealServer>;
  readonly release: string;
  readonly evidence: Evidence;
  readonly limits: RunLimits;
  readonly log: (text: string) => void;
}

const STALL_MS = 2500;
const BUSY_FACTOR_MAX = 3;
/** Servers that have missed a notification send their votes again only after a while. */
const ELECTION_MS_MAX = 25_000;
const INFO_PACKETS: ReadonlySet<number> = new Set([FOLLOWERINFO, OBSERVERINFO]);
/** A Java process takes a few seconds to start, and longer on a loaded machine. */
const START_MS_MAX = 30_000;
const TICK_MS = 25;

/** Runs the servers. */
export class RealRun implements ServerEvents {
  private readonly progress: Progress;
  private readonly servers: ReadonlyMap<number, RealServer>;
  private readonly evidence: Evidence;
  private readonly limits: RunLimits;
  private readonly disks: HeldDisks;
  private readonly traffic: HeldTraffic;
  private readonly steps: Steps;
  private isStopped = false;

  constructor({ evidence, limits, log, release, schedule, servers }: RealRunOptions) {
    const advance = (): void => this.advance();
    this.progress = new Progress(schedule, log);
    this.servers = servers;
    this.evidence = evidence;
    this.limits = limits;
    const { progress } = this;
    const quiet = new Quiet(progress, servers);
    this.disks = new HeldDisks(progress, evidence, quiet, release);
    this.traffic = new HeldTraffic(progress, servers, wireRulesOf(release), evidence, advance);
    const { disks, traffic } = this;
    const threads = new HeldThreads(progress);
    this.steps = new Steps({ progress, servers, evidence, disks, traffic, threads, quiet, events: this, advance });
  }

  /** Runs until all items are done, or the limits are reached. Rejects if the signal aborts. */
  async run(signal: AbortSignal): Promise<RealRunEnd> {
    const { deviations, order } = this.progress;
    const endMs = Date.now() + this.limits.totalMs;
    this.progress.touch();
    while (order.oldest() !== undefined) {
      signal.throwIfAborted();
      this.advance();
      if (Date.now() > endMs || deviations.length > this.limits.deviationsMax) break;
      if (this.isStalled()) this.resolveStall();
      await sleep(TICK_MS);
    }
    return { deviations, isComplete: order.oldest() === undefined };
  }

  /** Stops: no question is answered any more, and nothing is passed on. */
  stop(): void {
    this.isStopped = true;
    this.steps.stop();
    this.traffic.stop();
  }

  asked(server: RealServer, question: Question): void {
    if (question.operation === "connect") {
      void this.traffic.connect(server, question);
      return;
    }
    this.disks.asked(server, question);
    this.advance();
  }

  exited(server: RealServer, code: number | null): void {
    const { progress } = this;
    progress.log(`server ${server.id} ended (${code ?? "killed"})`);
    this.evidence.ended(server);
    if (this.steps.exited(server)) return;
    const next = progress.order.next(server.id);
    if (isKind(next, "exit")) progress.finish(next);
    else if (!this.isStopped) progress.deviate(server.id, "extra", `exits with code ${code}`);
    this.advance();
  }

  private advance(): void {
    if (this.isStopped) return;
    for (let changed = true; changed; ) {
      changed = false;
      for (const server of this.servers.values()) changed = this.disks.letGo(server) || changed;
      changed = this.traffic.pass() || changed;
      changed = this.steps.act() || changed;
    }
  }

  /** A server whose threads run, or wait for a core, has more time. */
  private isStalled(): boolean {
    const { idleMs } = this.progress;
    const stallMs = this.stallMs();
    if (idleMs <= stallMs) return false;
    return idleMs > BUSY_FACTOR_MAX * stallMs || ![...this.servers.values()].some((server) => server.isBusy);
  }

  /** Timeouts of the protocol take as long on real servers as their settings say. */
  private stallMs(): number {
    const { order, starting, waitMs } = this.progress;
    const oldest = order.oldest();
    const isElection = isKind(oldest, "snapshot") || (isKind(oldest, "packet") && INFO_PACKETS.has(oldest.fact.type));
    const baseMs = isElection ? ELECTION_MS_MAX : STALL_MS;
    return baseMs + waitMs * this.limits.scale + (starting.size > 0 ? START_MS_MAX : 0);
  }

  /** Goes on after a stall: with what the server wants to do instead, or without what it does not do. */
  private resolveStall(): void {
    const { progress, steps } = this;
    const oldest = progress.order.oldest();
    if (oldest === undefined || steps.isActing) return;
    this.logWaiting();
    const isForced = isKind(oldest, "packet")
      ? this.traffic.force(oldest)
      : this.disks.force(this.servers.get(oldest.server) as RealServer, oldest);
    if (!isForced) {
      progress.deviate(oldest.server, "missing", factText(oldest.fact));
      progress.order.finish(oldest);
    }
    progress.touch();
  }

  private logWaiting(): void {
    const { log } = this.progress;
    for (const text of this.traffic.waiting()) log(`waits: ${text}`);
    for (const server of this.servers.values()) {
      for (const text of this.disks.waiting(server)) log(`waits: server ${server.id} ${text}`);
    }
  }
}
