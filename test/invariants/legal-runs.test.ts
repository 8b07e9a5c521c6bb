/** No random run of the correct Zab model violates an invariant, and each flaw in the model leads to a violation. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AbstractZab, type Action, type Flaws, KIND_COUNT } from "./abstract-zab.ts";

/**
 * The weight of each kind of action. Elections and crashes are rare, so that runs commit transactions between them.
 */
const WEIGHTS: readonly number[] = [2, 12, 12, 14, 10, 14, 6, 1, 1, 6];
const kinds = WEIGHTS.flatMap((weight, kind) => Array.from({ length: weight }, () => kind));
const action: fc.Arbitrary<Action> = fc.tuple(fc.constantFrom(...kinds), fc.nat(59), fc.nat(31));
const actions = fc.array(action, { minLength: 100, maxLength: 600, size: "max" });

function run(size: number, list: readonly Action[], flaws: Flaws = {}): AbstractZab {
  const zab = new AbstractZab(size, flaws);
  for (const one of list) zab.act(one);
  return zab;
}

describe("a correct Zab", () => {
  it("has a weight for each kind of action", () => {
    expect(WEIGHTS).toHaveLength(KIND_COUNT);
  });

  it.each([3, 5])("%i servers, random actions: no violation", (size) => {
    const sum = { established: 0, delivered: 0, truncated: 0, crashed: 0 };
    fc.assert(
      fc.property(actions, (list) => {
        const { counts, invariants } = run(size, list);
        for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += counts[key];
        expect(invariants.violations).toEqual([]);
      }),
      { numRuns: 400, seed: 20260718 },
    );
    // Checks that the runs have reached each kind of event often enough.
    for (const count of Object.values(sum)) expect(count).toBeGreaterThan(100);
  });
});

describe("a Zab with one flaw", () => {
  const FLAWS: readonly (readonly [keyof Flaws, string])[] = [
    ["electsAnyone", "committed-history-grows"],
    ["reusesEpoch", "primary-uniqueness"],
    ["skipsTrunc", "follower-is-prefix"],
    ["acksUnsynced", "committed-history-grows"],
    ["skipsFastForward", "memory-equals-disk"],
    ["keepsOldAcks", "committed-history-grows"],
  ];

  it.each(FLAWS)("3 servers, %s, random actions: %s is violated", (flaw, expected) => {
    const found = new Set<string>();
    for (const list of fc.sample(actions, { numRuns: 400, seed: 1 })) {
      for (const { id } of run(3, list, { [flaw]: true }).invariants.violations) found.add(id);
    }
    expect([...found]).toContain(expected);
  });
});
