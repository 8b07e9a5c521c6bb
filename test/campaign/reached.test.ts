/** Tests the features that a campaign has reached according to its journal. */
import { describe, expect, it } from "vitest";
import { Journal } from "../../campaign/journal.ts";
import { reachedIn } from "../../campaign/reached.ts";
import { reachableFeatures } from "../../fuzz/coverage.ts";
import { block } from "./block-line.ts";
import { finding } from "./failed-plan.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const journal = new Journal(temporaryFolder());
journal.begin({ zookeeper: "3.4.14" });
journal.append(block(0, { fresh: ["a", "b"], faults: { crash: [2, 1], pause: [1, 0] } }));
journal.append({ finding: finding(), file: "one.yaml" });
journal.append(block(1, { fresh: ["c"], faults: { crash: [3, 3] } }));

describe("a journal has reached", () => {
  const { faults, features, reachable } = reachedIn(journal);

  it("the features of all blocks", () => {
    expect([...features]).toEqual(["a", "b", "c"]);
  });

  it("the sum of each fault over all blocks", () => {
    expect(Object.fromEntries(faults)).toEqual({ crash: [5, 4], pause: [1, 0] });
  });

  it("some of what its release can reach", () => {
    expect(reachable).toEqual(reachableFeatures("3.4.14"));
    expect(reachable).not.toEqual(reachableFeatures("newest"));
  });
});
