/**
 * Rules that a schema cannot express. For each rule, one example satisfies it and one breaks it. bad/table.ts lists all
 * invalid files.
 */
import { describe, expect, it } from "vitest";
import { checkScenario } from "../../../scenarios/loading/check-scenario.ts";
import type { RawScenario } from "../../../scenarios/loading/raw-scenario.ts";
import { completeScenario } from "../../../scenarios/loading/short-forms-and-defaults.ts";

/** Returns the field of each problem in a scenario with three participants and an observer. */
function problemFields(fields: object): string[] {
  const servers = { 1: { history: "1:1..1:5" }, 2: { history: "1:1..1:5" }, 3: {}, 4: { role: "observer" } };
  const raw = { servers, ...fields } as unknown as RawScenario;
  return checkScenario(completeScenario(raw, "check")).map(({ path }) => path.join("."));
}

const step = (fields: object): object => ({ steps: [fields] });

describe("a scenario is valid and invalid", () => {
  it.each<[string, object, object, string]>([
    ["a quorum has the committed zxid", { committed: "1:5" }, { committed: "1:6" }, "committed"],
    ["a leader votes", { expect: { leader: 3 } }, { expect: { leader: 4 } }, "expect.leader"],
    [
      "every participant is in one group",
      { quorum: { groups: { a: [1], b: [2], c: [3] } } },
      { quorum: { groups: { a: [1], b: [2] } } },
      "quorum.groups",
    ],
    [
      "a quorum needs weight",
      { quorum: { groups: { a: [1, 2, 3] }, weights: { 1: 0 } } },
      { quorum: { groups: { a: [1, 2, 3] }, weights: { 1: 0, 2: 0, 3: 0 } } },
      "quorum",
    ],
    ["an action with `for` can be undone", step({ pause: 1, for: "1s" }), step({ write: 1, for: "1s" }), "steps.0.for"],
    [
      "liveness is measured from a settle step",
      { steps: [{ settle: 1 }], expect: { live: "1s" } },
      { expect: { live: "1s" } },
      "expect.live",
    ],
    [
      "a moment of a message has no server",
      step({ when: { message: "ACK", from: 1 }, crash: 1 }),
      step({ when: { message: "ACK", server: 1 }, crash: 1 }),
      "steps.0.when.server",
    ],
    [
      "a partition has two sides",
      step({ partition: [[1, 2]] }),
      step({ partition: [[1, 2, 3, 4]] }),
      "steps.0.partition",
    ],
    [
      "a server is in one group only",
      step({ bridge: { over: 1, sides: [[2], [3]] } }),
      step({ bridge: { over: 1, sides: [[2], [1, 3]] } }),
      "steps.0.bridge.sides.1",
    ],
    [
      "time passes between two cuts of a link",
      step({ flap: { between: [1, 2], every: "1us" } }),
      step({ flap: { between: [1, 2], every: 0 } }),
      "steps.0.flap.every",
    ],
    [
      "a disconnect is between two servers",
      step({ disconnect: { server: 1, from: 2 } }),
      step({ disconnect: { server: 1, from: 1 } }),
      "steps.0.disconnect.from",
    ],
    [
      "a duration is at most 24 h",
      { threads: { resumeLearner: "24h" } },
      { threads: { resumeLearner: "25h" } },
      "threads.resumeLearner",
    ],
  ])("because %s", (_, valid, invalid, field) => {
    expect(problemFields(valid)).toEqual([]);
    expect(problemFields(invalid)).toEqual([field]);
  });
});
