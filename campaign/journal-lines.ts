/**
 * The lines of a journal: their types, and the parser of a line. A line that is not JSON was damaged by a crash, and
 * the campaign repeats the work that the line recorded. A JSON line in a form that no campaign writes is an error.
 */
import { RECOVERY_LIMITS_US } from "../fuzz/recovery.ts";
import type { Finding } from "./investigate.ts";

/** The first line: the identity of the campaign. Only a campaign with the same identity can resume the journal. */
export interface CampaignLine {
  readonly campaign: Readonly<Record<string, string>>;
}

/** Records that the seeds of a block have run. */
export interface BlockLine {
  readonly block: number;
  readonly runs: number;
  readonly events: number;
  readonly virtualUs: number;
  /** The coverage features that this block reached and no block of an earlier line did. */
  readonly fresh: readonly string[];
  /** For each fault, two numbers: how often it was injected, and how often it had an effect. */
  readonly faults: Readonly<Record<string, readonly [number, number]>>;
  /**
   * Number of runs by the time that the servers needed to serve again after all faults were undone: see
   * fuzz/recovery.ts. A journal of an earlier version does not have it.
   */
  readonly recovery?: readonly number[];
  /** Number of failing plans by signature. */
  readonly failed: Readonly<Record<string, number>>;
  /**
   * The seeds of the block that gave two different runs. Each of these seeds has a line of its own before this line.
   * Absent if there are none.
   */
  readonly nondeterministic?: readonly string[];
}

/** Records that a failing plan was investigated and that the finding was saved in `file`. */
export interface FindingLine {
  readonly finding: Finding;
  readonly file: string;
}

/** Records that a block is settled: each of its failing plans was investigated or needed no investigation. */
export interface InvestigatedLine {
  readonly investigated: number;
  /**
   * The numbers of investigations that this block changed, by signature or known bug. Each number is the total of the
   * campaign up to and including this block.
   */
  readonly counts: Readonly<Record<string, number>>;
  /** The seeds of the block's findings. Each finding has a line of its own before this line. */
  readonly findings: readonly string[];
}

/** Records that a seed gave two different runs, and the first event that differs. */
export interface NondeterministicLine {
  readonly nondeterministic: { readonly seed: string; readonly first: string; readonly second: string };
}

export type Line = CampaignLine | BlockLine | FindingLine | InvestigatedLine | NondeterministicLine;

/** Thrown for a journal that cannot be resumed. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isTruth: Check = (value) => typeof value === "boolean";
const isSeed: Check = (value) => typeof value === "string" && /^\d{1,20}$/.test(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const recordOf =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check);
const objectOf =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) && Object.entries(fields).every(([name, check]) => check(value[name]));
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const FINDING: Readonly<Record<keyof Finding, Check>> = {
  signature: isText,
  invariant: isText,
  seed: isSeed,
  known: listOf(isText),
  configuration: optional(isText),
  steps: isCount,
  servers: isCount,
  shrinkRuns: isCount,
  shrinkComplete: isTruth,
  needsNoSeed: isTruth,
  why: isText,
  yaml: isText,
};

/** The check of each field, for each kind of line. The key is a field that only this kind of line has. */
const LINES: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  campaign: { campaign: recordOf(isText) },
  block: {
    block: isCount,
    runs: isCount,
    events: isCount,
    virtualUs: isCount,
    fresh: listOf(isText),
    faults: recordOf((value) => listOf(isCount)(value) && (value as unknown[]).length === 2),
    recovery: optional(
      (value) => listOf(isCount)(value) && (value as unknown[]).length <= RECOVERY_LIMITS_US.length + 1,
    ),
    failed: recordOf(isCount),
    nondeterministic: optional(listOf(isSeed)),
  },
  finding: { finding: objectOf(FINDING), file: isText },
  investigated: { investigated: isCount, counts: recordOf(isCount), findings: listOf(isSeed) },
  nondeterministic: { nondeterministic: objectOf({ seed: isSeed, first: isText, second: isText }) },
};

/**
 * Reads one line. Returns undefined if the line is not JSON. Throws a JournalError that names `place` if the line is
 * JSON in a form that no campaign writes.
 */
export function parseLine(text: string, place: string): Line | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const kind = Object.keys(LINES).find((field) => isObject(value) && Object.hasOwn(value, field));
  if (kind === undefined || !isObject(value)) {
    throw new JournalError(
      `${place}: not a line of a journal (accepted: an object with one of ${Object.keys(LINES).join(", ")})`,
    );
  }
  const line = value;
  const wrong = Object.entries(LINES[kind] ?? {}).find(([field, check]) => !check(line[field]));
  if (wrong !== undefined)
    throw new JournalError(`${place}: field ${wrong[0]} has a value that no campaign writes${REMEDY}`);
  return line as unknown as Line;
}

/**
 * The end of an error message about a journal that cannot be resumed: which lines are accepted, and what the user can
 * do.
 */
export const REMEDY = " (accepted: the line as the campaign wrote it; without --resume a new campaign starts)";

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
