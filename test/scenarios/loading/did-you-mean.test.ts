/** The accepted name that the loader suggests for a misspelled name. */
import { expect, it } from "vitest";
import { didYouMean, nearestName, suggestion } from "../../../scenarios/loading/did-you-mean.ts";

const ACTIONS = ["crash", "clock", "wipe", "cutOneWay"];

it.each([
  ["crsh", "crash"],
  ["CRASH", "crash"],
  ["cutoneway", "cutOneWay"],
  ["wip", "wipe"],
  ["partition", undefined],
  ["", undefined],
])("for %j: %s", (name, suggestion) => {
  expect(nearestName(name, ACTIONS)).toBe(suggestion);
});

it("a suggestion is the end of a sentence, and no suggestion is an empty text", () => {
  expect(didYouMean("crsh", ACTIONS)).toBe(", did you mean crash?");
  expect(didYouMean("partition", ACTIONS)).toBe("");
});

it("for a version, the suggestion is the nearest older release", () => {
  expect(suggestion("3.9.7", ["3.9.4", "3.9.5"])).toBe("; the nearest release below it is 3.9.5");
  expect(suggestion("3.3.6", ["3.4.10"])).toBe("");
  expect(suggestion("crsh", ACTIONS)).toBe(", did you mean crash?");
});
