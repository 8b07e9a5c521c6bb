/**
 * A proxy between real servers: it listens at the addresses at which the servers find each other, passes on their
 * connections, and performs the steps of a scenario on the time of this machine.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { ProtocolRecord } from "../cluster/records.ts";
import type { Message, MessageWatcher } from "../cluster/server.ts";
import {
  ACKEPOCH,
  asServerId,
  asZxid,
  DIFF,
  FOLLOWERINFO,
  LEADERINFO,
  NEWLEADER,
  OBSERVERINFO,
  type ServerId,
  SNAP,
  TRUNC,
  UPTODATE,
} from "../protocol/index.ts";
import type { ActionResult } from "../scenarios/action-result.ts";
import { verbOf } from "../scenarios/actions.ts";
import {
  NETWORK_PERFORMERS,
  type NetworkContext,
  type NetworkVerb,
  type StepEnsemble,
  type StepWorld,
} from "../scenarios/network-actions.ts";
import type { Step } from "../scenarios/scenario.ts";
import { Script, type StepOutcome, scriptRecord } from "../scenarios/script.ts";
import type { ProxiedPort } from "../traffic/message-reader.ts";
import { ProxiedConnection, type WaitingMessage } from "../traffic/proxied-connection.ts";
import type { WireRules } from "../wire/index.ts";
import { withAddressesFor } from "./addresses.ts";
import { type SeenEvent, type SeenHandshake, SeenHandshakes } from "./handshakes.ts";
import type { LinkCount } from "./links.ts";
import { type Fate, type NetworkOwner, ProxiedNetwork } from "./proxied-network.ts";
import type { PairOfPorts, ProxiedServers } from "./proxy-config.ts";
import { connectionEntry, messageEntry, nameOf, type TraceEntry } from "./proxy-trace.ts";
import { RealClock } from "./real-clock.ts";

/** Observes a proxy. */
export interface ProxyOwner {
  /** A packet of a handshake has reached its receiver, or a step was performed or undone. */
  recorded(record: ProtocolRecord): void;
  /** Something happened to a connection or a message. */
  traced(entry: TraceEntry): void;
}

/** What a proxy has seen so far. */
export interface ProxyResult {
  readonly handshakes: readonly SeenHandshake[];
  readonly links: readonly LinkCount[];
  readonly steps: readonly StepOutcome[];
  readonly leader: number | undefined;
  /** The epoch of the leader. */
  readonly epoch: number | undefined;
  /** The servers that serve. */
  readonly active: readonly number[];
}

/** The proxy cannot listen at an address. */
export class PortError extends Error {
  override readonly name = "PortError";
}

const PORTS = ["quorum", "election"] as const satisfies readonly ProxiedPort[];
/** The pause between two attempts to connect to a server that does not listen yet, in milliseconds. */
const RETRY_MS = 50;
/**
 * The number of attempts. A learner that a leader refuses tries again, but a learner whose connection ends starts a new
 * election, so the proxy waits in its place.
 */
const ATTEMPTS: Readonly<Record<ProxiedPort, number>> = { quorum: 40, election: 1 };
const HANDSHAKE_PACKETS: ReadonlySet<number> = new Set([
  ...[FOLLOWERINFO, OBSERVERINFO, LEADERINFO, ACKEPOCH, DIFF, TRUNC, SNAP, NEWLEADER, UPTODATE],
]);

/** A proxy between real servers, from its start to its end. */
export class ScenarioProxy implements NetworkOwner, StepEnsemble {
  readonly ids: readonly ServerId[];
  readonly world: StepWorld;
  private readonly servers: ProxiedServers;
  private readonly rules: WireRules;
  private readonly owner: ProxyOwner;
  private readonly clock = new RealClock();
  private readonly network: ProxiedNetwork;
  private readonly handshakes: SeenHandshakes;
  private readonly script: Script;
  private readonly listeners = new Map<string, Server>();
  private readonly refusing = new Set<number>();
  private readonly numbers = new Map<ProxiedConnection, number>();
  private readonly watchers: MessageWatcher[] = [];
  private count = 0;
  private isStopped = false;

  constructor(servers: ProxiedServers, steps: readonly Step[], rules: WireRules, owner: ProxyOwner) {
    const { clock } = this;
    this.servers = servers;
    this.ids = [...servers.keys()].sort((a, b) => a - b).map(asServerId);
    this.rules = rules;
    this.owner = owner;
    this.network = new ProxiedNetwork(clock, this, Math.random);
    this.handshakes = new SeenHandshakes(
      rules,
      () => clock.nowUs,
      (event) => this.seen(event),
    );
    this.world = {
      get nowUs() {
        return clock.nowUs;
      },
      eventsHandled: 0,
      network: this.network,
      node: (id) => this.nodeOf(id),
      at: (timeUs, task) => clock.at(timeUs, task),
    };
    const context: NetworkContext = { cluster: this, holdRules: [] };
    this.script = new Script(
      this,
      steps,
      (step) => performOn(step, context),
      (index, moment) => {
        const record = scriptRecord(clock.nowUs, steps[index] as Step, index, moment);
        const { argument, verb } = record;
        owner.recorded(record);
        owner.traced({ kind: "step", atUs: clock.nowUs, step: index + 1, moment, verb, argument });
      },
    );
  }

  /** Listens at all addresses and starts the scenario. Rejects with a PortError if an address cannot be used. */
  async start(): Promise<void> {
    try {
      await Promise.all(this.ids.flatMap((id) => PORTS.map((port) => this.listen(id, port))));
    } catch (error) {
      this.stop();
      throw error;
    }
    this.script.start();
  }

  /** Ends all connections, and performs no more steps. */
  stop(): void {
    this.isStopped = true;
    this.clock.stop();
    for (const server of this.listeners.values()) server.close();
    this.network.closeAll();
  }

  get result(): ProxyResult {
    const { active, all: handshakes, epoch, leader } = this.handshakes;
    return { handshakes, links: this.network.links.counts, steps: this.script.outcomes, leader, epoch, active };
  }

  // ---- connections

  private listen(id: number, port: ProxiedPort): Promise<void> {
    const { proxy } = this.servers.get(id) as { proxy: PairOfPorts };
    const server = createServer((socket) => this.accepted(id, port, socket));
    this.listeners.set(`${id} ${port}`, server);
    return new Promise((resolve, reject) => {
      server.on("error", ({ message }) => {
        reject(new PortError(`servers.${id}.proxy: cannot listen at ${proxy.host}:${proxy[port]} (${message})`));
      });
      server.listen({ host: proxy.host, port: proxy[port] }, resolve);
    });
  }

  private accepted(id: number, port: ProxiedPort, socket: Socket): void {
    const connection = new ProxiedConnection(port, id);
    this.numbers.set(connection, ++this.count);
    this.network.add(connection);
    connection.attach("client", socket, this.rules, this.network);
  }

  dial(connection: ProxiedConnection): void {
    this.trace("connect", connection);
    this.attempt(connection, ATTEMPTS[connection.port]);
  }

  private attempt(connection: ProxiedConnection, attempts: number): void {
    const { listener, port } = connection;
    const { address } = this.servers.get(listener) as { address: PairOfPorts };
    const socket = connect({ host: address.host, port: address[port] });
    const failed = (): void => {
      if (this.isStopped) return;
      if (attempts > 1 && !connection.isClosed) {
        this.clock.at(this.clock.nowUs + RETRY_MS * 1000, () => this.attempt(connection, attempts - 1));
        return;
      }
      this.trace("refuse", connection);
      this.network.refuse(connection);
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.off("error", failed);
      if (this.isStopped || connection.isClosed) {
        socket.destroy();
        if (!this.isStopped) this.network.refuse(connection);
        return;
      }
      connection.attach("listener", socket, this.rules, this.network);
      this.network.changed(connection);
    });
  }

  ended(connection: ProxiedConnection): void {
    this.handshakes.ended(connection);
    this.trace("end", connection);
    this.numbers.delete(connection);
  }

  private trace(kind: "connect" | "refuse" | "end", connection: ProxiedConnection): void {
    this.owner.traced(connectionEntry(kind, this.clock.nowUs, this.numbers.get(connection) ?? 0, connection));
  }

  // ---- messages

  arrived(message: WaitingMessage): void {
    withAddressesFor(message, message.from, message.to, this.servers, this.rules);
    this.traceMessage("send", message);
  }

  sent(message: WaitingMessage, core: Message): void {
    this.handshakes.sent(message);
    for (const watcher of this.watchers) watcher.sent(asServerId(message.from), asServerId(message.to), core);
  }

  delivered(message: WaitingMessage, core: Message): void {
    this.handshakes.delivered(message);
    for (const watcher of this.watchers) watcher.delivered(asServerId(message.from), asServerId(message.to), core);
  }

  left(message: WaitingMessage, fate: Fate): void {
    this.traceMessage(fate === "passed" ? "deliver" : "drop", message);
    const { from, packet, to } = message;
    if (fate !== "passed" || packet === undefined || !HANDSHAKE_PACKETS.has(packet.type)) return;
    this.owner.recorded({
      ...{ atUs: this.clock.nowUs, server: asServerId(to), event: "received", from: asServerId(from) },
      ...{ message: nameOf(packet.type), zxid: asZxid(Number(packet.zxid)) },
    });
  }

  private traceMessage(kind: "send" | "deliver" | "drop", message: WaitingMessage): void {
    const number = this.numbers.get(message.connection) ?? 0;
    this.owner.traced(messageEntry(kind, this.clock.nowUs, number, message));
  }

  // ---- what steps need

  watchMessages(watcher: MessageWatcher): void {
    this.watchers.push(watcher);
  }

  get leader(): { readonly id: ServerId } | undefined {
    const { leader } = this.handshakes;
    return leader === undefined ? undefined : { id: asServerId(leader) };
  }

  private seen({ event, server, zxid }: SeenEvent): void {
    // The script reads only these fields.
    const facts = { atUs: this.clock.nowUs, server: asServerId(server), event, zxid: asZxid(Number(zxid)) };
    this.script.recorded(facts as ProtocolRecord);
  }

  private nodeOf(id: number): { refusing: boolean } {
    const { refusing } = this;
    const change = (isRefusing: boolean): void => this.refuse(id, isRefusing);
    return {
      get refusing() {
        return refusing.has(id);
      },
      set refusing(isRefusing) {
        change(isRefusing);
      },
    };
  }

  private refuse(id: number, isRefusing: boolean): void {
    if (isRefusing === this.refusing.has(id)) return;
    if (!isRefusing) this.refusing.delete(id);
    else this.refusing.add(id);
    for (const port of PORTS) {
      if (isRefusing) this.listeners.get(`${id} ${port}`)?.close();
      else this.listenAgain(id, port);
    }
  }

  private listenAgain(id: number, port: ProxiedPort): void {
    if (this.isStopped || this.refusing.has(id)) return;
    this.listen(id, port).catch(() => {
      this.clock.at(this.clock.nowUs + RETRY_MS * 1000, () => this.listenAgain(id, port));
    });
  }
}

function performOn(step: Step, context: NetworkContext): ActionResult {
  const verb = verbOf(step) as NetworkVerb;
  const perform = NETWORK_PERFORMERS[verb] as (argument: unknown, context: NetworkContext) => ActionResult;
  const { effect, undo } = perform(step[verb as keyof Step], context);
  // The kernel refuses connections, so their number is not known.
  return { undo, ...(effect !== undefined && verb !== "refuse" && { effect }) };
}
