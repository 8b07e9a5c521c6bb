/**
 * Explains why a run violated an invariant: the two facts in conflict, the causes of each, and the life of the
 * transaction that they are about. Needs a traced run.
 */

import type { Violation } from "../invariants/index.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { formatMoment, hanging, PAGE_WIDTH } from "./format.ts";
import type { Cause } from "./why/causes.ts";
import { type Conflict, conflictOf, subjectOf } from "./why/conflicts.ts";
import { FactFinder, lastRecordOf } from "./why/facts.ts";
import { lifeLines } from "./why/life-text.ts";
import { TransactionLife } from "./why/transaction-life.ts";

/** The width of a time at the end of a line, such as `1.204310 s`, with some space before it. */
const TIME_WIDTH = 14;

export interface Explanation {
  readonly violation: Violation;
  readonly facts: Conflict;
  /** The life of the transaction that the facts are about. */
  readonly life: TransactionLife | undefined;
  /** The other violations of the run. */
  readonly also: readonly Violation[];
}

/**
 * Explains one violation. The default is the first one, because the others usually follow from it. Returns undefined if
 * the run violated nothing.
 */
export function explain(run: ScenarioRun, violation = run.violations[0]): Explanation | undefined {
  if (violation === undefined) return undefined;
  const subject = subjectOf(violation);
  const life = subject === undefined ? undefined : new TransactionLife(run, subject);
  return {
    violation,
    facts: conflictOf(violation, new FactFinder(run, violation)),
    life: life?.events.length === 0 ? undefined : life,
    also: run.violations.filter((other) => other !== violation),
  };
}

/** Returns the explanation in lines of at most 80 columns; empty if the run violated nothing. */
export function whyText(run: ScenarioRun, violation?: Violation): string {
  const explanation = explain(run, violation);
  if (explanation === undefined) return "";
  const { also, facts, life } = explanation;
  const { id, server, text } = explanation.violation;
  const lines = hanging(`${id}: server ${server} ${text}`, "", "  ");
  for (const [index, fact] of facts.entries()) {
    lines.push("", ...timed(`${index + 1}. ${fact.text}`, "", "   ", fact.atUs), ...fact.causes.flatMap(causeLines));
  }
  if (life !== undefined) {
    const until = lastRecordOf(run, explanation.violation);
    const lives = lifeLines(life, run, until).flatMap((line) => hanging(line, "  ", "    "));
    lines.push("", `the life of ${life.name}`, ...lives);
  }
  if (also.length > 0) {
    const others = also.map((one) => `${one.id} at server ${one.server}`);
    lines.push("", ...hanging(`also violated: ${others.join(", ")}`, "", "  "));
  }
  return lines.join("\n");
}

function causeLines({ text, atUs }: Cause): string[] {
  return timed(text, "   <- ", "      ", atUs);
}

/** Returns the lines of a text with a hanging indent, with a time at the right margin of the first line. */
function timed(text: string, first: string, rest: string, atUs: number | undefined): string[] {
  const lines = hanging(text, first, rest, PAGE_WIDTH - TIME_WIDTH);
  if (atUs === undefined) return lines;
  const moment = `${formatMoment(atUs)} s`;
  return lines.map((line, i) => (i === 0 ? `${line.padEnd(PAGE_WIDTH - moment.length)}${moment}` : line));
}
