/**
 * What a campaign has done, on disk as it goes: one JSON line a block or finding. Killed at any moment it loses what was
 * under way, and nothing that was told. A line that was cut short by the end of the process is left out.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./campaign-worker.ts";

export interface BlockLine {
  readonly block: number;
  readonly runs: number;
  readonly events: number;
  readonly virtualUs: number;
  /** What no block before it had reached. */
  readonly fresh: readonly string[];
  readonly faults: Readonly<Record<string, readonly [number, number]>>;
  /** How often each failure came. */
  readonly failed: Readonly<Record<string, number>>;
}

/** What must be the same for a campaign to be taken up again. */
export type CampaignLine = { readonly campaign: Readonly<Record<string, unknown>> };
export type FindingLine = { readonly finding: Finding; readonly file: string };
type Line = CampaignLine | BlockLine | FindingLine;

const FILE = "campaign.jsonl";

export class Journal {
  readonly folder: string;
  private readonly path: string;

  constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, FILE);
    mkdirSync(folder, { recursive: true });
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  begin(campaign: Readonly<Record<string, unknown>>): void {
    this.write(`${JSON.stringify({ campaign })}\n`);
  }

  append(line: BlockLine | FindingLine): void {
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
  }

  read(): readonly Line[] {
    const text = readFileSync(this.path, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    // What follows is appended to whole lines.
    if (whole.length < text.length) this.write(whole);
    return whole
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Line);
  }

  /** Writes a file beside the journal: whole, or not at all. */
  save(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
    return path;
  }

  private write(text: string): void {
    this.save(FILE, text);
  }
}
