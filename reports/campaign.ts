/**
 * A campaign as text: its measures, its findings, the coverage features that it never reached, and how often each kind of
 * fault was injected and had an effect.
 */
import type { ChalkInstance } from "chalk";
import Table from "cli-table3";
import { countOf, formatSpan, hanging, wrap } from "./format.ts";

export interface CampaignReport {
  readonly runs: number;
  readonly events: number;
  readonly virtualUs: number;
  /** Duration of this session, without the sessions that it resumed. */
  readonly seconds: number;
  readonly runsPerS: number;
  readonly workers: number;
  readonly interrupted: boolean;
  readonly findings: readonly ReportedFinding[];
  readonly coverage: { readonly size: number; readonly neverReached: readonly string[] };
  /** By kind of fault: how often it was injected, and how often it had an effect. */
  readonly faults: ReadonlyMap<string, readonly [number, number]>;
}

export interface ReportedFinding {
  readonly signature: string;
  /** The invariant, or "liveness". */
  readonly invariant: string;
  readonly seed: string;
  /** Names of the known bugs that explain the finding. Empty: the finding is new. */
  readonly known: readonly string[];
  readonly steps: number;
  readonly servers: number;
  readonly shrinkRuns: number;
  /** Whether shrinking ended because no simpler scenario failed, and not because it reached its limit of runs. */
  readonly shrunkAll: boolean;
  /** Whether the minimal scenario fails with every seed that was tried. */
  readonly needsNoSeed: boolean;
  readonly why: string;
  readonly file: string;
  /** Number of seeds that failed with this signature. */
  readonly count: number;
}

const NO_LINES = {
  chars: Object.fromEntries(
    [
      "top",
      "top-mid",
      "top-left",
      "top-right",
      "bottom",
      "bottom-mid",
      "bottom-left",
      "bottom-right",
      "left",
      "left-mid",
      "mid",
      "mid-mid",
      "right",
      "right-mid",
      "middle",
    ].map((part) => [part, ""]),
  ),
  style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
};

export function campaignReport(report: CampaignReport, paint: ChalkInstance): string {
  const { coverage, events, faults, findings, interrupted, runs, runsPerS, seconds, virtualUs, workers } = report;
  const fresh = findings.filter(({ known }) => known.length === 0);
  const summary = rows([
    ["runs", `${thousands(runs)}${interrupted ? " (interrupted)" : ""}`],
    ["events", thousands(events)],
    ["virtual time", formatVirtual(virtualUs)],
    ["rate", `${thousands(Math.round(runsPerS))} runs/s over ${seconds.toFixed(1)} s, ${countOf(workers, "worker")}`],
    [
      "findings",
      `${fresh.length === 0 ? paint.green("none new") : paint.red(`${fresh.length} new`)}, ${findings.length - fresh.length} known`,
    ],
    ["coverage", `${coverage.size} features (message outcomes, sync rules, failures, faults)`],
  ]);
  const never =
    coverage.neverReached.length === 0 ? [] : hanging(`never reached: ${coverage.neverReached.join(", ")}`, "  ", "  ");
  return [summary, ...never, "", findingsTable(findings, paint), faultsTable(faults)]
    .filter((part) => part !== "none")
    .join("\n");
}

function findingsTable(findings: readonly ReportedFinding[], paint: ChalkInstance): string {
  if (findings.length === 0) return "none";
  const signatures = [...new Set(findings.map(({ signature }) => signature))];
  const lines = signatures.flatMap((signature) => {
    const alike = findings.filter((one) => one.signature === signature);
    const head = `  ${signature.padEnd(42)} ${countOf(alike[0]?.count ?? 0, "seed").padStart(12)}`;
    const each = alike.map(({ known, seed, steps }) => {
      const text = `seed ${seed}, ${countOf(steps, "step")}: ${known.length === 0 ? "new" : known.join(", ")}`;
      const [first, ...rest] = wrap(text, 70);
      const lines = [`      ${first}`, ...rest.map((line) => `        ${line}`)].join("\n");
      return known.length === 0 ? paint.red(lines) : lines;
    });
    return [head, ...each];
  });
  return `findings\n${lines.join("\n")}\n`;
}

function faultsTable(faults: CampaignReport["faults"]): string {
  const kinds = [...faults].sort(([a], [b]) => (a < b ? -1 : 1));
  if (kinds.length === 0) return "none";
  const cell = ([kind, [injected, effective]]: (typeof kinds)[number]): string[] => [
    kind,
    thousands(injected),
    thousands(effective),
  ];
  const half = Math.ceil(kinds.length / 2);
  const table = new Table({
    ...NO_LINES,
    colAligns: ["left", "right", "right", "left", "left", "right", "right"],
  } as never);
  table.push(["  fault", "  injected", "  effect", "    ", "fault", "  injected", "  effect"]);
  for (let i = 0; i < half; i++) {
    const [left, right] = [kinds[i], kinds[i + half]];
    const [a, b, c] = cell(left as (typeof kinds)[number]);
    table.push([`  ${a}`, `  ${b}`, `  ${c}`, "", ...(right === undefined ? ["", "", ""] : cell(right))]);
  }
  return trimmedLines(table.toString());
}

function rows(entries: readonly (readonly [string, string])[]): string {
  return entries.map(([name, value]) => `  ${name.padEnd(13)} ${value}`).join("\n");
}

function trimmedLines(table: string): string {
  return table
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** One finding, printed as soon as it is shrunk. A known one takes one line unless `inFull`. */
export function findingText(
  finding: ReportedFinding,
  replay: string,
  paint: ChalkInstance,
  inFull = finding.known.length === 0,
): string {
  const { file, known, needsNoSeed, seed, servers, shrinkRuns, shrunkAll, signature, steps, why } = finding;
  if (known.length > 0 && !inFull) return `${paint.dim("known bug")} ${signature}, seed ${seed}: ${known.join(", ")}`;
  const seedNeed = needsNoSeed ? "" : ", fails only with its seed";
  const size = `${countOf(steps, "step")}, ${countOf(servers, "server")}${seedNeed}`;
  const shrinking = `shrunk in ${countOf(shrinkRuns, "run")}${shrunkAll ? "" : " (stopped at the limit)"}`;
  return [
    `${paint.red("found")} ${paint.bold(signature)}, seed ${seed}`,
    `  ${size}; ${shrinking}`,
    `  ${file}`,
    ...(known.length === 0 ? [] : [`  known bug: ${known.join(", ")}`]),
    `  replay: ${replay}`,
    "",
    why,
    "",
  ].join("\n");
}

function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}

function formatVirtual(us: number): string {
  const hours = us / 3_600_000_000;
  return hours < 1 ? formatSpan(us) : `${hours.toFixed(1)} h`;
}
