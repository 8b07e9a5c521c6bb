/**
 * What the disk of one real server would keep in a power loss: the content of each file at its last sync. SIGKILL alone
 * keeps everything that the process has written. A crash that loses unsynced writes is made afterwards, on the files.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** The durable content of the files in one folder. */
export class DurableFiles {
  private readonly folder: string;
  private readonly content = new Map<string, Buffer>();

  /** The files that exist now are durable. */
  constructor(folder: string) {
    this.folder = folder;
    for (const name of this.names()) this.synced(join(folder, name));
  }

  /** The file is durable as it is now. */
  synced(path: string): void {
    if (existsSync(path)) this.content.set(basename(path), readFileSync(path));
  }

  /** A file has got a new name, and replaces the file with that name. */
  renamed(from: string, to: string): void {
    const content = this.content.get(basename(from));
    this.content.delete(basename(from));
    if (content !== undefined) this.content.set(basename(to), content);
    else this.synced(to);
  }

  /** A file was deleted. */
  removed(path: string): void {
    this.content.delete(basename(path));
  }

  /** A file was cut to its present length. */
  truncated(path: string): void {
    if (this.content.has(basename(path))) this.synced(path);
  }

  /** Takes from the files what was not synced. Returns the names of the files that changed or vanished. */
  loseUnsynced(): string[] {
    const changed: string[] = [];
    for (const name of this.names()) {
      const path = join(this.folder, name);
      const durable = this.content.get(name);
      if (durable === undefined) {
        rmSync(path);
        changed.push(name);
      } else if (!readFileSync(path).equals(durable)) {
        writeFileSync(path, durable);
        changed.push(name);
      }
    }
    return changed;
  }

  private names(): string[] {
    return existsSync(this.folder) ? readdirSync(this.folder) : [];
  }
}
