/**
 * The states of configurations that a run reaches, as features of its coverage: on how many servers a configuration is
 * pending or active, how servers come to it, and how their settings and files differ.
 */
import type { ProtocolRecord } from "../cluster/records.ts";
import type { ReconfigRefusal, ServerId } from "../protocol/index.ts";
import type { StartConfig } from "../scenarios/run.ts";

/** The states, in words. */
export const CONFIG_STATES = [
  "pending on one server",
  "pending on a quorum",
  "active on one server and pending on others",
  "active on a quorum",
  "two in force during an election",
  "adopted in an election",
  "handover to a designated leader",
  "reconfigEnabled on some servers only",
  "reconfigEnabled changed by a restart",
  "older file and reconfigEnabled=false",
] as const;
type ConfigState = (typeof CONFIG_STATES)[number];

/** The reasons for which a leader of a release with reconfiguration refuses a request. */
export const REFUSALS: readonly ReconfigRefusal[] = [
  "ReconfigDisabled",
  "ReconfigInProgress",
  "BadVersion",
  "BadArguments",
  "NewConfigNoQuorum",
];

/** The events from which the states follow. */
export const CONFIG_EVENTS: ReadonlySet<ProtocolRecord["event"]> = new Set([
  "config-seen",
  "config-committed",
  "reconfig-refused",
  "leader-designated",
  "looking",
  "elected",
] as const);

/** The configurations of one server, by version, and its setting; undefined before its start. */
interface Versions {
  committed: number;
  pending: number;
  isLooking: boolean;
  reconfigEnabled: boolean | undefined;
}

/** Derives the states from the records of one run. */
export class ConfigCoverage {
  private readonly servers = new Map<ServerId, Versions>();
  private readonly count: (feature: string) => void;

  /** `count` counts one feature. */
  constructor(count: (feature: string) => void) {
    this.count = count;
  }

  /** Starts a new run. */
  clear(): void {
    this.servers.clear();
  }

  /** Sets the versions in the files with which a server starts, and its setting. */
  started(sid: ServerId, { committed, pending, reconfigEnabled }: StartConfig): void {
    const before = this.versionsOf(sid).reconfigEnabled;
    if (before !== undefined && before !== reconfigEnabled) this.reached("reconfigEnabled changed by a restart");
    this.servers.set(sid, { committed, pending, isLooking: true, reconfigEnabled });
    const differs = (one: Versions): boolean =>
      one.reconfigEnabled !== undefined && one.reconfigEnabled !== reconfigEnabled;
    if (this.serversWith(differs).length > 0) this.reached("reconfigEnabled on some servers only");
    const isOlder = committed > 0 && this.serversWith((one) => one.committed > committed).length > 0;
    if (isOlder && !reconfigEnabled) this.reached("older file and reconfigEnabled=false");
  }

  recorded(record: ProtocolRecord): void {
    if (record.event === "reconfig-refused") this.count(`refusal ${record.reason}`);
    else if (record.event === "leader-designated") this.reached("handover to a designated leader");
    else if (record.event === "config-seen") this.seen(record.server, record.version, record.config);
    else if (record.event === "config-committed") this.committed(record.server, record.version, record.config);
    else if (record.event === "looking") this.versionsOf(record.server).isLooking = true;
    else if (record.event === "elected") this.elected(record.server);
  }

  private reached(state: ConfigState): void {
    this.count(`config ${state}`);
  }

  private seen(sid: ServerId, version: number, config: string): void {
    const versions = this.versionsOf(sid);
    versions.pending = version;
    if (version <= versions.committed) return;
    const holders = this.serversWith((one) => one.pending === version);
    if (holders.length === 1) this.reached("pending on one server");
    if (isMajority(holders, config)) this.reached("pending on a quorum");
  }

  private committed(sid: ServerId, version: number, config: string): void {
    const versions = this.versionsOf(sid);
    versions.committed = version;
    versions.pending = Math.max(versions.pending, version);
    if (versions.isLooking) this.reached("adopted in an election");
    const holders = this.serversWith((one) => one.committed === version);
    const waiting = this.serversWith((one) => one.committed < version && one.pending === version);
    if (holders.length === 1 && waiting.length > 0) this.reached("active on one server and pending on others");
    if (isMajority(holders, config)) this.reached("active on a quorum");
  }

  private elected(sid: ServerId): void {
    const versions = this.versionsOf(sid);
    versions.isLooking = false;
    if (versions.pending > versions.committed) this.reached("two in force during an election");
  }

  private versionsOf(sid: ServerId): Versions {
    const versions = this.servers.get(sid) ?? {
      committed: 0,
      pending: 0,
      isLooking: false,
      reconfigEnabled: undefined,
    };
    this.servers.set(sid, versions);
    return versions;
  }

  private serversWith(test: (versions: Versions) => boolean): ServerId[] {
    return [...this.servers].flatMap(([sid, versions]) => (test(versions) ? [sid] : []));
  }
}

/** Returns whether servers are more than half of the voters in the text of a configuration, such as `voters 1,2,3`. */
function isMajority(servers: readonly ServerId[], config: string): boolean {
  const voters = (/^voters ([\d,]+)/.exec(config)?.[1] ?? "").split(",").map(Number);
  return servers.filter((sid) => voters.includes(sid)).length > voters.length / 2;
}
