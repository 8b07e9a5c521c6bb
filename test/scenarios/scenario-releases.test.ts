/** The releases of a scenario, and runs in releases that have no profile of their own. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import { releasesOf } from "../../scenarios/scenario-releases.ts";

it("names the releases of all servers, upgrades and restarts, each once", () => {
  const text = `
zookeeper: 3.6.2
servers: { 1: {}, 2: { zookeeper: 3.5.7 }, 3: {} }
steps:
  - { at: 1s, upgrade: { server: 1, to: 3.9.5 } }
  - { at: 2s, upgrade: { server: 2, to: 3.6.2 } }
  - { at: 3s, restart: { server: 1, zookeeper: 3.8.4 } }
  - { at: 4s, restart: 3 }
`;
  expect(releasesOf(loadScenario(text, "mixed.yaml"))).toEqual(["3.6.2", "3.5.7", "3.9.5", "3.8.4"]);
});

it.each([
  ["3.7.2", true],
  ["3.7.0", false],
])("in %s, a server that was killed while it renamed currentEpoch starts: %s", (zookeeper, starts) => {
  const name = "server-crashed-while-renaming-currentepoch-starts";
  const text = readFileSync(new URL(`../../scenarios/shipped/${name}.yaml`, import.meta.url), "utf8");
  const run = runScenario({ ...loadScenario(text, name), zookeeper }, { seed: 1n });
  expect(run.ok).toBe(starts);
  expect(run.servers.every(({ active }) => active)).toBe(starts);
});
