import { expect, it } from "vitest";
import { assertPhase, assertPresent } from "../../protocol/assert.ts";

it("returns a value that is present, and throws an error with the phase otherwise", () => {
  expect(assertPresent(0, "epoch", "reading")).toBe(0);
  expect(() => assertPresent(null, "epochAck", "acking-epoch")).toThrow("defect: no epochAck in phase acking-epoch");
  expect(() => assertPresent(undefined, "log", "broadcast")).toThrow("defect: no log in phase broadcast");
});

it("accepts the expected phase, and throws an error with both phases otherwise", () => {
  expect(() => assertPhase("waiting-epoch", "waiting-epoch")).not.toThrow();
  expect(() => assertPhase("closed", "waiting-epoch")).toThrow("defect: phase closed instead of waiting-epoch");
});
