/**
 * The cluster under test: the servers of a scenario as nodes of one world, with everything that watches them.
 *
 * It starts, crashes and restarts servers and knows who leads. What is to happen when is script.ts; what must hold is
 * invariants/; what was expected is expectations.ts.
 */
import {
  DEFAULT_SETTINGS,
  History,
  LEADING,
  type Notes,
  type PeerConfig,
  type QuorumVerifier,
  type ServerId,
  type Settings,
  type Zxid,
} from "../protocol/index.ts";
import { parseDuration, type Trace, World } from "../sim/index.ts";
import { type DurationRange, parseDurationRange } from "./duration-range.ts";
import { hashMessage } from "./message-hash.ts";
import type { CrashSpec, Scenario, ServerSpec } from "./scenario.ts";
import { type Message, type MessageWatcher, Server } from "./server.ts";
import { ServerDisk } from "./server-disk.ts";
import { startImage } from "./start-state.ts";
import { verifierOf } from "./verifier.ts";
import { Watchers } from "./watchers.ts";

export interface ClusterOptions {
  readonly seed: bigint | number | string;
  /** Default true. */
  readonly digest?: boolean;
  readonly trace?: Trace | undefined;
  /** Watchers of each server's notes: none, one or two. */
  readonly watch: (server: ServerId, now: () => number) => readonly [Notes?, Notes?];
  /** Told of what happens to servers as processes. */
  readonly lifeCycle?: LifeCycleWatcher;
}

export interface LifeCycleWatcher {
  started(server: ServerId): void;
  /** Crashed or exited; with the exit code in the latter case, and the txns that its log lost. */
  ended(server: ServerId, exitCode: number | undefined, lost: readonly Zxid[]): void;
}

export class Cluster {
  readonly scenario: Scenario;
  readonly world: World<Message>;
  readonly verifier: QuorumVerifier;
  readonly ids: readonly ServerId[];
  /** Where all histories of this run start. */
  readonly emptyHistory = History.empty();

  private readonly options: ClusterOptions;
  private readonly servers = new Map<ServerId, Server>();
  private readonly watchers = new Map<ServerId, readonly [Notes?, Notes?]>();
  private readonly messageWatchers: MessageWatcher[] = [];

  constructor(scenario: Scenario, options: ClusterOptions) {
    this.scenario = scenario;
    this.options = options;
    this.ids = Object.keys(scenario.servers)
      .map(Number)
      .sort((a, b) => a - b);
    this.verifier = verifierOf(scenario);
    const { network, disk } = scenario;
    const latency = rangeUs(network.latency);
    const sync = rangeUs(disk.sync);
    const write = rangeUs(disk.write);
    this.world = new World<Message>({
      seed: options.seed,
      nodes: this.ids,
      link: {
        latencyMinUs: latency.minUs,
        latencyMaxUs: latency.maxUs,
        lossRate: network.lossRate,
        duplicateRate: network.duplicateRate,
      },
      disk: { syncMinUs: sync.minUs, syncMaxUs: sync.maxUs, writeMinUs: write.minUs, writeMaxUs: write.maxUs },
      hashMessage,
      digest: options.digest ?? true,
      trace: options.trace,
    });
    for (const link of network.links) this.setLatency(link.from, link.to, link.latency, link.bothWays);
    const now = (): number => this.world.kernel.nowUs;
    for (const sid of this.ids) {
      this.watchers.set(sid, options.watch(sid, now));
      new ServerDisk(this.world.node(sid).disk).preset(startImage(this.spec(sid), this.emptyHistory));
    }
  }

  /** Starts all servers that are not held back. */
  start(): void {
    for (const sid of this.ids) if (!this.spec(sid).down) this.startServer(sid);
  }

  /** To be set before the start: who is told of every message. */
  watchMessages(watcher: MessageWatcher): void {
    this.messageWatchers.push(watcher);
  }

  /** The running server, or undefined. */
  server(sid: ServerId): Server | undefined {
    return this.servers.get(sid);
  }

  get running(): readonly Server[] {
    return [...this.servers.values()];
  }

  /** The server that leads in the highest epoch, if any serves. */
  get leader(): Server | undefined {
    let leader: Server | undefined;
    for (const server of this.servers.values()) {
      const { peer } = server;
      if (peer.state !== LEADING || !peer.serving) continue;
      if (leader === undefined || peer.currentEpoch > leader.peer.currentEpoch) leader = server;
    }
    return leader;
  }

  startServer(sid: ServerId): void {
    if (this.servers.has(sid)) return;
    const node = this.world.node(sid);
    const watchers = new Watchers(...(this.watchers.get(sid) as readonly [Notes?, Notes?]));
    const server = new Server(node, this.peerConfig(sid), watchers, (id, code) => this.exited(id, code));
    server.messageWatchers = this.messageWatchers;
    this.servers.set(sid, server);
    node.start(server);
    this.options.lifeCycle?.started(sid);
    server.start();
  }

  /** Returns how many records and files were lost; undefined if the server was not running. */
  crash(spec: CrashSpec): { lostRecords: number; lostFiles: number } | undefined {
    const sid = spec.server === "leader" ? this.leader?.peer.myid : spec.server;
    const server = sid === undefined ? undefined : this.servers.get(sid);
    if (server === undefined) return undefined;
    this.remove(server);
    const { unsynced, connectionsReset } = spec;
    const node = this.world.node(server.peer.myid);
    const before = new ServerDisk(node.disk).unsyncedLog();
    const effect = node.crash({ unsynced, power: !connectionsReset, tmp: unsynced === "torn" });
    const lost = before.flatMap(({ file, from, txns }) => txns.slice(node.disk.records(file).length - from));
    this.options.lifeCycle?.ended(
      server.peer.myid,
      undefined,
      lost.map(({ zxid }) => zxid),
    );
    return effect;
  }

  wipe(sid: ServerId): void {
    this.crash({ server: sid, unsynced: "lost", connectionsReset: true });
    this.world.node(sid).wipe();
  }

  setLatency(from: ServerId, to: ServerId, latency: string, bothWays: boolean): void {
    const { minUs, maxUs } = rangeUs(latency);
    const character = { latencyMinUs: minUs, latencyMaxUs: maxUs };
    this.world.network.setCharacter(from, to, character);
    if (bothWays) this.world.network.setCharacter(to, from, character);
  }

  spec(sid: ServerId): ServerSpec {
    return this.scenario.servers[sid] as ServerSpec;
  }

  private exited(sid: ServerId, code: number): void {
    const server = this.servers.get(sid);
    if (server === undefined) return;
    this.remove(server);
    this.world.node(sid).stop();
    this.options.lifeCycle?.ended(sid, code, []);
  }

  private remove(server: Server): void {
    server.end();
    this.servers.delete(server.peer.myid);
  }

  private peerConfig(sid: ServerId): PeerConfig {
    const spec = this.spec(sid);
    const settings: Settings = { ...DEFAULT_SETTINGS, ...this.scenario.settings, ...spec.settings };
    const { emptyHistory } = this;
    const verifier = spec.view === undefined ? this.verifier : verifierOf(this.scenario, spec.view);
    return { myid: sid, verifier, settings, view: spec.view ?? this.ids, emptyHistory };
  }
}

/** A range of durations that a loaded scenario is known to hold. */
function rangeUs(text: string): DurationRange {
  return parseDurationRange(text) ?? { minUs: 0, maxUs: 0 };
}

/** A duration that a loaded scenario is known to hold. */
export function durationUs(text: string): number {
  return parseDuration(text) ?? 0;
}
