/** The explanation of a violation as sentences, each with the event that it is about. */

import { INVARIANTS } from "../../invariants/index.ts";
import type { Cause } from "../../reports/why/causes.ts";
import { lifeLines } from "../../reports/why/life-text.ts";
import { type Fact, lastRecordOf } from "../../reports/why/moment.ts";
import { explain } from "../../reports/why.ts";
import type { Recording } from "./recording.ts";

/** One sentence of an explanation. */
export interface WhySentence {
  readonly text: string;
  /** 0: a fact that contradicts another one. 1: a cause of the fact before it. */
  readonly depth: 0 | 1;
  /** Marks at most one sentence of a chain: its root cause or, if no cause is a defect of a server, its start. */
  readonly mark: "root cause" | "start of the chain" | undefined;
  /** The event that the sentence is about; undefined if it is about no single event. */
  readonly event: number | undefined;
  readonly atUs: number | undefined;
}

/** The explanation of one violation. */
export interface WhyChain {
  /** The violation as a sentence. */
  readonly title: string;
  /** What the violated invariant states. */
  readonly statement: string;
  /** The titles of other violations with the same explanation. */
  readonly same: readonly string[];
  /** The event at which the invariant is violated. */
  readonly event: number;
  readonly sentences: readonly WhySentence[];
  /** What each server did with the transaction that the violation is about; empty if it is about none. */
  readonly life: readonly string[];
}

/** The explanations of each recording, and the number of events that were recorded when they were made. */
const known = new WeakMap<Recording, { readonly length: number; readonly chains: readonly WhyChain[] }>();

/** Returns the explanations of the violations of a run, as far as it is recorded. */
export function whyChains(recording: Recording): readonly WhyChain[] {
  const { length } = recording;
  const before = known.get(recording);
  if (before?.length === length) return before.chains;
  const chains = merged(recording.violations.map((_, index) => whyChain(recording, index)));
  known.set(recording, { length, chains });
  return chains;
}

/**
 * Returns what the explanations say about an event. The event of a violation also stands for the sentences that are
 * about no event.
 */
export function whyTextsAt(recording: Recording, event: number): readonly string[] {
  return whyChains(recording).flatMap((chain) => {
    const isViolation = chain.event === event;
    const texts = chain.sentences.flatMap((one) =>
      one.event === event || (one.event === undefined && isViolation) ? [one.text] : [],
    );
    return isViolation ? [chain.title, ...chain.same, ...chain.life, ...texts] : texts;
  });
}

/** Merges the chains whose sentences differ only in the server of the violation. */
function merged(chains: readonly WhyChain[]): readonly WhyChain[] {
  const first = new Map<string, WhyChain>();
  for (const chain of chains) {
    const causes = chain.sentences.map(({ text }) => text).join("\n");
    const key = `${chain.statement}\n${causes === "" ? chain.title : causes}`;
    const known = first.get(key);
    first.set(key, known === undefined ? chain : { ...known, same: [...known.same, chain.title] });
  }
  return [...first.values()];
}

function whyChain(recording: Recording, index: number): WhyChain {
  const { run } = recording;
  const violation = recording.violations[index] as (typeof run.violations)[number];
  const { id, server, text } = violation;
  const explanation = explain(run, violation);
  const facts = explanation?.facts ?? [];
  const { configurations, consequence, life } = explanation ?? {};
  const all = [...facts, ...(configurations ? [configurations] : []), ...(consequence ? [consequence] : [])];
  const causes = facts.flatMap((fact) => fact.causes);
  // The defect that is nearest to the violation explains it; earlier ones may be circumstances.
  const root = configurations ?? causes.find(({ isDefect }) => isDefect);
  const start = root === undefined ? facts.find((fact) => fact.causes.length > 0)?.causes.at(-1) : undefined;
  const sentence = (one: Fact | Cause, depth: 0 | 1): WhySentence => ({
    text: one.text,
    depth,
    mark: one === root ? "root cause" : one === start ? "start of the chain" : undefined,
    atUs: one.atUs,
    event: one.atUs === undefined ? undefined : eventNear(recording, one.atUs, one.text),
  });
  return {
    title: `${id}: server ${server} ${text}`,
    statement: INVARIANTS[id].statement,
    same: [],
    event: recording.eventOfViolation(index),
    sentences: all.flatMap((fact) => [sentence(fact, 0), ...fact.causes.map((cause) => sentence(cause, 1))]),
    life: life === undefined ? [] : [life.name, ...lifeLines(life, run, lastRecordOf(run, violation))],
  };
}

/** Returns the event of a time. If there are several, prefers one whose server the text names first. */
function eventNear(recording: Recording, atUs: number, text: string): number {
  const last = recording.eventAtTime(atUs);
  const named = Number(/\d+/.exec(text)?.[0] ?? -1);
  for (let number = last; number > 0 && recording.event(number).timeUs === atUs; number--) {
    if (recording.event(number).server === named) return number;
  }
  return last;
}

/** Returns the events that the explanation of the first violation names, and the event of the violation. */
export function litEvents(recording: Recording): ReadonlySet<number> | undefined {
  const [first] = whyChains(recording);
  if (first === undefined) return undefined;
  const events = first.sentences.flatMap(({ event }) => (event === undefined ? [] : [event]));
  return new Set([first.event, ...events]);
}
