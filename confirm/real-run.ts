/**
 * Real servers under the order of a simulated run. Packets wait at the proxy, and threads wait in front of their disk
 * operations, until the server has taken and done everything that it had taken and done in the simulated run before.
 * If nothing happens for too long, the run goes on in another order and keeps a record of the deviation.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  asZxid,
  FOLLOWERINFO,
  formatZxid,
  LOOKING,
  OBSERVERINFO,
  PROPOSAL,
  REQUEST,
  type Zxid,
} from "../protocol/index.ts";
import type { WireNotification, WireRules } from "../wire/index.ts";
import { Client } from "./client.ts";
import { lastZxidIn } from "./log-end.ts";
import { isKind, Order } from "./order.ts";
import type { Question } from "./preload.ts";
import { type Direction, openProxied, type ProxiedConnection, type Traffic, type WaitingMessage } from "./proxy.ts";
import { PORTS, type RealServer, type ServerEvents } from "./real-server.ts";
import {
  type Fact,
  FREE_PACKETS,
  factText,
  type Item,
  packetText,
  type Schedule,
  type VoteFacts,
  voteText,
  zxidOfPacket,
} from "./schedule.ts";

/** A difference between the order of the simulated run and the real one. */
export interface Deviation {
  readonly server: number;
  /** `missing`: the server did not do this. `extra`: it did this, and did not in the simulated run at this place. */
  readonly kind: "missing" | "extra";
  readonly text: string;
  /** The place in the order, for messages. */
  readonly place: number;
}

/** What real servers show while they run. */
export interface Evidence {
  started(server: RealServer): void;
  ended(server: RealServer): void;
  /** A packet is passed on to its receiver. */
  packet(message: WaitingMessage): void;
  /** A disk operation is done. */
  disk(server: RealServer, operation: string, path: string): void;
  /** A disk operation is about to start. */
  beforeDisk(server: RealServer, operation: string, path: string): void;
  /** A message arrives at the proxy. */
  sent(message: WaitingMessage): void;
  /** Reads what clients see, before something ends it. */
  read(): Promise<void>;
}

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

const STALL_MS = 2500;
/** Servers that have missed a notification send their votes again only after a while. */
const ELECTION_MS_MAX = 25_000;
const INFO_PACKETS: ReadonlySet<number> = new Set([FOLLOWERINFO, OBSERVERINFO]);
/** A Java process takes a few seconds to start, and longer on a loaded machine. */
const START_MS_MAX = 30_000;
const TICK_MS = 25;
/** The time before a crash in which threads finish what leaves no trace. */
const QUIET_MS = 200;
const NOTIFICATION_WAIT_MS = 500;
/** The longest time until a server has proposed or forwarded a write. It does neither if it has no learners. */
const REQUEST_MS_MAX = 400;
const EIO = 5;
const ECONNREFUSED = 111;

/** What a thread is about to do. */
type Intent =
  | { readonly kind: "free" }
  | { readonly kind: "sync"; readonly zxid: Zxid | undefined }
  | { readonly kind: "epoch-file" | "snapshot" | "truncate" | "remove"; readonly file: string };

/** Runs the servers. */
export class RealRun implements Traffic, ServerEvents {
  readonly deviations: Deviation[] = [];
  private readonly order: Order;
  private readonly servers: ReadonlyMap<number, RealServer>;
  private readonly rules: WireRules;
  private readonly evidence: Evidence;
  private readonly limits: RunLimits;
  private readonly connections: ProxiedConnection[] = [];
  private readonly arrivals = new WeakMap<object, number>();
  private readonly inDisk = new Map<string, Item>();
  private readonly durableUpTo = new Map<number, Zxid>();
  private readonly clients = new Map<number, Client>();
  private lastProgressMs = Date.now();
  private lastDoneUs = 0;
  private quietSinceMs = 0;
  private acting: Item | undefined;
  private readonly starting = new Set<Item>();
  private writes = 0;
  private readonly requests = new Map<number, Set<string>>();
  private isStopped = false;
  /** Called with each thing that happens, for people who look for a cause. */
  log: (text: string) => void = () => undefined;

  constructor(
    schedule: Schedule,
    servers: ReadonlyMap<number, RealServer>,
    rules: WireRules,
    evidence: Evidence,
    limits: RunLimits,
  ) {
    this.order = new Order(schedule);
    this.servers = servers;
    this.rules = rules;
    this.evidence = evidence;
    this.limits = limits;
  }

  /** Runs until all items are done, or the limits are reached. */
  async run(signal: AbortSignal): Promise<RealRunEnd> {
    const endMs = Date.now() + this.limits.totalMs;
    this.lastProgressMs = Date.now();
    while (this.order.oldest() !== undefined) {
      signal.throwIfAborted();
      this.advance();
      if (Date.now() > endMs || this.deviations.length > this.limits.deviationsMax) break;
      if (Date.now() - this.lastProgressMs > this.stallMs()) this.resolveStall();
      await sleep(TICK_MS);
    }
    return { deviations: this.deviations, isComplete: this.order.oldest() === undefined };
  }

  /** Stops: no question is answered any more, and nothing is passed on. */
  stop(): void {
    this.isStopped = true;
    for (const client of this.clients.values()) client.close();
    for (const connection of this.connections) connection.destroy();
  }

  // ---- What happens

  changed(_connection: ProxiedConnection): void {
    this.advance();
  }

  asked(server: RealServer, question: Question): void {
    if (question.operation === "connect") {
      void this.connect(server, question);
      return;
    }
    const [path = ""] = question.arguments;
    if (question.moment === "after") {
      this.afterDisk(server, question, path);
      question.go();
      this.advance();
      return;
    }
    this.evidence.beforeDisk(server, question.operation, path);
    this.arrivals.set(question, Date.now());
    server.questions.push(question);
    this.advance();
  }

  exited(server: RealServer, code: number | null): void {
    this.log(`server ${server.id} ended (${code ?? "killed"})`);
    this.evidence.ended(server);
    if (this.acting !== undefined && this.acting.server === server.id) return;
    for (const item of this.starting) if (item.server === server.id) this.hasStarted(item);
    const next = this.order.next(server.id);
    if (isKind(next, "exit")) this.finish(next);
    else if (!this.isStopped) this.deviate(server.id, "extra", `exits with code ${code}`);
    this.advance();
  }

  private async connect(server: RealServer, question: Question): Promise<void> {
    const [host = "", portText = ""] = question.arguments;
    const target = [...this.servers.values()].find(({ plan }) => plan.host === host);
    const port = Number(portText);
    const kind = port === PORTS.quorum ? "quorum" : port === PORTS.election ? "election" : undefined;
    if (!server.isUp) {
      server.isUp = true;
      this.advance();
    }
    if (target === undefined || kind === undefined) {
      question.go();
      return;
    }
    const ends = { port: kind, client: server.id, listener: target.id } as const;
    const opened = target.isRunning ? await openProxied({ host, port }, ends, this.rules, this) : undefined;
    if (opened === undefined) question.fail(ECONNREFUSED);
    else {
      this.log(`server ${server.id} connects to the ${kind} port of ${target.id}`);
      this.connections.push(opened.connection);
      if (kind === "election") target.isUp = true;
      question.redirect(opened.port);
    }
  }

  private afterDisk(server: RealServer, { arguments: names, operation }: Question, path: string): void {
    const { durable } = server;
    const name = nameOf(path);
    if (operation === "open" && isSnapshot(name)) server.incomplete.add(name);
    if (operation === "fsync" || operation === "fdatasync") {
      durable?.synced(path);
      if (name.startsWith("log.")) {
        const zxid = lastZxidIn(path);
        if (zxid !== undefined)
          this.durableUpTo.set(server.id, asZxid(Math.max(zxid, this.durableUpTo.get(server.id) ?? 0)));
      }
    }
    if (operation === "rename") durable?.renamed(names[1] ?? "", path);
    if (operation === "unlink") durable?.removed(path);
    if (operation.startsWith("ftruncate")) {
      durable?.truncated(path);
      this.durableUpTo.delete(server.id);
    }
    if (operation === "close" || operation === "rename") server.incomplete.delete(name);
    this.evidence.disk(server, operation, path);
    const key = `${server.id} ${operation} ${path}`;
    const item = this.inDisk.get(key);
    if (item === undefined) return;
    this.inDisk.delete(key);
    this.finish(item);
  }

  // ---- What may go on

  private advance(): void {
    if (this.isStopped) return;
    for (let changed = true; changed; ) {
      changed = false;
      for (const server of this.servers.values()) changed = this.answerQuestions(server) || changed;
      for (const connection of this.connections) changed = this.passMessages(connection) || changed;
      changed = this.act() || changed;
    }
  }

  private answerQuestions(server: RealServer): boolean {
    server.questions = server.questions.filter((question) => question.isOpen());
    const before = server.questions.length;
    for (const question of server.questions) this.tryQuestion(server, question);
    server.questions = server.questions.filter((question) => question.isOpen());
    return server.questions.length < before;
  }

  private tryQuestion(server: RealServer, question: Question): void {
    const intent = intentOf(question);
    const next = this.order.next(server.id);
    if (intent.kind === "free") {
      const [path = ""] = question.arguments;
      if (isKind(next, "epoch-file") && next.fact.failed && nameOf(path) === `${next.fact.file}.tmp`) {
        this.finish(next);
        question.fail(EIO);
      } else question.go();
      return;
    }
    if (intent.kind === "sync" && (intent.zxid ?? 0) <= (this.durableUpTo.get(server.id) ?? 0)) {
      question.go();
      return;
    }
    if (next === undefined || this.isInDisk(next) || !matches(intent, next.fact)) return;
    this.answer(server, question, next, intent);
  }

  private answer(server: RealServer, question: Question, item: Item, intent: Intent): void {
    if ("failed" in item.fact && item.fact.failed) {
      this.finish(item);
      question.fail(EIO);
      return;
    }
    const isPart = intent.kind === "sync" && isKind(item, "sync") && (intent.zxid ?? 0) < item.fact.zxid;
    if (!isPart) this.inDisk.set(`${server.id} ${question.operation} ${question.arguments[0]}`, item);
    this.progress();
    question.go();
  }

  private isInDisk(item: Item): boolean {
    for (const one of this.inDisk.values()) if (one === item) return true;
    return false;
  }

  private passMessages(connection: ProxiedConnection): boolean {
    let changed = false;
    for (const direction of [connection.toListener, connection.toClient]) {
      while (this.passFirst(connection, direction)) changed = true;
      if (direction.isEnded && direction.waiting.length === 0) this.passEnd(connection, direction);
    }
    return changed;
  }

  private passFirst(connection: ProxiedConnection, direction: Direction): boolean {
    const [message] = direction.waiting;
    if (message === undefined || !message.isComplete) return false;
    this.arrived(message);
    if (message.notification !== undefined) return this.passNotification(connection, direction);
    if (message.packet !== undefined && !this.mayPass(connection, message)) return false;
    this.evidence.packet(message);
    connection.pass(direction);
    return true;
  }

  private arrived(message: WaitingMessage): void {
    if (this.arrivals.has(message)) return;
    this.arrivals.set(message, Date.now());
    this.evidence.sent(message);
    const { from, packet } = message;
    if (packet?.type === PROPOSAL || packet?.type === REQUEST)
      this.requestsOf(from).add(`${packet.type} ${packet.zxid}`);
  }

  private mayPass(connection: ProxiedConnection, { packet, to, from }: WaitingMessage): boolean {
    if (packet === undefined) return true;
    const { simulated } = connection;
    if (FREE_PACKETS.has(packet.type)) return simulated !== undefined && this.order.hasPings(to, simulated);
    const next = this.order.next(to);
    if (!isKind(next, "packet") || next.fact.from !== from || next.fact.type !== packet.type) return false;
    if (next.fact.zxid !== zxidOfPacket(packet.type, packet.zxid)) return false;
    if (simulated !== undefined && simulated !== next.fact.connection) return false;
    connection.simulated = next.fact.connection;
    this.finish(next);
    return true;
  }

  /** A newer notification replaces older ones that wait, as in the queue of QuorumCnxManager. */
  private passNotification(connection: ProxiedConnection, direction: Direction): boolean {
    const { waiting } = direction;
    for (let i = waiting.length - 1; i >= 0; i--) {
      const message = waiting[i] as WaitingMessage;
      this.arrived(message);
      if (!this.mayPassNotification(message)) continue;
      waiting.splice(0, i);
      connection.pass(direction);
      return true;
    }
    return false;
  }

  private mayPassNotification(message: WaitingMessage): boolean {
    const { from, notification, to } = message;
    if (notification === undefined) return true;
    const vote = voteOf(notification);
    const found = this.order.notification(to, from, vote);
    const isLate = Date.now() - (this.arrivals.get(message) ?? 0) >= NOTIFICATION_WAIT_MS;
    if (found === "known") return !this.order.isCut(from, to);
    if (found === undefined) return isLate && this.mayPassLate(from, to, vote);
    if (this.order.earlierNotifications(found).length > 0 && !isLate) return false;
    this.order.takeNotification(found);
    this.log(`notification ${from} -> ${to}: ${voteText(vote)}`);
    return true;
  }

  /**
   * A vote that the simulated server does not get here helps an election to its end if it is for the right leader. A
   * server that does not look for a leader only answers it.
   */
  private mayPassLate(from: number, to: number, { leader, state }: VoteFacts): boolean {
    if (this.starting.size > 0 || this.order.isCut(from, to)) return false;
    const elected = this.order.electedNext(to);
    return elected === undefined ? state === LOOKING : elected === leader;
  }

  /** Passes on the end of a side, unless the receiver learns of it later. */
  private passEnd(connection: ProxiedConnection, direction: Direction): void {
    const { port, simulated } = connection;
    if (port === "quorum" && this.order.closesLater(direction.to, direction.from, simulated)) return;
    connection.end(direction);
  }

  // ---- What the runner itself does

  /** Performs steps of the scenario and of the network: starts, crashes, writes of clients, ends of connections. */
  private act(): boolean {
    for (const item of [...this.starting]) if (this.hasStarted(item)) return true;
    if (this.acting !== undefined) return false;
    for (const id of this.order.servers) {
      const item = this.order.next(id);
      if (isKind(item, "close")) {
        if (this.close(item)) return true;
      } else if (isKind(item, "start")) {
        if (this.start(item)) return true;
      } else if (isKind(item, "crash", "write") && this.order.isFirst(item) && this.isQuiet()) {
        this.acting = item;
        void this.perform(item).then(() => {
          this.acting = undefined;
          this.finish(item);
          this.advance();
        });
        return false;
      }
    }
    return false;
  }

  /** Servers that start one after another start in parallel. Each one is done when it takes part in the election. */
  private start(item: Item): boolean {
    if (this.starting.has(item) || !this.order.isFirst(item, this.starting)) return false;
    const server = this.servers.get(item.server) as RealServer;
    this.log(`server ${server.id} starts`);
    this.starting.add(item);
    this.durableUpTo.delete(server.id);
    server.start(this);
    this.evidence.started(server);
    this.progress();
    return true;
  }

  private hasStarted(item: Item): boolean {
    const server = this.servers.get(item.server) as RealServer;
    if (!server.isUp && server.isRunning) return false;
    this.starting.delete(item);
    this.finish(item);
    return true;
  }

  private isQuiet(): boolean {
    return Date.now() - this.quietSinceMs >= QUIET_MS;
  }

  private async perform({ fact, place, server: id }: Item): Promise<void> {
    const server = this.servers.get(id) as RealServer;
    await this.evidence.read();
    if (fact.kind === "crash") await this.crash(server, fact.unsynced);
    else await this.write(server, place);
  }

  /** The proposals and forwarded requests that a server has sent, each once. */
  private requestsOf(server: number): Set<string> {
    const known = this.requests.get(server) ?? new Set();
    this.requests.set(server, known);
    return known;
  }

  private async crash(server: RealServer, unsynced: "lost" | "kept" | "torn" | number): Promise<void> {
    this.log(`server ${server.id} is killed (${unsynced})`);
    await server.kill();
    this.clients.get(server.id)?.close();
    this.clients.delete(server.id);
    if (unsynced === "lost" || unsynced === 0) server.durable?.loseUnsynced();
    server.removeIncomplete();
    for (const key of [...this.inDisk.keys()]) if (key.startsWith(`${server.id} `)) this.inDisk.delete(key);
  }

  private async write(server: RealServer, place: number): Promise<void> {
    const path = `/write-${++this.writes}`;
    const endMs = Date.now() + STALL_MS * 2;
    while (Date.now() < endMs) {
      try {
        const client = this.clients.get(server.id) ?? (await Client.open(server.plan.host, PORTS.client, 1000));
        this.clients.set(server.id, client);
        const before = this.requestsOf(server.id).size;
        client.create(path).catch(() => undefined);
        this.log(`a client writes ${path} through ${server.id} (${place})`);
        // What comes next must not overtake the write inside the server.
        for (let ms = 0; ms < REQUEST_MS_MAX && this.requestsOf(server.id).size === before; ms += 5) await sleep(5);
        return;
      } catch {
        await sleep(50);
      }
    }
    this.deviate(server.id, "missing", "accepts a client");
  }

  private close(item: Item & { fact: Extract<Fact, { kind: "close" }> }): boolean {
    const { connection: simulated, forced, peer } = item.fact;
    const open = this.connections.filter(
      (one) => one.port === "quorum" && !one.isClosed && [one.client, one.listener].includes(item.server),
    );
    const between = open.filter((one) => [one.client, one.listener].includes(peer));
    const connection =
      between.find((one) => one.simulated === simulated) ?? between.find((one) => one.simulated === undefined);
    if (connection === undefined) {
      if (!this.order.isFirst(item)) return false;
      this.finish(item);
      return true;
    }
    const direction = connection.toClient.from === peer ? connection.toClient : connection.toListener;
    if (!forced && !direction.isEnded) return false;
    if (forced && !this.order.isFirst(item)) return false;
    direction.waiting.length = 0;
    connection.closeAt(item.server);
    this.finish(item);
    return true;
  }

  // ---- Deviations

  private finish(item: Item): void {
    this.order.finish(item);
    this.lastDoneUs = Math.max(this.lastDoneUs, item.atUs);
    this.log(`${item.place} done: server ${item.server} ${factText(item.fact)}`);
    this.progress();
  }

  private progress(): void {
    this.lastProgressMs = Date.now();
    this.quietSinceMs = Date.now();
  }

  /** Timeouts of the protocol take as long on real servers as their settings say. */
  private stallMs(): number {
    const oldest = this.order.oldest();
    const waitUs = oldest === undefined ? 0 : Math.max(0, oldest.atUs - this.lastDoneUs);
    const isElection = isKind(oldest, "snapshot") || (isKind(oldest, "packet") && INFO_PACKETS.has(oldest.fact.type));
    const baseMs = isElection ? ELECTION_MS_MAX : STALL_MS;
    return baseMs + (waitUs / 1000) * this.limits.scale + (this.starting.size > 0 ? START_MS_MAX : 0);
  }

  /** Goes on after a stall: with what the server wants to do instead, or without what it does not do. */
  private resolveStall(): void {
    const oldest = this.order.oldest();
    if (oldest === undefined || this.acting !== undefined) return;
    const server = this.servers.get(oldest.server) as RealServer;
    this.logWaiting();
    const packet = this.waitingPacket(oldest.server);
    const [question] = server.questions;
    if (question !== undefined && !isKind(oldest, "packet")) {
      this.deviate(oldest.server, "extra", `${intentText(intentOf(question))}, where it ${factText(oldest.fact)}`);
      question.go();
    } else if (packet !== undefined && isKind(oldest, "packet", "close") && oldest.fact.kind === "packet") {
      const { connection, direction, message } = packet;
      const { packet: real } = message;
      const text = real === undefined ? "bytes" : packetText(real.type, zxidOfPacket(real.type, real.zxid));
      this.deviate(oldest.server, "extra", `receives ${text} from ${message.from}, where it ${factText(oldest.fact)}`);
      if (real?.type === oldest.fact.type && message.from === oldest.fact.from) {
        connection.simulated ??= oldest.fact.connection;
        this.order.finish(oldest);
      }
      this.evidence.packet(message);
      connection.pass(direction);
    } else {
      this.deviate(oldest.server, "missing", factText(oldest.fact));
      this.order.finish(oldest);
    }
    this.progress();
  }

  private logWaiting(): void {
    for (const { isClosed, toClient, toListener } of this.connections) {
      for (const { from, to, waiting } of isClosed ? [] : [toClient, toListener]) {
        for (const { notification, packet } of waiting) {
          if (packet !== undefined)
            this.log(`waits: ${from} -> ${to}: ${packetText(packet.type, asZxid(Number(packet.zxid)))}`);
          if (notification !== undefined) this.log(`waits: ${from} -> ${to}: ${voteText(voteOf(notification))}`);
        }
      }
    }
    for (const { id, questions } of this.servers.values()) {
      for (const question of questions) this.log(`waits: server ${id} ${intentText(intentOf(question))}`);
    }
  }

  private waitingPacket(
    server: number,
  ): { connection: ProxiedConnection; direction: Direction; message: WaitingMessage } | undefined {
    for (const connection of this.connections) {
      if (connection.port !== "quorum" || connection.isClosed) continue;
      for (const direction of [connection.toListener, connection.toClient]) {
        const [message] = direction.waiting;
        if (message?.isComplete && direction.to === server) return { connection, direction, message };
      }
    }
    return undefined;
  }

  private deviate(server: number, kind: Deviation["kind"], text: string): void {
    const place = this.order.place(server);
    this.deviations.push({ server, kind, text, place });
    this.log(`DEVIATION (${kind}) at ${place}: server ${server} ${text}`);
  }
}

function voteOf({ leader, peerEpoch, state, zxid }: WireNotification): VoteFacts {
  return { state, leader: Number(leader), zxid: Number(zxid), peerEpoch: Number(peerEpoch) };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function isSnapshot(name: string): boolean {
  return /^snapshot\.[0-9a-f]+$/.test(name);
}

/** Returns what a thread is about to do, as far as the simulated run has such an event. */
function intentOf({ arguments: [path = ""], operation }: Question): Intent {
  const name = nameOf(path);
  const isLog = name.startsWith("log.");
  if ((operation === "fsync" || operation === "fdatasync") && isLog) return { kind: "sync", zxid: lastZxidIn(path) };
  if (operation === "rename" && (name === "acceptedEpoch" || name === "currentEpoch")) {
    return { kind: "epoch-file", file: name };
  }
  if ((operation === "rename" || operation === "close") && isSnapshot(name)) return { kind: "snapshot", file: name };
  if (operation.startsWith("ftruncate") && isLog) return { kind: "truncate", file: name };
  if (operation === "unlink" && isLog) return { kind: "remove", file: name };
  return { kind: "free" };
}

function matches(intent: Intent, fact: Fact): boolean {
  if (intent.kind === "free") return true;
  if (intent.kind === "sync") return fact.kind === "sync";
  return fact.kind === intent.kind && "file" in fact && fact.file === intent.file;
}

function intentText(intent: Intent): string {
  if (intent.kind === "free") return "goes on";
  if (intent.kind === "sync")
    return `syncs its log up to ${intent.zxid === undefined ? "its start" : formatZxid(intent.zxid)}`;
  const verbs = { "epoch-file": "writes", snapshot: "writes", truncate: "truncates", remove: "deletes" };
  return `${verbs[intent.kind]} ${intent.file}`;
}
