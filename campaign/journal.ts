/**
 * The journal of a campaign: a file to which the campaign appends JSON lines while it runs. If the process is killed,
 * only the results of running tasks are lost. Everything that the campaign reported is in the journal.
 */
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { type CampaignLine, JournalError, type Line, parseLine, REMEDY } from "./journal-lines.ts";
import { makeFolder, saveWhole, withOutputError } from "./output-files.ts";
import { withSchemaLine } from "./schema-line.ts";

export type { BlockLine, CampaignLine, FindingLine, InvestigatedLine, Line } from "./journal-lines.ts";

/** A line with its number in the file, from 1. */
export interface NumberedLine {
  readonly number: number;
  readonly line: Line;
}

export interface JournalContent {
  readonly lines: readonly NumberedLine[];
  /** The numbers of lines that are not JSON or that repeat an earlier line. The campaign ignores these lines. */
  readonly dropped: readonly number[];
}

const FILE = "campaign.jsonl";
/** The end of the name of each file that contains a failing plan that is not shrunk. */
export const UNSHRUNK = ".unshrunk.yaml";

export class Journal {
  readonly folder: string;
  readonly path: string;

  constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, FILE);
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  /** Starts a new journal. Creates the folder. */
  begin(campaign: CampaignLine["campaign"]): void {
    makeFolder(this.folder);
    this.save(FILE, `${JSON.stringify({ campaign })}\n`);
  }

  append(line: Exclude<Line, CampaignLine>): void {
    withOutputError(this.path, "cannot be written", () => appendFileSync(this.path, `${JSON.stringify(line)}\n`));
  }

  /**
   * Reads the journal and does not change it. Throws a JournalError for a JSON line in a form that no campaign writes.
   * The last line may be incomplete, because the process may have been killed while it wrote the line.
   */
  read(): JournalContent {
    const text = withOutputError(this.path, "cannot be read", () => readFileSync(this.path, "utf8"));
    const lines: NumberedLine[] = [];
    const dropped: number[] = [];
    const seen = new Set<string>();
    const [half, ...whole] = text.split("\n").reverse();
    for (const [i, content] of whole.reverse().entries()) {
      const line = content === "" || seen.has(content) ? undefined : parseLine(content, `${this.path}:${i + 1}`);
      if (line === undefined) dropped.push(i + 1);
      else lines.push({ number: i + 1, line });
      seen.add(content);
    }
    if (half !== "") dropped.push(whole.length + 1);
    const first = lines[0];
    if (first?.number !== 1 || !("campaign" in first.line)) {
      throw new JournalError(`${this.path}:1: not the first line of a journal${REMEDY}`);
    }
    const second = lines.slice(1).find(({ line }) => "campaign" in line);
    if (second !== undefined)
      throw new JournalError(`${this.path}:${second.number}: contains the first line of another journal${REMEDY}`);
    return { lines, dropped };
  }

  /** Reads the journal and removes damaged and repeated lines from the file. */
  repair(): JournalContent {
    const content = this.read();
    if (content.dropped.length > 0) {
      this.save(FILE, content.lines.map(({ line }) => `${JSON.stringify(line)}\n`).join(""));
    }
    return content;
  }

  /** Writes a file to the folder of the journal. Even after a crash, the file is either complete or absent. */
  save(name: string, text: string): string {
    const path = this.pathOf(name);
    saveWhole(path, name.endsWith(".yaml") ? withSchemaLine(text, path) : text);
    return path;
  }

  /** Writes a file to the folder of the journal if it does not exist there. */
  restore(name: string, text: string): string {
    return existsSync(this.pathOf(name)) ? this.pathOf(name) : this.save(basename(name), text);
  }

  /** Returns the names of the files, in the folder of the journal, that contain plans that were not investigated. */
  unshrunkFiles(): readonly string[] {
    return readdirSync(this.folder).filter((name) => name.endsWith(UNSHRUNK));
  }

  remove(names: readonly string[]): void {
    for (const name of names) rmSync(this.pathOf(name), { force: true });
  }

  /** Returns the path of a file in the folder of the journal. */
  pathOf(file: string): string {
    return join(this.folder, basename(file));
  }
}
