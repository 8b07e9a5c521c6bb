/** The quorum verifier that is built from the `quorum` of a scenario. */
import { expect, it } from "vitest";
import { configOfVerifier, verifierOf, verifierOfConfig } from "../../cluster/verifier.ts";
import { asServerId, configText, type ServerId } from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";

const load = (yaml: string) => loadScenario(yaml, "verifier.yaml");
const sids = (...ids: number[]): ServerId[] => ids.map(asServerId);

it("3 participants and 2 observers: a majority of the participants is a quorum, observers are members", () => {
  const observer = "{ role: observer }";
  const verifier = verifierOf(load(`servers: { 1: {}, 2: {}, 3: {}, 4: ${observer}, 5: ${observer} }`));
  expect([verifier.voters, verifier.members]).toEqual([sids(1, 2, 3), sids(1, 2, 3, 4, 5)]);
  expect(verifier.containsQuorum(sids(1))).toBe(false);
  expect(verifier.containsQuorum(sids(1, 3))).toBe(true);
});

it("5 participants, a view of 3: two of the three are a quorum", () => {
  const verifier = verifierOf(load("servers: 5"), sids(1, 2, 3));
  expect(verifier.voters).toEqual(sids(1, 2, 3));
  expect(verifier.containsQuorum(sids(1, 2))).toBe(true);
});

const GROUPS = `
servers: 6
quorum: { groups: { a: [1, 2, 3], b: [4, 5, 6] }, weights: { 1: 3 } }
`;

it("2 groups, server 1 has weight 3: a quorum needs the majority of the weight in both groups", () => {
  const verifier = verifierOf(load(GROUPS));
  expect([verifier.weightOf(asServerId(1)), verifier.weightOf(asServerId(2))]).toEqual([3, 1]);
  expect(verifier.containsQuorum(sids(1, 4, 5))).toBe(true);
  expect(verifier.containsQuorum(sids(2, 3, 4, 5))).toBe(false);
  expect(verifier.containsQuorum(sids(1, 2, 3))).toBe(false);
});

it("2 groups, a view without servers 5 and 6: group b consists of server 4 only", () => {
  const verifier = verifierOf(load(GROUPS), sids(1, 2, 3, 4));
  expect(verifier.voters).toEqual(sids(1, 2, 3, 4));
  expect(verifier.containsQuorum(sids(1, 4))).toBe(true);
});

it("2 groups, an observer and a port: the configuration of a verifier gives an equal verifier", () => {
  const verifier = verifierOfConfig({
    voters: sids(1, 2, 3, 4),
    observers: sids(5),
    groups: { a: sids(1, 2), b: sids(3, 4) },
    weights: { [asServerId(1)]: 3 },
    ports: { [asServerId(5)]: { client: 9 } },
    version: "2:7",
  });
  const text = "voters 1,2,3,4; observers 5; groups 1,2 | 3,4; weights 1=3; ports 5=2888:3888;9; version 2:7";
  expect([configText(verifier), configText(verifierOfConfig(configOfVerifier(verifier)))]).toEqual([text, text]);
});
