/**
 * The state of each server as the checkers know it: the history in its memory, the history on its disk, whether it
 * serves, and which leader it elected. The checkers derive this state from the server's notes, the calls with which its
 * core reports what it does. After a crash, the memory and the log of the server are unknown until the server loads its
 * database again.
 */
import { asEpoch, type Epoch, type History, type ServerId } from "../protocol/index.ts";
import { EpochPrimaries, type EpochPrimary } from "./epoch-primaries.ts";
import type { Configuration } from "./quorum-test.ts";
import type { Role } from "./violation.ts";

/** Stands for "no epoch". It is lower than every epoch. */
export const NO_EPOCH: Epoch = asEpoch(-1);

/** The rules about configurations that hold for a server, because of its release and its settings. */
export interface ConfigRules {
  /**
   * Whether a learner has the configuration of its leader when it starts to serve: it knows reconfiguration and has
   * reconfigEnabled.
   */
  readonly adoptsConfigs: boolean;
  /** Whether a learner does not activate a pending configuration at UPTODATE. Default: false. */
  readonly keepsPending?: boolean;
  /** Whether the server always keeps the configuration in its file: 3.4, or reconfigEnabled=false. Default: false. */
  readonly keepsOwnConfig?: boolean;
  /** Whether the server ignores votes for servers that are not voters (ZOOKEEPER-2988). */
  readonly electsOnlyVoters: boolean;
  /** Whether the server joins a leader that a quorum of its committed configuration supports. Default: false. */
  readonly joinsWithCommittedQuorum?: boolean;
  /** Whether a transaction needs only a quorum of the new configuration once this is committed. Default: false. */
  readonly activationEndsOldQuorum?: boolean;
}

export interface ServerView {
  readonly sid: ServerId;
  /** The rules about configurations that hold for the server. */
  rules: ConfigRules;
  /** The committed configuration of the server. The server counts quorums by it. */
  configuration: Configuration;
  /** The configuration that the server has seen and not committed, if it is newer. Quorums then need both. */
  pending: Configuration | undefined;
  /** The configuration that the server has replaced since it took its role; undefined if there is none. */
  replaced: Configuration | undefined;
  /** Whether the configuration of the server makes it an observer. */
  observer: boolean;
  /** Whether the server has loaded its disk at least once in this run. */
  hasLoaded: boolean;
  /** The history in memory; undefined while the server is down. */
  tree: History | undefined;
  /** The history in the log, unsynced records included; undefined while the server is down. */
  log: History | undefined;
  /** The part of the log that survives a crash. It stays known while the server is down. */
  durable: History | undefined;
  /** Whether the test environment has damaged the disk. The server notices it when it loads its database again. */
  isDamaged: boolean;
  /** The history that survived crashes until damage destroyed a part of it; undefined if there was no such damage. */
  beforeDamage: History | undefined;
  role: Role;
  /**
   * Whether the server is down or LOOKING. A server that loads a database in this state reads its own disk, not a
   * leader's snapshot.
   */
  looking: boolean;
  /** Whether the server is in BROADCAST, so that clients see what it delivers. */
  serving: boolean;
  /**
   * The epoch in which the server takes part: the server has acknowledged NEWLEADER of this epoch, or is the
   * established leader of this epoch. NO_EPOCH if there is none. An observer that acknowledges NEWLEADER does not take
   * part.
   */
  epoch: Epoch;
  /** The leader that the server chose in its last election. */
  elected: ServerId | undefined;
  /** The state of the server as the primary of the epoch that it proposed last. */
  primary: EpochPrimary | undefined;
  /**
   * Number of transactions that were committed, as far as the leader could know, at its last sync decision for this
   * server. Infinite before the first decision.
   */
  committedAtDecision: number;
}

export class Ensemble {
  readonly servers = new Map<ServerId, ServerView>();
  readonly primaries = new EpochPrimaries();
  /** The primary for which `established` returned true last. */
  private newest: EpochPrimary | undefined;
  /** The configuration of `newest` while it leads. A later start of that server can have another one. */
  private newestConfiguration: Configuration | undefined;
  /** The highest established epoch; NO_EPOCH before the first. */
  private highestEpoch = NO_EPOCH;

  constructor(servers: readonly ServerId[], configuration: Configuration) {
    for (const sid of servers) this.servers.set(sid, newServerView(sid, configuration));
  }

  /** Records the configuration with which a server starts. */
  configured(sid: ServerId, configuration: Configuration, pending?: Configuration): void {
    const server = this.get(sid);
    server.configuration = configuration;
    server.pending = pending;
    server.observer = !configuration.voters.has(sid);
  }

  /** Returns the last configuration of the leader that was established last; that of `server` if there is none. */
  configurationInForce(server: ServerView): Configuration {
    return this.newestConfiguration ?? server.configuration;
  }

  /** Records that a server has committed a configuration. */
  configCommitted(server: ServerView): void {
    if (server === this.newestLeader) this.newestConfiguration = server.configuration;
  }

  get(sid: ServerId): ServerView {
    return this.servers.get(sid) as ServerView;
  }

  /** Records an established leader. Returns false if the leader is deposed. */
  established(primary: EpochPrimary): boolean {
    if (this.isDeposed(primary)) return false;
    this.highestEpoch = asEpoch(Math.max(this.highestEpoch, primary.epoch));
    this.newest = primary;
    this.newestConfiguration = this.get(primary.leader.sid).configuration;
    this.primaries.newestCount++;
    return true;
  }

  /**
   * Returns whether a newer leader was established after this primary proposed its epoch. A leader that proposes its
   * epoch after the newest leader was established is not deposed, even if its epoch is lower. A quorum can accept such
   * an epoch only if servers have lost the epoch that they had accepted, for example with their disks.
   */
  isDeposed(primary: EpochPrimary): boolean {
    if (primary === this.newest || primary.epoch > this.highestEpoch) return false;
    return primary.newestBefore < this.primaries.newestCount;
  }

  /** The newest established leader; undefined after it has stopped leading. */
  get newestLeader(): ServerView | undefined {
    if (this.newest === undefined) return undefined;
    const leader = this.get(this.newest.leader.sid);
    return leader.epoch === this.newest.epoch ? leader : undefined;
  }

  /**
   * Returns the voters of a configuration whose disk would still have this history after a crash. A server that has
   * lost it only because the test environment has damaged its disk counts, too: its ACK was true when it sent the ACK.
   * For each log, walks back the part that is longer than `history`.
   */
  holdersOf(history: History, { voters }: Configuration): ServerId[] {
    const holders: ServerId[] = [];
    for (const { beforeDamage, durable, sid } of this.servers.values()) {
      if (!voters.has(sid)) continue;
      if (isPrefix(history, durable) || isPrefix(history, beforeDamage)) holders.push(sid);
    }
    return holders;
  }
}

/** Records the log that a server has read from its disk. */
export function readFromDisk(server: ServerView, log: History): void {
  const { durable, isDamaged } = server;
  if (isDamaged && durable !== undefined && !durable.isPrefixOf(log)) server.beforeDamage = durable;
  server.durable = log;
}

function isPrefix(history: History, longer: History | undefined): boolean {
  return longer !== undefined && history.isPrefixOf(longer);
}

function newServerView(sid: ServerId, configuration: Configuration): ServerView {
  return {
    sid,
    rules: { adoptsConfigs: true, electsOnlyVoters: true },
    configuration,
    pending: undefined,
    replaced: undefined,
    observer: !configuration.voters.has(sid),
    hasLoaded: false,
    tree: undefined,
    log: undefined,
    durable: undefined,
    isDamaged: false,
    beforeDamage: undefined,
    role: "down",
    looking: true,
    serving: false,
    epoch: NO_EPOCH,
    elected: undefined,
    primary: undefined,
    committedAtDecision: Number.POSITIVE_INFINITY,
  };
}
