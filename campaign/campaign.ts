/**
 * Runs a campaign on all cores: blocks of seeds go to worker threads, failing plans come back and go to a worker again to
 * be shrunk and explained, findings are written to the folder before they are told.
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
import type { Finding, InvestigateTask } from "./campaign-worker.ts";
import type { BlockLine, FindingLine, Journal } from "./journal.ts";

export interface CampaignSettings {
  readonly options: CampaignOptions;
  readonly firstSeed: bigint;
  /** Undefined: until the time is over. */
  readonly lastSeed: bigint | undefined;
  readonly timeMs: number | undefined;
  readonly workers: number;
  /** This one of so many; from 1 on. */
  readonly shard: readonly [number, number];
  readonly shrinkRuns: number;
}

export interface FoundFile extends Finding {
  readonly file: string;
}

/** Told of what happens, after it has been saved. */
export interface CampaignWatcher {
  found(finding: FoundFile): void | Promise<void>;
  nondeterministic(difference: Nondeterminism): void | Promise<void>;
}

/** How many plans with the same signature are looked into; more if the fixes of known bugs do not mend them. */
const INVESTIGATED_OF_SIGNATURE = 3;
/** And how many that are due to a bug which no finding is known to be due to yet. */
const INVESTIGATED_OF_SUSPECT = 10;
const INVESTIGATED_UNMENDED = 12;
/** Where more bugs than these are suspected, it came about by chance: any change avoids it. */
const TELLING_SUSPECTS = 5;

/** A failing plan that may be worth a look, and the block that is done when all of its own have been looked into. */
interface Pending {
  readonly plan: FailedPlan;
  readonly block: OpenBlock;
}

interface OpenBlock {
  readonly line: BlockLine;
  readonly result: BlockResult;
  pending: number;
}

/** A run leaves little behind: without a limit the heaps of idle garbage grow for nothing. */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 1024 };

export const DEFAULT_WORKERS = availableParallelism();

/** A worker collects its own garbage: a collection shared out over all cores would stop the plans of the other workers. */
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

/** The journal to resume belongs to a campaign with other options. */
export class CampaignMismatchError extends Error {
  override readonly name = "CampaignMismatchError";
}

export class CampaignRunner {
  readonly totals = new CampaignTotals();
  readonly findings: FoundFile[] = [];
  /** How often each failure came. */
  readonly counts = new Map<string, number>();
  readonly nondeterminism: Nondeterminism[] = [];
  /** Set to end the campaign soon. */
  interrupted = false;
  private readonly settings: CampaignSettings;
  private readonly journal: Journal;
  private readonly watcher: CampaignWatcher;
  private readonly doneBlocks = new Set<number>();
  private readonly investigated = new Map<string, number>();
  /** Known bugs with a finding of their own. */
  private readonly confirmed = new Set<string>();
  private readonly told = new Set<string>();
  /** What is still to be looked into, the most telling first. */
  private pending: Pending[] = [];
  /** Bugs of which somebody is just being looked into that is due to them, and to no other. */
  private readonly underWay = new Set<string>();
  private nextBlock = 0;
  private pool: Piscina | undefined;

  constructor(settings: CampaignSettings, journal: Journal, watcher: CampaignWatcher) {
    this.settings = settings;
    this.journal = journal;
    this.watcher = watcher;
  }

  /** How many seeds there are to run; undefined when only the time limits them. */
  get seedsInAll(): number | undefined {
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

  /** Takes up what the journal tells. */
  resume(): void {
    for (const line of this.journal.read()) {
      if ("block" in line) this.countBlock(line);
      else if ("finding" in line) this.keep({ ...line.finding, file: line.file });
      else this.checkSame(line.campaign);
    }
  }

  begin(): void {
    this.journal.begin(this.identity());
  }

  /** Until all seeds are run, the time is over, or `signal` says so. */
  async run(signal?: AbortSignal): Promise<void> {
    if (signal !== undefined) {
      signal.onabort = () => {
        this.interrupted = true;
      };
    }
    const { timeMs, workers } = this.settings;
    const untilMs = timeMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + timeMs;
    this.pool = workerPool(WORKER, workers);
    // What has been found is looked into before more is looked for.
    const work = async (): Promise<void> => {
      for (;;) {
        const next = this.takePending();
        const block = next === undefined && !this.interrupted && Date.now() < untilMs ? this.takeBlock() : undefined;
        if (next !== undefined) await this.lookInto(next);
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
    const task = { options: this.settings.options, block: { ...this.blockOf(index), usual: this.usual() } };
    return (this.pool as Piscina).run(task, { name: "block" });
  }

  private async blockRun(index: number, result: BlockResult): Promise<void> {
    const failed: Record<string, number> = {};
    for (const { signature } of result.failed) failed[signature] = (failed[signature] ?? 0) + 1;
    const before = this.totals.coverage.toJSON();
    const { runs, events, virtualUs, faults } = result;
    const fresh = Object.keys(result.coverage).filter((feature) => !(feature in before));
    const line: BlockLine = { block: index, runs, events, virtualUs, fresh, faults, failed };
    const block: OpenBlock = { line, result, pending: result.failed.length };
    this.pending.push(...result.failed.map((plan) => ({ plan, block })));
    this.pending.sort((a, b) => telling(a.plan) - telling(b.plan));
    if (block.pending === 0) await this.blockDone(block);
  }

  /** Only a block whose findings are saved counts as done. */
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

  /** The most telling that is due to no bug of which one is just being looked into: that one may well suffice. */
  private takePending(): Pending | undefined {
    const index = this.pending.findIndex(({ plan }) => !this.underWay.has(soleSuspect(plan) ?? ""));
    return index < 0 ? undefined : this.pending.splice(index, 1)[0];
  }

  private async lookInto({ plan, block }: Pending): Promise<void> {
    if (this.isWorthALook(plan)) {
      const bug = soleSuspect(plan);
      if (bug !== undefined) this.underWay.add(bug);
      await this.investigate(plan);
      if (bug !== undefined) this.underWay.delete(bug);
    }
    block.pending--;
    if (block.pending === 0) await this.blockDone(block);
  }

  /**
   * What looks the same is looked into a few times: by what it fails of and, with suspects, by those of them that no finding
   * is known to be due to yet.
   */
  private isWorthALook({ mended, signature, suspects }: FailedPlan): boolean {
    const isSeen = this.investigated.has(signature);
    if (!isSeen) this.investigated.set(signature, 0);
    const isTelling = suspects.length > 0 && suspects.length <= TELLING_SUSPECTS;
    const likes = !isTelling ? [signature] : suspects.filter((bug) => !this.confirmed.has(bug));
    if (!isSeen && likes.length === 0) return true;
    const limit =
      suspects.length === 1 ? INVESTIGATED_OF_SUSPECT : mended ? INVESTIGATED_OF_SIGNATURE : INVESTIGATED_UNMENDED;
    const seldom = likes.filter((like) => (this.investigated.get(like) ?? 0) < limit);
    for (const like of seldom) this.investigated.set(like, (this.investigated.get(like) ?? 0) + 1);
    return seldom.length > 0;
  }

  /** By signature: the bugs that findings are due to, each to one alone. */
  private usual(): Record<string, string[]> {
    const usual: Record<string, string[]> = {};
    for (const { known, signature } of this.findings) {
      if (known.length === 1) usual[signature] = [...(usual[signature] ?? []), ...known];
    }
    return usual;
  }

  private async investigate(failed: FailedPlan): Promise<void> {
    const { shrinkRuns } = this.settings;
    if (this.interrupted) {
      this.journal.save(`${fileNameFor(failed.signature, failed.seed)}.unshrunk.yaml`, writeScenario(failed.scenario));
      return;
    }
    const task: InvestigateTask = { failed, maxRuns: shrinkRuns };
    const finding: Finding = await (this.pool as Piscina).run(task, { name: "investigate" });
    if (this.isTold(finding)) return;
    const file = this.journal.save(`${fileNameFor(finding.signature, failed.seed)}.yaml`, finding.yaml);
    const line: FindingLine = { finding, file };
    this.journal.append(line);
    this.keep({ ...finding, file });
    await this.watcher.found({ ...finding, file });
  }

  /** The same failure of the same known bugs, or a new one that looks the same, is told once. */
  private isTold({ known, signature }: Finding): boolean {
    return this.told.has(`${signature} ${known.join()}`);
  }

  private keep(finding: FoundFile): void {
    this.told.add(`${finding.signature} ${finding.known.join()}`);
    const [bug, other] = finding.known;
    if (bug !== undefined && other === undefined) this.confirmed.add(bug);
    this.findings.push(finding);
  }

  /** What decides which plans there are. */
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
      const what = `--resume: the campaign in ${this.journal.folder} has ${name} ${String(before[name])}, this one ${String(value)}`;
      throw new CampaignMismatchError(`${what} (accepted: the same options, or another --out)`);
    }
  }
}

function soleSuspect({ suspects: [bug, other] }: FailedPlan): string | undefined {
  return other === undefined ? bug : undefined;
}

/** What nothing mends first, then what is suspected of few bugs, then what none alone is suspected of. */
function telling({ mended, suspects }: FailedPlan): number {
  if (!mended) return 0;
  return suspects.length === 0 ? Number.POSITIVE_INFINITY : suspects.length;
}

/** Beside the bundle; run from its source there are no workers. */
const WORKER = fileURLToPath(new URL("./campaign-worker.js", import.meta.url));
