/**
 * Runs a campaign on all cores:
 *
 *   seed -> plan -> run -> failure -> shrink -> attribution -> explanation -> finding -> report
 *   |____ block of 64 seeds ____|    |________ investigation ________|       |_ main thread _|
 *          worker thread                     worker thread                    saves, then reports
 *
 * Workers run blocks of seeds and investigate failing plans; investigations come before new blocks. The main thread
 * saves every finding before it reports it, and journals a block only after its failing plans have been investigated.
 */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Piscina } from "piscina";
import {
  BLOCK_SIZE,
  type BlockResult,
  type CampaignOptions,
  CampaignTotals,
  type FailedPlan,
  type Nondeterminism,
} from "../fuzz/block.ts";
import { fileNameFor } from "../fuzz/shrink/failure.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import type { InvestigateTask } from "./campaign-worker.ts";
import type { Finding } from "./investigate.ts";
import { InvestigationPolicy, investigationRank, soleCandidate } from "./investigation-policy.ts";
import type { BlockLine, FindingLine, Journal } from "./journal.ts";

export interface CampaignSettings {
  readonly options: CampaignOptions;
  readonly firstSeed: bigint;
  /** Undefined: the campaign runs until its time is over. */
  readonly lastSeed: bigint | undefined;
  /** Wall-clock limit in milliseconds. */
  readonly timeMs: number | undefined;
  readonly workers: number;
  /** `[i, n]`: this shard is the i-th of n, counted from 1, and runs every n-th block. */
  readonly shard: readonly [number, number];
  /** Maximum number of runs to shrink one finding. */
  readonly shrinkRuns: number;
}

export interface FoundFile extends Finding {
  readonly file: string;
}

/** Notified of findings and of nondeterminism after they have been saved. */
export interface CampaignWatcher {
  found(finding: FoundFile): void | Promise<void>;
  nondeterministic(difference: Nondeterminism): void | Promise<void>;
}

/** A failing plan that waits for its investigation, and the block that it belongs to. */
interface PendingPlan {
  readonly plan: FailedPlan;
  readonly block: OpenBlock;
}

/** A block whose failing plans have not all been investigated. */
interface OpenBlock {
  readonly line: BlockLine;
  readonly result: BlockResult;
  pendingPlans: number;
}

/** A run keeps little memory. Without limits the heaps would grow with garbage. */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 1024 };

export const DEFAULT_WORKERS = availableParallelism();

/**
 * Starts worker threads. Each worker collects garbage on its own thread only, because parallel collections would slow
 * down the other workers.
 */
export function workerPool(filename: string, threads: number): Piscina {
  setFlagsFromString("--no-parallel-scavenge");
  return new Piscina({
    filename,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: 10_000,
    resourceLimits: WORKER_LIMITS,
  });
}

/** Thrown if the journal to resume belongs to a campaign with other options. */
export class CampaignMismatchError extends Error {
  override readonly name = "CampaignMismatchError";
}

export class CampaignRunner {
  readonly totals = new CampaignTotals();
  readonly findings: FoundFile[] = [];
  /** Number of failing plans by signature. */
  readonly counts = new Map<string, number>();
  readonly nondeterminism: Nondeterminism[] = [];
  /** Set this to true to end the campaign after its current tasks. */
  interrupted = false;
  private readonly settings: CampaignSettings;
  private readonly journal: Journal;
  private readonly watcher: CampaignWatcher;
  private readonly doneBlocks = new Set<number>();
  private readonly policy = new InvestigationPolicy();
  /** Failing plans to investigate, by rank. */
  private pending: PendingPlan[] = [];
  /** Known bugs that are the only candidate of a plan under investigation. */
  private readonly underInvestigation = new Set<string>();
  private nextBlock = 0;
  private pool: Piscina | undefined;

  constructor(settings: CampaignSettings, journal: Journal, watcher: CampaignWatcher) {
    this.settings = settings;
    this.journal = journal;
    this.watcher = watcher;
  }

  /** Number of seeds of this shard; undefined if only the time limits the campaign. */
  get seedCount(): number | undefined {
    const { lastSeed, firstSeed, shard } = this.settings;
    if (lastSeed === undefined) return undefined;
    let seeds = 0;
    for (let block = 0; ; block++) {
      const count = this.blockOf(block)?.count;
      if (count === undefined) break;
      if (block % shard[1] === shard[0] - 1) seeds += count;
      if (firstSeed + BigInt((block + 1) * BLOCK_SIZE) > lastSeed) break;
    }
    return seeds;
  }

  /** Continues from the journal. Throws a CampaignMismatchError if it belongs to a campaign with other options. */
  resume(): void {
    for (const line of this.journal.read()) {
      if ("block" in line) this.countBlock(line);
      else if ("finding" in line) this.keep({ ...line.finding, file: line.file });
      else this.checkSame(line.campaign);
    }
  }

  /** Starts a new journal. */
  begin(): void {
    this.journal.begin(this.identity());
  }

  /** Runs until all seeds are done, the time is over, or `signal` aborts. */
  async run(signal?: AbortSignal): Promise<void> {
    if (signal !== undefined) {
      signal.onabort = () => {
        this.interrupted = true;
      };
    }
    const { timeMs, workers } = this.settings;
    const untilMs = timeMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeMs;
    this.pool = workerPool(WORKER, workers);
    const work = async (): Promise<void> => {
      for (;;) {
        const next = this.takePending();
        const block = next === undefined && !this.interrupted && Date.now() < untilMs ? this.takeBlock() : undefined;
        if (next !== undefined) await this.investigateIfNeeded(next);
        else if (block !== undefined) await this.blockRun(block, await this.runBlock(block));
        else return;
      }
    };
    try {
      await Promise.all(Array.from({ length: workers }, work));
    } finally {
      await this.pool.destroy();
    }
  }

  private takeBlock(): number | undefined {
    const [shard, of] = this.settings.shard;
    for (;;) {
      const block = this.nextBlock++;
      if (this.blockOf(block) === undefined) return undefined;
      if (block % of === shard - 1 && !this.doneBlocks.has(block)) return block;
    }
  }

  private blockOf(index: number): { first: bigint; count: number } | undefined {
    const { firstSeed, lastSeed } = this.settings;
    const first = firstSeed + BigInt(index * BLOCK_SIZE);
    if (lastSeed === undefined) return { first, count: BLOCK_SIZE };
    const left = lastSeed - first + 1n;
    return left <= 0n ? undefined : { first, count: left < BigInt(BLOCK_SIZE) ? Number(left) : BLOCK_SIZE };
  }

  private runBlock(index: number): Promise<BlockResult> {
    const task = {
      options: this.settings.options,
      block: { ...this.blockOf(index), usualBugs: this.policy.usualBugs },
    };
    return (this.pool as Piscina).run(task, { name: "block" });
  }

  private async blockRun(index: number, result: BlockResult): Promise<void> {
    const failed: Record<string, number> = {};
    for (const { signature } of result.failed) failed[signature] = (failed[signature] ?? 0) + 1;
    const before = this.totals.coverage.toJSON();
    const { runs, events, virtualUs, faults } = result;
    const fresh = Object.keys(result.coverage).filter((feature) => !(feature in before));
    const line: BlockLine = { block: index, runs, events, virtualUs, fresh, faults, failed };
    const block: OpenBlock = { line, result, pendingPlans: result.failed.length };
    this.pending.push(...result.failed.map((plan) => ({ plan, block })));
    this.pending.sort((a, b) => investigationRank(a.plan) - investigationRank(b.plan));
    if (block.pendingPlans === 0) await this.blockDone(block);
  }

  /** Journals a block and adds it to the totals. All findings of the block have been saved before. */
  private async blockDone({ line, result }: OpenBlock): Promise<void> {
    this.journal.append(line);
    this.countBlock(line, result.coverage);
    for (const difference of result.nondeterministic) {
      this.nondeterminism.push(difference);
      await this.watcher.nondeterministic(difference);
    }
  }

  private countBlock(line: BlockLine, coverage?: BlockResult["coverage"]): void {
    const { block, failed, fresh, ...sums } = line;
    this.doneBlocks.add(block);
    const reached = coverage ?? Object.fromEntries(fresh.map((feature) => [feature, 1]));
    this.totals.add({ ...sums, coverage: reached, failed: [], nondeterministic: [] });
    for (const [signature, count] of Object.entries(failed)) {
      this.counts.set(signature, (this.counts.get(signature) ?? 0) + count);
    }
  }

  /**
   * Takes the pending plan of the lowest rank. Skips a plan if its only candidate is also the only candidate of a plan
   * under investigation, because that investigation can make this one unnecessary.
   */
  private takePending(): PendingPlan | undefined {
    const index = this.pending.findIndex(({ plan }) => !this.underInvestigation.has(soleCandidate(plan) ?? ""));
    return index < 0 ? undefined : this.pending.splice(index, 1)[0];
  }

  private async investigateIfNeeded({ plan, block }: PendingPlan): Promise<void> {
    if (this.policy.shouldInvestigate(plan)) {
      const bug = soleCandidate(plan);
      if (bug !== undefined) this.underInvestigation.add(bug);
      await this.investigate(plan);
      if (bug !== undefined) this.underInvestigation.delete(bug);
    }
    block.pendingPlans--;
    if (block.pendingPlans === 0) await this.blockDone(block);
  }

  private async investigate(failed: FailedPlan): Promise<void> {
    const { shrinkRuns } = this.settings;
    if (this.interrupted) {
      this.journal.save(`${fileNameFor(failed.signature, failed.seed)}.unshrunk.yaml`, writeScenario(failed.scenario));
      return;
    }
    const task: InvestigateTask = { failed, maxRuns: shrinkRuns };
    const finding: Finding = await (this.pool as Piscina).run(task, { name: "investigate" });
    if (this.policy.isReported(finding)) return;
    const file = this.journal.save(`${fileNameFor(finding.signature, failed.seed)}.yaml`, finding.yaml);
    const line: FindingLine = { finding, file };
    this.journal.append(line);
    this.keep({ ...finding, file });
    await this.watcher.found({ ...finding, file });
  }

  private keep(finding: FoundFile): void {
    this.policy.report(finding);
    this.findings.push(finding);
  }

  /** Returns the options that determine which plans are drawn. */
  private identity(): Record<string, unknown> {
    const { firstSeed, lastSeed, options, shard } = this.settings;
    const { faults, scenario, strategy, zookeeper } = options;
    return {
      zookeeper,
      strategy: strategy ?? "portfolio",
      faults: faults ?? "all",
      scenario: scenario?.name ?? "drawn",
      firstSeed: String(firstSeed),
      lastSeed: lastSeed === undefined ? "open" : String(lastSeed),
      shard: shard.join("/"),
    };
  }

  private checkSame(before: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(this.identity())) {
      if (String(before[name]) === String(value)) continue;
      const { folder } = this.journal;
      const difference = `the campaign in ${folder} has ${name} ${String(before[name])}, this one has ${String(value)}`;
      throw new CampaignMismatchError(`--resume: ${difference} (accepted: the same options, or another --out)`);
    }
  }
}

/**
 * The file of the workers, which is next to the bundle. A campaign cannot run from the TypeScript sources, where this
 * file does not exist.
 */
const WORKER = fileURLToPath(new URL("./campaign-worker.js", import.meta.url));
