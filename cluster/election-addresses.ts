/** Election addresses: a server dials those of the voters in its configurations, and listens at its own. */
import { type Peer, portsOf, type QuorumVerifier } from "../protocol/index.ts";

/** Returns whether a configuration lists a server as a voter with the election address at which it listens. */
export function knowsAddress(config: QuorumVerifier, { configurations, myid }: Peer): boolean {
  return config.voters.includes(myid) && portsOf(config, myid).election === configurations.own.election;
}
