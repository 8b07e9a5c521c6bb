/**
 * Prints the result of `zabsim matrix --from A --to B` as text. It lists the known bugs that an upgrade removes, adds
 * and keeps, better releases to upgrade to, and the findings of a campaign of rolling upgrades.
 */
import type { ChalkInstance } from "chalk";
import { countOf, hanging, wrap } from "./format.ts";

export interface BugEntry {
  /** The ticket, e.g. `ZOOKEEPER-3911`, or the name of the scenario. */
  readonly bug: string;
  /** The cause of the bug and its effect, as sentences. */
  readonly about: string;
  /** The name of the scenario that reproduces the bug. */
  readonly scenario: string | undefined;
}

/** A release with fewer known bugs than the target of the upgrade. */
export interface BetterEntry {
  readonly release: string;
  /** The bugs that the target of the upgrade has and this release does not have. */
  readonly without: readonly string[];
  /** The bugs that this release has and the target of the upgrade does not have. */
  readonly adds: readonly string[];
  /** The bugs that this release has, except those that are open in every release. */
  readonly remaining: readonly string[];
}

export interface UpgradeReport {
  readonly from: string;
  readonly to: string;
  readonly gone: readonly BugEntry[];
  readonly coming: readonly BugEntry[];
  readonly staying: readonly BugEntry[];
  /** The number of bugs that are open in every release. */
  readonly openCount: number;
  readonly better: readonly BetterEntry[];
}

/** A finding that no known bug explains. */
export interface NewFinding {
  readonly signature: string;
  /** The invariant, or "liveness". */
  readonly invariant: string;
  readonly seed: string;
  /** The scenario file with the minimal scenario of the finding. */
  readonly file: string;
  readonly why: string;
  /** The releases that run in the minimal scenario. */
  readonly releases: readonly string[];
}

export interface RollingUpgradeReport {
  readonly runs: number;
  readonly seconds: number;
  /** The first seed of the campaign. */
  readonly seed: string;
  readonly interrupted: boolean;
  /** The known bugs that explain findings. For each of them, `releases` lists which of the two releases have it. */
  readonly known: readonly { readonly bug: string; readonly releases: readonly string[] }[];
  /** The bugs that explain findings and are open in every release. */
  readonly open: readonly string[];
  readonly newFindings: readonly NewFinding[];
  /** The seeds that gave two different runs. */
  readonly nondeterministic: readonly string[];
}

/** The width of the column with the names of bugs. A name that does not fit has a line of its own. */
const NAME = 16;

export function upgradeText(report: UpgradeReport, paint: ChalkInstance, width: number): string {
  const { coming, from, gone, openCount, staying, to } = report;
  return [
    paint.bold(`From ZooKeeper ${from} to ${to}`),
    "",
    ...bugSection(`Bugs that the upgrade removes: ${from} has them, ${to} does not`, gone, paint, width),
    ...bugSection(`Bugs that the upgrade adds: ${to} has them, ${from} does not`, coming, paint, width),
    ...bugSection(`Bugs that the upgrade keeps: ${from} and ${to} have them`, staying, paint, width),
    ...wrap(`Every release also has ${countOf(openCount, "open bug")} (see zabsim list fixes).`, width),
    "",
    paint.bold(`Release to choose instead of ${to}`),
    ...betterLines(report, width),
    ...scenarioHint(report, width),
  ].join("\n");
}

function bugSection(title: string, bugs: readonly BugEntry[], paint: ChalkInstance, width: number): string[] {
  const lines = bugs.flatMap(({ about, bug }) => {
    const indent = " ".repeat(2 + NAME);
    if (bug.length < NAME) return hanging(about, `  ${bug.padEnd(NAME)}`, indent, width);
    return [`  ${bug}`, ...hanging(about, indent, indent, width)];
  });
  return [paint.bold(`${title} (${bugs.length})`), ...(lines.length === 0 ? ["  none"] : lines), ""];
}

function betterLines({ better, to }: UpgradeReport, width: number): string[] {
  if (better.length === 0) return hanging(`No later release has fewer known bugs than ${to}.`, "  ", "  ", width);
  const best = better.at(-1)?.release;
  const sameLine =
    better.length > 1 ? `, or ${better[0]?.release} if you want to stay in the release line of ${to}` : "";
  const advice = hanging(`Choose ${best}${sameLine}.`, "  ", "  ", width);
  const details = better.flatMap(({ adds, release, remaining, without }) => {
    const left = remaining.length === 0 ? "Only the open bugs are left." : `It has these bugs: ${bugList(remaining)}.`;
    const added = adds.length === 0 ? "" : ` ${to} does not have ${bugList(adds)}.`;
    const text = `does not have ${bugList(without)} of ${to}. ${left}${added}`;
    return hanging(text, `  ${release.padEnd(8)}`, " ".repeat(10), width);
  });
  return [...advice, ...details];
}

function scenarioHint({ coming, gone, staying }: UpgradeReport, width: number): string[] {
  const scenario = [...coming, ...gone, ...staying].find((bug) => bug.scenario !== undefined)?.scenario;
  if (scenario === undefined) return [];
  const text = `\`zabsim list bugs\` names the scenarios of these bugs. \`zabsim run ${scenario}\` runs one.`;
  return ["", ...wrap(text, width)];
}

/**
 * Returns a list of bugs as text. Tickets come first, in the short form `ZOOKEEPER-4643, -4646`, and bugs without a
 * ticket follow.
 */
function bugList(bugs: readonly string[]): string {
  const tickets = bugs.filter((bug) => bug.startsWith("ZOOKEEPER-"));
  const others = bugs.filter((bug) => !bug.startsWith("ZOOKEEPER-"));
  const joined = tickets.map((ticket, i) => (i === 0 ? ticket : ticket.replace("ZOOKEEPER", ""))).join(", ");
  return [...(joined === "" ? [] : [joined]), ...others].join(", ");
}

export function rollingUpgradeText(
  { from, to }: Pick<UpgradeReport, "from" | "to">,
  report: RollingUpgradeReport,
  paint: ChalkInstance,
  width: number,
): string {
  const { interrupted, known, newFindings, nondeterministic, open, runs, seconds, seed } = report;
  const duration = `${seconds.toFixed(0)} s${interrupted ? " (interrupted)" : ""}`;
  const size = `${countOf(runs, "run")} in ${duration}, from seed ${seed}`;
  const intro = [
    `Three servers run ${from} and are restarted with ${to} one after the other, while a client writes. Each run adds`,
    `other faults and writes. ${size}.`,
  ].join(" ");
  const lines = [paint.bold(`Rolling upgrade from ${from} to ${to}`), ...hanging(intro, "  ", "  ", width)];
  for (const [releases, bugs] of byReleases(known, [from, to])) {
    lines.push(...hanging(`known bugs of ${releases}: ${bugList(bugs)}`, "  ", "    ", width));
  }
  if (open.length > 0) lines.push(...hanging(`open bugs of every release: ${bugList(open)}`, "  ", "    ", width));
  if (newFindings.length === 0) lines.push(`  ${paint.green("no new failure")}`);
  for (const one of nondeterministic) lines.push(`  ${paint.red(`seed ${one} gave two different runs`)}`);
  for (const { file, releases, seed: seedOfFinding, signature, why } of newFindings) {
    const needs = `its minimal scenario runs ${releases.join(" and ")}`;
    const title = hanging(`new failure: ${signature}, seed ${seedOfFinding}; ${needs}`, "  ", "    ", width);
    lines.push(
      "",
      ...title.map((line) => paint.red(line)),
      `  file: ${file}`,
      ...hanging(
        `repeat: zabsim matrix --from ${from} --to ${to} --seed ${seedOfFinding} --time 1s`,
        "  ",
        "    ",
        width,
      ),
      "",
      why,
    );
  }
  return lines.join("\n");
}

const BOTH = "both releases";

/** Groups the bugs by the releases that have them. The groups of a single release come first. */
function byReleases(known: RollingUpgradeReport["known"], names: readonly string[]): [string, string[]][] {
  return [...names, BOTH].flatMap((name): [string, string[]][] => {
    const bugs = known.filter(({ releases }) => name === (releases.length === 2 ? BOTH : releases[0]));
    return bugs.length === 0 ? [] : [[name, bugs.map(({ bug }) => bug)]];
  });
}
