/** Tests which stuck servers are attributed to their configuration. */
import { expect, it } from "vitest";
import { findingOf } from "../../campaign/investigate.ts";
import { sufficientLimits } from "../../fuzz/configuration.ts";
import { failureOf } from "../../fuzz/shrink/failure.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";

const scenarioOf = (servers: string, disk: string): Scenario =>
  loadScenario(
    `servers: ${servers}\ndisk: ${disk}\nsteps: [{ settle: [2, 3] }]\nexpect: { stuck: 120s }\n`,
    "test.yaml",
  );

const TWO = "{ 1: { down: true }, 2: {}, 3: {} }";
const limitsOf = (scenario: Scenario) => sufficientLimits(runScenario(scenario, { seed: 1, digest: false }));

it("servers that longer limits make live are stuck because of their configuration", () => {
  expect(limitsOf(scenarioOf(TWO, "{ snapshot: 40s }"))).toEqual({ initLimit: 21 });
  expect(limitsOf(scenarioOf(TWO, "{ write: 40s }"))).toEqual({ initLimit: 41 });
});

it("a server with a limit of its own gets the longer limit, too", () => {
  const own = "{ 1: { down: true }, 2: { settings: { initLimit: 5 } }, 3: {} }";
  expect(limitsOf(scenarioOf(own, "{ snapshot: 40s }"))).toEqual({ initLimit: 21 });
});

it("servers that are stuck with longer limits, too, are not stuck because of their configuration", () => {
  const ahead = "{ 2: {}, 3: { acceptedEpoch: 5, currentEpoch: 6 } }";
  expect(limitsOf(scenarioOf(ahead, "{ snapshot: 40s }"))).toBeUndefined();
});

it("a finding that the configuration explains names the settings and no known bug", () => {
  const scenario = scenarioOf(TWO, "{ snapshot: 40s }");
  const failure = failureOf(runScenario(scenario, { seed: 1 }));
  const finding = findingOf(scenario, failure as NonNullable<typeof failure>);
  expect(finding).toMatchObject({ configuration: "initLimit of at least 21 ticks", known: [], invariant: "liveness" });
  expect(finding.why).toContain("The configuration needs initLimit of at least 21 ticks of 2 s");
});

const LARGE = `servers: { 1: {}, 2: {}, 3: {} }
settings: { jute.maxbuffer: 4194304 }
steps:
  - { when: established, write: { bytes: 3000000 } }
  - { at: 1s, restart: { server: 1, settings: { juteMaxBuffer: 1048575 } } }
  - { at: 2s, settle: [1, 2, 3] }
expect: { stuck: 20s }
`;

it.each([
  ["a server that restarts with a small jute.maxbuffer", LARGE],
  ["a server that has a small jute.maxbuffer", LARGE.replace("1: {}", "1: { settings: { jute.maxbuffer: 99999 } }")],
])("%s is stuck because of its configuration", (_, text) => {
  const scenario = loadScenario(text, "test.yaml");
  const failure = failureOf(runScenario(scenario, { seed: 1 }));
  const finding = findingOf(scenario, failure as NonNullable<typeof failure>);
  expect(finding).toMatchObject({ configuration: "juteMaxBuffer of at least 3000000 bytes", known: [] });
  expect(finding.why.replace(/\s+/g, " ")).toContain(
    "The configuration needs jute.maxbuffer of at least 3000000 bytes at server 1: ",
  );
});
