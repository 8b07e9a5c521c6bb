/**
 * One file of a simulated disk: its visible content (the page cache) and its durable content (what survives a crash).
 *
 * A file is either a list of records, which grows at its end, or one whole value. Older records become durable first,
 * so the number of durable records says which records are durable. For a whole value, the file keeps the durable
 * version next to the visible one.
 */

export class DiskFile {
  readonly name: string;
  /** False for a file that holds one whole value. */
  readonly growing: boolean;
  readonly records: unknown[] = [];
  /** For each record, its position in the order of all writes of the disk. */
  readonly stamps: number[] = [];
  durableRecords = 0;
  value: unknown = undefined;
  valueStamp = 0;
  durableValue: unknown = undefined;
  durableStamp = 0;
  /** Whether the file itself survives a crash. False while a crash would remove even its name. */
  existsDurably = false;
  /** Whether the content cannot be read. */
  damage: string | undefined = undefined;
  /** Whether the file is in the disk's list of files with unsynced writes. */
  dirty = false;

  constructor(name: string, growing: boolean) {
    this.name = name;
    this.growing = growing;
  }

  get hasUnsynced(): boolean {
    if (!this.existsDurably) return true;
    return this.growing ? this.records.length > this.durableRecords : this.valueStamp > this.durableStamp;
  }

  /** Makes durable the content that was visible when the sync started. The arguments describe that content. */
  persist(recordCount: number, value: unknown, valueStamp: number): void {
    this.existsDurably = true;
    if (this.growing) this.durableRecords = Math.max(this.durableRecords, Math.min(recordCount, this.records.length));
    else if (valueStamp > this.durableStamp) this.persistValue(value, valueStamp);
  }

  persistValue(value: unknown, valueStamp: number): void {
    this.durableValue = value;
    this.durableStamp = valueStamp;
    this.existsDurably = true;
  }

  keepRecords(count: number): void {
    if (count >= this.records.length) return;
    this.records.length = count;
    this.stamps.length = count;
    if (this.durableRecords > count) this.durableRecords = count;
  }
}
