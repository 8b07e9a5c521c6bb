/**
 * The ports of a server, from its line `server.N=host:quorum:election:role;client`. The host is not modeled: each
 * server has a machine of its own, and every configuration names it.
 */

/** The ports of a server. */
export interface Ports {
  /** The port on which the server accepts learners while it leads. */
  readonly quorum: number;
  /** The port on which the server accepts election connections. */
  readonly election: number;
  /** The port for clients. Clients have no connections here, but a change makes the configuration another one. */
  readonly client: number;
}

/** The ports of a server whose configuration names no others. */
export const DEFAULT_PORTS: Ports = { quorum: 2888, election: 3888, client: 2181 };

/** Returns the ports as they are written in a configuration: `2888:3888;2181`. */
export function portsText({ client, election, quorum }: Ports): string {
  return `${quorum}:${election};${client}`;
}
