/**
 * A campaign as a table: what was run, what was found, what was reached, and which faults made a difference.
 */
import type { ChalkInstance } from "chalk";
import Table from "cli-table3";
import { formatSpan, wrap } from "./format.ts";

export interface CampaignReport {
  readonly runs: number;
  readonly events: number;
  readonly virtualUs: number;
  /** Of this session, without what was resumed. */
  readonly seconds: number;
  readonly runsPerS: number;
  readonly workers: number;
  readonly interrupted: boolean;
  readonly findings: readonly ReportedFinding[];
  readonly coverage: { readonly size: number; readonly neverReached: readonly string[] };
  /** By kind: struck, with an effect. */
  readonly faults: ReadonlyMap<string, readonly [number, number]>;
}

export interface ReportedFinding {
  readonly signature: string;
  /** The invariant, or "liveness". */
  readonly invariant: string;
  readonly seed: string;
  /** The scenarios in scenarios/bugs/ that tell of what it needs; none: it is new. */
  readonly known: readonly string[];
  readonly steps: number;
  readonly servers: number;
  /** How many runs the shrinking took, and whether it came to its end. */
  readonly shrinkRuns: number;
  readonly shrunkAll: boolean;
  readonly needsNoSeed: boolean;
  readonly why: string;
  readonly file: string;
  /** How many seeds failed in this way. */
  readonly count: number;
}

const PLAIN = {
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
    ["rate", `${thousands(Math.round(runsPerS))} runs/s over ${seconds.toFixed(1)} s, ${workers} workers`],
    [
      "findings",
      `${fresh.length === 0 ? paint.green("none new") : paint.red(`${fresh.length} new`)}, ${findings.length - fresh.length} known`,
    ],
    ["coverage", `${coverage.size} (role, phase, message, outcome), rules, failures, faults`],
  ]);
  const never =
    coverage.neverReached.length === 0
      ? []
      : wrap(`never reached: ${coverage.neverReached.join(", ")}`, 78).map((line) => `  ${line}`);
  return [summary, ...never, "", findingsTable(findings, paint), faultsTable(faults)]
    .filter((part) => part !== "none")
    .join("\n");
}

function findingsTable(findings: readonly ReportedFinding[], paint: ChalkInstance): string {
  if (findings.length === 0) return "none";
  const signatures = [...new Set(findings.map(({ signature }) => signature))];
  const lines = signatures.flatMap((signature) => {
    const alike = findings.filter((one) => one.signature === signature);
    const head = `  ${signature.padEnd(42)} ${String(alike[0]?.count).padStart(6)} seeds`;
    const each = alike.map(({ known, seed, steps }) => {
      const text = `seed ${seed}, ${steps} steps: ${known.length === 0 ? "new" : known.join(", ")}`;
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
  const cell = ([kind, [struck, tookEffect]]: (typeof kinds)[number]): string[] => [
    kind,
    thousands(struck),
    thousands(tookEffect),
  ];
  const half = Math.ceil(kinds.length / 2);
  const table = new Table({
    ...PLAIN,
    colAligns: ["left", "right", "right", "left", "left", "right", "right"],
  } as never);
  table.push(["  fault", "  struck", "  effect", "    ", "fault", "  struck", "  effect"]);
  for (let i = 0; i < half; i++) {
    const [left, right] = [kinds[i], kinds[i + half]];
    const [a, b, c] = cell(left as (typeof kinds)[number]);
    table.push([`  ${a}`, `  ${b}`, `  ${c}`, "", ...(right === undefined ? ["", "", ""] : cell(right))]);
  }
  return tidied(table.toString());
}

function rows(entries: readonly (readonly [string, string])[]): string {
  return entries.map(([name, value]) => `  ${name.padEnd(13)} ${value}`).join("\n");
}

function tidied(table: string): string {
  return table
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** One finding as it is found. */
export function findingText(
  finding: ReportedFinding,
  replay: string,
  paint: ChalkInstance,
  inFull = finding.known.length === 0,
): string {
  const { file, known, needsNoSeed, seed, servers, shrinkRuns, shrunkAll, signature, steps, why } = finding;
  if (known.length > 0 && !inFull) return `${paint.dim("known")} ${signature}, seed ${seed}: ${known.join(", ")}`;
  const shrunk = `${steps} steps, ${servers} servers${needsNoSeed ? "" : ", needs its seed"}; ${shrinkRuns} runs of shrinking${shrunkAll ? "" : ", broken off"}`;
  return [
    `${paint.red("found")} ${paint.bold(signature)}, seed ${seed}`,
    `  ${shrunk}`,
    `  ${file}`,
    ...(known.length === 0 ? [] : [`  known: ${known.join(", ")}`]),
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
