/** A part of the inputs of `npm run fuzz:loader`, which CI runs in full. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { bugPaths, shippedPaths } from "../../campaign/shipped-scenarios.ts";
import { STARTER } from "../../cli/init.ts";
import { type FuzzOutcome, fuzzInputs, fuzzOne } from "./bad/loader-fuzz.ts";

it("changed scenario files are refused with a message, or run", () => {
  const files = [STARTER, ...[...shippedPaths(), ...bugPaths()].map((path) => readFileSync(path, "utf8"))];
  const outcomes: Record<FuzzOutcome, number> = { refused: 0, ran: 0 };
  for (const [i, input] of fuzzInputs(files, 13, 240).entries()) {
    try {
      outcomes[fuzzOne(input)]++;
    } catch (error) {
      throw new Error(`input ${i}: ${JSON.stringify(input)}`, { cause: error });
    }
  }
  expect(outcomes.ran).toBeGreaterThan(40);
  expect(outcomes.refused).toBeGreaterThan(50);
}, 60_000);
