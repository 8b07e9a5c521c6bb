/** Translates the servers and steps of a scenario for the Java program, which performs them with real servers. */
import {
  type ConfigChange,
  DEFAULT_THREADS,
  type EnsembleConfig,
  type ServerSpec,
} from "../../cluster/cluster-spec.ts";
import { ensembleConfigOf } from "../../cluster/verifier.ts";
import { parseZxid, type ServerId, serverIdsOf } from "../../protocol/index.ts";
import type { Scenario, Step } from "../../scenarios/scenario.ts";

/** Returns the files and settings with which a server starts. */
export function serverOf(scenario: Scenario, server: ServerSpec): object {
  if (server.history !== "") throw new Error(`${scenario.name}: a real server cannot start with a history`);
  const { nextConfig } = server;
  const { reconfigEnabled = false } = { ...scenario.settings, ...server.settings };
  return {
    config: configOf(ensembleConfigOf(scenario, server)),
    ...(nextConfig && { next: configOf(nextConfig) }),
    reconfigEnabled,
    down: server.down,
  };
}

function configOf({ groups, observers, ports, version, voters, weights = {} }: EnsembleConfig): object {
  return {
    voters,
    observers,
    ...(ports && { ports }),
    ...(groups && { groups: Object.values(groups), weights }),
    ...(version !== undefined && { version: parseZxid(version) }),
  };
}

/** Returns the steps as the Java program reads them. `versions` are those of all configurations, ascending. */
export function stepsOf({ servers, steps, threads }: Scenario, versions: readonly string[]): object[] {
  const cuts = new Cuts(serverIdsOf(servers));
  const holdsNewLeader = threads.queueNewLeader !== DEFAULT_THREADS.queueNewLeader;
  return steps.map((step, i) => {
    const syncing = syncMoment(steps[i + 1]);
    return {
      ...momentOf(step),
      ...(cuts.actionOf(step) ?? actionOf(step, versions)),
      ...(holdsNewLeader && syncing && { holdNewLeaderAt: syncing.server }),
    };
  });
}

/** Real steps take as long as they need: each one waits until the ensemble is settled, unless `after` is 0. */
function momentOf(step: Step): object {
  return { settle: step.after !== "0ms", ...(syncMoment(step) && { awaitSync: true }) };
}

function syncMoment(step: Step | undefined): { readonly server?: ServerId } | undefined {
  const { when } = step ?? {};
  return when !== undefined && "event" in when && when.event === "sync-decided" ? when : undefined;
}

type Pair = readonly [from: ServerId, to: ServerId];

/** The directions between two servers that the steps have cut and not healed. */
class Cuts {
  private readonly ids: readonly ServerId[];
  private pairs: readonly Pair[] = [];

  constructor(ids: readonly ServerId[]) {
    this.ids = ids;
  }

  /** Returns all directions that are cut after this step. Returns undefined if the step cuts and heals none. */
  actionOf(step: Step): object | undefined {
    if ("partition" in step) this.cut(withOthers(step.partition, this.ids));
    else if ("bridge" in step) this.cut(step.bridge.sides);
    else if ("heal" in step) this.heal(step.heal === "all" ? this.ids : step.heal);
    else return undefined;
    if (step.for !== undefined) throw new Error(`a real ensemble cannot end the step ${JSON.stringify(step)}`);
    return { do: "hold", pairs: this.pairs };
  }

  private cut(groups: readonly (readonly ServerId[])[]): void {
    this.pairs = [...this.pairs, ...between(groups)];
  }

  private heal(servers: readonly ServerId[]): void {
    this.pairs = this.pairs.filter(([from, to]) => !servers.includes(from) && !servers.includes(to));
  }
}

function withOthers(groups: readonly (readonly ServerId[])[], ids: readonly ServerId[]) {
  const others = ids.filter((sid) => !groups.flat().includes(sid));
  return others.length === 0 ? groups : [...groups, others];
}

/** Returns both directions between each two servers of different groups. */
function between(groups: readonly (readonly ServerId[])[]): Pair[] {
  return groups.flatMap((group) =>
    groups.flatMap((other) => (other === group ? [] : group.flatMap((from) => other.map((to): Pair => [from, to])))),
  );
}

function actionOf(step: Step, versions: readonly string[]): object {
  if ("write" in step) return { do: "write", count: step.write.count, bytes: step.write.bytes ?? 0 };
  // The handlers of a leader also stall while they send a snapshot that the learner does not read.
  if ("stall" in step && step.stall.thread === "handlers") return { do: "stall", server: step.stall.server };
  if ("hold" in step && step.hold.match.type === "ACK") return { do: "holdAcks", ...step.hold.match };
  if ("start" in step) return { do: "start", ...startOf(step.start) };
  if ("restart" in step) return { do: "start", ...startOf(step.restart) };
  if ("crash" in step) return { do: "crash", server: step.crash.server };
  if ("disconnect" in step && step.disconnect.from !== undefined) return { do: "disconnect", ...step.disconnect };
  if (!("reconfig" in step)) throw new Error(`a real ensemble cannot perform the step ${JSON.stringify(step)}`);
  const { add, config, fromVersion, ports, remove } = step.reconfig;
  return {
    do: "reconfig",
    ...(add && { add }),
    ...(ports && { ports }),
    ...(remove && { remove }),
    ...(config && { config: configOf(config) }),
    ...(fromVersion !== undefined && { fromIndex: versions.indexOf(fromVersion) }),
  };
}

function startOf(start: ServerId | ConfigChange): object {
  if (typeof start !== "object") return { server: start };
  const { config, server, settings } = start;
  return { server, ...(config && { config: configOf(config) }), ...settings };
}
