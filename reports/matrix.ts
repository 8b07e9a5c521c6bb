/**
 * Known bugs against releases, as a table of 100 columns and as a page: where the scenario of a bug shows it, where a campaign
 * finds it, and where that is not what its ticket says.
 */
import type { ChalkInstance } from "chalk";
import { wrap } from "./format.ts";

export interface MatrixEntry {
  readonly bug: string;
  readonly about: string;
  readonly release: string;
  /** Undefined: no ticket is about it. */
  readonly expected: boolean | undefined;
  readonly reproduced: boolean;
  /** Undefined: no campaign was run. */
  readonly found: boolean | undefined;
  /** Medians of the campaigns that found it. */
  readonly runs: number | undefined;
  readonly seconds: number | undefined;
  /** Why it is there against what the ticket says. */
  readonly why: string | undefined;
}

const CELL = 5;
const NAME = 8;

/** S: the scenario shows it; C: a campaign found it; !: not what the ticket says. */
export function matrixTable(entries: readonly MatrixEntry[], paint: ChalkInstance): string {
  const releases = [...new Set(entries.map(({ release }) => release))];
  const bugs = [...new Set(entries.map(({ bug }) => bug))];
  const lines = [header(releases, (line) => line), header(releases, (_line, rest) => rest)];
  for (const bug of bugs) {
    const cells = releases.map((release) => {
      const entry = entries.find((one) => one.bug === bug && one.release === release);
      const text = entry === undefined ? "" : cellText(entry);
      const padded = text.padEnd(CELL);
      return text.includes("!") ? paint.yellow(padded) : text === "." ? paint.dim(padded) : padded;
    });
    lines.push(`${shortName(bug).padEnd(NAME)}${cells.join("")}`.trimEnd());
  }
  const legend = "S the scenario shows it, C a campaign finds it, . neither, ! the ticket says otherwise";
  return [...lines, "", legend, ...disagreements(entries)].join("\n");
}

function cellText({ expected, found, reproduced }: MatrixEntry): string {
  const what = `${reproduced ? "S" : ""}${found ? "C" : ""}`;
  const wrong = expected !== undefined && reproduced !== expected;
  return `${what === "" ? "." : what}${wrong ? "!" : ""}`;
}

/** 3.9.4 as 3.9 over .4; a line's name stands over its first release only. */
function header(releases: readonly string[], part: (line: string, rest: string) => string): string {
  let before = "";
  const cells = releases.map((release) => {
    const [, line = release, rest = ""] = /^(\d+\.\d+)(\..*)$/.exec(release) ?? [];
    const text = part(line === before ? "" : line, rest === "" ? "" : rest);
    before = line;
    return text.slice(0, CELL - 1 + (rest === "" ? 2 : 0)).padEnd(CELL);
  });
  return `${" ".repeat(NAME)}${cells.join("")}`.trimEnd();
}

function disagreements(entries: readonly MatrixEntry[]): string[] {
  const lines: string[] = [];
  const told = new Set<string>();
  for (const { bug, expected, release, reproduced, why } of entries) {
    if (expected === undefined || expected === reproduced || told.has(bug)) continue;
    told.add(bug);
    const reason = why ?? `in ${release} the scenario ${reproduced ? "shows it" : "does not show it"}: not explained`;
    lines.push("", ...wrap(`! ${shortName(bug)}: ${reason}`, 98).map((line, i) => (i === 0 ? line : `  ${line}`)));
  }
  return lines;
}

/** The number of a ticket; the first words of a name without one. */
export function shortName(bug: string): string {
  return /^zookeeper-(\d+)/i.exec(bug)?.[1] ?? bug.split("-").slice(0, 1).join("-");
}

/** For docs/: runs and seconds that campaigns needed. */
export function matrixPage(entries: readonly MatrixEntry[], how: string): string {
  const releases = [...new Set(entries.map(({ release }) => release))];
  const bugs = [...new Set(entries.map(({ bug }) => bug))];
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const lines = [
    "# Known bugs and the releases of ZooKeeper",
    "",
    ...wrap(how, 128),
    "",
    row(["bug", ...releases]),
    row(["---", ...releases.map(() => "---")]),
  ];
  for (const bug of bugs) {
    const cells = releases.map((release) => {
      const entry = entries.find((one) => one.bug === bug && one.release === release);
      if (entry === undefined) return "";
      const wrong = entry.expected !== undefined && entry.expected !== entry.reproduced ? "! " : "";
      const found = entry.runs === undefined ? "" : `${entry.runs} / ${entry.seconds?.toFixed(1)} s`;
      return `${wrong}${entry.reproduced ? "**S** " : ""}${found}`.trim() || "·";
    });
    lines.push(row([shortName(bug), ...cells]));
  }
  const reasons = disagreements(entries).filter((line) => line !== "");
  return `${[...lines, "", ...reasons.map((line) => line.replace(/^! /, "- **!** "))].join("\n")}\n`;
}

export interface Advice {
  readonly bug: string;
  readonly about: string;
  readonly violates: readonly string[];
  readonly firstFree: string | undefined;
}

export function adviceText(release: string, advice: readonly Advice[], paint: ChalkInstance): string {
  if (advice.length === 0) return `ZooKeeper ${release}: none of the known bugs of the matrix shows in it`;
  const lines = [`ZooKeeper ${release} can lose:`, ""];
  for (const { about, bug, firstFree, violates } of advice) {
    lines.push(paint.bold(bug));
    lines.push(...wrap(`${about} (violates ${violates.join(", ")})`, 96).map((line) => `  ${line}`));
    lines.push(`  first release free of it: ${firstFree ?? "none"}`, "");
  }
  return lines.join("\n").trimEnd();
}
