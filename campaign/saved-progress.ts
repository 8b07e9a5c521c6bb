/**
 * The progress of an interrupted campaign, read from its journal: which blocks have run, which blocks are settled, and
 * which blocks have to run again.
 *
 * All blocks before the first unsettled block are done. Later blocks in the journal have run and are counted. If a
 * later block has failing plans, it runs again, because earlier blocks determine which of its plans need an
 * investigation. If a line of the journal is lost, the campaign only repeats work.
 */
import type { Nondeterminism } from "../fuzz/block.ts";
import type { Finding } from "./investigate.ts";
import type { JournalContent } from "./journal.ts";
import { type BlockLine, type FindingLine, type InvestigatedLine, JournalError, REMEDY } from "./journal-lines.ts";
import type { SeedBlocks } from "./seed-blocks.ts";

/** A seed that gave two different runs, and the first event that differs. */
export type ReportedNondeterminism = Pick<Nondeterminism, "first" | "second" | "seed">;

export interface SavedProgress {
  readonly blocks: readonly { readonly position: number; readonly line: BlockLine }[];
  /** The findings, in the order of their blocks. */
  readonly findings: readonly { readonly position: number; readonly finding: Finding; readonly file: string }[];
  readonly nondeterminism: readonly ReportedNondeterminism[];
  /** All blocks before this position are settled. */
  readonly settled: number;
  /** Positions of the blocks that must run again for their failing plans. */
  readonly toRepeat: readonly number[];
  /** Number of investigations in the settled blocks, by signature or known bug. */
  readonly counts: ReadonlyMap<string, number>;
}

/**
 * Returns the progress that the journal records. If a line contradicts the campaign or another line, throws a
 * JournalError that names `path` and the line.
 */
export function readProgress({ lines }: JournalContent, seeds: SeedBlocks, path: string): SavedProgress {
  const reader = new Reader(seeds);
  for (const { line, number } of lines) {
    const problem = reader.add(line);
    if (problem !== undefined) throw new JournalError(`${path}:${number}: ${problem}${REMEDY}`);
  }
  return reader.progress();
}

class Reader {
  private readonly seeds: SeedBlocks;
  private readonly blocks = new Map<number, BlockLine>();
  private readonly findings = new Map<string, FindingLine & { readonly position: number }>();
  private readonly investigated = new Map<number, InvestigatedLine>();
  private readonly nondeterminism = new Map<string, ReportedNondeterminism>();

  constructor(seeds: SeedBlocks) {
    this.seeds = seeds;
  }

  /**
   * Adds a line of the journal. Returns a description of the contradiction if the line contradicts the campaign or an
   * earlier line.
   */
  add(line: JournalContent["lines"][number]["line"]): string | undefined {
    if ("block" in line) return this.addBlock(line);
    if ("finding" in line) return this.addFinding(line);
    if ("investigated" in line) return this.addInvestigated(line);
    if ("campaign" in line) return undefined;
    const { first, second, seed } = line.nondeterministic;
    if (this.seeds.positionOfSeed(BigInt(seed)) === undefined) return `the campaign has no seed ${seed}`;
    this.nondeterminism.set(seed, { seed: BigInt(seed), first, second });
    return undefined;
  }

  progress(): SavedProgress {
    const blocks = [...this.blocks].filter(([, line]) => this.isComplete(line));
    const ran = new Map(blocks);
    let settled = 0;
    const counts = new Map<string, number>();
    for (let line = ran.get(0); line !== undefined && this.isSettled(settled, line); line = ran.get(settled)) {
      const { counts: changed = {} } = this.investigated.get(settled) ?? {};
      for (const [group, count] of Object.entries(changed)) counts.set(group, count);
      settled++;
    }
    return {
      blocks: blocks.map(([position, line]) => ({ position, line })),
      findings: [...this.findings.values()].sort((a, b) => a.position - b.position),
      nondeterminism: [...this.nondeterminism.values()],
      settled,
      toRepeat: blocks
        .filter(([position, line]) => position >= settled && hasFailures(line))
        .map(([position]) => position),
      counts,
    };
  }

  /**
   * Adds the line of a block. Two lines of the same block may differ in their new features, because two processes may
   * have run the block.
   */
  private addBlock(line: BlockLine): string | undefined {
    const position = this.seeds.positionOf(line.block);
    if (position === undefined) return `the campaign has no block ${line.block}`;
    const { count } = this.seeds.at(position) ?? {};
    if (line.runs !== count) return `block ${line.block} has ${count} seeds, not ${line.runs}`;
    const before = this.blocks.get(position);
    if (before === undefined) this.blocks.set(position, line);
    else if (!isSame({ ...before, fresh: [] }, { ...line, fresh: [] })) {
      return `block ${line.block} has another result in an earlier line`;
    } else this.blocks.set(position, { ...before, fresh: [...new Set([...before.fresh, ...line.fresh])] });
    return undefined;
  }

  private addFinding(line: FindingLine): string | undefined {
    const { seed } = line.finding;
    const position = this.seeds.positionOfSeed(BigInt(seed));
    if (position === undefined) return `the campaign has no seed ${seed}`;
    const before = this.findings.get(seed);
    if (before !== undefined && !isSame(before.finding, line.finding))
      return `seed ${seed} has another finding in an earlier line`;
    if (before === undefined) this.findings.set(seed, { ...line, position });
    return undefined;
  }

  private addInvestigated(line: InvestigatedLine): string | undefined {
    const position = this.seeds.positionOf(line.investigated);
    if (position === undefined) return `the campaign has no block ${line.investigated}`;
    const before = this.investigated.get(position);
    if (before !== undefined && !isSame(before, line)) {
      return `block ${line.investigated} was investigated with another result in an earlier line`;
    }
    this.investigated.set(position, line);
    return undefined;
  }

  /** Returns whether the journal has all other lines that the line of this block requires. */
  private isComplete({ nondeterministic = [] }: BlockLine): boolean {
    return nondeterministic.every((seed) => this.nondeterminism.has(seed));
  }

  private isSettled(position: number, line: BlockLine): boolean {
    if (!hasFailures(line)) return true;
    const investigated = this.investigated.get(position);
    return investigated?.findings.every((seed) => this.findings.has(seed)) ?? false;
  }
}

function hasFailures({ failed }: BlockLine): boolean {
  return Object.keys(failed).length > 0;
}

function isSame(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
