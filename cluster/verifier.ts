/**
 * The quorum verifier of a cluster: which servers vote, in which groups and with which weights (QuorumMaj,
 * QuorumHierarchical).
 */
import { hierarchical, majority, type QuorumVerifier, type ServerId, serverIdsOf } from "../protocol/index.ts";
import type { ClusterSpec } from "./cluster-spec.ts";

/** Returns the verifier of a server that knows only the servers in `view`. By default, the server knows all servers. */
export function verifierOf(
  spec: Pick<ClusterSpec, "servers" | "quorum">,
  view: readonly ServerId[] = serverIdsOf(spec.servers),
): QuorumVerifier {
  const isObserver = (sid: ServerId): boolean => spec.servers[sid]?.role === "observer";
  const observers = view.filter(isObserver);
  const { quorum } = spec;
  if (quorum === undefined) {
    return majority(
      view.filter((sid) => !isObserver(sid)),
      observers,
    );
  }
  const weights = new Map(serverIdsOf(quorum.weights).map((sid) => [sid, quorum.weights[sid] as number]));
  const groups = Object.values(quorum.groups).map((group) => group.filter((sid) => view.includes(sid)));
  return hierarchical(groups, weights, observers);
}
