/**
 * One file of a simulated disk: what is visible (the page cache) and what would survive a crash.
 *
 * A file either grows by records or holds one whole value. Records become durable front to back, so a count is enough
 * to tell the durable ones; of a whole value the durable version is kept beside the visible one.
 */

export class DiskFile {
  readonly name: string;
  /** False for a file that holds one whole value. */
  readonly growing: boolean;
  readonly records: unknown[] = [];
  /** For each record its place in the order of all unsynced writes of the disk. */
  readonly stamps: number[] = [];
  durableRecords = 0;
  value: unknown = undefined;
  valueStamp = 0;
  durableValue: unknown = undefined;
  durableStamp = 0;
  /** False while the name itself would be lost in a crash. */
  existsDurably = false;
  /** Its content is there and cannot be made sense of. */
  corrupt = false;
  /** In its disk's list of files that have something unsynced. */
  dirty = false;

  constructor(name: string, growing: boolean) {
    this.name = name;
    this.growing = growing;
  }

  get hasUnsynced(): boolean {
    if (!this.existsDurably) return true;
    return this.growing ? this.records.length > this.durableRecords : this.valueStamp > this.durableStamp;
  }

  /** Makes durable what was visible at the moment that these were taken. */
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
