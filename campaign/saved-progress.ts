/**
 * What the journal of an interrupted campaign says: what has run, what is settled, and what has to run again.
 *
 * The blocks up to the first one that is not settled are done. Blocks after it have run and count, but if plans of them
 * failed, they run again: which of these plans are worth an investigation depends on the blocks before. So a line that
 * is lost costs time and nothing else.
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
  /** In the order in which they were found. */
  readonly findings: readonly { readonly position: number; readonly finding: Finding; readonly file: string }[];
  readonly nondeterminism: readonly ReportedNondeterminism[];
  /** All blocks before this position are settled. */
  readonly settled: number;
  /** Positions of the blocks whose failing plans are needed again. */
  readonly toRepeat: readonly number[];
  /** The investigations of all settled blocks, by signature or known bug. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Throws a JournalError that names `path` and the line if a line contradicts the campaign or another line. */
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

  /** Returns what is wrong with the line, if anything is. */
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

  /** Blocks can have been run twice, by two processes. The order in which features are new may then differ. */
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

  /** Whether all lines that the block announces are there. */
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
