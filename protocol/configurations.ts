/**
 * The configurations of one server (QuorumPeer#quorumVerifier and #lastSeenQuorumVerifier), and which servers count for
 * what. This is the one place that says so, by release:
 *
 *                                  | which servers count
 *   quorum of an epoch, ACKEPOCH   | voters of the committed configuration
 *   ACK of NEWLEADER               | voters, in each configuration in force
 *   ACK of a PROPOSAL, half tick   | voters, in each configuration in force
 *   votes of an election           | voters, in each configuration in force
 *
 * The pending configuration, which the server has seen in a proposal or in NEWLEADER, is in force if it is newer than
 * the committed one. In old releases, other servers count, too (Behavior#observersDoNotCount, #onlyVotersAcknowledge).
 *
 * The files of a configuration are written in the calling thread, one after the other (QuorumPeer#setQuorumVerifier):
 *
 *   zoo.cfg.dynamic.next       the pending configuration
 *   zoo.cfg.dynamic.<version>  the committed configuration
 *   zoo.cfg                    the name of the file of the committed configuration
 *
 * A client reads the configuration from the znode /zookeeper/config (storage/database.ts).
 */
import type { Behavior } from "./behavior.ts";
import type { Effects } from "./effects.ts";
import type { Notes } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { AckSet, countingObservers, portsOf, type QuorumVerifier, sameConfig } from "./quorum.ts";
import type { Settings } from "./settings.ts";
import type { ServerId } from "./zxid.ts";

/** What `Configurations` uses of its server. */
export interface ConfigurationHost {
  /** The id of the server. */
  readonly myid: ServerId;
  /** Whether the server cannot resolve its own host name. */
  readonly ownNameFails: boolean;
  /** The behaviors of the server's release. */
  readonly behavior: Behavior;
  /** The host, which writes the files. */
  readonly effects: Effects;
  /** The receiver of observations. */
  readonly notes: Notes;
  /** The settings of the server. */
  readonly settings: Settings;
}

/** The committed and the pending configuration of one server. */
export class Configurations {
  private readonly host: ConfigurationHost;
  private current: QuorumVerifier;
  private lastSeen: QuorumVerifier;
  /** The ports of the server itself, in its newest committed configuration that lists it (QuorumPeer#myAddrs). */
  private ownPorts: Ports;
  /** Whether the server could resolve its own host name when it parsed the committed configuration. */
  private isResolved = true;
  /** Does the same for the pending configuration. */
  private isLastSeenResolved = true;
  /** The committed configuration, for the quorums that count other servers as well in old releases. */
  private forEpochs: QuorumVerifier;
  private forAcks: QuorumVerifier;

  /**
   * `next` is the content of zoo.cfg.dynamic.next; undefined if the server has not read that file
   * (QuorumPeerMain#runFromConfig calls QuorumPeer#setLastSeenQuorumVerifier).
   */
  constructor(host: ConfigurationHost, committed: QuorumVerifier, next: QuorumVerifier | undefined) {
    this.host = host;
    this.current = committed;
    this.lastSeen = this.ignoresPending ? committed : (next ?? committed);
    this.ownPorts = portsOf(committed, host.myid);
    this.forEpochs = this.widened(committed, host.behavior.observersDoNotCount);
    this.forAcks = this.widened(committed, host.behavior.onlyVotersAcknowledge);
  }

  /** The configuration that the server works with (QuorumPeer#getQuorumVerifier). */
  get committed(): QuorumVerifier {
    return this.current;
  }

  /** The newest configuration that the server has seen (QuorumPeer#getLastSeenQuorumVerifier). */
  get pending(): QuorumVerifier {
    return this.lastSeen;
  }

  /** The pending configuration if it is in force, otherwise null. */
  get second(): QuorumVerifier | null {
    return this.lastSeen.version > this.current.version ? this.lastSeen : null;
  }

  /** The configurations in force: the committed one, and the pending one if it is newer. */
  get inForce(): readonly QuorumVerifier[] {
    return this.second === null ? [this.current] : [this.current, this.second];
  }

  /** Returns whether a server votes in a configuration that is in force. */
  isVoter(sid: ServerId): boolean {
    return this.current.isVoter(sid) || (this.second?.isVoter(sid) ?? false);
  }

  /** Returns whether a configuration that is in force lists a server. */
  knows(sid: ServerId): boolean {
    return this.current.members.includes(sid) || (this.second?.members.includes(sid) ?? false);
  }

  /** The ports of the server itself. */
  get own(): Ports {
    return this.ownPorts;
  }

  /**
   * Returns the election port at which the server dials another one (QuorumCnxManager#connectOne): the committed one.
   * The pending configuration counts only for servers that the committed one lacks. Undefined for unknown servers.
   */
  electionPortOf(sid: ServerId): number | undefined {
    if (this.current.members.includes(sid)) return portsOf(this.current, sid).election;
    return this.second?.members.includes(sid) ? portsOf(this.second, sid).election : undefined;
  }

  /** Returns the election port in the pending configuration, if it differs from the committed one, which is `port`. */
  changedElectionPortOf(sid: ServerId, port: number): number | undefined {
    if (!this.second?.members.includes(sid) || this.electionPortOf(sid) !== port) return undefined;
    const changed = portsOf(this.second, sid).election;
    return changed === port ? undefined : changed;
  }

  /**
   * Returns whether the server votes in a configuration with the quorum address that it has. In Java, an address whose
   * name is resolved never equals one whose name is not (Leader#getDesignatedLeader, ZOOKEEPER-4708).
   */
  keepsQuorumAddress(config: QuorumVerifier): boolean {
    const { myid } = this.host;
    if (!config.isVoter(myid) || portsOf(config, myid).quorum !== this.own.quorum) return false;
    return this.isResolved === this.isParsedResolved(config);
  }

  /** The voters of the configurations in force, ascending. */
  get voters(): readonly ServerId[] {
    const { current, second } = this;
    if (second === null) return current.voters;
    return [...new Set([...current.voters, ...second.voters])].sort((a, b) => a - b);
  }

  /** Returns an empty set of votes of an election. */
  votes(): AckSet {
    return new AckSet(this.current, this.second);
  }

  /** Returns an empty set of votes that only the committed configuration counts. */
  committedVotes(): AckSet {
    return new AckSet(this.current);
  }

  /** The verifier of the quorum that proposes an epoch, and of the quorum of ACKEPOCHs. */
  get epochVerifier(): QuorumVerifier {
    return this.forEpochs;
  }

  /** Returns an empty set of ACKs of NEWLEADER. */
  newLeaderAcks(): AckSet {
    return new AckSet(this.forEpochs, this.second);
  }

  /** Returns an empty set of ACKs of a proposal, or of servers that are synced with the leader. */
  proposalAcks(): AckSet {
    return new AckSet(this.forAcks, this.second);
  }

  /**
   * Makes a configuration the pending one, and writes zoo.cfg.dynamic.next (QuorumPeer#setLastSeenQuorumVerifier). Java
   * logs an error if the configuration is older than the pending one, but stores it as well. With `reparsesOwn` false,
   * the address of this server is taken over from the configuration before it.
   */
  see(config: QuorumVerifier, reparsesOwn = true): void {
    if (this.ignoresPending) return;
    const { effects, notes } = this.host;
    if (config.version === this.lastSeen.version) return;
    this.lastSeen = config;
    if (reparsesOwn) this.isLastSeenResolved = this.resolvesOwnName;
    effects.writeNextConfig(config);
    notes.configSeen(config);
  }

  /**
   * Makes a configuration the committed one, unless it is not newer, and writes its files in Java's order
   * (QuorumPeer#setQuorumVerifier). Returns whether the members, roles, addresses, groups or weights changed.
   */
  commit(config: QuorumVerifier): boolean {
    const { current: before, isResolved } = this;
    if (config.version <= before.version) return false;
    const { behavior, effects, myid, notes } = this.host;
    this.isResolved = this.isParsedResolved(config);
    this.current = config;
    if (config.members.includes(myid)) this.ownPorts = portsOf(config, myid);
    this.forEpochs = this.widened(config, behavior.observersDoNotCount);
    this.forAcks = this.widened(config, behavior.onlyVotersAcknowledge);
    if (config.version > this.lastSeen.version) {
      this.lastSeen = config;
      this.isLastSeenResolved = this.isResolved;
    }
    effects.writeDynamicConfig(config);
    effects.pointToDynamicConfig(config);
    if (this.lastSeen.version === config.version) effects.deleteNextConfig();
    notes.configCommitted(config);
    return !sameConfig(before, config) || this.isResolved !== isResolved;
  }

  /** Whether the server's own host name is resolved in a configuration: the pending one, or one that it parses now. */
  private isParsedResolved(config: QuorumVerifier): boolean {
    return config.version === this.lastSeen.version ? this.isLastSeenResolved : this.resolvesOwnName;
  }

  private get resolvesOwnName(): boolean {
    return !this.host.ownNameFails || this.host.behavior.comparesResolvedAddresses;
  }

  /** Whether the server stores no pending configuration (QuorumPeer#setLastSeenQuorumVerifier). */
  private get ignoresPending(): boolean {
    const { behavior, settings } = this.host;
    return !settings.reconfigEnabled && behavior.reconfigDisabledKeepsPending;
  }

  private widened(config: QuorumVerifier, onlyVoters: boolean): QuorumVerifier {
    return onlyVoters ? config : countingObservers(config);
  }
}
