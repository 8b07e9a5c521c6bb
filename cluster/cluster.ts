/**
 * The cluster under test: the servers of a scenario as nodes of one world, with everything that watches them.
 *
 * It starts, crashes and restarts servers and knows who leads. What is to happen when is script.ts; what must hold is
 * invariants/; what was expected is expectations.ts.
 */

import {
  type Behavior,
  DEFAULT_SETTINGS,
  History,
  type Notes,
  type PeerConfig,
  type QuorumVerifier,
  type ServerId,
  type Settings,
  WORK_APPLY_COMMITS,
  WORK_RESUME_LEARNER,
  WORK_SERIALIZE_SNAPSHOT,
  type Zxid,
} from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { type DurationRange, parseDurationRange } from "../sim/duration-range.ts";
import { DEFAULT_LINK, type DiskCharacter, type LinkCharacter, type Trace, World } from "../sim/index.ts";
import type { ClusterSpec, CrashSpec, ServerSpec, ThreadSpec } from "./cluster-spec.ts";
import { hashMessage } from "./message-hash.ts";
import { Watchers } from "./note-watchers.ts";
import { type Message, type MessageCoverage, type MessageWatcher, Server } from "./server.ts";
import { ServerDisk } from "./server-disk.ts";
import { startImage } from "./start-disk.ts";
import type { ThreadDurations } from "./thread-work.ts";
import { verifierOf } from "./verifier.ts";

/** Datagrams in flight on one link; the next one is lost. */
const DATAGRAMS_MAX = 32;

export interface ClusterOptions {
  readonly seed: bigint | number | string;
  /** Default true. */
  readonly digest?: boolean;
  readonly trace?: Trace | undefined;
  /** Watchers of each server's notes: none, one or two. */
  readonly watch: (server: ServerId, now: () => number) => readonly [Notes?, Notes?];
  /** Told of what happens to servers as processes. */
  readonly lifeCycle?: LifeCycleWatcher;
  readonly coverage?: MessageCoverage | undefined;
  /** What becomes of each server's release. */
  readonly change?: ((behavior: Behavior) => Behavior) | undefined;
}

export interface LifeCycleWatcher {
  started(server: ServerId): void;
  /** Crashed or exited; with the exit code in the latter case, and the txns that its log lost. */
  ended(server: ServerId, exitCode: number | undefined, lost: readonly Zxid[]): void;
}

export class Cluster {
  readonly spec: ClusterSpec;
  readonly world: World<Message>;
  readonly verifier: QuorumVerifier;
  readonly ids: readonly ServerId[];
  /** Where all histories of this run start. */
  readonly emptyHistory = History.empty();

  /** Of links and disks, as the scenario has them. */
  readonly characters: { readonly link: LinkCharacter; readonly disk: DiskCharacter };

  private readonly threadDurations: ThreadDurations;
  private readonly options: ClusterOptions;
  private readonly servers = new Map<ServerId, Server>();
  private readonly watchers = new Map<ServerId, readonly [Notes?, Notes?]>();
  private readonly messageWatchers: MessageWatcher[] = [];
  /** Of servers that were upgraded. */
  private readonly releases = new Map<ServerId, string>();

  constructor(spec: ClusterSpec, options: ClusterOptions) {
    this.spec = spec;
    this.options = options;
    this.ids = Object.keys(spec.servers)
      .map(Number)
      .sort((a, b) => a - b);
    this.verifier = verifierOf(spec);
    this.characters = { link: linkCharacter(spec), disk: diskCharacter(spec) };
    this.threadDurations = threadDurations(spec.threads);
    this.world = new World<Message>({
      seed: options.seed,
      nodes: this.ids,
      ...this.characters,
      hashMessage,
      digest: options.digest ?? true,
      trace: options.trace,
    });
    // A lagging voter and an observer in a later round answer each other without end (WorkerReceiver). TCP never doubles
    // a message; where datagrams are doubled, only a bounded queue keeps that from growing for ever.
    this.world.network.datagrams.queueLimit = DATAGRAMS_MAX;
    this.setLinks();
    const now = (): number => this.world.kernel.nowUs;
    for (const sid of this.ids) {
      this.watchers.set(sid, options.watch(sid, now));
      new ServerDisk(this.world.node(sid).disk).preset(startImage(this.serverSpec(sid), this.emptyHistory));
    }
  }

  /** Starts all servers that are not held back. */
  start(): void {
    for (const sid of this.ids) if (!this.serverSpec(sid).down) this.startServer(sid);
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
      if (!peer.leads) continue;
      if (leader === undefined || peer.currentEpoch > leader.peer.currentEpoch) leader = server;
    }
    return leader;
  }

  startServer(sid: ServerId): void {
    if (this.servers.has(sid)) return;
    const node = this.world.node(sid);
    const watchers = new Watchers(...(this.watchers.get(sid) as readonly [Notes?, Notes?]));
    const onExit = (id: ServerId, code: number): void => this.exited(id, code);
    const server = new Server(node, this.peerConfig(sid), this.threadDurations, watchers, onExit);
    server.messageWatchers = this.messageWatchers;
    server.coverage = this.options.coverage;
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

  /** Stops the server, in order, if it runs; from now on it is of that release. */
  install(sid: ServerId, release: string): void {
    this.releases.set(sid, release);
    this.crash({ server: sid, unsynced: "kept", connectionsReset: true });
  }

  /** Links and disks are as the scenario has them again. */
  resetCharacters(): void {
    const { network } = this.world;
    network.setDefaultCharacter(this.characters.link);
    for (const a of this.ids) {
      for (const b of this.ids) if (a !== b) network.setCharacter(a, b, this.characters.link);
      this.world.node(a).disk.setCharacter(this.characters.disk);
    }
    this.setLinks();
  }

  /** The links that differ from the rest. */
  private setLinks(): void {
    const { network } = this.world;
    for (const { from, to, latency, bothWays } of this.spec.network.links) {
      const { minUs, maxUs } = rangeUs(latency);
      const character = { latencyMinUs: minUs, latencyMaxUs: maxUs };
      network.setCharacter(from, to, character);
      if (bothWays) network.setCharacter(to, from, character);
    }
  }

  serverSpec(sid: ServerId): ServerSpec {
    return this.spec.servers[sid] as ServerSpec;
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
    const spec = this.serverSpec(sid);
    const settings: Settings = { ...DEFAULT_SETTINGS, ...this.spec.settings, ...spec.settings };
    const { emptyHistory } = this;
    const verifier = spec.view === undefined ? this.verifier : verifierOf(this.spec, spec.view);
    const release = behaviorOf(this.releases.get(sid) ?? spec.zookeeper ?? this.spec.zookeeper);
    const behavior = this.options.change?.(release) ?? release;
    return { myid: sid, behavior, verifier, settings, view: spec.view ?? this.ids, emptyHistory };
  }
}

function linkCharacter({ network }: ClusterSpec): LinkCharacter {
  const { minUs, maxUs } = rangeUs(network.latency);
  const { lossRate, duplicateRate } = network;
  return { ...DEFAULT_LINK, latencyMinUs: minUs, latencyMaxUs: maxUs, lossRate, duplicateRate };
}

function diskCharacter({ disk }: ClusterSpec): DiskCharacter {
  const sync = rangeUs(disk.sync);
  const write = rangeUs(disk.write);
  return { syncMinUs: sync.minUs, syncMaxUs: sync.maxUs, writeMinUs: write.minUs, writeMaxUs: write.maxUs };
}

function threadDurations({ applyCommits, resumeLearner, serializeSnapshot }: ThreadSpec): ThreadDurations {
  return {
    [WORK_APPLY_COMMITS]: rangeUs(applyCommits),
    [WORK_SERIALIZE_SNAPSHOT]: rangeUs(serializeSnapshot),
    [WORK_RESUME_LEARNER]: rangeUs(resumeLearner),
  };
}

/** A range of durations that a loaded scenario is known to hold. */
function rangeUs(text: string): DurationRange {
  return parseDurationRange(text) ?? { minUs: 0, maxUs: 0 };
}
