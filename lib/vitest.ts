/**
 * `zabsim/vitest` runs a campaign as a test. One call in a test file names the scenario, the faults, the number of
 * seeds and the invariants. A failing test prints the explanation, the minimal scenario, and the command that replays
 * it. A passing test prints the number of runs and their coverage.
 *
 *     import { campaign } from "zabsim/vitest";
 *     campaign("our upgrade survives power loss", { scenario: "upgrade.yaml", faults: ["power-loss"], seeds: 500 });
 *
 * @module zabsim/vitest
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { type Finding, investigate } from "../campaign/investigate.ts";
import { InvestigationPolicy, investigationRank } from "../campaign/investigation-policy.ts";
import { withSchemaLine } from "../campaign/schema-line.ts";
import { SeedBlocks } from "../campaign/seed-blocks.ts";
import { type CampaignOptions, CampaignTotals, type FailedPlan, runBlock } from "../fuzz/block.ts";
import { fileNameFor } from "../fuzz/shrink/failure.ts";
import { findInvariant } from "../invariants/index.ts";
import { callSiteOf, pointTo } from "./call-site.ts";
import { type CampaignTest, campaignOptionsOf, checkOptions, seedsOf } from "./campaign-options.ts";
import { type CampaignCounts, findingMessage, greenText, nondeterminismMessage } from "./campaign-report.ts";

export type { CampaignTest } from "./campaign-options.ts";

/** Maximum number of runs to shrink one finding. */
const SHRINK_RUNS = 4000;

/** The default time limit in milliseconds, which is the sum of `test` and of `seed` times the number of seeds. */
const TIMEOUT_MS = { test: 60_000, seed: 20 } as const;

/** An error that makes the test fail. Its stack points to the call of campaign(). */
class CampaignFailure extends Error {
  override readonly name = "CampaignFailure";
}

/**
 * Registers one vitest test that runs a campaign. The test fails at the first finding, at the first nondeterministic
 * run, or if the scenario cannot be loaded; the error points to the call of this function.
 *
 * @param name - the name of the test
 * @param options - what to run and what counts as a failure
 * @throws Error if an option is unknown or its value is not accepted, with a suggestion if a name is close
 */
export function campaign(name: string, options: CampaignTest = {}): void {
  const callSite = callSiteOf(campaign);
  pointingTo(callSite, () => checkOptions(options));
  const [first, last] = seedsOf(options);
  const timeout = options.timeout ?? TIMEOUT_MS.test + TIMEOUT_MS.seed * Number(last - first);
  test(name, { timeout }, async () => {
    const campaignOptions = pointingTo(callSite, () => campaignOptionsOf(options));
    const run = new CampaignRun(options, campaignOptions);
    try {
      await run.finish();
    } catch (error) {
      throw error instanceof CampaignFailure ? pointTo(callSite, error) : error;
    }
    console.log(greenText(name, campaignOptions, run));
  });
}

function pointingTo<Value>(callSite: string, action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    throw error instanceof Error ? pointTo(callSite, error) : error;
  }
}

/**
 * The campaign of one test. It runs in the thread of the test, and pauses after each block of seeds so that the test
 * runner can work.
 */
class CampaignRun implements CampaignCounts {
  readonly totals = new CampaignTotals();
  readonly knownBugs = new Set<string>();
  knownFailures = 0;
  ignoredFailures = 0;
  private readonly policy = new InvestigationPolicy();
  private readonly test: CampaignTest;
  private readonly options: CampaignOptions;
  private readonly first: bigint;
  private readonly last: bigint;

  constructor(test: CampaignTest, options: CampaignOptions) {
    this.test = test;
    this.options = options;
    [this.first, this.last] = seedsOf(test);
  }

  get seeds(): number {
    return Number(this.last - this.first) + 1;
  }

  /**
   * Runs all seeds. Throws a CampaignFailure for a nondeterministic run and for the first finding that makes the test
   * fail.
   */
  async finish(): Promise<void> {
    const blocks = new SeedBlocks({ firstSeed: this.first, lastSeed: this.last, shard: [1, 1] });
    for (let position = 0, block = blocks.at(0); block !== undefined; block = blocks.at(++position)) {
      const { first: seed, count } = block;
      const result = runBlock(this.options, { first: seed, count, usualBugs: this.policy.usualBugs });
      this.totals.add(result);
      for (const difference of result.nondeterministic) throw new CampaignFailure(nondeterminismMessage(difference));
      this.judge(result.failed, seed);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /**
   * Throws a CampaignFailure if a failing plan of the block makes the test fail. Otherwise, counts the failing plans.
   */
  private judge(failed: readonly FailedPlan[], firstOfBlock: bigint): void {
    const counted = failed.filter((plan) => this.counts(plan));
    this.ignoredFailures += failed.length - counted.length;
    for (const plan of counted.toSorted((a, b) => investigationRank(a) - investigationRank(b))) {
      if (!this.policy.shouldInvestigate(plan)) {
        this.knownFailures++;
        continue;
      }
      const finding = investigate(plan, SHRINK_RUNS);
      if (finding.known.length === 0 || this.test.strict === true) {
        // A plan can be a mutation of an earlier plan of its block, so a repetition must start at the first seed of the
        // block.
        const repeatSeeds = `[${firstOfBlock}, ${finding.seed}]`;
        throw new CampaignFailure(findingMessage(finding, this.save(finding), repeatSeeds, this));
      }
      this.policy.report(finding);
      this.knownFailures++;
      for (const bug of finding.known) this.knownBugs.add(bug);
    }
  }

  private counts({ failure }: FailedPlan): boolean {
    const { invariants, liveness = true } = this.test;
    if (failure.kind === "stuck") return liveness;
    return invariants === undefined || invariants.some((name) => findInvariant(name) === failure.id);
  }

  private save({ seed, signature, yaml }: Finding): string {
    const folder = this.test.out ?? "zabsim-findings";
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${fileNameFor(signature, seed)}.yaml`);
    writeFileSync(file, withSchemaLine(yaml, file));
    return file;
  }
}
