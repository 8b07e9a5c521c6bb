/**
 * Merges sequences of actions that behave alike into rules such as "start 4 or 5, then restart 1 or 2". A rule covers
 * exactly the sequences from which it was made.
 */
import type { ServerId } from "../protocol/index.ts";
import type { ActionKind, Order } from "./ensemble.ts";

/** One position of a rule: any of these servers, except for those of earlier positions. */
export interface RuleStep {
  readonly kind: ActionKind;
  readonly servers: readonly ServerId[];
}

export type Rule = readonly RuleStep[];

/** Returns the rules for these sequences, which contain no duplicates. */
export function rulesFor(sequences: readonly Order[]): readonly Rule[] {
  const byShape = new Map<string, Order[]>();
  for (const sequence of sequences) {
    const shape = sequence.map(({ kind }) => kind).join();
    byShape.set(shape, [...(byShape.get(shape) ?? []), sequence]);
  }
  return [...byShape.values()].flatMap(mergeAlike);
}

function mergeAlike(sequences: readonly Order[]): Rule[] {
  const covered = new Set(sequences.map((one) => one.map(({ server }) => server).join()));
  const isCovered = (rule: Rule): boolean => serversOf(rule).every((servers) => covered.has(servers.join()));
  const rules: Rule[] = [];
  for (const sequence of sequences) {
    const one = sequence.map(({ kind, server }) => ({ kind, servers: [server] }));
    const i = rules.findIndex((rule) => isCovered(union(rule, one)));
    if (i < 0) rules.push(one);
    else rules[i] = union(rules[i] as Rule, one);
  }
  return rules;
}

function union(a: Rule, b: Rule): Rule {
  return a.map(({ kind, servers }, i) => {
    const all = new Set([...servers, ...(b[i] as RuleStep).servers]);
    return { kind, servers: [...all].sort((x, y) => x - y) };
  });
}

/** Returns the sequences of servers that a rule covers. */
function serversOf(rule: Rule): ServerId[][] {
  return rule.reduce<ServerId[][]>(
    (sequences, { servers }) =>
      sequences.flatMap((one) => servers.filter((sid) => !one.includes(sid)).map((sid) => [...one, sid])),
    [[]],
  );
}
