/**
 * Finds out, from the records of a run, what happened to one transaction at each server. Some records, such as `loaded`
 * and `synced`, concern a whole history and not a single transaction. The tracker therefore remembers for each server
 * whether the transaction is in memory, on disk and synced.
 */
import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import type { ServerId, Zxid } from "../../protocol/zxid.ts";
import type { DiskFault } from "../../scenarios/scenario.ts";

export type LifeKind =
  /** The scenario put the transaction on the server's disk before the run. */
  | "before"
  | "proposed"
  | "logged"
  | "synced"
  | "committed"
  | "delivered"
  /** The server received the transaction in a leader's snapshot. */
  | "snapshot"
  /** The server wrote the transaction to disk as part of a snapshot. */
  | "saved"
  /** After a restart, the server loaded the transaction from its log, although the transaction was never synced. */
  | "read-back"
  /** The server still had the transaction after a TRUNC. */
  | "kept"
  /** The server loaded a leader's snapshot without the transaction, but the transaction stays in its log. */
  | "left-in-log"
  | "truncated"
  /** A crash removed the transaction from the log before it was synced. */
  | "lost"
  /** A step of the script emptied the server's disk. */
  | "wiped"
  /** A step deleted or replaced files of the server, and the server then started without the transaction. */
  | "deleted"
  /** The transaction was only in memory when the process ended. */
  | "forgotten"
  /** The server had saved the transaction in a snapshot, but did not load this snapshot when it started again. */
  | "unloaded"
  /** The server loaded a leader's snapshot, which does not contain the transaction. */
  | "replaced";

export interface LifeEvent {
  readonly kind: LifeKind;
  readonly server: ServerId;
  readonly atUs: number;
  /** The index, in the records of the run, of the record from which this event is derived. */
  readonly index: number;
}

/** The places where one server has the transaction. */
interface Holding {
  inMemory: boolean;
  onDisk: boolean;
  synced: boolean;
  /** Whether a snapshot on the server's disk contains the transaction. */
  saved: boolean;
  /** The leader whose SNAP this server is receiving. Undefined before the SNAP and after the server has loaded it. */
  snapshotFrom: ServerId | undefined;
  lastCrash: RecordPosition | undefined;
  /** The last step that deleted or replaced files of the server since it loaded its disk. */
  lastDeletion: RecordPosition | undefined;
  hasLoadedDisk: boolean;
}

interface RecordPosition {
  readonly record: ProtocolRecord;
  readonly index: number;
}

type TxnRecord = RecordOf<"proposed" | "logged" | "committed" | "delivered">;

export class LifeTracker {
  readonly events: LifeEvent[] = [];
  /** The value of the transaction. Undefined until a record names it. */
  value: string | undefined;
  private readonly zxid: Zxid;
  private readonly holdings = new Map<ServerId, Holding>();

  constructor(zxid: Zxid) {
    this.zxid = zxid;
  }

  read(record: ProtocolRecord, index: number): void {
    if (record.event === "script") {
      if (record.moment === "start") this.script(record, index);
      return;
    }
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
        else this.loadedSnapshot(holding, holding.snapshotFrom, record, position);
        break;
      default:
        break;
    }
  }

  /** Reads a record that names this transaction. */
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

  private script(record: RecordOf<"script">, index: number): void {
    if (record.verb === "wipe") this.wiped(record.argument as ServerId, record, index);
    if (record.verb !== "disk") return;
    const { copyFrom, delete: deleted, server } = record.argument as DiskFault;
    if (server === "leader" || (deleted ?? copyFrom) === undefined) return;
    this.holding(server).lastDeletion = { record, index };
  }

  /**
   * Reads a step that wipes the disk of a server. If the server ran, the record of its crash comes before the record of
   * the step.
   */
  private wiped(server: ServerId, { atUs }: ProtocolRecord, index: number): void {
    const holding = this.holding(server);
    if (holding.inMemory || holding.onDisk) this.events.push({ kind: "wiped", server, atUs, index });
    Object.assign(holding, { inMemory: false, onDisk: false, synced: false, saved: false, lastCrash: undefined });
  }

  private loadedDisk(holding: Holding, { history, zxid }: RecordOf<"loaded">, position: RecordPosition): void {
    const deletion = holding.lastDeletion;
    holding.lastDeletion = undefined;
    if (!holding.hasLoadedDisk) {
      holding.hasLoadedDisk = true;
      holding.onDisk = history.upTo(this.zxid).txn?.zxid === this.zxid;
      holding.synced = holding.onDisk;
      if (holding.onDisk) this.add("before", position);
    } else if (deletion !== undefined && holding.onDisk && history.upTo(this.zxid).txn?.zxid !== this.zxid) {
      const { atUs } = deletion.record;
      this.events.push({ kind: "deleted", server: position.record.server, atUs, index: deletion.index });
      Object.assign(holding, { onDisk: false, synced: false, saved: false });
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

  /**
   * Reads the record of a SNAP. A server that starts later loads this snapshot and ignores the part of its log that the
   * snapshot replaces. It still reads records above the zxid of the snapshot, because a SNAP does not truncate the log.
   */
  private loadedSnapshot(
    holding: Holding,
    leader: ServerId,
    { zxid }: RecordOf<"loaded">,
    position: RecordPosition,
  ): void {
    const { inMemory } = this.holding(leader);
    const staysInLog = holding.onDisk && !holding.saved && zxid < this.zxid;
    if (inMemory && !holding.inMemory) this.add("snapshot", position);
    if (!inMemory && staysInLog) this.add("left-in-log", position);
    else if (!inMemory && holding.inMemory) this.add("replaced", position);
    holding.inMemory = inMemory;
    if (!inMemory && !staysInLog) holding.onDisk = false;
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
        lastDeletion: undefined,
        hasLoadedDisk: false,
      };
      this.holdings.set(server, holding);
    }
    return holding;
  }
}
