/** The list of actions for `zabsim list actions`. */
import { expect, it } from "vitest";
import { ACTIONS } from "../../scenarios/about-actions.ts";
import schema from "../../schema/scenario.schema.json" with { type: "json" };

it("every action of the schema is described once", () => {
  const verbs = schema.definitions.step.then.oneOf.flatMap(({ required }) => required);
  expect(ACTIONS.map(({ name }) => name).toSorted()).toEqual(verbs.toSorted());
});

it.each(ACTIONS)("$name is described in one sentence without a period", ({ about }) => {
  expect(about).toMatch(/^[a-z][^.\n]*[^.\n]$/);
});
