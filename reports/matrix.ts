/**
 * Prints the matrix of known bugs and releases as a table and as a Markdown page, and the advice of `zabsim matrix
 * --release`. A cell says whether the scenario of a bug reproduces it in a release, and whether a campaign found it
 * there. If the result contradicts the ticket of the bug, the cell has a `!`, and an explanation follows the table.
 */
import type { ChalkInstance } from "chalk";
import { wrap } from "./format.ts";
import { type RealServers, triesText } from "./verdicts.ts";

export interface MatrixEntry {
  /** The ticket, e.g. `ZOOKEEPER-3911`, or the name of the scenario if the bug has no ticket. */
  readonly bug: string;
  readonly release: string;
  /** Whether the release has the bug according to its ticket or its known cause. */
  readonly expected: boolean;
  /** Whether the scenario of the bug reproduces it in the release. */
  readonly reproduced: boolean;
  /** The reason why `reproduced` differs from `expected`. Undefined if they are equal or the reason is not known. */
  readonly why: string | undefined;
  /** The number of campaigns that searched for the bug. Undefined if no campaign ran. */
  readonly campaigns?: number;
  /** The number of these campaigns that found the bug. Undefined if no campaign ran. */
  readonly met?: number;
  /**
   * The median number of plans and of seconds that a campaign needed to find the bug. A campaign that did not find the
   * bug counts as the slowest. Undefined if fewer than half of the campaigns found the bug.
   */
  readonly median?: { readonly runs: number; readonly seconds: number };
}

/** The width of a cell (CELL) and of the column with the names of bugs (NAME), both in columns of the terminal. */
const CELL = 5;
const NAME = 8;
export const LEGEND =
  "S = the scenario of the bug fails, C = a campaign found the bug, . = neither, " +
  "! = differs from the affected releases";

/**
 * Returns the matrix as a table for a terminal, with a legend and an explanation of the cells marked `!`. If not all
 * releases fit into `width`, splits the table into several parts. The rows of bugs without a ticket have letters, and a
 * list after the table names their scenarios.
 */
export function matrixTable(entries: readonly MatrixEntry[], paint: ChalkInstance, width: number): string {
  const releases = [...new Set(entries.map(({ release }) => release))];
  const parts = partsOf(releases, Math.floor((width - NAME) / CELL));
  const names = rowNames(entries);
  const tables = parts.map((part) => tablePart(entries, names, part, paint).join("\n"));
  const scenarios = [...names].filter(([bug]) => ticketOf(bug) === undefined).map(([bug, name]) => `${name} = ${bug}`);
  const lists = scenarios.length === 0 ? [] : [scenarios.join("\n")];
  const explanations = explanationsOf(entries).map((text) => wrap(text, width).join("\n"));
  return [...tables, ...lists, wrap(LEGEND, width).join("\n"), ...explanations].join("\n\n");
}

/** Returns the number of the ticket: `3911` for `ZOOKEEPER-3911`. Returns undefined if the bug has no ticket. */
function ticketOf(bug: string): string | undefined {
  return /^ZOOKEEPER-(\d+)$/.exec(bug)?.[1];
}

/** Returns the name of each bug in the first column of the table: the number of its ticket, or a letter. */
function rowNames(entries: readonly MatrixEntry[]): Map<string, string> {
  const names = new Map<string, string>();
  let letters = 0;
  for (const { bug } of entries) {
    if (!names.has(bug)) names.set(bug, ticketOf(bug) ?? String.fromCharCode("a".charCodeAt(0) + letters++));
  }
  return names;
}

/**
 * Divides the releases into parts of at most `size` releases. Never splits a release line, even if it has more than
 * `size` releases.
 */
function partsOf(releases: readonly string[], size: number): string[][] {
  const parts: string[][] = [[]];
  for (const line of new Set(releases.map(lineOf))) {
    const sameLine = releases.filter((release) => lineOf(release) === line);
    const last = parts.at(-1) as string[];
    if (last.length > 0 && last.length + sameLine.length > size) parts.push(sameLine);
    else last.push(...sameLine);
  }
  return parts;
}

/** Returns the release line of a release, such as `3.6` for `3.6.2`. */
function lineOf(release: string): string {
  return /^\d+\.\d+/.exec(release)?.[0] ?? release;
}

function tablePart(
  entries: readonly MatrixEntry[],
  names: ReadonlyMap<string, string>,
  releases: readonly string[],
  paint: ChalkInstance,
): string[] {
  const lines = [header("", releases, (line) => line), header("ticket", releases, (_line, rest) => rest)];
  for (const [bug, name] of names) {
    const cells = releases.map((release) => {
      const entry = entries.find((one) => one.bug === bug && one.release === release);
      const text = entry === undefined ? "" : cellText(entry);
      const padded = text.padEnd(CELL);
      return text.includes("!") ? paint.yellow(padded) : text === "." ? paint.dim(padded) : padded;
    });
    lines.push(`${name.padEnd(NAME)}${cells.join("")}`.trimEnd());
  }
  return lines;
}

/** Returns the marks of a cell, which LEGEND explains. */
export function cellText(entry: MatrixEntry): string {
  const marks = `${entry.reproduced ? "S" : ""}${(entry.met ?? 0) > 0 ? "C" : ""}`;
  return `${marks === "" ? "." : marks}${disagrees(entry) ? "!" : ""}`;
}

/** Returns whether the result contradicts the ticket of the bug. */
export function disagrees({ expected, reproduced }: MatrixEntry): boolean {
  return reproduced !== expected;
}

/**
 * Returns one of the two header rows. The upper row contains the release lines, such as `3.9`, and the lower row the
 * rest of each release, such as `.4`. The upper row names each release line only once.
 */
function header(title: string, releases: readonly string[], part: (line: string, rest: string) => string): string {
  let before = "";
  const cells = releases.map((release) => {
    const [, line = release, rest = ""] = /^(\d+\.\d+)(\..*)$/.exec(release) ?? [];
    const text = part(line === before ? "" : line, rest);
    before = line;
    return text.slice(0, CELL - 1 + (rest === "" ? 2 : 0)).padEnd(CELL);
  });
  return `${title.padEnd(NAME)}${cells.join("")}`.trimEnd();
}

/** Returns one paragraph for each bug that has cells marked `!`, with the releases of these cells and the reason. */
export function explanationsOf(entries: readonly MatrixEntry[]): string[] {
  const marked = entries.filter(disagrees);
  return [...new Set(marked.map(({ bug }) => bug))].map((bug) => {
    const [first, ...others] = marked.filter((entry) => entry.bug === bug) as [MatrixEntry, ...MatrixEntry[]];
    const releases = [first, ...others].map(({ release }) => release).join(", ");
    const result = first.reproduced
      ? "these releases do not have the bug, but its scenario fails in the same way"
      : "these releases have the bug, but its scenario does not reproduce it";
    return `${ticketOf(bug) ?? bug} in ${releases}: ${result}. ${first.why ?? "The reason is not known."}`;
  });
}

/**
 * The settings of the campaigns whose results are in the matrix. For each base seed, one campaign runs in each release.
 */
export interface MatrixCampaigns {
  /** The time limit of a campaign in microseconds. */
  readonly timeUs: number;
  /** The first base seed. */
  readonly seed: bigint;
  /** The number of base seeds. */
  readonly repeat: bigint;
  readonly workers: number;
}

/**
 * Returns the matrix as a Markdown page. The page includes how many plans and seconds the campaigns needed to find each
 * bug. With `real`, it also includes the tries on real servers, and with `rarelyFound`, sentences about bugs
 * that campaigns rarely find (bug-rates.ts).
 */
export function matrixPage(
  entries: readonly MatrixEntry[],
  campaigns: MatrixCampaigns,
  real?: RealServers,
  rarelyFound: readonly string[] = [],
): string {
  const releases = [...new Set(entries.map(({ release }) => release))];
  const bugs = [...new Set(entries.map(({ bug }) => bug))];
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const lines = [
    "# Known bugs and the releases of ZooKeeper",
    "",
    ...wrap(introduction(campaigns), 128),
    ...(real === undefined ? [] : ["", ...wrap(ABOUT_REAL_SERVERS, 128)]),
    "",
    row(["bug", ...(real === undefined ? [] : ["real servers"]), ...releases]),
    row(["---", ...(real === undefined ? [] : ["---"]), ...releases.map(() => "---")]),
  ];
  for (const bug of bugs) {
    const cells = releases.map((release) => {
      const entry = entries.find((one) => one.bug === bug && one.release === release);
      if (entry === undefined) return "";
      const { campaigns, median, met = 0, reproduced } = entry;
      const mark = disagrees(entry) ? "! " : "";
      const found = median === undefined ? "" : `${median.runs} / ${median.seconds.toFixed(1)} s `;
      const share = met > 0 && met !== campaigns ? `(${met} of ${campaigns})` : "";
      return `${mark}${reproduced ? "**S** " : ""}${found}${share}`.trim() || "·";
    });
    const tries = real === undefined ? [] : [triesText(ofBug(real, bug))];
    lines.push(row([ticketOf(bug) ?? `[${bug}](../scenarios/bugs/${bug}.yaml)`, ...tries, ...cells]));
  }
  const explanations = explanationsOf(entries).flatMap((text) => wrap(`- **!** ${text}`, 128).map(indentItem));
  const rarely = rarelyFound.flatMap((text) => wrap(`- ${text}`, 128).map(indentItem));
  const about = rarely.length === 0 ? [] : ["", ...wrap(ABOUT_RATES, 128), "", ...rarely];
  return `${[...lines, "", ...explanations, ...about].join("\n")}\n`;
}

const ABOUT_RATES = [
  "Fewer than half of the campaigns found these bugs in some releases. A campaign runs some thousand plans in 60 s,",
  "and each of the faults `config-outage`, `config-pair`, `config-ports`, `config-restarts` and `config-dns` is in",
  "about 1 of 100 plans.",
].join(" ");

const ABOUT_REAL_SERVERS =
  "**real servers**: the tries of `zabsim confirm` that confirm the scenario on unmodified servers of a release, of " +
  "all tries. The first release has the bug, the second one does not; an open bug is tried on the newest two " +
  "releases. [verdicts.md](verdicts.md) has the evidence, and says how many tries a verdict needs. **·**: not tried.";

/** Returns the verdicts about the scenarios that reproduce a bug of the matrix. */
function ofBug({ ensembles, verdicts }: RealServers, bug: string): RealServers {
  const ticket = ticketOf(bug);
  const isOfBug = (scenario: string): boolean =>
    ticket === undefined ? scenario === bug : scenario.startsWith(`zookeeper-${ticket}-`);
  return { ensembles, verdicts: verdicts.filter(({ scenario }) => isOfBug(scenario)) };
}

function introduction({ repeat, seed, timeUs, workers }: MatrixCampaigns): string {
  const median =
    repeat === 1n
      ? ""
      : ": the median of all campaigns, with the number of campaigns that found the bug if not all did";
  const seeds = repeat === 1n ? `base seed ${seed}` : `${repeat} different base seeds`;
  return [
    "A cell shows how many plans and seconds a campaign needed to find and shrink its first failure that is due to",
    `this bug alone${median}.`,
    `In each release, \`zabsim fuzz --zookeeper RELEASE\` ran for at most ${timeUs / 1e6} s`,
    `on ${workers} cores with ${seeds}.`,
    "**S**: the scenario of the bug in scenarios/bugs/ fails. **!**: the cell differs from the releases that have the",
    "bug according to its ticket or to the Java code; the reason is below the table. **·**: this release does not have",
    "the bug, so no campaign looked for it.",
  ].join(" ");
}

/** Indents every line of a list item except the first line. */
function indentItem(line: string, index: number): string {
  return index === 0 ? line : `  ${line}`;
}

/** Advice to an operator about one bug of a release. */
export interface Advice {
  /** The ticket, e.g. `ZOOKEEPER-3911`. */
  readonly bug: string;
  /** The name of the scenario in scenarios/bugs/ that reproduces the bug. */
  readonly scenario: string;
  /** The cause of the bug and its effect, as sentences. */
  readonly about: string;
  /** The invariants that the scenario violates. */
  readonly violates: readonly string[];
  /** The first later release without the bug. Undefined if zabsim knows no such release. */
  readonly firstFree: string | undefined;
  /** The first releases without the bug in those newer release lines that started with the bug. */
  readonly alsoFrom: readonly string[];
}

/** Advice to an operator about a release. */
export interface ReleaseAdvice {
  readonly release: string;
  /** The bugs that the user asked about: their tickets, or the names of their scenarios. */
  readonly asked: readonly string[];
  /** The bugs of `asked` that the newest release does not have. */
  readonly fixed: readonly string[];
  /** The bugs that the user asked about and that the release has. */
  readonly bugs: readonly Advice[];
  /** The first later release without any bug of `fixed`. Undefined if zabsim knows no such release. */
  readonly firstFree: string | undefined;
  /** The number of known bugs of the release that the user did not ask about. */
  readonly others: number;
}

/** Returns the advice as text for a terminal. */
export function adviceText(
  { asked, bugs, firstFree: freeOfAll, fixed, others, release }: ReleaseAdvice,
  paint: ChalkInstance,
  width: number,
): string {
  const head =
    bugs.length === 0
      ? `ZooKeeper ${release} has none of ${listOf(asked)}.`
      : `Known bugs of ZooKeeper ${release}, each with the first later release that does not have it:`;
  const lines = [...wrap(head, width), ""];
  for (const { about, alsoFrom, bug, firstFree, scenario, violates } of bugs) {
    const newerLines = alsoFrom.length === 0 ? "" : ` (in newer release lines: ${alsoFrom.join(", ")})`;
    lines.push(paint.bold(bug));
    lines.push(...wrap(about, width - 2).map((line) => `  ${line}`));
    lines.push(
      ...wrap(`violates: ${violates.join(", ") || "no invariant; servers are stuck"}`, width - 2).map(
        (line) => `  ${line}`,
      ),
      `  scenario: ${scenario}`,
    );
    lines.push(`  first release without it: ${firstFree ?? "none"}${newerLines}`, "");
  }
  if (freeOfAll !== undefined) {
    lines.push(...wrap(`First later release without ${listOf(fixed)}: ${freeOfAll}.`, width));
  }
  if (others > 0) lines.push(...wrap(othersText(release, others), width));
  return lines.join("\n").trimEnd();
}

/** Joins the names of bugs, tickets first: `ZOOKEEPER-3911, -4643, open-snapshot-survives-trunc`. */
function listOf(bugs: readonly string[]): string {
  const tickets = bugs.filter((bug) => ticketOf(bug) !== undefined);
  const others = bugs.filter((bug) => ticketOf(bug) === undefined);
  return [...tickets, ...others].join(", ").replaceAll(", ZOOKEEPER", ", ");
}

function othersText(release: string, others: number): string {
  const bugs = others === 1 ? "1 other known bug" : `${others} other known bugs`;
  return `ZooKeeper ${release} has ${bugs}; \`zabsim list bugs\` describes those that have a scenario.`;
}
