/** The steps that the runner itself performs: it starts and kills servers, and writes as a client. */
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "./client.ts";
import type { Evidence } from "./evidence.ts";
import type { HeldDisks } from "./held-disks.ts";
import type { HeldThreads } from "./held-threads.ts";
import type { HeldTraffic } from "./held-traffic.ts";
import { isKind } from "./order.ts";
import type { Progress } from "./progress.ts";
import { IDLE_WAIT_MS_MAX, type Quiet } from "./quiet.ts";
import { PORTS, type RealServer, type ServerEvents } from "./real-server.ts";
import type { Fact, Item } from "./schedule.ts";

const SESSION_MS_MAX = 1000;
/** The longest time in which a server gets a client that it does not accept yet. */
const CLIENT_MS_MAX = 5000;
/** The longest time until a server has proposed or forwarded a write. It does neither if it has no learners. */
const REQUEST_MS_MAX = 400;

/** What steps act on. */
interface StepContext {
  readonly progress: Progress;
  readonly servers: ReadonlyMap<number, RealServer>;
  readonly evidence: Evidence;
  readonly disks: HeldDisks;
  readonly traffic: HeldTraffic;
  readonly threads: HeldThreads;
  readonly quiet: Quiet;
  /** Receives the questions and the ends of the processes. */
  readonly events: ServerEvents;
  /** Called after a step that took time. */
  readonly advance: () => void;
}

/** Performs steps when they are the oldest items of the order. */
export class Steps {
  private readonly context: StepContext;
  private readonly clients = new Map<number, Client>();
  private acting: Item | undefined;
  private writes = 0;

  constructor(context: StepContext) {
    this.context = context;
  }

  /** Whether a crash or a write is under way. */
  get isActing(): boolean {
    return this.acting !== undefined;
  }

  /** Closes the connections of the clients. */
  stop(): void {
    for (const client of this.clients.values()) client.close();
  }

  /** Performs one step if it may be performed. Returns whether an item was done or started. */
  act(): boolean {
    const { order, starting } = this.context.progress;
    for (const item of starting) if (this.hasStarted(item)) return true;
    if (this.acting !== undefined) return false;
    for (const id of order.servers) {
      const item = order.next(id);
      if (isKind(item, "close") && !item.fact.forced && this.context.traffic.close(item)) return true;
      if (isKind(item, "start") && this.start(item)) return true;
      if (isPerformed(item) && this.mayPerform(item)) {
        void this.perform(item);
        return false;
      }
    }
    return false;
  }

  /** A process has ended. Returns whether a step has ended it. */
  exited({ id }: RealServer): boolean {
    if (this.acting?.server === id) return true;
    for (const item of this.context.progress.starting) if (item.server === id) this.hasStarted(item);
    return false;
  }

  /** Servers that start one after another start in parallel. Each one is done when it takes part in the election. */
  private start(item: Item): boolean {
    const { disks, events, evidence, progress } = this.context;
    const { order, starting } = progress;
    if (starting.has(item) || !order.isFirst(item, starting)) return false;
    if ([...starting].some((other) => !order.isConcurrent(item, other))) return false;
    const server = this.serverOf(item);
    progress.log(`server ${server.id} starts`);
    progress.starting.add(item);
    disks.started(server);
    server.start(events);
    evidence.started(server);
    progress.touch();
    return true;
  }

  private hasStarted(item: Item): boolean {
    const server = this.serverOf(item);
    if (!server.isUp && server.isRunning) return false;
    this.context.progress.starting.delete(item);
    this.context.progress.finish(item);
    return true;
  }

  private mayPerform(item: Item): boolean {
    const { progress, quiet } = this.context;
    return progress.order.isFirst(item) && quiet.isReached();
  }

  private async perform(item: Item): Promise<void> {
    const { advance, evidence, progress } = this.context;
    this.acting = item;
    const server = this.serverOf(item);
    await evidence.read();
    await this.performFact(server, item);
    this.acting = undefined;
    if (!progress.order.isDone(item)) progress.finish(item);
    advance();
  }

  private async performFact(server: RealServer, item: Item): Promise<void> {
    const { fact, place } = item;
    const { threads, traffic } = this.context;
    if (fact.kind === "crash") await this.crash(server, fact);
    else if (fact.kind === "write") await this.write(server, place);
    else if (fact.kind === "stop-thread") await threads.stop(server, fact.thread);
    else if (fact.kind === "resume-thread") await threads.resume(server, fact.thread);
    else if (isKind(item, "close")) traffic.close(item);
  }

  private async crash(server: RealServer, { unsynced }: Extract<Fact, { kind: "crash" }>): Promise<void> {
    this.context.progress.log(`server ${server.id} is killed (unsynced writes: ${unsynced})`);
    await server.kill();
    this.clients.get(server.id)?.close();
    this.clients.delete(server.id);
    if (unsynced === "lost" || unsynced === 0) server.durable?.loseUnsynced();
    server.removeIncomplete();
    this.context.disks.killed(server);
  }

  private async write(server: RealServer, place: number): Promise<void> {
    const { progress, traffic } = this.context;
    const client = await this.clientOf(server);
    if (client === undefined) {
      progress.deviate(server.id, "missing", "accepts a client");
      return;
    }
    const path = `/write-${++this.writes}`;
    const before = traffic.requestsOf(server.id);
    client.create(path).catch(() => undefined);
    progress.log(`a client writes ${path} through ${server.id} (${place})`);
    // What comes next must not overtake the write inside the server.
    const startMs = Date.now();
    const isOver = (): boolean => {
      const ms = Date.now() - startMs;
      return ms > IDLE_WAIT_MS_MAX || (ms > REQUEST_MS_MAX && !server.isBusy);
    };
    while (traffic.requestsOf(server.id) === before && !isOver()) await sleep(5);
  }

  /** Returns the client of a server; undefined if the server accepts none. */
  private async clientOf({ id, plan }: RealServer): Promise<Client | undefined> {
    const endMs = Date.now() + CLIENT_MS_MAX;
    let client = this.clients.get(id);
    // A server that stops serving ends the connections of its clients.
    if (client?.isOpen === false) client = undefined;
    while (client === undefined && Date.now() < endMs) {
      client = await Client.open(plan.host, PORTS.client, SESSION_MS_MAX).catch(() => undefined);
      if (client === undefined) await sleep(50);
      else this.clients.set(id, client);
    }
    return client;
  }

  private serverOf({ server }: Item): RealServer {
    return this.context.servers.get(server) as RealServer;
  }
}

/** Returns whether the runner performs an item, and waits for that until the servers are idle. */
function isPerformed(item: Item | undefined): item is Item {
  if (isKind(item, "close")) return item.fact.forced;
  return isKind(item, "crash", "write", "stop-thread", "resume-thread");
}
