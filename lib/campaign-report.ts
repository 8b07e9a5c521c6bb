/**
 * The texts that a campaign test prints: one text for a campaign without a finding, and one for each way in which a
 * campaign can fail.
 */
import type { Finding } from "../campaign/investigate.ts";
import type { CampaignOptions, CampaignTotals, Nondeterminism } from "../fuzz/block.ts";
import { FAULT_NAMES } from "../fuzz/fault-kinds.ts";
import { formatVirtual } from "../reports/campaign.ts";
import { countOf, hanging } from "../reports/format.ts";

/** What a campaign test counts while it runs. */
export interface CampaignCounts {
  /** Number of seeds in the options of the test. */
  readonly seeds: number;
  readonly totals: CampaignTotals;
  /** Names of the known bugs that explain failing seeds. */
  readonly knownBugs: ReadonlySet<string>;
  /** Number of failing seeds that known bugs explain. */
  readonly knownFailures: number;
  /**
   * Number of failing seeds that the test ignores because of its options: the violated invariant is not in
   * `invariants`, or the servers are stuck and `liveness` is false.
   */
  readonly ignoredFailures: number;
}

/** Describes a campaign without a finding: the runs, the coverage, and the failures that the test ignores. */
export function greenText(name: string, options: CampaignOptions, counts: CampaignCounts): string {
  const { ignoredFailures, knownBugs, knownFailures, totals } = counts;
  const { coverage, events, runs, virtualUs } = totals;
  const { scenario, zookeeper } = options;
  const lines: readonly (readonly [label: string, text: string])[] = [
    ["runs", `${runs} of ${scenario?.name ?? "generated ensembles"}, ZooKeeper ${zookeeper}`],
    ["time", `${formatVirtual(virtualUs)} of virtual time, ${countOf(events, "event")}`],
    ["coverage", `${countOf(coverage.size, "feature")} (message outcomes, sync rules, failures, faults)`],
    ["unreached", unreachedText(options, totals)],
    ["known", knownFailures === 0 ? "" : knownText(knownFailures, knownBugs)],
    [
      "ignored",
      ignoredFailures === 0
        ? ""
        : `${countOf(ignoredFailures, "seed")} failed in ways that the options of the test ignore`,
    ],
  ];
  return [
    `zabsim campaign: ${name}: no finding`,
    ...lines.flatMap(([label, text]) => (text === "" ? [] : hanging(text, `  ${label.padEnd(9)} `, " ".repeat(12)))),
  ].join("\n");
}

/** Lists the sync rules and the faults that no run reached. Considers only faults that the options allow. */
function unreachedText({ faults = FAULT_NAMES, zookeeper }: CampaignOptions, { coverage }: CampaignTotals): string {
  const features = coverage.neverReached(zookeeper);
  const rules = namesOf("rule", features);
  const drawn = namesOf("fault", features).filter((name) => faults.some((fault) => fault === name));
  return [
    rules.length > 0 ? `sync rules ${rules.join(", ")}` : "",
    drawn.length > 0 ? `faults ${drawn.join(", ")}` : "",
  ]
    .filter((text) => text !== "")
    .join("; ");
}

/**
 * Returns the names of all features of one kind. For example, the feature `rule txn-log-gap` has the name txn-log-gap.
 */
function namesOf(kind: "rule" | "fault", features: readonly string[]): string[] {
  return features.filter((feature) => feature.startsWith(`${kind} `)).map((feature) => feature.slice(kind.length + 1));
}

function knownText(failures: number, bugs: ReadonlySet<string>): string {
  const names = bugs.size === 0 ? "" : `: ${[...bugs].sort().join(", ")}`;
  return `known bugs explain ${countOf(failures, "failing seed")}${names}; with strict: true, they make the test fail`;
}

/** Describes a finding: how and why the run failed, the minimal scenario, and how to repeat the run. */
export function findingMessage(finding: Finding, file: string, repeatSeeds: string, counts: CampaignCounts): string {
  const { configuration, known, needsNoSeed, seed, signature, why, yaml } = finding;
  return [
    `${signature}, seed ${seed}${known.length === 0 ? "" : `, known bug: ${known.join(", ")}`}`,
    ...(configuration === undefined ? [] : [`not a bug: the configuration needs ${configuration}`]),
    `found after ${counts.totals.runs} of ${countOf(counts.seeds, "run")}`,
    "",
    why,
    "",
    `minimal scenario${needsNoSeed ? "" : " (needs its seed)"}: ${file}`,
    "",
    yaml.trimEnd(),
    "",
    `replay: npx zabsim replay ${file}`,
    `repeat on another machine: run this test with seeds: ${repeatSeeds}`,
  ].join("\n");
}

/** Describes a seed that gave two different runs, which is a defect of zabsim. */
export function nondeterminismMessage({ first, second, seed }: Nondeterminism): string {
  return `nondeterminism: seed ${seed} gave two different runs\n  run 1: ${first}\n  run 2: ${second}`;
}
