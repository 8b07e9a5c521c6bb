/**
 * Follows the configurations of the servers through the records of a run. Finds the servers that lost a pending
 * configuration or activated one too early, and the leaders that were established with an older configuration because
 * of that.
 */
import type { ConfigInFile, ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import { asZxid, counterOf, epochOf, type ServerId, type Zxid } from "../../protocol/zxid.ts";

/**
 * How a configuration got out of step: a start deleted zoo.cfg.dynamic.next, and the server started again (`restarts`);
 * the server started with the lists in zoo.cfg, so it did not read zoo.cfg.dynamic.next (`lists`); NEWLEADER named an
 * older configuration of the same leader (`newleader`); or a learner activated the configuration of UPTODATE before any
 * leader committed it (`uptodate`).
 */
export type ConfigFault = "restarts" | "lists" | "newleader" | "uptodate";

/** A configuration that a server lost, or activated too early. */
export interface LostConfig {
  readonly fault: ConfigFault;
  readonly server: ServerId;
  readonly config: ConfigInFile;
  readonly atUs: number;
  /** The time at which a start read the configuration from zoo.cfg.dynamic.next; undefined if none did. */
  readonly readUs: number | undefined;
}

/** A leader that was established with a configuration that is older than an active one. */
export interface OldConfigLeader {
  readonly established: RecordOf<"established">;
  /** The lost configurations that made this possible, all with the same fault and the same version. */
  readonly lost: readonly LostConfig[];
  /** Whether another established leader still led. */
  readonly isSecond: boolean;
}

type ConfigRecord = RecordOf<"config-seen" | "config-committed">;

/** What the records say about one server. */
interface Known {
  committed: ConfigInFile | undefined;
  /** The pending configuration, if it is newer than the committed one. */
  pending: ConfigInFile | undefined;
  /** The time of the start that read `pending` from zoo.cfg.dynamic.next. */
  readUs: number | undefined;
  role: ProtocolRecord["event"];
  acceptedEpoch: number;
  leads: boolean;
  /** The learners whose ACK of NEWLEADER the server has read as a leader. */
  supporters: Set<ServerId>;
}

export class LostConfigs {
  /** The losses that have happened, without those that the server has made up for. */
  readonly lost: LostConfig[] = [];
  /** The leaders with an old configuration, in the order of their establishment. */
  readonly leaders: OldConfigLeader[] = [];
  private readonly servers = new Map<ServerId, Known>();
  /** The configurations that a server has committed, by version. */
  private readonly active = new Set<Zxid>();

  /** Reads the records up to a time. */
  constructor(records: readonly ProtocolRecord[], untilUs: number) {
    for (const record of records) {
      if (record.atUs > untilUs) return;
      this.read(record, this.of(record.server));
    }
  }

  private read(record: ProtocolRecord, known: Known): void {
    switch (record.event) {
      case "started":
        this.started(record, known);
        break;
      case "config-seen":
        this.seen(record, known);
        break;
      case "config-committed":
        this.configCommitted(record, known);
        break;
      case "committed":
        this.remove(({ config, fault }) => fault === "uptodate" && config.version === record.zxid);
        break;
      case "epoch-accepted":
        known.acceptedEpoch = record.epoch;
        break;
      case "newleader-ack-read":
        known.supporters.add(record.learner);
        break;
      case "established":
        this.established(record, known);
        break;
      case "leading":
      case "following":
      case "observing":
      case "looking":
      case "crashed":
        takeRole(known, record.event);
        break;
      default:
    }
  }

  private started({ atUs, config, server }: RecordOf<"started">, known: Known): void {
    if (config === undefined) return;
    const { dynamicFile, nextFile, unreadFile } = config;
    const before = newestOf(known);
    const { readUs } = known;
    known.committed = dynamicFile;
    known.pending = nextFile !== undefined && nextFile.version > versionOf(dynamicFile) ? nextFile : undefined;
    known.readUs = known.pending === undefined ? undefined : atUs;
    if (dynamicFile !== undefined) this.active.add(dynamicFile.version);
    if (unreadFile !== undefined) this.add({ fault: "lists", server, config: unreadFile, atUs, readUs: undefined });
    if (before === undefined || versionOf(newestOf(known)) >= before.version) return;
    if (readUs !== undefined) this.add({ fault: "restarts", server, config: before, atUs, readUs });
  }

  private seen(record: ConfigRecord, known: Known): void {
    const { atUs, server, version } = record;
    const { acceptedEpoch, pending } = known;
    known.readUs = undefined;
    known.pending = version > versionOf(known.committed) ? record : undefined;
    // A later leader may replace the pending configuration, but not the leader that has proposed it.
    const isReplaced = pending !== undefined && version < pending.version && epochOf(pending.version) === acceptedEpoch;
    if (isReplaced) this.add({ fault: "newleader", server, config: pending, atUs, readUs: undefined });
    this.makeUpFor(server, version);
  }

  private configCommitted(record: ConfigRecord, known: Known): void {
    const { atUs, server, version } = record;
    const isLearner = known.role === "following" || known.role === "observing";
    if (isLearner && !this.active.has(version)) {
      this.add({ fault: "uptodate", server, config: record, atUs, readUs: undefined });
    }
    this.active.add(version);
    known.committed = record;
    if (version >= versionOf(known.pending)) known.pending = undefined;
    this.makeUpFor(server, version);
  }

  private established(established: RecordOf<"established">, known: Known): void {
    const { server } = established;
    const isSecond = [...this.servers.values()].some(({ leads }) => leads);
    known.leads = true;
    const isOld = (one: LostConfig): boolean =>
      this.active.has(one.config.version) && isOlder(versionOf(known.committed), one);
    const supports = ({ fault, server: sid }: LostConfig): boolean =>
      fault === "uptodate" || sid === server || known.supporters.has(sid);
    const all = this.lost.filter((one) => isOld(one) && supports(one));
    const last = all.at(-1);
    if (last === undefined) return;
    const lost = all.filter(({ config, fault }) => fault === last.fault && config.version === last.config.version);
    this.leaders.push({ established, lost, isSecond });
  }

  private add(lost: LostConfig): void {
    this.lost.push(lost);
  }

  /** Removes what a server has lost when it gets the configuration, or a newer one. */
  private makeUpFor(server: ServerId, version: Zxid): void {
    this.remove((one) => one.fault !== "uptodate" && one.server === server && !isOlder(version, one));
  }

  private remove(isRemoved: (lost: LostConfig) => boolean): void {
    for (let i = this.lost.length - 1; i >= 0; i--) if (isRemoved(this.lost[i] as LostConfig)) this.lost.splice(i, 1);
  }

  private of(sid: ServerId): Known {
    let known = this.servers.get(sid);
    if (known === undefined) {
      known = {
        committed: undefined,
        pending: undefined,
        readUs: undefined,
        role: "looking",
        acceptedEpoch: -1,
        leads: false,
        supporters: new Set(),
      };
      this.servers.set(sid, known);
    }
    return known;
  }
}

function takeRole(known: Known, role: Known["role"]): void {
  if (role !== known.role) {
    known.leads = false;
    known.supporters.clear();
  }
  known.role = role;
}

/**
 * Returns whether the configuration of this version does not make up for a lost one. The lists in zoo.cfg get the
 * version of their first leader, which can be higher.
 */
function isOlder(version: Zxid, { config, fault }: LostConfig): boolean {
  return version < config.version || (fault === "lists" && counterOf(version) === 0);
}

function newestOf({ committed, pending }: Known): ConfigInFile | undefined {
  return pending ?? committed;
}

function versionOf(config: ConfigInFile | undefined): Zxid {
  return config?.version ?? asZxid(0);
}
