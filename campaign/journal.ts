/**
 * The journal of a campaign: one JSON line for each block and each finding, appended while the campaign runs. If the
 * process is killed, only its current tasks are lost, and no finding that was reported. If the end of the process cut
 * the last line short, `read` drops that line.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./investigate.ts";
import { withSchemaLine } from "./schema-line.ts";

export interface BlockLine {
  readonly block: number;
  readonly runs: number;
  readonly events: number;
  readonly virtualUs: number;
  /** The features that no earlier block had reached. */
  readonly fresh: readonly string[];
  /** For each fault: how often it struck, and how often it had an effect. */
  readonly faults: Readonly<Record<string, readonly [number, number]>>;
  /** Number of failing plans by signature. */
  readonly failed: Readonly<Record<string, number>>;
}

/** The options that must be the same to resume the campaign. */
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
    // Remove an incomplete last line, so that the next line is not appended to it.
    if (whole.length < text.length) this.write(whole);
    return whole
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Line);
  }

  /** Writes a file next to the journal. The file is complete or absent, even after a crash. */
  save(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(`${path}.tmp`, name.endsWith(".yaml") ? withSchemaLine(text, path) : text);
    renameSync(`${path}.tmp`, path);
    return path;
  }

  private write(text: string): void {
    this.save(FILE, text);
  }
}
