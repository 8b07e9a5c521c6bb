/**
 * Derives the life of one transaction from the records of a run. For each server it tracks whether the transaction is
 * in memory, on disk and synced, because records such as `loaded` and `synced` concern whole histories.
 */
import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import type { ServerId, Zxid } from "../../protocol/zxid.ts";

export type LifeKind =
  /** The scenario put it on the server's disk. */
  | "before"
  | "proposed"
  | "logged"
  | "synced"
  | "committed"
  | "delivered"
  /** The server received it in a leader's snapshot. */
  | "snapshot"
  /** The server wrote it to disk as part of a snapshot. */
  | "saved"
  /** The server loaded it from its log after a restart, although it was never synced. */
  | "read-back"
  /** The server still had it after a TRUNC. */
  | "kept"
  | "truncated"
  /** A crash removed it from the log before it was synced. */
  | "lost"
  /** It was only in memory when the process ended. */
  | "forgotten"
  /** The server saved it in a snapshot, and did not load this snapshot when it started again. */
  | "unloaded"
  /** A leader's snapshot without it replaced the memory of the server. */
  | "replaced";

export interface LifeEvent {
  readonly kind: LifeKind;
  readonly server: ServerId;
  readonly atUs: number;
  /** The index of the record in the run's records. */
  readonly index: number;
}

/** Where the transaction is at one server. */
interface Holding {
  inMemory: boolean;
  onDisk: boolean;
  synced: boolean;
  /** Whether a snapshot of the server contains it. */
  saved: boolean;
  /** The leader whose snapshot this server is going to load. */
  snapshotFrom: ServerId | undefined;
  lastCrash: RecordPosition | undefined;
  hasLoadedDisk: boolean;
}

interface RecordPosition {
  readonly record: ProtocolRecord;
  readonly index: number;
}

type TxnRecord = RecordOf<"proposed" | "logged" | "committed" | "delivered">;

export class LifeTracker {
  readonly events: LifeEvent[] = [];
  /** The value that the client wrote, once a record names it. */
  value: string | undefined;
  private readonly zxid: Zxid;
  private readonly holdings = new Map<ServerId, Holding>();

  constructor(zxid: Zxid) {
    this.zxid = zxid;
  }

  read(record: ProtocolRecord, index: number): void {
    if (record.event === "script") return;
    const holding = this.holding(record.server);
    const position = { record, index };
    switch (record.event) {
      case "sync-decided":
        this.holding(record.learner).snapshotFrom = record.decision === "SNAP" ? record.server : undefined;
        break;
      case "proposed":
      case "logged":
      case "committed":
      case "delivered":
        if (record.zxid === this.zxid) this.named(holding, record, position);
        break;
      case "synced":
        if (holding.onDisk && !holding.saved && !holding.synced && record.zxid >= this.zxid) {
          holding.synced = true;
          this.add("synced", position);
        }
        break;
      case "fast-forwarded":
        holding.inMemory ||= holding.onDisk && record.zxid >= this.zxid;
        break;
      case "snapshot-saved":
        if (holding.inMemory && !holding.onDisk) {
          this.add("saved", position);
          holding.saved = true;
        }
        holding.onDisk ||= holding.inMemory;
        break;
      case "truncated":
        this.truncated(holding, record, position);
        break;
      case "crashed":
        this.crashed(holding, record, position);
        break;
      case "looking":
        holding.snapshotFrom = undefined;
        break;
      case "loaded":
        if (holding.snapshotFrom === undefined) this.loadedDisk(holding, record, position);
        else this.loadedSnapshot(holding, holding.snapshotFrom, position);
        break;
      default:
        break;
    }
  }

  /** Handles a record that names this transaction. */
  private named(holding: Holding, record: TxnRecord, position: RecordPosition): void {
    if (record.event === "logged") holding.onDisk = true;
    if (record.event === "delivered") holding.inMemory = true;
    this.value = record.value;
    this.add(record.event, position);
  }

  private truncated(holding: Holding, { end }: RecordOf<"truncated">, position: RecordPosition): void {
    if (!holding.inMemory && !holding.onDisk) return;
    if (end >= this.zxid) {
      this.add("kept", position);
      return;
    }
    this.add("truncated", position);
    Object.assign(holding, { inMemory: false, onDisk: false, synced: false, saved: false });
  }

  private crashed(holding: Holding, { lost }: RecordOf<"crashed">, position: RecordPosition): void {
    holding.lastCrash = position;
    if (lost.includes(this.zxid)) {
      this.add("lost", position);
      holding.onDisk = false;
    } else if (holding.inMemory && !holding.onDisk) {
      this.add("forgotten", position);
    }
    holding.inMemory = false;
    holding.snapshotFrom = undefined;
  }

  private loadedDisk(holding: Holding, { history, zxid }: RecordOf<"loaded">, position: RecordPosition): void {
    if (!holding.hasLoadedDisk) {
      holding.hasLoadedDisk = true;
      holding.onDisk = history.upTo(this.zxid).txn?.zxid === this.zxid;
      holding.synced = holding.onDisk;
      if (holding.onDisk) this.add("before", position);
    } else if (holding.saved && history.upTo(this.zxid).txn?.zxid !== this.zxid) {
      this.add("unloaded", position);
      Object.assign(holding, { onDisk: false, saved: false });
    } else if (holding.onDisk && zxid < this.zxid) {
      if (holding.lastCrash !== undefined) this.add("lost", holding.lastCrash);
      holding.onDisk = false;
    } else if (holding.onDisk && !holding.saved && !holding.synced) {
      this.add("read-back", position);
    }
    holding.inMemory = holding.onDisk;
  }

  private loadedSnapshot(holding: Holding, leader: ServerId, position: RecordPosition): void {
    const { inMemory } = this.holding(leader);
    if (inMemory && !holding.inMemory) this.add("snapshot", position);
    if (!inMemory && holding.inMemory) this.add("replaced", position);
    holding.inMemory = inMemory;
    // From now on, the server loads this snapshot and skips the part of its log that the snapshot replaces.
    if (!inMemory) holding.onDisk = false;
    holding.snapshotFrom = undefined;
  }

  private add(kind: LifeKind, { index, record: { atUs, server } }: RecordPosition): void {
    this.events.push({ kind, server, atUs, index });
  }

  private holding(server: ServerId): Holding {
    let holding = this.holdings.get(server);
    if (holding === undefined) {
      holding = {
        inMemory: false,
        onDisk: false,
        synced: false,
        saved: false,
        snapshotFrom: undefined,
        lastCrash: undefined,
        hasLoadedDisk: false,
      };
      this.holdings.set(server, holding);
    }
    return holding;
  }
}
