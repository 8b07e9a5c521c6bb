/**
 * Who counts in a spec's ensemble.
 */
import { hierarchical, majority, type QuorumVerifier, type ServerId } from "../protocol/index.ts";
import type { ClusterSpec } from "./cluster-spec.ts";

/** The configuration as a server has it that knows of these servers only. */
export function verifierOf(
  spec: Pick<ClusterSpec, "servers" | "quorum">,
  view: readonly ServerId[] = Object.keys(spec.servers).map(Number),
): QuorumVerifier {
  const ids = view;
  const isObserver = (sid: ServerId): boolean => spec.servers[sid]?.role === "observer";
  const observers = ids.filter(isObserver);
  const { quorum } = spec;
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
