/**
 * What is wrong with a scenario file, said so that a person can mend it: where, which field, what stands there, and what
 * would be accepted. All problems of a file travel in one ScenarioError.
 */

export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The field's path, such as `steps[2].crash.server`; `file` when it is about the file as a whole. */
  readonly field: string;
  /** What stands there; undefined when nothing does. */
  readonly value: unknown;
  readonly message: string;
  readonly accepted: string;
}

/** How many problems one error tells. */
export const PROBLEMS_MAX = 10;

const VALUE_LENGTH_MAX = 60;

export class ScenarioError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const told = problems.slice(0, PROBLEMS_MAX);
    super(told.map(formatProblem).join("\n"));
    this.name = "ScenarioError";
    this.problems = told;
  }
}

export function formatProblem(problem: Problem): string {
  const value = problem.value === undefined ? "" : `value ${formatValue(problem.value)}; `;
  return `${problem.file}:${problem.line}: ${problem.field}: ${problem.message} (${value}accepted: ${problem.accepted})`;
}

/** A value on one line, cut when long. */
export function formatValue(value: unknown): string {
  // JSON has no words for these two, and would say null.
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX - 1)}…`;
}
