/**
 * Prints a campaign as text: its size and speed, its findings, the coverage features that it never reached, and how
 * often each kind of fault was injected and had an effect.
 */
import type { ChalkInstance } from "chalk";
import { countOf, formatSpan, hanging, PAGE_WIDTH } from "./format.ts";
import { tableLines } from "./table-layout.ts";
import { countedFindings, isCounted, isNewFinding, type Verdict, verdictOf } from "./verdict.ts";

export interface CampaignReport {
  readonly runs: number;
  readonly events: number;
  readonly virtualUs: number;
  /** Duration of this session in seconds. The sessions that --resume continues do not count. */
  readonly seconds: number;
  readonly runsPerS: number;
  readonly workers: number;
  readonly interrupted: boolean;
  /**
   * Number of failing plans that are not investigated yet. If the user continues the campaign with --resume, the
   * campaign investigates them.
   */
  readonly uninvestigated: number;
  /** Whether known bugs, and configurations that cannot work, count as findings. */
  readonly strict: boolean;
  readonly findings: readonly ReportedFinding[];
  /** The known bugs that explain findings. */
  readonly knownBugs: readonly KnownBugReport[];
  /** The seeds that gave two different runs, each with the first event that differs. */
  readonly nondeterminism: readonly { readonly seed: bigint; readonly first: string; readonly second: string }[];
  readonly coverage: { readonly size: number; readonly neverReached: readonly string[] };
  /** For each kind of fault, two numbers: how often it was injected, and how often it had an effect. */
  readonly faults: ReadonlyMap<string, readonly [number, number]>;
}

export interface KnownBugReport {
  readonly id: string;
  /** The oldest release without the bug that is newer than the release of the campaign. Null if there is none. */
  readonly firstReleaseWithout: string | null;
}

export interface ReportedFinding {
  readonly signature: string;
  /** The violated invariant, or "liveness" if the servers are stuck. */
  readonly invariant: string;
  readonly seed: string;
  /** Names of the known bugs that explain the finding. If the list is empty, the finding is new. */
  readonly known: readonly string[];
  /**
   * The settings that the servers need, such as `initLimit of at least 21 ticks`. Present only if servers are stuck
   * because a time limit is too short for work of known duration. Such a finding is not a bug.
   */
  readonly configuration?: string;
  readonly steps: number;
  readonly servers: number;
  readonly shrinkRuns: number;
  /** Whether shrinking ended because no simpler scenario fails. False if it reached its limit of runs. */
  readonly shrinkComplete: boolean;
  /** Whether the minimal scenario failed with every seed that was tried, so that it does not depend on its own seed. */
  readonly needsNoSeed: boolean;
  readonly why: string;
  readonly file: string;
  /** Number of seeds that failed in the same way, which means with the same signature. */
  readonly count: number;
}

/** Command lines for one finding. Each line starts with the purpose of the command, as in `replay: npx zabsim …`. */
export type FindingCommands = readonly string[];

export function campaignReport(report: CampaignReport, paint: ChalkInstance): string {
  const sections = [
    summaryLines(report, paint),
    findingLines(report.findings, paint),
    knownBugLines(report.knownBugs),
    faultLines(report.faults),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function summaryLines(report: CampaignReport, paint: ChalkInstance): string[] {
  const { coverage, events, findings, interrupted, runs, runsPerS, seconds, virtualUs, workers } = report;
  const newCount = findings.filter(isNewFinding).length;
  const configurationCount = findings.filter(({ configuration }) => configuration !== undefined).length;
  const configurationText = configurationCount === 0 ? "" : `, ${configurationCount} because of the configuration`;
  const newText = newCount === 0 ? paint.green("none new") : paint.red(`${newCount} new`);
  const entries: readonly (readonly [string, string])[] = [
    ["runs", `${thousands(runs)}${interrupted ? " (interrupted)" : ""}`],
    ["events", thousands(events)],
    ["virtual time", formatVirtual(virtualUs)],
    ["rate", `${thousands(Math.round(runsPerS))} runs/s over ${seconds.toFixed(1)} s, ${countOf(workers, "worker")}`],
    ["findings", `${newText}, ${findings.length - newCount - configurationCount} known${configurationText}`],
    ["coverage", `${coverage.size} features (message outcomes, sync rules, failures, faults)`],
    ["verdict", verdictText(report, paint)],
  ];
  // An interrupted campaign has not run all its plans, so a list of unreached features would be misleading.
  const neverReached = interrupted ? "" : coverage.neverReached.join(", ");
  return [
    ...entries.map(([name, value]) => `  ${name.padEnd(13)} ${value}`),
    ...(neverReached === "" ? [] : hanging(`never reached: ${neverReached}`, "  ", "  ")),
  ];
}

/** Returns the verdict in words. For a campaign that failed, the text says why. */
function verdictText(report: CampaignReport, paint: ChalkInstance): string {
  const { findings, nondeterminism } = report;
  const counted = countOf(countedFindings(report).length, "finding");
  const ignored = findings.length - countedFindings(report).length;
  const ignoredText = ignored === 0 ? "" : `; ${ignoredFindings(report)} count only with --strict`;
  const texts: Readonly<Record<Verdict, string>> = {
    ok: `ok${ignoredText}`,
    violated: `failed: ${counted}${ignoredText}`,
    stuck: `failed: ${counted} (servers did not serve again)${ignoredText}`,
    nondeterministic: `failed: ${countOf(nondeterminism.length, "seed")} gave two different runs`,
    interrupted: interruptionText(report),
  };
  const verdict = verdictOf(report);
  return verdict === "ok" ? paint.green(texts.ok) : paint.red(texts[verdict]);
}

/** Names the kinds of findings that do not make the campaign fail. */
function ignoredFindings({ findings, strict }: CampaignReport): string {
  const ignored = findings.filter((finding) => !isCounted(finding, strict));
  const kinds = [
    ...(ignored.some(({ configuration }) => configuration === undefined) ? ["known bugs"] : []),
    ...(ignored.some(({ configuration }) => configuration !== undefined) ? ["configurations that cannot work"] : []),
  ];
  return kinds.join(" and ");
}

/**
 * Returns the message of an interrupted campaign: how to continue it, and how many failing plans are not investigated.
 */
export function interruptionText({ uninvestigated }: Pick<CampaignReport, "uninvestigated">): string {
  const plans = uninvestigated === 0 ? "" : ` and investigates ${countOf(uninvestigated, "failing plan")}`;
  return `interrupted; --resume continues the campaign${plans}`;
}

/**
 * Returns one block of lines for each signature. A block contains the number of seeds that failed with this signature,
 * and the findings.
 */
function findingLines(findings: readonly ReportedFinding[], paint: ChalkInstance): string[] {
  if (findings.length === 0) return [];
  const lines = ["findings"];
  for (const signature of new Set(findings.map((finding) => finding.signature))) {
    const same = findings.filter((finding) => finding.signature === signature);
    lines.push(`  ${signature.padEnd(42)} ${countOf(same[0]?.count ?? 0, "seed").padStart(12)}`);
    for (const finding of same) {
      const { configuration, known, seed, steps } = finding;
      const isNew = isNewFinding(finding);
      const cause = configuration === undefined ? known.join(", ") : `the configuration needs ${configuration}`;
      const text = `seed ${seed}, ${countOf(steps, "step")}: ${isNew ? "new" : cause}`;
      lines.push(...hanging(text, "      ", "        ").map((line) => (isNew ? paint.red(line) : line)));
    }
  }
  return lines;
}

/** Returns one line for each known bug, with the release to upgrade to. */
function knownBugLines(bugs: readonly KnownBugReport[]): string[] {
  if (bugs.length === 0) return [];
  const title = "first newer release without each known bug (its scenario can still fail there because of another bug)";
  return [
    ...hanging(title, "", "  "),
    ...bugs.flatMap(({ firstReleaseWithout, id }) => hanging(`${id}: ${firstReleaseWithout ?? "none"}`, "  ", "    ")),
  ];
}

/** Returns the table of faults, with two kinds of faults per line. */
function faultLines(faults: CampaignReport["faults"]): string[] {
  if (faults.size === 0) return [];
  const cells = [...faults]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, [injected, effective]]) => [`  ${kind}`, `  ${thousands(injected)}`, `  ${thousands(effective)}`]);
  const titles = ["  fault", "  injected", "  effect"];
  const half = Math.ceil(cells.length / 2);
  const rows = cells.slice(0, half).map((left, i) => [...left, ...(cells[half + i] ?? ["", "", ""])]);
  return tableLines([[...titles, ...titles], ...rows], {
    gap: "",
    aligns: ["left", "right", "right", "left", "right", "right"],
  });
}

/**
 * Returns the text of one finding, which `zabsim fuzz` prints as soon as the finding is shrunk. A finding that a known
 * bug explains takes one line, unless `inFull` is true.
 */
export function findingText(
  finding: ReportedFinding,
  commands: FindingCommands,
  paint: ChalkInstance,
  inFull = isNewFinding(finding),
): string {
  const { configuration, file, known, needsNoSeed, seed, servers, shrinkRuns, shrinkComplete, signature, steps, why } =
    finding;
  if (configuration !== undefined && !inFull) {
    const text = `${signature}, seed ${seed}: the configuration needs ${configuration}; scenario: ${file}`;
    const [first = "", ...rest] = hanging(text, "", "  ", PAGE_WIDTH - 14);
    return [`${paint.dim("configuration")} ${first}`, ...rest].join("\n");
  }
  if (known.length > 0 && !inFull) {
    const [first = "", ...rest] = hanging(`${signature}, seed ${seed}: ${known.join(" ")}`, "", "  ", PAGE_WIDTH - 10);
    return [`${paint.dim("known bug")} ${first}`, ...rest].join("\n");
  }
  const seedNeed = needsNoSeed ? "" : ", needs its seed";
  const size = `${countOf(steps, "step")}, ${countOf(servers, "server")}${seedNeed}`;
  const shrinking = `shrunk in ${countOf(shrinkRuns, "run")}${shrinkComplete ? "" : " (stopped at the limit)"}`;
  return [
    `${paint.red("found")} ${paint.bold(signature)}, seed ${seed}`,
    `  ${size}; ${shrinking}`,
    `  ${file}`,
    ...known.flatMap((bug) => hanging(`known bug: ${bug}`, "  ", "    ")),
    ...(configuration === undefined ? [] : [`  configuration: needs ${configuration}`]),
    ...commands.map((line) => `  ${line}`),
    "",
    why,
    "",
  ].join("\n");
}

function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** Returns a virtual time in hours if it is an hour or longer, and in a smaller unit otherwise. */
export function formatVirtual(us: number): string {
  const hours = us / 3_600_000_000;
  return hours < 1 ? formatSpan(us) : `${hours.toFixed(1)} h`;
}
