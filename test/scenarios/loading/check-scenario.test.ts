/** The rules that the loader checks for quorums, networks, durations and settings. */
import { describe, expect, it } from "vitest";
import { checkScenario } from "../../../scenarios/loading/check-scenario.ts";
import { formatPath } from "../../../scenarios/loading/field-path.ts";
import { testInvalidFiles } from "../bad/invalid-files.ts";
import { WRONG_SCENARIO } from "../bad/table.ts";
import { checksOf, testRules } from "./valid-and-invalid.ts";

describe("a scenario is valid only if", () => {
  testRules(
    (checks) => checks.problems.push(...checkScenario(checks.scenario)),
    [
      [
        "every participant is in one group",
        { quorum: { groups: { a: [1], b: [2], c: [3] } } },
        { quorum: { groups: { a: [1], b: [2] } } },
        "quorum.groups",
      ],
      [
        "some member of a group has weight",
        { quorum: { groups: { a: [1, 2, 3] }, weights: { 1: 0 } } },
        { quorum: { groups: { a: [1, 2, 3] }, weights: { 1: 0, 2: 0, 3: 0 } } },
        "quorum",
      ],
      [
        "only participants have weights",
        { quorum: { groups: { a: [1, 2, 3] }, weights: { 3: 2 } } },
        { quorum: { groups: { a: [1, 2, 3] }, weights: { 4: 2 } } },
        "quorum.weights.4",
      ],
      [
        "a duration is at most 24 h",
        { threads: { resumeLearner: "24h" } },
        { threads: { resumeLearner: "25h" } },
        "threads.resumeLearner",
      ],
      [
        "the retransmission timeout is at least 1 ms",
        { network: { retransmissionTimeout: "1ms" } },
        { network: { retransmissionTimeout: "0us" } },
        "network.retransmissionTimeout",
      ],
      [
        "the keep-alive timeout is at most 24 h",
        { network: { keepAliveTimeout: "24h" } },
        { network: { keepAliveTimeout: "25h" } },
        "network.keepAliveTimeout",
      ],
      ["a write takes a duration", { disk: { write: "1ms..2ms" } }, { disk: { write: "2ms..1ms" } }, "disk.write"],
      [
        "a snapshot takes a duration",
        { disk: { snapshot: "1s..2s" } },
        { disk: { snapshot: "2s..1s" } },
        "disk.snapshot",
      ],
      [
        "the latency of a link is a duration",
        { network: { links: [{ from: 1, to: 2, latency: "1ms" }] } },
        { network: { links: [{ from: 1, to: 2, latency: "2ms..1ms" }] } },
        "network.links[0].latency",
      ],
    ],
  );
});

describe("an invalid scenario:", () => {
  testInvalidFiles(WRONG_SCENARIO);
});

it("servers, steps and expectations are checked too", () => {
  const { scenario } = checksOf({
    servers: { 1: { view: [9] } },
    steps: [{ start: 9 }],
    expect: { active: [9] },
  });
  expect(checkScenario(scenario).map(({ path }) => formatPath(path))).toEqual([
    "servers.1.view[0]",
    "steps[0].start",
    "expect.active[0]",
  ]);
});
