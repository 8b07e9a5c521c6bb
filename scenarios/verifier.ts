/**
 * Who counts in a scenario's ensemble.
 */
import { hierarchical, majority, type QuorumVerifier, type ServerId } from "../protocol/index.ts";
import type { Scenario } from "./scenario.ts";

export function verifierOf(scenario: Pick<Scenario, "servers" | "quorum">): QuorumVerifier {
  const ids = Object.keys(scenario.servers).map(Number);
  const isObserver = (sid: ServerId): boolean => scenario.servers[sid]?.role === "observer";
  const observers = ids.filter(isObserver);
  const { quorum } = scenario;
  if (quorum === undefined) {
    return majority(
      ids.filter((sid) => !isObserver(sid)),
      observers,
    );
  }
  const weights = new Map(Object.entries(quorum.weights).map(([sid, weight]) => [Number(sid), weight]));
  return hierarchical(Object.values(quorum.groups), weights, observers);
}
