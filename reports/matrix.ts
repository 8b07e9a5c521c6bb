/**
 * Known bugs against releases, as a table of 100 columns and as a page: where the scenario of a bug shows it, where a campaign
 * finds it, and where that is not what its ticket says.
 */
import type { ChalkInstance } from "chalk";
import { wrap } from "./format.ts";

export interface MatrixEntry {
  /** The number of its ticket. */
  readonly bug: string;
  readonly release: string;
  /** What the table of affected releases says. */
  readonly expected: boolean;
  readonly reproduced: boolean;
  /** Why it is there against what the ticket says. */
  readonly why: string | undefined;
  /** How many campaigns looked for it. Undefined: none. */
  readonly campaigns?: number;
  /** How many of them met it. */
  readonly met?: number;
  /** With which plan and after how many seconds; of all campaigns, with those that did not meet it as the slowest. */
  readonly median?: { readonly runs: number; readonly seconds: number };
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
    lines.push(`${bug.padEnd(NAME)}${cells.join("")}`.trimEnd());
  }
  const legend = "S the scenario shows it, C a campaign finds it, . neither, ! the ticket says otherwise";
  return [...lines, "", legend, ...disagreements(entries)].join("\n");
}

function cellText(entry: MatrixEntry): string {
  const what = `${entry.reproduced ? "S" : ""}${(entry.met ?? 0) > 0 ? "C" : ""}`;
  return `${what === "" ? "." : what}${disagrees(entry) ? "!" : ""}`;
}

function disagrees({ expected, reproduced }: MatrixEntry): boolean {
  return reproduced !== expected;
}

/** 3.9.4 as 3.9 over .4; a line's name stands over its first release only. */
function header(releases: readonly string[], part: (line: string, rest: string) => string): string {
  let before = "";
  const cells = releases.map((release) => {
    const [, line = release, rest = ""] = /^(\d+\.\d+)(\..*)$/.exec(release) ?? [];
    const text = part(line === before ? "" : line, rest);
    before = line;
    return text.slice(0, CELL - 1 + (rest === "" ? 2 : 0)).padEnd(CELL);
  });
  return `${" ".repeat(NAME)}${cells.join("")}`.trimEnd();
}

function disagreements(entries: readonly MatrixEntry[]): string[] {
  const lines: string[] = [];
  const told = new Set<string>();
  for (const entry of entries) {
    const { bug, release, reproduced, why } = entry;
    if (!disagrees(entry) || told.has(bug)) continue;
    told.add(bug);
    const reason = why ?? `in ${release} the scenario ${reproduced ? "shows it" : "does not show it"}: not explained`;
    lines.push("", ...wrap(`! ${bug}: ${reason}`, 98).map((line, i) => (i === 0 ? line : `  ${line}`)));
  }
  return lines;
}

/** For docs/: what campaigns needed. */
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
      const { campaigns, median, met = 0, reproduced } = entry;
      const wrong = disagrees(entry) ? "! " : "";
      const found = median === undefined ? "" : `${median.runs} / ${median.seconds.toFixed(1)} s `;
      const share = met > 0 && met !== campaigns ? `(${met} of ${campaigns})` : "";
      return `${wrong}${reproduced ? "**S** " : ""}${found}${share}`.trim() || "·";
    });
    lines.push(row([bug, ...cells]));
  }
  const reasons = disagreements(entries).filter((line) => line !== "");
  return `${[...lines, "", ...reasons.map((line) => line.replace(/^! /, "- **!** "))].join("\n")}\n`;
}

export interface Advice {
  /** As ZOOKEEPER-3911. */
  readonly bug: string;
  /** That shows it, in scenarios/bugs/. */
  readonly scenario: string;
  readonly about: string;
  readonly violates: readonly string[];
  /** Of the releases that zabsim knows, and of newer lines those that are not free of it from their first release on. */
  readonly firstFree: string | undefined;
  readonly alsoFrom: readonly string[];
}

export interface AdviceInAll {
  readonly release: string;
  /** The tickets that it was asked about. */
  readonly asked: readonly string[];
  /** Of those, what the release has. */
  readonly bugs: readonly Advice[];
  /** The first later release that has none of those asked about. */
  readonly firstFree: string | undefined;
  /** How many other known bugs it has. */
  readonly others: number;
}

export function adviceText(
  { asked, bugs, firstFree: freeOfAll, others, release }: AdviceInAll,
  paint: ChalkInstance,
): string {
  const all = asked.join(", ").replaceAll(", ZOOKEEPER", ", ");
  const head =
    bugs.length === 0
      ? `ZooKeeper ${release} has none of ${all}.`
      : `What ZooKeeper ${release} can lose or get wrong, and the first release here that is free of it:`;
  const lines = [...wrap(head, 98), ""];
  for (const { about, alsoFrom, bug, firstFree, scenario, violates } of bugs) {
    const newerLines = alsoFrom.length === 0 ? "" : ` (newer lines: ${alsoFrom.join(", ")})`;
    lines.push(paint.bold(bug));
    lines.push(
      ...wrap(`${about} (violates ${violates.join(", ")}; scenario ${scenario})`, 96).map((line) => `  ${line}`),
    );
    lines.push(`  first release free of it: ${firstFree ?? "none"}${newerLines}`, "");
  }
  if (freeOfAll !== undefined) lines.push(...wrap(`first release free of ${all}: ${freeOfAll}`, 98));
  if (others > 0)
    lines.push(`and ${others} other known bugs: zabsim list bugs tells of those that the newest release has, too`);
  return lines.join("\n").trimEnd();
}
