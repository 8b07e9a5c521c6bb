/**
 * Explains why a run violated an invariant: the two facts that contradict each other, the causes of each fact, and what
 * each server did with the transaction that the facts are about. The run must have a trace.
 */

import type { InvariantId, Violation } from "../invariants/index.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { configurationLines } from "./configurations.ts";
import { formatMoment, hanging, PAGE_WIDTH } from "./format.ts";
import type { Cause } from "./why/causes.ts";
import { configurationCause } from "./why/configuration-cause.ts";
import { type Conflict, conflictOf, subjectOf } from "./why/conflicts.ts";
import { FactFinder } from "./why/facts.ts";
import { lifeLines } from "./why/life-text.ts";
import { type Fact, lastRecordOf } from "./why/moment.ts";
import { TransactionLife } from "./why/transaction-life.ts";

/** The number of columns that are reserved for a time, such as `1.204310 s`, at the end of a line. */
const TIME_WIDTH = 14;

export interface Explanation {
  readonly violation: Violation;
  readonly facts: Conflict;
  /**
   * A root cause in the configurations of the servers: a configuration that servers lost or activated too early, two
   * leaders whose configurations have disjoint quorums, or servers that share an id. Undefined if there is none.
   */
  readonly configurations: Fact | undefined;
  /**
   * What each server did with the transaction that the facts are about. Undefined if they are not about a transaction.
   */
  readonly life: TransactionLife | undefined;
  /**
   * A later loss of committed data in the same run. Undefined if this violation itself is such a loss, or if nothing
   * was lost.
   */
  readonly consequence: Fact | undefined;
  /** The other violations of the run. */
  readonly also: readonly Violation[];
}

/**
 * Explains one violation. By default, this is the first violation of the run, because later violations usually follow
 * from it. Returns undefined if the run violated no invariant.
 */
export function explain(run: ScenarioRun, violation = run.violations[0]): Explanation | undefined {
  if (violation === undefined) return undefined;
  const subject = subjectOf(violation);
  const life = subject === undefined ? undefined : new TransactionLife(run, subject);
  return {
    violation,
    facts: conflictOf(violation, new FactFinder(run, violation)),
    configurations: configurationCause(run, violation),
    life: life?.events.length === 0 ? undefined : life,
    consequence: consequenceOf(run, violation),
    also: run.violations.filter((other) => other !== violation),
  };
}

/** Invariants whose violation means that committed data is lost. */
const LOSSES: ReadonlySet<InvariantId> = new Set([
  "trunc-keeps-committed",
  "committed-history-grows",
  "initial-history-agreement",
]);

function consequenceOf(run: ScenarioRun, violation: Violation): Fact | undefined {
  if (LOSSES.has(violation.id)) return undefined;
  const loss = run.violations.find(({ id }) => LOSSES.has(id));
  return loss && conflictOf(loss, new FactFinder(run, loss))[0];
}

/** Returns the explanation in lines of at most 80 columns. Returns an empty text if the run violated no invariant. */
export function whyText(run: ScenarioRun, violation?: Violation): string {
  const explanation = explain(run, violation);
  if (explanation === undefined) return "";
  const { also, configurations, consequence, facts, life } = explanation;
  const { id, server, text } = explanation.violation;
  const lines = hanging(`${id}: server ${server} ${text}`, "", "  ");
  const all = configurations === undefined ? facts : [configurations, ...facts];
  for (const [index, fact] of all.entries()) lines.push("", ...factLines(`${index + 1}. ${fact.text}`, fact));
  if (life !== undefined) {
    const until = lastRecordOf(run, explanation.violation);
    const lives = lifeLines(life, run, until).flatMap((line) => hanging(line, "  ", "    "));
    lines.push("", `the life of ${life.name}`, ...lives);
  }
  const configs = configurationLines(run, lastRecordOf(run, explanation.violation));
  if (configs.length > 0) {
    lines.push("", "the configurations", ...configs.flatMap((line) => hanging(line, "  ", "    ")));
  }
  if (consequence !== undefined) lines.push("", ...factLines(`later, ${consequence.text}`, consequence));
  if (also.length > 0) {
    const others = also.map((one) => `${one.id} at server ${one.server}`);
    lines.push("", ...hanging(`also violated: ${others.join(", ")}`, "", "  "));
  }
  return lines.join("\n");
}

function factLines(text: string, { atUs, causes }: Fact): string[] {
  return [...timed(text, "", "   ", atUs), ...causes.flatMap(causeLines)];
}

function causeLines({ text, atUs }: Cause): string[] {
  return timed(text, "   <- ", "      ", atUs);
}

/** Wraps a text with a hanging indent and puts the time, if there is one, at the right margin of the first line. */
function timed(text: string, first: string, rest: string, atUs: number | undefined): string[] {
  const lines = hanging(text, first, rest, PAGE_WIDTH - TIME_WIDTH);
  if (atUs === undefined) return lines;
  const moment = `${formatMoment(atUs)} s`;
  return lines.map((line, i) => (i === 0 ? `${line.padEnd(PAGE_WIDTH - moment.length)}${moment}` : line));
}
