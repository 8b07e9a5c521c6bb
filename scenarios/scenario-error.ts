/**
 * Problems of a scenario file. Each problem has a position, a field, the value of the field, and the accepted values.
 * One ScenarioError reports the problems of a file together.
 */
import { printableLine } from "./printable.ts";

/** One problem of a scenario file. */
export interface Problem {
  /** The name of the scenario file. */
  readonly file: string;
  /** The line of the problem, counted from 1. */
  readonly line: number;
  /** The column of the problem, counted from 1. */
  readonly column: number;
  /** The field's path, such as `steps[2].crash.server`; `file` if the problem concerns the whole file. */
  readonly field: string;
  /** The value in the file; undefined if there is none. */
  readonly value: unknown;
  /** A description of the problem. */
  readonly message: string;
  /** The accepted values, or another way to fix the problem. */
  readonly accepted: string;
}

/** Maximum number of problems that one error lists. */
export const PROBLEMS_MAX = 10;

const VALUE_LENGTH_MAX = 60;

/** The problems of a scenario file, at most PROBLEMS_MAX of them. The message has one line for each problem. */
export class ScenarioError extends Error {
  /** The problems, in the order of their lines. */
  readonly problems: readonly Problem[];

  /** `count` is the number of all problems. It is greater than the length of `problems` if some are left out. */
  constructor(problems: readonly Problem[], count = problems.length) {
    const listed = problems.slice(0, PROBLEMS_MAX);
    const unlisted = count - listed.length;
    const rest = unlisted === 0 ? [] : [`and ${unlisted} more ${unlisted === 1 ? "problem" : "problems"}`];
    super([...listed.map(formatProblem), ...rest].join("\n"));
    this.name = "ScenarioError";
    this.problems = listed;
  }
}

export function formatProblem(problem: Problem): string {
  const value = problem.value === undefined ? "" : `value ${formatValue(problem.value)}; `;
  const { accepted, field, file, line, message } = problem;
  return printableLine(`${file}:${line}: ${field}: ${message} (${value}accepted: ${accepted})`);
}

/** Returns a value as one line of text, and cuts the text if it is long. */
export function formatValue(value: unknown): string {
  // JSON would write NaN and infinite numbers as null.
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX - 1)}…`;
}
