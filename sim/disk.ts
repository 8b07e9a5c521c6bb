/**
 * The disk of a node: a write is durable only after a sync.
 *
 * Appending a record and creating a file take effect immediately. Every other change is an operation that takes time
 * and then completes with `onDiskDone`. Operations of one queue complete in order, one after another. Operations of
 * different queues overlap: a program uses one queue for each of its threads. A crash can fall between any two
 * completions. A failed or canceled operation has no effect. Not modeled: directories, blocks, and durations that
 * depend on the size of the data.
 */

import { DiskFile } from "./disk-file.ts";
import { DISK_EVENT } from "./event-kinds.ts";
import type { Kernel } from "./kernel.ts";
import type { Random } from "./random.ts";

/** How long the operations of a disk take, in microseconds. Each operation draws from its range. */
export interface DiskCharacter {
  /** The shortest sync. */
  readonly syncMinUs: number;
  /** The longest sync. */
  readonly syncMaxUs: number;
  /** The shortest operation other than a sync. */
  readonly writeMinUs: number;
  /** The longest operation other than a sync. */
  readonly writeMaxUs: number;
  /** The shortest write of a whole file (writeFile). Default: writeMinUs. */
  readonly fileMinUs?: number;
  /** The longest write of a whole file (writeFile). Default: writeMaxUs. */
  readonly fileMaxUs?: number;
  /** The shortest read of all files (readAll). Default: writeMinUs. */
  readonly readMinUs?: number;
  /** The longest read of all files (readAll). Default: writeMaxUs. */
  readonly readMaxUs?: number;
}

/** The character of a disk without options: 0.5 to 2 ms for a sync, 0.05 to 0.2 ms for the rest. */
export const DEFAULT_DISK: DiskCharacter = { syncMinUs: 500, syncMaxUs: 2_000, writeMinUs: 50, writeMaxUs: 200 };

/** How an operation ended: done, failed, or failed because the disk is full. */
export type DiskResult = "ok" | "error" | "full";
/** The kinds of operations that take time. */
export type DiskOperationKind = "sync" | "replace" | "write" | "truncate" | "remove" | "read";

/** The description of an operation that a predicate of `failNext` receives. */
export interface DiskOperationView {
  /** The number that the program gave to the operation. */
  readonly operation: number;
  /** The kind of the operation. */
  readonly kind: DiskOperationKind;
  /** The file that the operation changes; undefined for a sync. */
  readonly file: string | undefined;
  /** The queue of the operation. Operations of one queue complete in order. */
  readonly queue: number;
}

/** What a crash does to the disk. */
export interface DiskCrash {
  /**
   * The fate of unsynced writes. `lost`: all are lost. `kept`: all survive, because only the process ends and the page
   * cache remains. `torn`: a random number of the oldest writes survives, and the next write is cut in the middle, so
   * it is lost. A number: exactly that many of the oldest writes survive.
   */
  readonly unsynced: "lost" | "kept" | "torn" | number;
  /** Whether an unfinished replacement leaves its `.tmp` file behind. */
  readonly tmp?: boolean;
}

/** What a crash lost. */
export interface DiskCrashEffect {
  /** Number of records that are lost. */
  lostRecords: number;
  /** Number of files that vanished or went back to an older value. */
  lostFiles: number;
  /** Number of records that were cut in the middle. */
  tornRecords: number;
}

/** The operation number of an operation whose completion is not reported. */
export const NO_OPERATION = -1;

interface SyncMark {
  readonly file: DiskFile;
  recordCount: number;
  readonly value: unknown;
  readonly valueStamp: number;
}

interface Operation extends DiskOperationView {
  readonly value: unknown;
  readonly synced: boolean;
  readonly keep: number;
  readonly marks: SyncMark[];
}

interface Lane {
  readonly queue: number;
  readonly operations: Operation[];
  busyUntilUs: number;
  /** Number of completions that were due while the disk was stalled. */
  waiting: number;
}

interface PlannedFailure {
  readonly matches: (view: DiskOperationView) => boolean;
  readonly result: "error" | "full";
}

/** The receiver of completions. */
export interface DiskOwner {
  diskDone(operation: number, result: DiskResult): void;
}

/** The disk of one node. A file holds a list of records or one value. A crash can lose writes that were not synced. */
export class Disk {
  /** How long operations take. */
  character: DiskCharacter;
  /** Whether the disk is stalled, so that no operation completes. */
  stalled = false;
  /** Whether the disk is full, so that every sync and every write of a file fails. */
  full = false;
  /** Whether the disk is read-only, so that every operation except a read fails. */
  readOnly = false;
  /** Whether the disk reports each sync as done although it has made nothing durable. */
  losesSyncs = false;
  /**
   * Numbers of operations: completions that a stall delayed, operations that a fault made fail, operations that a crash
   * canceled, and syncs that a fault lost.
   */
  readonly effects = { stalled: 0, failed: 0, canceled: 0, lostSyncs: 0 };
  /** Changes whenever a file changes, appears or disappears. */
  revision = 0;
  /** Changes whenever a file appears or disappears. */
  listRevision = 0;
  /** The files of records that changed since a debugger has emptied this set; undefined if no debugger looks. */
  changed: Set<readonly unknown[]> | undefined = undefined;
  private readonly kernel: Kernel;
  private readonly node: number;
  private readonly owner: DiskOwner;
  private readonly files = new Map<string, DiskFile>();
  private dirtyFiles: DiskFile[] = [];
  private readonly lanes: Lane[] = [];
  private failures: PlannedFailure[] = [];
  private generation = 0;
  private lastStamp = 0;
  private drawn: Random | undefined = undefined;

  constructor(kernel: Kernel, node: number, owner: DiskOwner, character: DiskCharacter) {
    this.kernel = kernel;
    this.node = node;
    this.owner = owner;
    this.character = character;
  }

  /**
   * Appends a record to a file and creates the file if needed. The record is visible immediately, and durable after a
   * later sync.
   */
  append(name: string, record: unknown): void {
    const file = this.growingFile(name);
    file.records.push(record);
    this.changed?.add(file.records);
    file.stamps.push(++this.lastStamp);
    if (!file.dirty) this.markDirty(file);
  }

  /** Creates an empty file. If the file exists, empties it. Takes no time. */
  create(name: string): void {
    const old = this.files.get(name);
    this.files.delete(name);
    const file = this.growingFile(name);
    file.existsDurably = old?.existsDurably === true;
    if (!file.existsDurably) this.markDirty(file);
  }

  /** Starts a sync. When it completes, all content that is visible now is durable. */
  sync(operation: number, queue = 0): void {
    const marks = this.dirtyFiles.map(
      (file): SyncMark => ({
        file,
        recordCount: file.records.length,
        value: file.value,
        valueStamp: file.valueStamp,
      }),
    );
    this.enqueue({ operation, kind: "sync", file: undefined, queue, value: undefined, synced: true, keep: 0, marks });
  }

  /**
   * Writes `name.tmp`, syncs it and renames it. After a crash, the file has either the old value or the new one. A
   * `name.tmp` that an earlier crash left behind is gone afterwards.
   */
  replaceFile(name: string, value: unknown, operation: number, queue = 0): void {
    this.enqueue({ operation, kind: "replace", file: name, queue, value, synced: true, keep: 0, marks: [] });
  }

  /**
   * Writes a whole value in place. The value is visible when the write completes. If `synced` is true, it is also
   * durable.
   */
  writeFile(name: string, value: unknown, synced: boolean, operation: number, queue = 0): void {
    this.enqueue({ operation, kind: "write", file: name, queue, value, synced, keep: 0, marks: [] });
  }

  /** Truncates a file to its first `keepRecords` records. When the operation completes, the truncation is durable. */
  truncate(name: string, keepRecords: number, operation: number, queue = 0): void {
    const keep = keepRecords;
    this.enqueue({ operation, kind: "truncate", file: name, queue, value: undefined, synced: true, keep, marks: [] });
  }

  /** Removes a file. When the operation completes, the removal is durable. */
  remove(name: string, operation = NO_OPERATION, queue = 0): void {
    this.enqueue({ operation, kind: "remove", file: name, queue, value: undefined, synced: true, keep: 0, marks: [] });
  }

  /**
   * Starts an operation that takes as long as a read. The caller reads the visible content when the operation
   * completes.
   */
  readAll(operation: number, queue = 0): void {
    this.enqueue({ operation, kind: "read", file: "", queue, value: undefined, synced: false, keep: 0, marks: [] });
  }

  /** Returns the visible value of a whole-value file; undefined if there is no such file. */
  read(name: string): unknown {
    return this.files.get(name)?.value;
  }

  /** Returns the visible records of a file as a live view; empty if there is no such file. */
  records(name: string): readonly unknown[] {
    return this.files.get(name)?.records ?? [];
  }

  /** Calls `see` for each visible file of records, in the order of their creation. */
  eachRecordFile(see: (name: string, records: readonly unknown[], durableRecords: number) => void): void {
    for (const { durableRecords, growing, name, records } of this.files.values()) {
      if (growing) see(name, records, durableRecords);
    }
  }

  /** Returns the names of the visible files in the order of their creation. */
  list(): string[] {
    return [...this.files.keys()];
  }

  /** Returns whether a file is visible. */
  has(name: string): boolean {
    return this.files.has(name);
  }

  /** Returns the number of durable records of a file. */
  durableRecords(name: string): number {
    return this.files.get(name)?.durableRecords ?? 0;
  }

  /** Returns the pending operations, queue by queue. */
  pending(): DiskOperationView[] {
    return this.lanes.flatMap((lane) => lane.operations);
  }

  /** Removes a file immediately and durably, without taking time. */
  discard(name: string): void {
    this.revision++;
    this.listRevision++;
    this.files.delete(name);
  }

  /** Makes a file visible and durable immediately, without taking time, for example before the run. */
  preset(name: string, content: { records: readonly unknown[] } | { value: unknown }): void {
    this.revision++;
    this.listRevision++;
    this.files.delete(name);
    const growing = "records" in content;
    const file = new DiskFile(name, growing);
    this.files.set(name, file);
    file.existsDurably = true;
    if (growing) {
      for (const record of content.records) {
        file.records.push(record);
        file.stamps.push(++this.lastStamp);
      }
      file.durableRecords = file.records.length;
    } else {
      file.value = content.value;
      file.valueStamp = ++this.lastStamp;
      file.persistValue(file.value, file.valueStamp);
    }
  }

  /** Changes how long operations take from now on. */
  setCharacter(character: Partial<DiskCharacter>): void {
    this.character = { ...this.character, ...character };
  }

  /**
   * Damages a file until a new whole value replaces it. The program says what the damage means to a reader. Returns
   * false if there is no such file.
   */
  corrupt(name: string, damage = "unreadable"): boolean {
    const file = this.files.get(name);
    if (file === undefined) return false;
    file.damage = damage;
    return true;
  }

  /** Returns the damage of a file; undefined if it has none. */
  damageOf(name: string): string | undefined {
    return this.files.get(name)?.damage;
  }

  /** Replaces the content of this disk by a durable copy of another one. Pending operations never complete. */
  copyFrom(other: Disk): number {
    this.wipe();
    for (const [name, { damage, growing, records, value }] of other.files) {
      this.preset(name, growing ? { records } : { value });
      if (damage !== undefined) this.corrupt(name, damage);
    }
    return this.files.size;
  }

  /** Delays all completions until `unstall`. */
  stall(): void {
    this.stalled = true;
  }

  /** Ends a stall. Operations that were due complete now. */
  unstall(): void {
    if (!this.stalled) return;
    this.stalled = false;
    for (const lane of this.lanes) {
      for (; lane.waiting > 0; lane.waiting--) this.pushToken(lane, this.kernel.nowUs);
    }
  }

  /**
   * Makes the next matching operation complete with this result and without effect. Returns a function that cancels the
   * failure if no operation has matched until then.
   */
  failNext(match: number | ((view: DiskOperationView) => boolean), result: "error" | "full"): () => void {
    const matches = typeof match === "number" ? (view: DiskOperationView) => view.operation === match : match;
    const planned: PlannedFailure = { matches, result };
    this.failures.push(planned);
    return () => {
      this.failures = this.failures.filter((one) => one !== planned);
    };
  }

  /** Ends every active fault. Corrupt files stay corrupt, and lost syncs stay lost. */
  repair(): void {
    this.failures = [];
    this.full = false;
    this.readOnly = false;
    this.losesSyncs = false;
    this.unstall();
  }

  /**
   * Crashes the machine or the process. Pending operations never complete, and `how` says which unsynced writes
   * survive.
   */
  crash(how: DiskCrash): DiskCrashEffect {
    const effect: DiskCrashEffect = { lostRecords: 0, lostFiles: 0, tornRecords: 0 };
    const leftBehind = how.tmp === true ? this.replacementsUnderWay() : [];
    this.cancelPending();
    if (how.unsynced !== "kept") this.loseUnsynced(how.unsynced, effect);
    for (const { file, value } of leftBehind) this.preset(`${file}.tmp`, { value });
    return effect;
  }

  /** Empties the disk. */
  wipe(): void {
    this.cancelPending();
    this.files.clear();
    this.dirtyFiles = [];
  }

  /**
   * Returns whether an operation whose time is over completes now. It does not complete if a crash canceled it or if
   * the disk is stalled.
   */
  tokenIsLive(lane: Lane, generation: number): boolean {
    if (generation !== this.generation) return false;
    if (!this.stalled) return true;
    lane.waiting++;
    this.effects.stalled++;
    return false;
  }

  /** Completes the first operation of a lane. */
  complete(lane: Lane): void {
    this.revision++;
    const operation = lane.operations.shift() as Operation;
    const result = this.plannedResult(operation);
    if (result === "ok") this.apply(operation);
    this.kernel.trace?.record("disk", this.node, -1, operation.operation, {
      kind: operation.kind,
      file: operation.file,
      result,
    });
    if (operation.operation !== NO_OPERATION) this.owner.diskDone(operation.operation, result);
  }

  private enqueue(operation: Operation): void {
    const lane = this.lane(operation.queue);
    const { syncMinUs, syncMaxUs, writeMinUs, writeMaxUs } = this.character;
    const { fileMinUs = writeMinUs, fileMaxUs = writeMaxUs } = this.character;
    const { readMinUs = writeMinUs, readMaxUs = writeMaxUs } = this.character;
    let takesUs = 0;
    if (operation.kind === "write") takesUs += this.draw(fileMinUs, fileMaxUs);
    else if (operation.kind === "read") takesUs += this.draw(readMinUs, readMaxUs);
    else if (operation.kind !== "sync") takesUs += this.draw(writeMinUs, writeMaxUs);
    // A replacement and a synced write include a sync.
    if (operation.kind === "sync" || operation.kind === "replace" || (operation.kind === "write" && operation.synced)) {
      takesUs += this.draw(syncMinUs, syncMaxUs);
    }
    lane.operations.push(operation);
    lane.busyUntilUs = Math.max(this.kernel.nowUs, lane.busyUntilUs) + takesUs;
    this.pushToken(lane, lane.busyUntilUs);
  }

  private apply(operation: Operation): void {
    const name = operation.file;
    if (name === undefined) {
      this.applySync(operation);
      return;
    }
    switch (operation.kind) {
      case "replace":
        this.files.delete(`${name}.tmp`);
        this.applyWrite(name, operation);
        break;
      case "write":
        this.applyWrite(name, operation);
        break;
      case "truncate":
        this.applyTruncate(name, operation.keep);
        break;
      case "remove":
        this.files.delete(name);
        this.listRevision++;
        break;
      case "read":
        break;
    }
  }

  private applySync(operation: Operation): void {
    if (this.losesSyncs) {
      this.effects.lostSyncs++;
      return;
    }
    for (const { file, recordCount, value, valueStamp } of operation.marks) {
      file.persist(recordCount, value, valueStamp);
      this.changed?.add(file.records);
    }
    const { dirtyFiles } = this;
    let kept = 0;
    for (const file of dirtyFiles) {
      file.dirty = file.hasUnsynced && this.files.get(file.name) === file;
      if (file.dirty) dirtyFiles[kept++] = file;
    }
    // V8 assigns to `length` in a slow runtime function.
    while (dirtyFiles.length > kept) dirtyFiles.pop();
  }

  private applyWrite(name: string, operation: Operation): void {
    let file = this.files.get(name);
    if (file === undefined) {
      file = new DiskFile(name, false);
      this.files.set(name, file);
      this.listRevision++;
    } else if (file.growing) {
      throw new Error(`Disk: ${name} is a file of records, it cannot be written as a whole`);
    }
    file.value = operation.value;
    file.damage = undefined;
    file.valueStamp = ++this.lastStamp;
    const isLost = operation.synced && this.losesSyncs;
    if (isLost) this.effects.lostSyncs++;
    if (operation.synced && !isLost) file.persistValue(file.value, file.valueStamp);
    else if (!file.dirty) this.markDirty(file);
  }

  private applyTruncate(name: string, keep: number): void {
    const file = this.files.get(name);
    if (file === undefined) return;
    file.keepRecords(keep);
    this.changed?.add(file.records);
    // A sync that has started must not cover records that are appended after the truncation.
    for (const lane of this.lanes) {
      for (const { marks } of lane.operations) {
        for (const mark of marks) if (mark.file === file) mark.recordCount = Math.min(mark.recordCount, keep);
      }
    }
  }

  private loseUnsynced(unsynced: "lost" | "torn" | number, effect: DiskCrashEffect): void {
    const stamps = unsynced === "lost" ? [] : this.unsyncedStamps();
    let keep = 0;
    if (typeof unsynced === "number") keep = unsynced;
    else if (unsynced === "torn") {
      keep = this.random.int(0, stamps.length);
      if (keep < stamps.length) effect.tornRecords = 1;
    }
    const lastKept = keep <= 0 ? 0 : (stamps[Math.min(keep, stamps.length) - 1] ?? 0);
    for (const file of this.dirtyFiles) {
      if (this.files.get(file.name) === file) this.loseAfter(file, lastKept, effect);
      file.dirty = false;
    }
    this.dirtyFiles = [];
  }

  /**
   * Drops the unsynced writes of a file whose stamps are greater than `lastKept`. Makes the remaining content durable.
   */
  private loseAfter(file: DiskFile, lastKept: number, effect: DiskCrashEffect): void {
    if (file.growing) {
      let keep = file.durableRecords;
      while (keep < file.records.length && (file.stamps[keep] as number) <= lastKept) keep++;
      effect.lostRecords += file.records.length - keep;
      file.keepRecords(keep);
      file.durableRecords = keep;
      if (keep > 0) file.existsDurably = true;
    } else if (file.valueStamp <= lastKept) {
      file.persistValue(file.value, file.valueStamp);
    } else if (file.valueStamp > file.durableStamp) {
      file.value = file.durableValue;
      file.valueStamp = file.durableStamp;
      if (file.existsDurably) effect.lostFiles++;
    }
    if (!file.existsDurably) {
      this.files.delete(file.name);
      effect.lostFiles++;
    }
  }

  private unsyncedStamps(): number[] {
    const stamps: number[] = [];
    for (const file of this.dirtyFiles) {
      if (this.files.get(file.name) !== file) continue;
      if (file.growing) {
        for (let index = file.durableRecords; index < file.stamps.length; index++)
          stamps.push(file.stamps[index] as number);
      } else if (file.valueStamp > file.durableStamp) {
        stamps.push(file.valueStamp);
      }
    }
    return stamps.sort((left, right) => left - right);
  }

  private replacementsUnderWay(): { file: string; value: unknown }[] {
    const found: { file: string; value: unknown }[] = [];
    for (const lane of this.lanes) {
      const first = lane.operations[0];
      if (first?.kind === "replace" && first.file !== undefined) found.push({ file: first.file, value: first.value });
    }
    return found;
  }

  private cancelPending(): void {
    this.revision++;
    this.listRevision++;
    this.generation++;
    for (const lane of this.lanes) {
      this.effects.canceled += lane.operations.length;
      lane.operations.length = 0;
      lane.waiting = 0;
      lane.busyUntilUs = 0;
    }
  }

  private plannedResult(operation: Operation): DiskResult {
    if (this.failures.length === 0 && !this.full && !this.readOnly) return "ok";
    const index = this.failures.findIndex((failure) => failure.matches(operation));
    const noRoom =
      this.full && (operation.kind === "sync" || operation.kind === "replace" || operation.kind === "write");
    const isRefused = this.readOnly && operation.kind !== "read";
    if (index < 0 && !noRoom && !isRefused) return "ok";
    this.effects.failed++;
    if (isRefused) return "error";
    if (noRoom) return "full";
    const [failure] = this.failures.splice(index, 1) as [PlannedFailure];
    return failure.result;
  }

  private growingFile(name: string): DiskFile {
    this.revision++;
    let file = this.files.get(name);
    if (file === undefined) {
      file = new DiskFile(name, true);
      this.files.set(name, file);
      this.listRevision++;
    } else if (!file.growing) {
      throw new Error(`Disk: ${name} holds a whole value, it cannot be appended to`);
    }
    return file;
  }

  private markDirty(file: DiskFile): void {
    file.dirty = true;
    this.dirtyFiles.push(file);
  }

  private pushToken(lane: Lane, dueUs: number): void {
    this.kernel.queue.push(dueUs, this.node, DISK_EVENT, lane.queue, this.generation, lane);
  }

  private lane(queue: number): Lane {
    for (const lane of this.lanes) if (lane.queue === queue) return lane;
    const lane: Lane = { queue, operations: [], busyUntilUs: 0, waiting: 0 };
    this.lanes.push(lane);
    return lane;
  }

  private draw(minUs: number, maxUs: number): number {
    return maxUs > minUs ? this.random.int(minUs, maxUs) : minUs;
  }

  private get random(): Random {
    this.drawn ??= this.kernel.random.stream("disk", this.node);
    return this.drawn;
  }
}

export type DiskLane = Lane;
