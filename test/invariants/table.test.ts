/** The ids and aliases of the invariants, and the functions and files that accept them. */
import { describe, expect, it } from "vitest";
import { findInvariant, INVARIANT_ALIASES, INVARIANT_IDS } from "../../invariants/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import schema from "../../schema/scenario.schema.json" with { type: "json" };

describe("findInvariant", () => {
  it.each(INVARIANT_IDS)("finds %s by its id", (id) => {
    expect(findInvariant(id)).toBe(id);
  });

  it("finds an invariant by its alias", () => {
    expect(findInvariant("I-1")).toBe("primary-uniqueness");
    expect(findInvariant("I-8")).toBe("initial-history-agreement");
    expect(findInvariant("I-14")).toBe("no-bad-commit");
  });

  it.each(["I-0", "I-15", "i-1", "toString", ""])("returns undefined for %j", (name) => {
    expect(findInvariant(name)).toBeUndefined();
  });
});

it("the aliases are I-1 to I-14, in the order of the table, and the former name of memory-equals-disk", () => {
  expect([...INVARIANT_ALIASES]).toEqual([
    ...INVARIANT_IDS.slice(0, 14).map((id, i) => [`I-${i + 1}`, id]),
    ["disk-tells-memory", "memory-equals-disk"],
  ]);
});

it("a scenario that expects the alias I-8 to be violated expects initial-history-agreement", () => {
  const load = (violates: string) => loadScenario(`servers: 3\nexpect: { violates: ${violates} }\n`, "alias.yaml");
  expect(load("I-8").expect.violates).toEqual(["initial-history-agreement"]);
  expect(load("[I-3, total-order]").expect.violates).toEqual(["agreement", "total-order"]);
});

it("the schema accepts exactly the ids and the aliases", () => {
  expect(schema.definitions.invariantId.enum).toEqual([...INVARIANT_IDS, ...INVARIANT_ALIASES.keys()]);
});
