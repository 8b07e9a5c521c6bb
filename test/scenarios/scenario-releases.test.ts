import { expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { releasesOf } from "../../scenarios/scenario-releases.ts";

it("names the releases of all servers and upgrades, each once", () => {
  const text = `
zookeeper: 3.6.2
servers: { 1: {}, 2: { zookeeper: 3.5.7 }, 3: {} }
steps:
  - { at: 1s, upgrade: { server: 1, to: 3.9.5 } }
  - { at: 2s, upgrade: { server: 2, to: 3.6.2 } }
`;
  expect(releasesOf(loadScenario(text, "mixed.yaml"))).toEqual(["3.6.2", "3.5.7", "3.9.5"]);
});
