/**
 * A client's request to change the configuration: its checks in PrepRequestProcessor#pRequest2Txn (OpCode.reconfig),
 * and the choice of the next leader after the commit (Leader#getDesignatedLeader).
 *
 * Not modeled: the access control list of the znode. A request has the right to write it, or has not.
 */
import type { Ports } from "../ports.ts";
import { type AckSet, majority, observersOf, portsOf, type QuorumVerifier, withPorts } from "../quorum.ts";
import type { ServerId } from "../zxid.ts";

/** A client's request to change the configuration (ReconfigRequest). Either `members`, or `joining` and `leaving`. */
export interface ReconfigRequest {
  /** The whole new configuration; its version has no meaning. */
  readonly members?: QuorumVerifier;
  /** The servers to add. */
  readonly joining?: readonly JoiningServer[];
  /** The servers to remove. Ids that no member has are ignored. */
  readonly leaving?: readonly ServerId[];
  /** The version that the pending configuration must have. Undefined: any. */
  readonly fromVersion?: number;
  /** False if the client may not write the znode with the configuration. Default: it is the super user. */
  readonly authorized?: boolean;
}

/** A server that a request adds. A server that is already a member gets the new role and the new ports. */
export interface JoiningServer {
  /** The server. */
  readonly sid: ServerId;
  /** Its role. Default: that of the member; a new server becomes a participant. */
  readonly role?: "participant" | "observer" | undefined;
  /** Its ports. Default: those of the member; a new server has DEFAULT_PORTS. */
  readonly ports?: Partial<Ports> | undefined;
}

/** Why a leader refuses a request (KeeperException). */
export type ReconfigRefusal =
  | "ReconfigDisabled" // reconfigEnabled is false
  | "Unimplemented" // the release has no reconfiguration
  | "ReconfigInProgress" // an earlier configuration is not committed
  | "BadVersion" // the pending configuration has another version than the request names
  | "BadArguments" // the new configuration has too few voters or equal ports, or groups in an incremental request
  | "NewConfigNoQuorum" // no quorum of the new configuration is synced with the leader
  | "NoAuth"; // the client may not write the znode with the configuration

/** What a server does with a request: proposes it, queues it, refuses it, or nothing, because it does not lead. */
export type ReconfigResult = "proposed" | "queued" | "none" | ReconfigRefusal;

/** What the checks use of the leader. */
export interface ReconfigContext {
  /** The committed configuration of the leader. */
  readonly committed: QuorumVerifier;
  /** The newest configuration that the leader has seen. */
  readonly pending: QuorumVerifier;
  /** Whether the release has reconfiguration. */
  readonly knowsReconfig: boolean;
  /** The setting of the leader. */
  readonly reconfigEnabled: boolean;
  /** The setting of the leader. */
  readonly standaloneEnabled: boolean;
  /** Returns the servers among `voters` that are synced with the leader, with the leader (Leader#isQuorumSynced). */
  synced(config: QuorumVerifier): readonly ServerId[];
}

/** Returns the new configuration, whose version is `version`, or the first check that fails. */
export function checkReconfig(
  request: ReconfigRequest,
  version: number,
  context: ReconfigContext,
): QuorumVerifier | ReconfigRefusal {
  const { committed, pending } = context;
  if (!context.knowsReconfig) return "Unimplemented";
  if (!context.reconfigEnabled) return "ReconfigDisabled";
  if (pending.version !== committed.version) return "ReconfigInProgress";
  if (request.fromVersion !== undefined && request.fromVersion !== pending.version) return "BadVersion";
  if (request.members === undefined && pending.groups !== undefined) return "BadArguments";
  const config = request.members === undefined ? changed(pending, request, version) : { ...request.members, version };
  const fewest = context.standaloneEnabled ? 2 : 1;
  if (config.voters.length < fewest || hasEqualPorts(config)) return "BadArguments";
  if (!config.containsQuorum(context.synced(config))) return "NewConfigNoQuorum";
  return request.authorized === false ? "NoAuth" : config;
}

/** Returns whether a server has the same quorum port and election port, which Java refuses to parse. */
function hasEqualPorts({ ports = new Map<ServerId, Ports>() }: QuorumVerifier): boolean {
  return [...ports.values()].some(({ election, quorum }) => election === quorum);
}

function changed(
  base: QuorumVerifier,
  { joining = [], leaving = [] }: ReconfigRequest,
  version: number,
): QuorumVerifier {
  const roles = new Map<ServerId, "participant" | "observer">([
    ...base.voters.map((sid) => [sid, "participant"] as const),
    ...observersOf(base).map((sid) => [sid, "observer"] as const),
  ]);
  for (const sid of leaving) roles.delete(sid);
  for (const { role, sid } of joining) roles.set(sid, role ?? roles.get(sid) ?? "participant");
  const withRole = (role: string): ServerId[] => [...roles.keys()].filter((sid) => roles.get(sid) === role);
  const ports = new Map(base.ports);
  for (const { ports: changed, sid } of joining) ports.set(sid, { ...portsOf(base, sid), ...changed });
  return withPorts(majority(withRole("participant"), withRole("observer"), version), ports);
}

/**
 * Returns the server that should lead after the commit of a configuration: this leader, if it is a voter of the newest
 * configuration and keeps its quorum address. Otherwise a voter that has acknowledged the most outstanding transactions
 * (Leader#getDesignatedLeader). A transaction counts as acknowledged only by voters of both configurations, so a server
 * that joins loses against one that was a voter before. Java takes any of several candidates; the core takes the
 * smallest id.
 *
 * `acks` are the acknowledgments of the configuration, and `later` those of the outstanding transactions after it.
 * `keepsAddress`: whether the quorum address of this leader stays (Configurations#keepsQuorumAddress).
 */
export function designatedLeader(
  self: ServerId,
  acks: AckSet,
  later: readonly AckSet[],
  keepsAddress = true,
): ServerId {
  const { servers, verifier } = acks.newest;
  if (verifier.isVoter(self) && keepsAddress) return self;
  let candidates = servers.filter((sid) => sid !== self);
  for (const acknowledged of later.flatMap(({ sets }) => sets)) {
    const still = candidates.filter((sid) => acknowledged.includes(sid));
    if (still.length === 0) break;
    candidates = still;
    if (candidates.length === 1) break;
  }
  return candidates.length === 0 ? self : (Math.min(...candidates) as ServerId);
}
