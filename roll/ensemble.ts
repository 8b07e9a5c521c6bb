/**
 * The ensemble before and after a planned roll, and the actions of the roll: each server is started, restarted with the
 * new list, or stopped.
 */
import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import type { ServerId } from "../protocol/index.ts";

/** One ensemble, as the configuration files of its servers describe it. All servers have the same list. */
export interface Ensemble {
  readonly config: EnsembleConfig;
  readonly reconfigEnabled: boolean;
  /** Whether a single voter runs standalone. Always true in 3.4. */
  readonly standaloneEnabled: boolean;
}

/** The two ensembles of a roll, and the release of all servers. */
export interface Roll {
  readonly from: Ensemble;
  readonly to: Ensemble;
  readonly zookeeper: string;
  /** Called before each run of the simulator, to show the progress. */
  readonly onRun?: (() => void) | undefined;
}

/** What an operator does with a server: the new list makes it a member, keeps it, changes its role, or removes it. */
export type ActionKind = "start" | "restart" | "promote" | "demote" | "stop";

/** One step of a roll. */
export interface RollAction {
  readonly kind: ActionKind;
  readonly server: ServerId;
}

/** An order of the actions of a roll. */
export type Order = readonly RollAction[];

export function membersOf({ config: { observers, voters } }: Ensemble): readonly ServerId[] {
  return [...voters, ...observers].sort((a, b) => a - b);
}

/**
 * Returns whether the server of this ensemble runs standalone: a single voter that opens no port for other servers
 * (QuorumPeerConfig#isDistributed).
 */
export function isStandalone({ config: { voters }, standaloneEnabled }: Ensemble): boolean {
  return voters.length === 1 && standaloneEnabled;
}

/** Returns the actions of a roll in ascending order of the ids: one action for each server of either ensemble. */
export function actionsOf(from: Ensemble, to: Ensemble): Order {
  const servers = [...new Set([...membersOf(from), ...membersOf(to)])].sort((a, b) => a - b);
  return servers.map((server) => ({ kind: kindOf(roleIn(from, server), roleIn(to, server)), server }));
}

/** Returns the servers that run after these actions. */
export function runningAfter(from: Ensemble, done: Order): readonly ServerId[] {
  const of = (wanted: ActionKind): ServerId[] => done.filter(({ kind }) => kind === wanted).map(({ server }) => server);
  const stopped = of("stop");
  return [...membersOf(from).filter((sid) => !stopped.includes(sid)), ...of("start")].sort((a, b) => a - b);
}

type Role = "voter" | "observer" | undefined;

function roleIn({ config: { observers, voters } }: Ensemble, server: ServerId): Role {
  return voters.includes(server) ? "voter" : observers.includes(server) ? "observer" : undefined;
}

function kindOf(before: Role, after: Role): ActionKind {
  if (before === undefined) return "start";
  if (after === undefined) return "stop";
  if (before === after) return "restart";
  return after === "voter" ? "promote" : "demote";
}
