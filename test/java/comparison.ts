/** Asks both sides the same questions, and shrinks the differences. */
import fc from "fast-check";
import type { JavaProgram } from "./java-program.ts";
import type { DrawnKind, Kind, Question } from "./kinds.ts";

/** A question that the two sides answer differently. */
export interface Difference {
  readonly question: Question;
  readonly java: unknown;
  readonly zabsim: unknown;
}

/** The result of one kind and release. */
export interface Comparison {
  readonly agreed: number;
  /** The number of questions that the two sides answer differently, without the known ones. */
  readonly differed: number;
  /** The number of questions to which zabsim is known to answer differently. */
  readonly known: number;
  /** Differences, shrunk: at most one for each block of questions, and at most SHRUNK_MAX. */
  readonly differences: readonly Difference[];
}

/** The questions that are drawn and asked together. */
const BLOCK = 500;
const SHRUNK_MAX = 3;

/**
 * Compares the answers to the fixed questions of a kind, and to questions that are drawn from the seed: to
 * `inputs` / `cost` of the kind. The same seed draws the same questions.
 */
export async function compare(
  java: JavaProgram,
  kind: Kind,
  release: string,
  { inputs, seed }: { readonly inputs: number; readonly seed: number },
): Promise<Comparison> {
  const { questions: drawn } = kind;
  const count = drawn === undefined ? 0 : Math.ceil(inputs / (kind.cost ?? 1));
  const differences: Difference[] = [];
  const fixed = (kind.fixed ?? []).filter((question) => kind.asks?.(question, release) ?? true);
  const fixedDiffering = await differing(java, kind, release, fixed);
  const fixedUnknown = fixedDiffering.filter((difference) => !isKnown(kind, release, difference));
  differences.push(...fixedUnknown.slice(0, SHRUNK_MAX));
  let differed = fixedDiffering.length;
  let known = fixedDiffering.length - fixedUnknown.length;
  for (let start = 0; drawn !== undefined && start < count; start += BLOCK) {
    const draw = { seed: seedOf(seed, start / BLOCK), numRuns: Math.min(BLOCK, count - start) };
    const questions = fc.sample(drawn, draw);
    const found = await differing(java, kind, release, questions);
    const [first] = found.filter((difference) => !isKnown(kind, release, difference));
    known += found.filter((difference) => isKnown(kind, release, difference)).length;
    differed += found.length;
    if (first !== undefined && differences.length < SHRUNK_MAX) {
      differences.push(await shrunk(java, { ...kind, questions: drawn }, release, draw, first));
    }
  }
  return { agreed: fixed.length + count - differed, differed: differed - known, known, differences };
}

/**
 * Returns the questions that the two sides answer differently. If threads of Java can race, the order of their steps
 * may be another one each time, so a question counts only if Java's answer differs each time that it is asked.
 */
export async function differing(
  java: JavaProgram,
  kind: Kind,
  release: string,
  questions: readonly Question[],
): Promise<Difference[]> {
  let found = await differingOnce(java, kind, release, questions);
  for (let i = 0; i < (kind.repeats ?? 0) && found.length > 0; i++) {
    const again = found.map(({ question }) => question);
    found = await differingOnce(java, kind, release, again);
  }
  return found;
}

async function differingOnce(
  java: JavaProgram,
  kind: Kind,
  release: string,
  questions: readonly Question[],
): Promise<Difference[]> {
  const answers = await answersOf(java, kind, release, questions);
  const found: Difference[] = [];
  for (const [i, question] of questions.entries()) {
    const java = answers[i];
    const zabsim = await answerOfZabsim(kind, question, release);
    const agrees = kind.agrees?.(question, release, java, zabsim) ?? JSON.stringify(java) === JSON.stringify(zabsim);
    if (!agrees) found.push({ question, java, zabsim });
  }
  return found;
}

async function answersOf(
  java: JavaProgram,
  kind: Kind,
  release: string,
  questions: readonly Question[],
): Promise<readonly unknown[]> {
  const { stage } = kind;
  if (stage === undefined) {
    return await java.ask(
      kind.name,
      questions.map((question) => kind.toJava?.(question, release) ?? question),
    );
  }
  const answers: unknown[] = [];
  for (const question of questions) answers.push(await stage(question, release, java.folder));
  return answers;
}

/** Draws the same questions once more, and shrinks the first one that differs. */
async function shrunk(
  java: JavaProgram,
  kind: DrawnKind,
  release: string,
  draw: { readonly seed: number; readonly numRuns: number },
  unshrunk: Difference,
): Promise<Difference> {
  let smallest = unshrunk;
  const property = fc.asyncProperty(kind.questions, async (question) => {
    const [difference] = await differing(java, kind, release, [question]);
    const agrees = difference === undefined || isKnown(kind, release, difference);
    if (!agrees) smallest = difference;
    return agrees;
  });
  await fc.check(property, draw);
  return smallest;
}

/** Returns whether zabsim is known to answer this question differently. */
export function isKnown(kind: Kind, release: string, { question }: Difference): boolean {
  return kind.isKnownDifference?.(question, release) ?? false;
}

async function answerOfZabsim(kind: Kind, question: Question, release: string): Promise<unknown> {
  try {
    return await kind.answer(question, release);
  } catch (error) {
    return { error: String(error) };
  }
}

/** Seeds of fast-check are 32-bit integers. */
function seedOf(seed: number, block: number): number {
  return (Math.imul(seed, 0x9e37_79b1) + block) | 0;
}
