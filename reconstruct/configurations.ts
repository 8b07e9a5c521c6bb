/**
 * The configurations of an incident, as far as logs show them: a notification contains the version of its sender's
 * newest configuration, and a leader logs which learners its configuration lacks. The version of a reconfiguration is
 * the zxid of its transaction (PrepRequestProcessor#pRequest2Txn).
 */
import type { EnsembleConfig, ServerSpec } from "../cluster/cluster-spec.ts";
import type { Zxid64 } from "../logs/index.ts";
import { asServerId, type ServerId } from "../protocol/index.ts";
import type { Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import type { Evidence, ServerEvidence } from "./evidence.ts";

/** A change of the configuration by a client. */
export interface LoggedReconfiguration {
  /** The zxid of its transaction. */
  readonly version: Zxid64;
  /** The first time at which a server has it. */
  readonly seenMs: number;
}

/** Returns the reconfigurations during the run, in order. */
export function reconfigurationsIn({ configurations: { versions } }: Evidence): LoggedReconfiguration[] {
  const firstSeen = new Map<Zxid64, number>();
  const atStart = new Set<Zxid64>();
  const seenOf = new Set<number>();
  for (const { atMs, server, version } of versions) {
    if (!seenOf.has(server)) atStart.add(version);
    seenOf.add(server);
    if (!firstSeen.has(version)) firstSeen.set(version, atMs);
  }
  // The counter 0 is a new leader's version of the configuration in the files.
  return [...firstSeen]
    .filter(([version]) => (version & 0xffff_ffffn) > 0n && !atStart.has(version))
    .map(([version, seenMs]) => ({ version, seenMs }))
    .sort((a, b) => (a.version < b.version ? -1 : 1));
}

/** Returns whether a configuration has a version, which only a server with dynamic reconfiguration gives to it. */
export function isReconfigEnabled({ configurations: { versions } }: Evidence): boolean {
  return versions.some(({ version }) => version > 0n);
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
function versionAtStart(sid: number, { configurations: { versions } }: Evidence): string | undefined {
  const version = versions.find(({ server }) => server === sid)?.version ?? 0n;
  return version <= 0n ? undefined : `${version >> 32n}:${version & 0xffff_ffffn}`;
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
  const lastVoter = servers.filter(({ isObserver }) => !isObserver)[0]?.server;
  const action = outside.length > 0 ? { add } : { remove: [asServerId(lastVoter ?? 1)] };
  return { from: msText(atMs), reconfig: action } as Step;
}

function roleOf(server: ServerEvidence | undefined): "participant" | "observer" {
  return server?.isObserver === true ? "observer" : "participant";
}

const byId = (a: ServerId, b: ServerId): number => a - b;
