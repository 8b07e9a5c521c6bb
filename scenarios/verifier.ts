/**
 * Who counts in a scenario's ensemble.
 */
import { hierarchical, majority, type QuorumVerifier, type ServerId } from "../protocol/index.ts";
import type { Scenario } from "./scenario.ts";

/** The configuration as a server has it that knows of these servers only. */
export function verifierOf(
  scenario: Pick<Scenario, "servers" | "quorum">,
  view: readonly ServerId[] = Object.keys(scenario.servers).map(Number),
): QuorumVerifier {
  const ids = view;
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
  const groups = Object.values(quorum.groups).map((group) => group.filter((sid) => ids.includes(sid)));
  return hierarchical(groups, weights, observers);
}
