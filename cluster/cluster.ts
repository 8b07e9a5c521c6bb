/**
 * The cluster under test: the servers of a spec as nodes of one simulated world, with the watchers of their notes.
 * Notes are the calls with which a server's core reports what it does (protocol/notes.ts).
 *
 * A cluster starts, crashes, wipes and upgrades servers and knows which one leads. It does not know the script, the
 * invariants or the expectations of a scenario.
 */

import {
  type Behavior,
  type Configurations,
  DEFAULT_SETTINGS,
  History,
  type Notes,
  type PeerConfig,
  type QuorumVerifier,
  type ServerId,
  type Settings,
  serverIdsOf,
  WORK_APPLY_COMMITS,
  WORK_QUEUE_NEWLEADER,
  WORK_RESUME_LEARNER,
  WORK_SEND_SNAPSHOT,
  type Zxid,
} from "../protocol/index.ts";
import { withNamed } from "../protocol/named-behaviors.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { type DurationRange, parseDurationRange } from "../sim/duration-range.ts";
import { DEFAULT_LINK, type DiskCharacter, type LinkCharacter, type Trace, World } from "../sim/index.ts";
import { durationUs } from "../sim/time.ts";
import type { ClusterSpec, ConfigChange, CrashSpec, EnsembleConfig, ServerSpec } from "./cluster-spec.ts";
import { ConfigFiles, type ConfigWrite } from "./config-files.ts";
import { hashMessage } from "./message-hash.ts";
import { Watchers } from "./note-watchers.ts";
import { configInFile, type PlannedStop, type ServerConfig } from "./records.ts";
import { type Message, type MessageCoverage, type MessageWatcher, Server } from "./server.ts";
import { ServerDisk } from "./server-disk.ts";
import { startImage } from "./start-disk.ts";
import type { ThreadDurations } from "./thread-work.ts";
import { configOfVerifier, ensembleConfigOf, verifierOfConfig } from "./verifier.ts";

/** The largest number of datagrams in flight on one link. A further datagram is lost. */
const DATAGRAMS_MAX = 32;

/** The options of a Cluster. */
export interface ClusterOptions {
  /** The seed of all random streams. Equal seeds give equal runs. */
  readonly seed: bigint | number | string;
  /** Whether to compute the digest of the run. Default: true. */
  readonly digest?: boolean;
  /** Records messages, timers and disk operations. Default: no trace. */
  readonly trace?: Trace | undefined;
  /** Returns the watchers of a server's notes, at most two. `now` returns the virtual time in microseconds. */
  readonly watch: (server: ServerId, now: () => number) => readonly [Notes?, Notes?];
  /** A watcher that the cluster notifies when a server process starts or ends. */
  readonly lifeCycle?: LifeCycleWatcher;
  /** Counts the effects of messages on servers. Default: counts nothing. */
  readonly coverage?: MessageCoverage | undefined;
  /** Changes the behavior of every server, for example to apply a fix. */
  readonly change?: ((behavior: Behavior) => Behavior) | undefined;
}

/** Is notified when a server process starts or ends. */
export interface LifeCycleWatcher {
  /** A process has started. */
  started(server: ServerId): void;
  /**
   * The process crashed (`exitCode` is undefined), or exited with `exitCode`. `lost`: the zxids of the transactions
   * that its log lost. `planned` is defined if a step restarted or upgraded the server.
   */
  ended(server: ServerId, exitCode: number | undefined, lost: readonly Zxid[], planned?: PlannedStop): void;
}

/** The servers of a spec as nodes of one simulated world. */
export class Cluster {
  /** The spec. */
  readonly spec: ClusterSpec;
  /** The simulated world. Each server is the node with its id. */
  readonly world: World<Message>;
  /** The ids of the servers, ascending. */
  readonly ids: readonly ServerId[];
  /**
   * The empty history that all histories of this run extend, so that equal histories can share their History objects.
   */
  readonly emptyHistory = History.empty();

  /** The properties that the spec gives to links (latency, loss, duplication) and disks (durations). */
  readonly characters: { readonly link: LinkCharacter; readonly disk: DiskCharacter };

  private readonly threadDurations: ThreadDurations;
  private readonly options: ClusterOptions;
  private readonly servers = new Map<ServerId, Server>();
  private readonly watchers = new Map<ServerId, readonly [Notes?, Notes?]>();
  private readonly messageWatchers: MessageWatcher[] = [];
  /** The spec of each server whose configuration has changed since the start of the run. */
  private readonly changedSpecs = new Map<ServerId, ServerSpec>();
  private readonly files = new Map<ServerId, ConfigFiles>();
  /** The behavior of each release that a server has run, with the change of the options. */
  private readonly behaviors = new Map<string, Behavior>();
  /** The servers that cannot resolve their own host name. */
  private readonly namesFail = new Set<ServerId>();
  /** The configuration that all servers have, except those with a `view` or a `config`. */
  private readonly commonConfig: EnsembleConfig;
  private readonly commonVerifier: QuorumVerifier;

  constructor(spec: ClusterSpec, options: ClusterOptions) {
    this.spec = spec;
    this.options = options;
    this.ids = serverIdsOf(spec.servers);
    this.commonConfig = ensembleConfigOf(spec, {});
    this.commonVerifier = verifierOfConfig(this.commonConfig);
    this.characters = { link: linkCharacter(spec), disk: diskCharacter(spec) };
    this.threadDurations = threadDurations(spec);
    this.world = new World<Message>({
      seed: options.seed,
      nodes: this.ids,
      ...this.characters,
      hashMessage,
      digest: options.digest ?? true,
      trace: options.trace,
    });
    // A lagging voter and an observer in a later round reply to each other forever (WorkerReceiver). With duplicated
    // datagrams, the number of such messages would grow without limit, so the queue has a limit.
    this.world.network.datagrams.queueLimit = DATAGRAMS_MAX;
    this.setTimeouts();
    this.setLinks();
    const now = (): number => this.world.kernel.nowUs;
    for (const sid of this.ids) {
      this.watchers.set(sid, options.watch(sid, now));
      new ServerDisk(this.world.node(sid).disk).preset(startImage(this.serverSpec(sid), this.emptyHistory));
    }
  }

  private setTimeouts(): void {
    const { keepAliveTimeout, retransmissionTimeout } = this.spec.network;
    const { network } = this.world;
    if (keepAliveTimeout !== undefined) network.keepAliveTimeoutUs = durationUs(keepAliveTimeout);
    if (retransmissionTimeout !== undefined) network.retransmissionTimeoutUs = durationUs(retransmissionTimeout);
  }

  /** Starts every server whose spec does not have `down: true`. */
  start(): void {
    for (const sid of this.ids) if (!this.serverSpec(sid).down) this.startServer(sid);
  }

  /** Adds a watcher of every message. Call it before `start`. */
  watchMessages(watcher: MessageWatcher): void {
    this.messageWatchers.push(watcher);
  }

  /** Returns the server if it runs. */
  server(sid: ServerId): Server | undefined {
    return this.servers.get(sid);
  }

  /** The servers whose process runs, ascending. */
  get running(): readonly Server[] {
    return [...this.servers.values()];
  }

  /** The leader that serves; undefined if there is none. If several leaders serve, the one with the highest epoch. */
  get leader(): Server | undefined {
    let leader: Server | undefined;
    for (const server of this.servers.values()) {
      const { peer } = server;
      if (!peer.leads) continue;
      if (leader === undefined || peer.currentEpoch > leader.peer.currentEpoch) leader = server;
    }
    return leader;
  }

  /** Starts a server; does nothing if it runs. */
  startServer(sid: ServerId): void {
    if (this.servers.has(sid)) return;
    const node = this.world.node(sid);
    const watchers = new Watchers(...(this.watchers.get(sid) as readonly [Notes?, Notes?]));
    const onExit = (id: ServerId, code: number): void => this.exited(id, code);
    const files = this.configFiles(sid);
    files.cancelCrash();
    const server = new Server(node, this.peerConfig(sid), this.threadDurations, files, watchers, onExit);
    server.messageWatchers = this.messageWatchers;
    server.coverage = this.options.coverage;
    this.servers.set(sid, server);
    server.peer.ownNameFails = this.namesFail.has(sid);
    node.start(server);
    this.options.lifeCycle?.started(sid);
    if (!server.peer.behavior.startKeepsNextConfig) files.readAtStart();
    server.start();
  }

  /**
   * Crashes a server, or stops it for a `planned` reason. Returns how many records and files its disk lost; undefined
   * if the server was not running.
   */
  crash(spec: CrashSpec, planned?: PlannedStop): { lostRecords: number; lostFiles: number } | undefined {
    const sid = spec.server === "leader" ? this.leader?.id : spec.server;
    const server = sid === undefined ? undefined : this.servers.get(sid);
    if (server === undefined) return undefined;
    this.remove(server);
    const { unsynced, connectionsReset } = spec;
    const node = this.world.node(server.id);
    const before = new ServerDisk(node.disk).unsyncedLog();
    const effect = node.crash({ unsynced, power: !connectionsReset, tmp: unsynced === "torn" });
    const lost = before.flatMap(({ file, from, txns }) => txns.slice(node.disk.records(file).length - from));
    this.options.lifeCycle?.ended(
      server.id,
      undefined,
      lost.map(({ zxid }) => zxid),
      planned,
    );
    return effect;
  }

  /** Crashes a server and empties its disk. */
  wipe(sid: ServerId): void {
    this.crash({ server: sid, unsynced: "lost", connectionsReset: true });
    this.world.node(sid).wipe();
  }

  /** Changes the configuration with which a server starts the next time. */
  configure({ server, settings, ...change }: ConfigChange): void {
    const spec = this.serverSpec(server);
    if (change.config !== undefined) this.configFiles(server).edit(verifierOfConfig(change.config));
    this.changedSpecs.set(server, { ...spec, ...change, settings: { ...spec.settings, ...settings } });
  }

  /** Makes a server unable to resolve its own host name, or able again. This also holds after a restart. */
  setOwnNameFails(sid: ServerId, fails: boolean): void {
    if (fails) this.namesFail.add(sid);
    else this.namesFail.delete(sid);
    const server = this.servers.get(sid);
    if (server !== undefined) server.peer.ownNameFails = fails;
  }

  /** Makes a server crash at its next write of this kind to the files of its configuration. Returns these files. */
  crashAtConfigWrite(sid: ServerId, write: ConfigWrite): ConfigFiles {
    const crash = (): void => {
      this.crash({ server: sid, unsynced: "lost", connectionsReset: true });
    };
    const files = this.configFiles(sid);
    files.crashAtWrite(write, crash);
    return files;
  }

  /** Sets the release with which the server starts the next time. If the server runs, stops it. */
  install(sid: ServerId, release: string): void {
    const planned = { for: "upgrade", from: this.releaseOf(sid), to: release } as const;
    this.configure({ server: sid, zookeeper: release });
    this.crash({ server: sid, unsynced: "kept", connectionsReset: true }, planned);
  }

  /** Restores the properties of all links and disks to those in the spec. */
  resetCharacters(): void {
    const { network } = this.world;
    network.setDefaultCharacter(this.characters.link);
    for (const a of this.ids) {
      for (const b of this.ids) if (a !== b) network.setCharacter(a, b, this.characters.link);
      this.world.node(a).disk.setCharacter(this.characters.disk);
    }
    this.setLinks();
  }

  /** Sets the latencies of the links for which the spec gives a latency of their own. */
  private setLinks(): void {
    const { network } = this.world;
    for (const { from, to, latency, bothWays } of this.spec.network.links) {
      const { minUs, maxUs } = rangeUs(latency);
      const character = { latencyMinUs: minUs, latencyMaxUs: maxUs };
      network.setCharacter(from, to, character);
      if (bothWays) network.setCharacter(to, from, character);
    }
  }

  /** Returns the spec of a server, with the release and the configuration that steps have changed. */
  serverSpec(sid: ServerId): ServerSpec {
    return this.changedSpecs.get(sid) ?? (this.spec.servers[sid] as ServerSpec);
  }

  /** Returns the servers that the configuration file of a server lists. Equal files can be different objects. */
  ensembleConfigOf(sid: ServerId): EnsembleConfig {
    const { config, view } = this.serverSpec(sid);
    return config === undefined && view === undefined
      ? this.commonConfig
      : ensembleConfigOf(this.spec, { ...(config && { config }), ...(view && { view }) });
  }

  /** The configuration with which the server starts. */
  configOf(sid: ServerId): ServerConfig {
    const { committed, next } = this.configFiles(sid);
    const ensemble = committed === undefined ? this.ensembleConfigOf(sid) : configOfVerifier(committed);
    const myid = this.myidOf(sid);
    const settings = this.settingsOf(sid);
    const isRead = committed !== undefined || this.behaviorFor(sid).readsNextConfigWithLists;
    return {
      release: this.releaseOf(sid),
      ...(myid !== sid && { myid }),
      role: ensemble.voters.includes(myid) ? "participant" : "observer",
      view: membersOf(ensemble),
      ensemble,
      ...(committed && { dynamicFile: configInFile(committed) }),
      ...(next && (isRead ? { nextFile: configInFile(next) } : { unreadFile: configInFile(next) })),
      settings,
      changed: changedSettings(settings),
    };
  }

  /**
   * Returns the configurations of a server: those that its core has, or those that its files have if it is down. A
   * pending configuration that is not newer than the committed one is not in force.
   */
  configurationsOf(sid: ServerId): Pick<Configurations, "committed" | "pending"> {
    const server = this.servers.get(sid);
    if (server !== undefined) return server.peer.configurations;
    const { next, verifier } = this.peerConfig(sid);
    return { committed: verifier, pending: next ?? verifier };
  }

  /** Returns the lists in zoo.cfg, and what a server with such lists does with zoo.cfg.dynamic.next. */
  listsOf(sid: ServerId): {
    readonly lists: QuorumVerifier;
    readonly isNextRead: boolean;
    readonly reconfigEnabled: boolean;
  } {
    const { settings, verifier } = this.peerConfig(sid);
    const { reconfigEnabled } = settings;
    return { lists: verifier, isNextRead: this.behaviorFor(sid).readsNextConfigWithLists, reconfigEnabled };
  }

  /** Returns whether the committed configuration of a server lists it. If not, the server exits at its next start. */
  isMember(sid: ServerId): boolean {
    return this.configurationsOf(sid).committed.members.includes(this.myidOf(sid));
  }

  /** Returns the id under which a server takes part. */
  myidOf(sid: ServerId): ServerId {
    return this.serverSpec(sid).myid ?? sid;
  }

  private releaseOf(sid: ServerId): string {
    return this.serverSpec(sid).zookeeper ?? this.spec.zookeeper;
  }

  private behaviorFor(sid: ServerId): Behavior {
    const release = this.releaseOf(sid);
    let behavior = this.behaviors.get(release);
    if (behavior === undefined) {
      const named = withNamed(behaviorOf(release), this.spec.behaviors);
      behavior = this.options.change?.(named) ?? named;
      this.behaviors.set(release, behavior);
    }
    return behavior;
  }

  private settingsOf(sid: ServerId): Settings {
    return { ...DEFAULT_SETTINGS, ...this.spec.settings, ...this.serverSpec(sid).settings };
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
    this.servers.delete(server.id);
  }

  private peerConfig(sid: ServerId): PeerConfig {
    const ensemble = this.ensembleConfigOf(sid);
    const settings = this.settingsOf(sid);
    const { emptyHistory } = this;
    const { committed, next } = this.configFiles(sid);
    const behavior = this.behaviorFor(sid);
    const myid = this.myidOf(sid);
    if (committed !== undefined) return { myid, behavior, verifier: committed, next, settings, emptyHistory };
    const common = ensemble === this.commonConfig ? this.commonVerifier : verifierOfConfig(ensemble);
    const { configVersion } = settings;
    const verifier = common.version === configVersion ? common : { ...common, version: configVersion };
    const read = behavior.readsNextConfigWithLists ? next : undefined;
    return { myid, behavior, verifier, next: read, settings, emptyHistory };
  }

  /** Returns the files with the configuration of a server. */
  configFiles(sid: ServerId): ConfigFiles {
    let files = this.files.get(sid);
    if (files === undefined) {
      const { config, nextConfig } = this.serverSpec(sid);
      const committed = config?.version === undefined ? undefined : verifierOfConfig(config);
      // 3.4 has no pending configurations and never reads this file.
      const isRead = nextConfig !== undefined && behaviorOf(this.releaseOf(sid)).knowsReconfig;
      files = new ConfigFiles(committed, isRead ? verifierOfConfig(nextConfig) : undefined);
      this.files.set(sid, files);
    }
    return files;
  }
}

function membersOf({ observers, voters }: EnsembleConfig): readonly ServerId[] {
  return [...voters, ...observers].sort((a, b) => a - b);
}

function changedSettings(settings: Settings): Partial<Settings> {
  const changed = Object.entries(settings).filter(
    ([name, value]) => value !== DEFAULT_SETTINGS[name as keyof Settings],
  );
  return Object.fromEntries(changed);
}

function linkCharacter({ network }: ClusterSpec): LinkCharacter {
  const { minUs, maxUs } = rangeUs(network.latency);
  const { lossRate, duplicateRate } = network;
  return { ...DEFAULT_LINK, latencyMinUs: minUs, latencyMaxUs: maxUs, lossRate, duplicateRate };
}

function diskCharacter({ disk }: ClusterSpec): DiskCharacter {
  const sync = rangeUs(disk.sync);
  const write = rangeUs(disk.write);
  const snapshot = disk.snapshot === undefined ? undefined : rangeUs(disk.snapshot);
  const load = disk.load === undefined ? undefined : rangeUs(disk.load);
  return {
    ...{ syncMinUs: sync.minUs, syncMaxUs: sync.maxUs, writeMinUs: write.minUs, writeMaxUs: write.maxUs },
    ...(snapshot && { fileMinUs: snapshot.minUs, fileMaxUs: snapshot.maxUs }),
    ...(load && { readMinUs: load.minUs, readMaxUs: load.maxUs }),
  };
}

function threadDurations({ disk, threads }: ClusterSpec): ThreadDurations {
  const { applyLatency, electionWakeUp, queueNewLeader, resumeLearner } = threads;
  const serialize = rangeUs(threads.serializeSnapshot);
  const transfer = rangeUs(threads.transferSnapshot);
  return {
    electionWakeUp: rangeUs(electionWakeUp),
    load: rangeUs(disk.load ?? "0ms"),
    [WORK_APPLY_COMMITS]: rangeUs(applyLatency),
    [WORK_SEND_SNAPSHOT]: { minUs: serialize.minUs + transfer.minUs, maxUs: serialize.maxUs + transfer.maxUs },
    [WORK_RESUME_LEARNER]: rangeUs(resumeLearner),
    [WORK_QUEUE_NEWLEADER]: rangeUs(queueNewLeader),
  };
}

/** Parses a duration or a range of durations. The scenario loader has already checked the text. */
function rangeUs(text: string): DurationRange {
  return parseDurationRange(text) ?? { minUs: 0, maxUs: 0 };
}
