/**
 * The configurations of an incident, as far as logs show them: a notification contains the version of its sender's
 * newest configuration, and a leader logs which learners its configuration lacks. The version of a reconfiguration is
 * the zxid of its transaction (PrepRequestProcessor#pRequest2Txn).
 */
import type { EnsembleConfig, ServerSpec } from "../cluster/cluster-spec.ts";
import type { Zxid64 } from "../logs/index.ts";
import { asServerId, formatZxid64, type ServerId } from "../protocol/index.ts";
import type { Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import type { Evidence, ServerEvidence } from "./evidence.ts";

/** A change of the configuration by a client. */
export interface LoggedReconfiguration {
  /** The zxid of its transaction. Undefined if no notification contains it. */
  readonly version: Zxid64 | undefined;
  /** The first time at which a server is known to have it. */
  readonly seenMs: number;
  /** Whether the time is that at which the leader activates it. */
  readonly isExact: boolean;
}

/** Returns the reconfigurations during the run, in order of time. */
export function reconfigurationsIn({ configurations: { activatedMs, versions } }: Evidence): LoggedReconfiguration[] {
  const firstSeen = new Map<Zxid64, number>();
  const atStart = new Set<Zxid64>();
  const known = new Set<number>();
  for (const { atMs, server, version } of versions) {
    if (!known.has(server)) atStart.add(version);
    known.add(server);
    if (!firstSeen.has(version)) firstSeen.set(version, atMs);
  }
  const activations = [...activatedMs];
  // The counter 0 is a new leader's version of the configuration in the files.
  const found = [...firstSeen]
    .filter(([version]) => (version & 0xffff_ffffn) > 0n && !atStart.has(version))
    .sort(([, a], [, b]) => a - b)
    .map(([version, firstMs]): LoggedReconfiguration => {
      const index = activations.findLastIndex((ms) => ms <= firstMs);
      const [activated] = index < 0 ? [] : activations.splice(index, 1);
      return { version, seenMs: activated ?? firstMs, isExact: activated !== undefined };
    });
  const others = activations.map((seenMs): LoggedReconfiguration => ({ version: undefined, seenMs, isExact: true }));
  return [...found, ...others].sort((a, b) => a.seenMs - b.seenMs);
}

/** Returns whether a configuration has a version, which only a server with dynamic reconfiguration gives to it. */
export function isReconfigEnabled({ configurations: { activatedMs, versions } }: Evidence): boolean {
  return activatedMs.length > 0 || versions.some(({ version }) => version > 0n);
}

/** Returns the servers with the configurations from which they start, if the logs show that these differ. */
export function withConfigurations(
  specs: readonly (readonly [number, ServerSpec])[],
  evidence: Evidence,
): (readonly [number, ServerSpec])[] {
  const { configurations, servers } = evidence;
  const outside = new Set(configurations.outsiders.map(({ server }) => server));
  if (outside.size === 0 && reconfigurationsIn(evidence).length === 0) return [...specs];
  const observers = servers.filter(({ isObserver }) => isObserver).map(({ server }) => asServerId(server));
  const all = specs.map(([sid]) => asServerId(sid));
  const voters = all.filter((sid) => !outside.has(sid) && !observers.includes(sid));
  const inside = observers.filter((sid) => !outside.has(sid));
  return specs.map(([sid, spec]) => {
    const own = asServerId(sid);
    const isObserver = observers.includes(own);
    const config: EnsembleConfig = outside.has(sid)
      ? { voters: isObserver ? voters : [...voters, own].sort(byId), observers: isObserver ? [...inside, own] : inside }
      : { voters, observers: inside };
    const version = versionAtStart(sid, evidence);
    return [sid, { ...spec, config: { ...config, ...(version === undefined ? {} : { version }) } }] as const;
  });
}

/** Returns the version with which a server starts. Undefined for 0, which lists in zoo.cfg have. */
export function versionAtStart(sid: number, { configurations: { versions } }: Evidence): string | undefined {
  const version = versions.find(({ server }) => server === sid)?.version ?? 0n;
  return version <= 0n ? undefined : formatZxid64(version);
}

/**
 * Returns the step of a reconfiguration. No log shows its members: it adds the servers that were outside before, as
 * long as nothing tells more.
 */
export function reconfigStep(atMs: number, { seenMs }: LoggedReconfiguration, evidence: Evidence): Step {
  const { configurations, servers } = evidence;
  const outside = configurations.outsiders.filter((one) => one.atMs <= seenMs).map(({ server }) => server);
  const add = Object.fromEntries(
    [...new Set(outside)].map((sid) => [sid, roleOf(servers.find(({ server }) => server === sid))]),
  );
  const voter = servers.find(({ isObserver }) => !isObserver)?.server;
  const action = outside.length > 0 ? { add } : { remove: [asServerId(voter ?? 1)] };
  return { from: msText(atMs), reconfig: action } as Step;
}

function roleOf(server: ServerEvidence | undefined): "participant" | "observer" {
  return server?.isObserver === true ? "observer" : "participant";
}

const byId = (a: ServerId, b: ServerId): number => a - b;
