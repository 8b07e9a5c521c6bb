/**
 * Holds the messages between real servers at the proxy. A packet of a quorum port passes when it is the next item of
 * its receiver. A notification passes when both servers have come as far as in the simulated run.
 */
import { ACKEPOCH, asZxid, FOLLOWERINFO, OBSERVERINFO, PROPOSAL, REQUEST } from "../protocol/index.ts";
import type { Direction, ProxiedConnection, Traffic, WaitingMessage } from "../traffic/proxied-connection.ts";
import type { WireRules } from "../wire/index.ts";
import type { Evidence } from "./evidence.ts";
import { HeldVotes, voteOf } from "./held-votes.ts";
import { type ItemOf, isKind } from "./order.ts";
import type { Question } from "./preload.ts";
import type { Progress } from "./progress.ts";
import { PORTS, type RealServer } from "./real-server.ts";
import { openProxied } from "./redirected-connect.ts";
import { FREE_PACKETS, factText, packetText, voteText, zxidOfPacket } from "./schedule.ts";

const ECONNREFUSED = 111;
/**
 * Packets that can complete a quorum in the thread of a handler (Leader#getEpochToPropose, Leader#waitForEpochAck). The
 * packet of another learner then has another effect.
 */
const QUORUM_PACKETS: ReadonlySet<number> = new Set([FOLLOWERINFO, OBSERVERINFO, ACKEPOCH]);
/** The shortest and the longest time in which a leader handles such a packet before it gets that of another learner. */
const HANDLING_MS_MIN = 50;
const HANDLING_MS_MAX = 2000;

/** A packet that waits first in its direction. */
interface FirstPacket {
  readonly connection: ProxiedConnection;
  readonly direction: Direction;
  readonly message: WaitingMessage;
}

/** The connections of all servers. */
export class HeldTraffic implements Traffic {
  private readonly progress: Progress;
  private readonly servers: ReadonlyMap<number, RealServer>;
  private readonly rules: WireRules;
  private readonly evidence: Evidence;
  private readonly advance: () => void;
  private readonly votes: HeldVotes;
  private readonly connections: ProxiedConnection[] = [];
  private readonly arrivedMs = new WeakMap<WaitingMessage, number>();
  private readonly requests = new Map<number, Set<string>>();
  /** The connections of the simulated run for which the real ones stand. */
  private readonly simulated = new Map<ProxiedConnection, number>();
  /** The last of the QUORUM_PACKETS that each server has got: its connection, and the time of day. */
  private readonly lastOfQuorum = new Map<number, { readonly connection: ProxiedConnection; readonly atMs: number }>();

  /** `advance` is called after each message that arrives. */
  constructor(
    progress: Progress,
    servers: ReadonlyMap<number, RealServer>,
    rules: WireRules,
    evidence: Evidence,
    advance: () => void,
  ) {
    this.progress = progress;
    this.servers = servers;
    this.rules = rules;
    this.evidence = evidence;
    this.advance = advance;
    this.votes = new HeldVotes(progress, () => this.messages());
  }

  changed(): void {
    this.advance();
  }

  /** Closes all connections. */
  stop(): void {
    for (const connection of this.connections) connection.destroy();
  }

  /** Redirects a connect to the proxy if it goes to a server that listens. */
  async connect(server: RealServer, question: Question): Promise<void> {
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
    if (opened === undefined) {
      question.fail(ECONNREFUSED);
      return;
    }
    this.progress.log(`server ${server.id} connects to the ${kind} port of ${target.id}`);
    this.connections.push(opened.connection);
    if (kind === "election") target.isUp = true;
    question.redirect(opened.port);
  }

  /** Passes on the messages that may pass, and the ends of connections. Returns whether a message passed. */
  pass(): boolean {
    let changed = false;
    for (const connection of this.connections) {
      this.closeAbandoned(connection);
      for (const direction of [connection.toListener, connection.toClient]) {
        while (this.passFirst(connection, direction)) changed = true;
        if (direction.isEnded && direction.waiting.length === 0) this.passEnd(connection, direction);
      }
    }
    return changed;
  }

  /**
   * Closes a connection that a learner has ended before the leader got a packet. Its first packet waited too long: the
   * learner has a newer connection, or looks for a leader.
   */
  private closeAbandoned(connection: ProxiedConnection): void {
    const { port, toListener } = connection;
    if (port !== "quorum" || !toListener.isEnded || this.simulated.has(connection)) return;
    toListener.waiting.length = 0;
    connection.destroy();
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
    if (this.arrivedMs.has(message)) return;
    this.arrivedMs.set(message, Date.now());
    this.evidence.sent(message);
    const { from, packet } = message;
    if (packet?.type !== PROPOSAL && packet?.type !== REQUEST) return;
    const known = this.requests.get(from) ?? new Set();
    this.requests.set(from, known.add(`${packet.type} ${packet.zxid}`));
  }

  /** Returns the number of different proposals and forwarded requests that a server has sent. */
  requestsOf(server: number): number {
    return this.requests.get(server)?.size ?? 0;
  }

  private mayPass(connection: ProxiedConnection, { packet, to, from }: WaitingMessage): boolean {
    if (packet === undefined) return true;
    const { order } = this.progress;
    const simulated = this.simulated.get(connection);
    if (FREE_PACKETS.has(packet.type)) return simulated !== undefined && order.hasPings(to, from, simulated);
    const next = order.next(to);
    if (!isKind(next, "packet") || !order.isDue(next) || next.fact.from !== from || next.fact.type !== packet.type)
      return false;
    if (next.fact.zxid !== zxidOfPacket(packet.type, packet.zxid)) return false;
    if (simulated !== undefined && simulated !== next.fact.connection) return false;
    if (QUORUM_PACKETS.has(packet.type)) {
      if (this.isHandlingAnother(to, connection)) return false;
      this.lastOfQuorum.set(to, { connection, atMs: Date.now() });
    }
    this.simulated.set(connection, next.fact.connection);
    this.progress.finish(next);
    return true;
  }

  /** Returns whether a leader may still handle a packet of another learner. */
  private isHandlingAnother(leader: number, connection: ProxiedConnection): boolean {
    const last = this.lastOfQuorum.get(leader);
    if (last === undefined || last.connection === connection) return false;
    const ms = Date.now() - last.atMs;
    return ms < HANDLING_MS_MIN || (ms < HANDLING_MS_MAX && this.servers.get(leader)?.isBusy === true);
  }

  /**
   * Passes on the notification that the simulated server gets next, or else the newest one that may pass. It replaces
   * older ones that wait, as in the queue of QuorumCnxManager.
   */
  private passNotification(connection: ProxiedConnection, direction: Direction): boolean {
    const { waiting } = direction;
    for (const message of waiting) this.arrived(message);
    const next = this.votes.nextOf(waiting);
    const candidates = next === undefined ? [...waiting].reverse() : [next];
    const message = candidates.find((one) => this.mayPassNotification(one));
    if (message === undefined) return false;
    waiting.splice(0, waiting.indexOf(message));
    connection.pass(direction);
    return true;
  }

  private mayPassNotification(message: WaitingMessage): boolean {
    return this.votes.mayPass(message, Date.now() - (this.arrivedMs.get(message) ?? 0));
  }

  /** Passes on the end of a side, unless the receiver learns of it later. */
  private passEnd(connection: ProxiedConnection, direction: Direction): void {
    const { port } = connection;
    const simulated = this.simulated.get(connection);
    if (port === "quorum" && this.progress.order.closesLater(direction.to, direction.from, simulated)) return;
    connection.end(direction);
  }

  /** Ends a connection at one server. Returns whether that was possible. */
  close(item: ItemOf<"close">): boolean {
    const { connection: simulated, forced, peer } = item.fact;
    const between = this.connections.filter(
      ({ client, isClosed, listener, port }) =>
        port === "quorum" && !isClosed && [client, listener].includes(item.server) && [client, listener].includes(peer),
    );
    const connection =
      between.find((one) => this.simulated.get(one) === simulated) ?? between.find((one) => !this.simulated.has(one));
    const isFirst = this.progress.order.isFirst(item);
    if (connection === undefined) {
      if (isFirst) this.progress.finish(item);
      return isFirst;
    }
    const direction = connection.toClient.from === peer ? connection.toClient : connection.toListener;
    if (forced ? !isFirst : !direction.isEnded) return false;
    direction.waiting.length = 0;
    connection.closeAt(item.server);
    this.progress.finish(item);
    return true;
  }

  /**
   * Passes on the packet that waits for the receiver of an item, in place of the one in the item, and keeps a record of
   * the deviation. Returns whether a packet waits.
   */
  force(item: ItemOf<"packet">): boolean {
    const { fact, server } = item;
    const first = this.firstPacketTo(server);
    if (first === undefined) return false;
    const { connection, direction, message } = first;
    const { from, packet } = message;
    const name = packet === undefined ? "bytes" : packetText(packet.type, zxidOfPacket(packet.type, packet.zxid));
    this.progress.deviate(server, "extra", `receives ${name} from ${from}, where it ${factText(fact)}`);
    if (packet?.type === fact.type && from === fact.from) {
      if (!this.simulated.has(connection)) this.simulated.set(connection, fact.connection);
      this.progress.order.finish(item);
    }
    this.evidence.packet(message);
    connection.pass(direction);
    return true;
  }

  private firstPacketTo(server: number): FirstPacket | undefined {
    for (const connection of this.connections) {
      if (connection.port !== "quorum" || connection.isClosed) continue;
      for (const direction of [connection.toListener, connection.toClient]) {
        const [message] = direction.waiting;
        if (message?.isComplete && direction.to === server) return { connection, direction, message };
      }
    }
    return undefined;
  }

  /** Returns the messages that wait, for --verbose. */
  waiting(): string[] {
    return this.messages().flatMap((message) => {
      const text = waitingText(message);
      return text === undefined ? [] : [`${message.from} -> ${message.to}: ${text}`];
    });
  }

  private messages(): WaitingMessage[] {
    return this.connections
      .filter(({ isClosed }) => !isClosed)
      .flatMap(({ toClient, toListener }) => [...toClient.waiting, ...toListener.waiting]);
  }
}

function waitingText({ notification, packet }: WaitingMessage): string | undefined {
  if (notification !== undefined) return voteText(voteOf(notification));
  return packet === undefined ? undefined : packetText(packet.type, asZxid(Number(packet.zxid)));
}
