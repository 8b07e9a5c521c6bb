/**
 * Runs a campaign on all cores:
 *
 *   seed -> plan -> run -> failure -> shrink -> attribution -> explanation -> finding -> report
 *   |____ block of 64 seeds ____|    |________ investigation ________|       |_ main thread _|
 *          worker thread                     worker thread                    saves, then reports
 *
 * The findings depend only on the seeds and the options. The number of workers, their speed, and interruptions of the
 * campaign have no influence. Workers run blocks and investigate failing plans in any order. The campaign, however,
 * settles the blocks strictly in order. To settle a block means to decide which of its failing plans become findings,
 * and this decision depends only on the findings of earlier blocks. Workers therefore also do investigations that later
 * turn out to be unnecessary, and the campaign discards their results.
 *
 * The main thread saves every finding before it reports the finding. The journal has a line for each block that has
 * run, and another line for each settled block that has failing plans. After an interruption, blocks with failing plans
 * that are not settled run again.
 */
import { type BlockResult, CampaignTotals, type FailedPlan } from "../fuzz/block.ts";
import type { Coverage } from "../fuzz/coverage.ts";
import { fileNameFor } from "../fuzz/shrink/failure.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import { checkSame, identityOf } from "./campaign-identity.ts";
import type { CampaignSettings } from "./campaign-settings.ts";
import { type CampaignWorkers, threadWorkers } from "./campaign-workers.ts";
import type { Finding } from "./investigate.ts";
import { InvestigationPolicy, investigationRank, soleCandidate, usualBugsOf } from "./investigation-policy.ts";
import { type BlockLine, type Journal, type JournalContent, UNSHRUNK } from "./journal.ts";
import { type ReportedNondeterminism, readProgress, type SavedProgress } from "./saved-progress.ts";
import { SeedBlocks } from "./seed-blocks.ts";

export type { CampaignSettings } from "./campaign-settings.ts";
export type { ReportedNondeterminism } from "./saved-progress.ts";

export interface FoundFile extends Finding {
  readonly file: string;
}

/** A watcher that the campaign notifies of findings and of nondeterminism, after they have been saved. */
export interface CampaignWatcher {
  found(finding: FoundFile): void | Promise<void>;
  nondeterministic(difference: ReportedNondeterminism): void | Promise<void>;
}

/** A block whose failing plans are to be investigated, in the order of `plans`. */
interface OpenBlock {
  readonly position: number;
  readonly index: number;
  readonly plans: readonly FailedPlan[];
  /** The index in `plans` of the plan to decide on next. */
  next: number;
  /** The seeds of the findings in this block. */
  readonly findings: string[];
}

export class CampaignRunner {
  readonly totals = new CampaignTotals();
  readonly findings: FoundFile[] = [];
  /** Number of failing plans by signature. */
  readonly counts = new Map<string, number>();
  readonly nondeterminism: ReportedNondeterminism[] = [];
  private readonly settings: CampaignSettings;
  private readonly journal: Journal;
  private readonly watcher: CampaignWatcher;
  private readonly startWorkers: (threads: number) => CampaignWorkers;
  private readonly blocks: SeedBlocks;
  private policy = new InvestigationPolicy();
  /** The findings of settled blocks, each with the position of its block. */
  private readonly settledFindings: { readonly position: number; readonly finding: Finding }[] = [];
  /** Positions of blocks whose runs have been counted. */
  private readonly counted = new Set<number>();
  /**
   * Positions of blocks that an earlier session counted. These blocks run again, but only to recover their failing
   * plans.
   */
  private readonly toRepeat = new Set<number>();
  /** All blocks before this position are settled. */
  private settled = 0;
  /** Number of investigations in the settled blocks, by signature or known bug. */
  private settledCounts: ReadonlyMap<string, number> = new Map();
  /** All blocks before this position have run or are running. */
  private nextPosition = 0;
  /** The number of blocks that an earlier session started. These blocks run even if the time is over. */
  private begun = 0;
  /** Names of the files with plans that an earlier session did not investigate. */
  private earlierUnshrunk: readonly string[] = [];
  /** Blocks with failing plans that have run, by position. */
  private open: OpenBlock[] = [];
  /** Results of investigations, by seed. */
  private readonly results = new Map<bigint, Finding>();
  /**
   * The plans under investigation, by seed. The value is the only known bug that may explain the plan, or undefined if
   * there are none or several.
   */
  private readonly underInvestigation = new Map<bigint, string | undefined>();
  private blocksUnderWay = 0;
  private stopped = false;
  private failure: { readonly error: unknown } | undefined;
  private changed = false;
  private wake: () => void = () => {};

  constructor(
    settings: CampaignSettings,
    journal: Journal,
    watcher: CampaignWatcher,
    startWorkers: (threads: number) => CampaignWorkers = threadWorkers,
  ) {
    this.settings = settings;
    this.journal = journal;
    this.watcher = watcher;
    this.startWorkers = startWorkers;
    this.blocks = new SeedBlocks(settings);
  }

  /** Number of seeds of this shard. Undefined if only a time limit ends the campaign. */
  get seedCount(): number | undefined {
    return this.blocks.seedCount;
  }

  /** Whether stop() ended the campaign. */
  get interrupted(): boolean {
    return this.stopped;
  }

  /** Number of failing plans that still need an investigation. A session with --resume investigates them. */
  get uninvestigated(): number {
    return this.plansToInvestigate().length;
  }

  /** Starts a new journal. */
  begin(): void {
    this.journal.begin(identityOf(this.settings));
  }

  /**
   * Continues from the journal, after removing lines that are damaged or repeated. Returns the numbers of the removed
   * lines. Throws a CampaignMismatchError if the journal belongs to another campaign, and a JournalError if a line
   * contradicts the campaign or another line.
   */
  resume(): readonly number[] {
    const content = this.journal.read();
    this.checkIdentity(content);
    const progress = readProgress(content, this.blocks, this.journal.path);
    this.journal.repair();
    this.restore(progress);
    return content.dropped;
  }

  /**
   * Ends the campaign immediately and abandons the tasks that are running. A session with --resume repeats these tasks.
   */
  stop(): void {
    this.stopped = true;
    this.change();
  }

  /** Runs until all seeds are done, the time is over, or `signal` aborts. */
  async run(signal?: AbortSignal): Promise<void> {
    const onAbort = (): void => this.stop();
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort);
    const { timeMs, workers: threads } = this.settings;
    const untilMs = timeMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + timeMs;
    const workers = this.startWorkers(threads);
    try {
      while (!this.stopped) {
        this.changed = false;
        await this.settle();
        if (this.failure !== undefined) throw this.failure.error;
        while (this.underWay < threads && !this.stopped) if (!this.startTask(workers, untilMs)) break;
        if (this.underWay === 0) break;
        if (!this.changed) await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
      this.saveUninvestigated();
      await workers.destroy();
    }
  }

  private get underWay(): number {
    return this.blocksUnderWay + this.underInvestigation.size;
  }

  private change(): void {
    this.changed = true;
    this.wake();
  }

  /**
   * Starts the next task. An investigation has priority over a block. Returns false if no task can start at the moment.
   */
  private startTask(workers: CampaignWorkers, untilMs: number): boolean {
    const plan = this.plansToInvestigate().find((one) => this.mayInvestigate(one));
    if (plan !== undefined) {
      this.startInvestigation(workers, plan);
      return true;
    }
    const position = this.takePosition(performance.now() < untilMs);
    if (position === undefined) return false;
    this.startBlock(workers, position);
    return true;
  }

  private startInvestigation(workers: CampaignWorkers, failed: FailedPlan): void {
    this.underInvestigation.set(failed.seed, soleCandidate(failed));
    this.watch(workers.investigate({ failed, maxRuns: this.settings.shrinkRuns }), (finding) => {
      this.underInvestigation.delete(failed.seed);
      this.results.set(failed.seed, finding);
    });
  }

  private startBlock(workers: CampaignWorkers, position: number): void {
    const block = this.blocks.at(position);
    if (block === undefined) return;
    const { first, count, index } = block;
    const usualBugs = this.usualBugsFor(position);
    this.blocksUnderWay++;
    this.watch(workers.runBlock({ options: this.settings.options, block: { first, count, usualBugs } }), (result) => {
      this.blocksUnderWay--;
      return this.blockRun(position, index, result);
    });
  }

  /** Calls `apply` with the result of a task when the task completes. After stop(), results are ignored. */
  private watch<T>(task: Promise<T>, apply: (result: T) => void | Promise<void>): void {
    task
      .then((result) => (this.stopped ? undefined : apply(result)))
      .catch((error: unknown) => {
        if (!this.stopped) this.failure ??= { error };
      })
      .finally(() => this.change());
  }

  /**
   * Returns the position of the next block to run, and marks the block as taken. Returns undefined if no block is left,
   * if the time is over, or if more blocks must be settled first.
   */
  private takePosition(inTime: boolean): number | undefined {
    while (this.counted.has(this.nextPosition) && !this.toRepeat.has(this.nextPosition)) this.nextPosition++;
    const position = this.nextPosition;
    if (!inTime && position >= this.begun) return undefined;
    if (this.blocks.at(position) === undefined || this.settled < settledBefore(position)) return undefined;
    this.nextPosition++;
    return position;
  }

  /**
   * For each signature, returns the known bugs that alone explain an earlier finding with this signature. Considers
   * only findings of blocks that are settled before the block at this position starts, so that the result does not
   * depend on the speed of the workers.
   */
  private usualBugsFor(position: number): Record<string, string[]> {
    const limit = settledBefore(position);
    return usualBugsOf(this.settledFindings.filter((one) => one.position < limit).map(({ finding }) => finding));
  }

  private async blockRun(position: number, index: number, result: BlockResult): Promise<void> {
    if (!this.counted.has(position)) await this.countNew(position, index, result);
    this.toRepeat.delete(position);
    if (result.failed.length === 0) return;
    const plans = result.failed.toSorted((a, b) => investigationRank(a) - investigationRank(b));
    this.open.push({ position, index, plans, next: 0, findings: [] });
    this.open.sort((a, b) => a.position - b.position);
  }

  private async countNew(position: number, index: number, result: BlockResult): Promise<void> {
    const line = blockLineOf(index, result, this.totals.coverage);
    for (const { first, second, seed } of result.nondeterministic) {
      const difference = { seed, first, second };
      if (this.nondeterminism.some((one) => one.seed === seed)) continue;
      this.journal.append({ nondeterministic: { seed: String(seed), first, second } });
      this.nondeterminism.push(difference);
      await this.watcher.nondeterministic(difference);
    }
    this.journal.append(line);
    this.countBlock(position, line, result.coverage);
  }

  private countBlock(position: number, line: BlockLine, coverage?: BlockResult["coverage"]): void {
    const { events, failed, faults, fresh, recovery = [], runs, virtualUs } = line;
    this.counted.add(position);
    const reached = coverage ?? Object.fromEntries(fresh.map((feature) => [feature, 1]));
    this.totals.add({ runs, events, virtualUs, faults, recovery, coverage: reached, failed: [], nondeterministic: [] });
    for (const [signature, count] of Object.entries(failed)) {
      this.counts.set(signature, (this.counts.get(signature) ?? 0) + count);
    }
  }

  /** Settles blocks in order. Stops at the first block for which a result is missing. */
  private async settle(): Promise<void> {
    while (!this.stopped) {
      const position = this.settled;
      const [head] = this.open;
      if (head?.position === position) {
        if (!(await this.settlePlans(head))) return;
        this.open.shift();
      } else if (!this.counted.has(position) || this.toRepeat.has(position)) return;
      this.settled++;
    }
  }

  /**
   * Decides which failing plans of a block become findings. Returns false if the result of an investigation is missing.
   */
  private async settlePlans(block: OpenBlock): Promise<boolean> {
    for (; block.next < block.plans.length; block.next++) {
      const plan = block.plans[block.next] as FailedPlan;
      const isNeeded = this.policy.copy().shouldInvestigate(plan);
      const finding = this.results.get(plan.seed);
      if (isNeeded && finding === undefined) return false;
      this.policy.shouldInvestigate(plan);
      this.results.delete(plan.seed);
      if (!isNeeded || finding === undefined || this.policy.isReported(finding)) continue;
      this.policy.report(finding);
      this.settledFindings.push({ position: block.position, finding });
      block.findings.push(finding.seed);
      await this.keep(finding);
      if (this.stopped) {
        block.next++;
        return false;
      }
    }
    this.journal.append({
      investigated: block.index,
      counts: changedCounts(this.settledCounts, this.policy.investigations),
      findings: block.findings,
    });
    this.settledCounts = new Map(this.policy.investigations);
    return true;
  }

  /** Saves and reports a finding, unless an earlier session has done so. */
  private async keep(finding: Finding): Promise<void> {
    const name = `${fileNameFor(finding.signature, BigInt(finding.seed))}.yaml`;
    const file = this.journal.pathOf(name);
    if (this.findings.some((one) => one.file === file)) return;
    this.journal.save(name, finding.yaml);
    this.journal.append({ finding, file: name });
    this.findings.push({ ...finding, file });
    await this.watcher.found({ ...finding, file });
  }

  /**
   * Returns the plans that need an investigation according to the results so far. A running investigation may later
   * make some of them unnecessary.
   */
  private plansToInvestigate(): FailedPlan[] {
    const policy = this.policy.copy();
    return this.open
      .flatMap(({ next, plans }) => plans.slice(next))
      .filter((plan) => policy.shouldInvestigate(plan) && !this.results.has(plan.seed));
  }

  /**
   * Returns whether the investigation of a plan can start now. A plan with a single candidate waits while another plan
   * with the same candidate is under investigation, because the result may make this investigation unnecessary.
   */
  private mayInvestigate(plan: FailedPlan): boolean {
    const bug = soleCandidate(plan);
    if (this.underInvestigation.has(plan.seed)) return false;
    return bug === undefined || ![...this.underInvestigation.values()].includes(bug);
  }

  private checkIdentity({ lines }: JournalContent): void {
    for (const { line } of lines) {
      if ("campaign" in line) checkSame(this.journal.folder, line.campaign, identityOf(this.settings));
    }
  }

  private restore({ blocks, counts, findings, nondeterminism, settled, toRepeat }: SavedProgress): void {
    for (const { line, position } of blocks) this.countBlock(position, line);
    for (const position of toRepeat) this.toRepeat.add(position);
    this.nondeterminism.push(...nondeterminism);
    this.settled = settled;
    this.policy = new InvestigationPolicy(counts);
    this.settledCounts = counts;
    this.begun = Math.max(-1, ...this.counted) + 1;
    this.earlierUnshrunk = this.journal.unshrunkFiles();
    for (const { file, finding, position } of findings) {
      const path = this.journal.restore(file, finding.yaml);
      this.findings.push({ ...finding, file: path });
      if (position >= settled) {
        this.results.set(BigInt(finding.seed), finding);
        continue;
      }
      this.policy.report(finding);
      this.settledFindings.push({ position, finding });
    }
  }

  /** Saves the failing plans that still need an investigation, and removes saved plans that need none. */
  private saveUninvestigated(): void {
    const plans = this.failure === undefined ? this.plansToInvestigate() : [];
    const names = plans.map(({ scenario, seed, signature }) => {
      const name = `${fileNameFor(signature, seed)}${UNSHRUNK}`;
      this.journal.save(name, writeScenario(scenario));
      return name;
    });
    this.journal.remove(this.earlierUnshrunk.filter((name) => !names.includes(name)));
  }
}

function blockLineOf(index: number, result: BlockResult, before: Coverage): BlockLine {
  const { events, failed: plans, faults, nondeterministic, recovery, runs, virtualUs } = result;
  const failed: Record<string, number> = {};
  for (const { signature } of plans) failed[signature] = (failed[signature] ?? 0) + 1;
  const reached = before.toJSON();
  const fresh = Object.keys(result.coverage).filter((feature) => !(feature in reached));
  const line = { block: index, runs, events, virtualUs, fresh, faults, recovery, failed };
  if (nondeterministic.length === 0) return line;
  return { ...line, nondeterministic: nondeterministic.map(({ seed }) => String(seed)) };
}

/** Returns the counts of `after` that differ from those of `before`. */
function changedCounts(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number> {
  return Object.fromEntries([...after].filter(([group, count]) => before.get(group) !== count));
}

/**
 * Returns the number of blocks that must be settled before the block at this position starts. The findings of these
 * blocks determine which known bugs are tried first for a new failure, which saves time. The number is low enough that
 * workers can run other blocks while failures of earlier blocks are investigated.
 */
function settledBefore(position: number): number {
  return position < 16 ? 0 : 2 ** Math.floor(Math.log2(position / 2));
}
