/**
 * The life of one txn: what each server did with it, in order, and how it lost it. Read off a run's records.
 */
import type { ProtocolRecord } from "../cluster/records.ts";
import type { ScenarioRun } from "../scenarios/run.ts";
import { formatMoment, formatZxid } from "./format.ts";

export type LifeKind =
  /** On the disk that the scenario gave it. */
  | "before"
  | "proposed"
  | "logged"
  | "synced"
  | "committed"
  | "delivered"
  /** Came in a leader's snapshot; then written as one. */
  | "snapshot"
  | "saved"
  | "read-back"
  /** Outlived a TRUNC below it. */
  | "kept"
  | "truncated"
  /** By a crash, before it was synced. */
  | "lost"
  /** Was in memory only when the process ended. */
  | "forgotten"
  /** A leader's snapshot without it took the place of what was in memory. */
  | "replaced";

export interface LifeEvent {
  readonly kind: LifeKind;
  readonly server: number;
  readonly atUs: number;
  /** In the run's records. */
  readonly index: number;
}

/** What every txn from before the run is called. */
const BEFORE = "before";

const LOSSES: ReadonlySet<LifeKind> = new Set(["truncated", "lost", "forgotten", "replaced"]);
const GAINS: ReadonlySet<LifeKind> = new Set(["before", "proposed", "logged", "delivered", "snapshot"]);

/** What is known of the txn at one server while the records are read. */
interface Holding {
  memory: boolean;
  disk: boolean;
  synced: boolean;
  /** The leader whose snapshot is to come. */
  snapshotOf: number | undefined;
  lastCrash: number;
  seen: boolean;
}

export class Life {
  readonly zxid: number;
  readonly value: string;
  readonly events: readonly LifeEvent[];

  constructor(run: ScenarioRun, zxid: number) {
    this.zxid = zxid;
    const teller = new Teller(run, zxid);
    for (const [index, record] of run.records.entries()) teller.read(record, index);
    this.events = teller.events;
    this.value = teller.value;
  }

  /** `1:4 (w3)`. */
  get name(): string {
    return this.value === "" || this.value === BEFORE
      ? formatZxid(this.zxid)
      : `${formatZxid(this.zxid)} (${this.value})`;
  }

  /** How the server came to have it, if it has it just behind that record. */
  gained(server: number, until: number): LifeEvent | undefined {
    const own = this.of(server, until);
    const lost = own.findLastIndex(({ kind }) => LOSSES.has(kind));
    return own.slice(lost + 1).find(({ kind }) => GAINS.has(kind));
  }

  /** How the server lost it last, if it has not had it since. */
  lost(server: number, until: number): LifeEvent | undefined {
    const last = this.of(server, until).findLast(({ kind }) => GAINS.has(kind) || LOSSES.has(kind));
    return last !== undefined && LOSSES.has(last.kind) ? last : undefined;
  }

  of(server: number, until = Number.POSITIVE_INFINITY): LifeEvent[] {
    return this.events.filter((event) => event.server === server && event.index <= until);
  }
}

class Teller {
  readonly events: LifeEvent[] = [];
  value = "";
  private readonly run: ScenarioRun;
  private readonly zxid: number;
  private readonly holdings = new Map<number, Holding>();

  constructor(run: ScenarioRun, zxid: number) {
    this.run = run;
    this.zxid = zxid;
  }

  read(record: ProtocolRecord, index: number): void {
    if (record.server < 0) return;
    const one = this.holding(record.server);
    const { zxid } = this;
    const tell = (kind: LifeKind, at = index): void => {
      const { atUs, server } = this.run.records[at] as ProtocolRecord;
      this.events.push({ kind, server, atUs, index: at });
    };
    switch (record.event) {
      case "sync-decided":
        this.holding(record.learner).snapshotOf = record.decision === "SNAP" ? record.server : undefined;
        break;
      case "proposed":
      case "logged":
      case "committed":
      case "delivered":
        if (record.zxid !== zxid) break;
        if (record.event === "logged") one.disk = true;
        if (record.event === "delivered") one.memory = true;
        this.value = record.value;
        tell(record.event);
        break;
      case "synced":
        if (!one.disk || one.synced || record.zxid < zxid) break;
        one.synced = true;
        tell("synced");
        break;
      case "fast-forwarded":
        one.memory ||= one.disk && record.zxid >= zxid;
        break;
      case "snapshot-saved":
        if (one.memory && !one.disk) tell("saved");
        one.disk ||= one.memory;
        break;
      case "truncated":
        if (!one.memory && !one.disk) break;
        tell(record.end < zxid ? "truncated" : "kept");
        if (record.end < zxid) Object.assign(one, { memory: false, disk: false, synced: false });
        break;
      case "crashed":
        one.lastCrash = index;
        if (record.lost.includes(zxid)) {
          tell("lost");
          one.disk = false;
        } else if (one.memory && !one.disk) tell("forgotten");
        one.memory = false;
        one.snapshotOf = undefined;
        break;
      case "looking":
        one.snapshotOf = undefined;
        break;
      case "loaded":
        if (one.snapshotOf === undefined) this.readFromDisk(one, record.server, record.zxid, tell);
        else this.takeSnapshot(one, one.snapshotOf, tell);
        break;
      default:
        break;
    }
  }

  private readFromDisk(one: Holding, server: number, last: number, tell: (kind: LifeKind, at?: number) => void): void {
    if (!one.seen) {
      one.seen = true;
      one.disk = last >= this.zxid && historyHas(this.run.scenario.servers[server]?.history ?? "", this.zxid);
      one.synced = one.disk;
      if (one.disk) tell("before");
    } else if (one.disk && last < this.zxid) {
      if (one.lastCrash >= 0) tell("lost", one.lastCrash);
      one.disk = false;
    } else if (one.disk && !one.synced) {
      tell("read-back");
    }
    one.memory = one.disk;
  }

  private takeSnapshot(one: Holding, leader: number, tell: (kind: LifeKind) => void): void {
    const { memory } = this.holding(leader);
    if (memory && !one.memory) tell("snapshot");
    if (!memory && one.memory) tell("replaced");
    one.memory = memory;
    // The snapshot is read from now on, not what the log holds below it.
    if (!memory) one.disk = false;
    one.snapshotOf = undefined;
  }

  private holding(server: number): Holding {
    let one = this.holdings.get(server);
    if (one === undefined) {
      one = { memory: false, disk: false, synced: false, snapshotOf: undefined, lastCrash: -1, seen: false };
      this.holdings.set(server, one);
    }
    return one;
  }
}

/** `epoch:counter` as a number; undefined for anything else. */
export function zxidFrom(text: string | number | undefined): number | undefined {
  const match = /^(\d+):(\d+)$/.exec(String(text));
  return match === null ? undefined : Number(match[1]) * 0x1_0000_0000 + Number(match[2]);
}

/** Whether a history such as `1:1..1:5, 2:1` has a txn. */
function historyHas(history: string, zxid: number): boolean {
  return history.split(",").some((range) => {
    const [first, last = first] = range.trim().split("..").map(zxidFrom);
    return first !== undefined && last !== undefined && first <= zxid && zxid <= last;
  });
}

const DID: Readonly<Record<LifeKind, string>> = {
  before: "on disk before the run",
  proposed: "proposed",
  logged: "logged",
  synced: "synced",
  committed: "committed",
  delivered: "delivered",
  snapshot: "got it by SNAP",
  saved: "saved in a snapshot",
  "read-back": "read back, still not synced",
  kept: "outlived a TRUNC",
  truncated: "truncated",
  lost: "lost by a crash",
  forgotten: "forgotten by a crash: it was in memory only",
  replaced: "replaced by a SNAP without it",
};

/** One sentence for each server that had it, up to a record: what it did, with the moment behind what was done at that moment. */
export function lifeText(life: Life, run: ScenarioRun, until: number): string[] {
  return run.servers.flatMap(({ sid }) => {
    const events = life.of(sid, until);
    if (events.length === 0) return [];
    const parts = events.map(({ kind, atUs }, i) => {
      const timed = atUs !== events[i + 1]?.atUs && kind !== "before";
      return timed ? `${DID[kind]} ${formatMoment(atUs)}` : DID[kind];
    });
    const process = run.records.findLast(
      ({ event, server }, index) => index <= until && server === sid && (event === "started" || event === "crashed"),
    );
    if (process?.event === "crashed") parts.push(`down since ${formatMoment(process.atUs)}`);
    return [`server ${sid}: ${parts.join(", ")}`];
  });
}
