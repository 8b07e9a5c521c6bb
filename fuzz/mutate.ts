/**
 * Mutates a plan that reached new coverage: drops, moves or repeats some of its steps, changes how long they last, or
 * adds steps of another plan that reached new coverage.
 */

import type { Step } from "../scenarios/scenario.ts";
import { serversInStep } from "../scenarios/servers-in-step.ts";
import { durationText } from "../sim/duration-range.ts";
import { parseDuration } from "../sim/index.ts";
import type { Plan } from "./plan.ts";
import type { Draw } from "./random-values.ts";

type Entry = { readonly step: Step; readonly kind: Plan["kinds"][number] };
type Change = (draw: Draw, entries: readonly Entry[], corpus: readonly Plan[], ids: ReadonlySet<number>) => Entry[];

/** Returns a mutated copy of one plan of `corpus`, which must not be empty. */
export function mutate(draw: Draw, seed: bigint, corpus: readonly Plan[]): Plan {
  const { scenario, kinds } = draw.pick(corpus);
  let entries: readonly Entry[] = scenario.steps.map((step, i) => ({ step, kind: kinds[i] as Entry["kind"] }));
  const ids = new Set(Object.keys(scenario.servers).map(Number));
  for (let count = draw.int(1, 4); count > 0; count--) {
    entries = CHANGES[draw.weighted(WEIGHTS)](draw, entries, corpus, ids);
  }
  return {
    scenario: {
      ...scenario,
      name: `plan-${seed}`,
      // If the seed stays the same, only the changed steps can make the new run different.
      seed: draw.chance(0.5) ? (scenario.seed ?? "1") : String(seed),
      steps: entries.map(({ step }) => step),
    },
    kinds: entries.map(({ kind }) => kind),
  };
}

const WEIGHTS = { drop: 2, move: 4, repeat: 2, lengthen: 2, splice: 3 } as const;

const CHANGES: Readonly<Record<keyof typeof WEIGHTS, Change>> = {
  drop: (draw, entries) => at(draw, entries, () => []),
  move: (draw, entries) => at(draw, entries, (entry) => [{ ...entry, step: moved(draw, entry.step) }]),
  repeat: (draw, entries) => at(draw, entries, (entry) => [entry, { ...entry, step: moved(draw, entry.step) }]),
  lengthen: (draw, entries) =>
    at(draw, entries, ({ step, kind }) => {
      const us = step.for === undefined ? undefined : parseDuration(step.for);
      if (us === undefined) return [{ step, kind }];
      return [{ kind, step: { ...step, for: durationText(Math.max(1, (us / 1000) * draw.pick([0.1, 0.5, 2, 10]))) } }];
    }),
  splice: (draw, entries, corpus, ids) => {
    const { scenario, kinds } = draw.pick(corpus);
    // A wipe is legal only for an observer, and an observer of the other plan may be a voter in this plan. Requests of
    // the other plan can lead to configurations of which the servers that this plan settles have no quorum.
    const donors = scenario.steps
      .map((step, i) => ({ step, kind: kinds[i] as Entry["kind"] }))
      .filter((entry) => isChangeable(entry) && !("wipe" in entry.step || "reconfig" in entry.step));
    const added = draw
      .some(donors, draw.int(1, 3))
      .filter(({ step }) => serversInStep(step).every((sid) => ids.has(sid)));
    return [...entries, ...added];
  },
};

/**
 * Whether mutation may change a step. Mutation does not change the steps of the user's scenario, the settle step at the
 * end, corruptions, and changes of the lists in the files.
 */
function isChangeable({ kind }: Entry): boolean {
  return !UNCHANGEABLE.has(kind);
}

const UNCHANGEABLE: ReadonlySet<Entry["kind"]> = new Set([
  "settle",
  "script",
  "corruption",
  "rolling-config",
  "config-roll",
]);

/** Applies a change to one step, chosen at random from the steps that mutation may change. */
function at(draw: Draw, entries: readonly Entry[], change: (entry: Entry) => Entry[]): Entry[] {
  const places = entries.flatMap((entry, i) => (isChangeable(entry) ? [i] : []));
  if (places.length === 0) return [...entries];
  const place = draw.pick(places);
  return entries.flatMap((entry, i) => (i === place ? change(entry) : [entry]));
}

function moved(draw: Draw, step: Step): Step {
  const us = parseDuration(step.from ?? "") ?? 0;
  const ms = draw.chance(0.5) ? us / 1000 + draw.int(-200, 200) : draw.int(1, Math.max(2, (us / 1000) * 2));
  return { ...step, from: durationText(Math.max(1, Math.round(ms))) };
}
