/**
 * The configurations of an incident, as far as logs show them: a notification contains the version of its sender's
 * newest configuration, and a leader logs which learners its configuration lacks. The version of a reconfiguration is
 * the zxid of its transaction (PrepRequestProcessor#pRequest2Txn).
 */
import type { Zxid64 } from "../logs/index.ts";
import { asServerId } from "../protocol/index.ts";
import type { Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import type { ConfigurationFacts, Evidence, ReconfigRequest, ServerEvidence } from "./evidence.ts";

/** A change of the configuration by a client. */
export interface LoggedReconfiguration {
  /** The zxid of its transaction. Undefined if no notification contains it. */
  readonly version: Zxid64 | undefined;
  /** The first time at which a server is known to have it. */
  readonly seenMs: number;
  /** Whether the time is that at which the leader activates it. */
  readonly isExact: boolean;
  /** The time at which the leader logs the request. Undefined if it logs none. */
  readonly requestMs: number | undefined;
}

/** Returns the reconfigurations during the run, in order of time. Releases from 3.5 on log each request. */
export function reconfigurationsIn({ configurations }: Evidence): LoggedReconfiguration[] {
  const { requests } = configurations;
  const found = newVersions(configurations).sort((a, b) => a.firstMs - b.firstMs);
  if (requests.length === 0) return activatedReconfigurations(configurations.activatedMs, found);
  const open = [...requests];
  const versions = new Map<ReconfigRequest, Zxid64>();
  for (const { firstMs, version } of found.sort((a, b) => (a.version < b.version ? -1 : 1))) {
    const request = open.findLast(({ atMs }) => atMs <= firstMs);
    if (request === undefined) continue;
    open.splice(open.indexOf(request), 1);
    versions.set(request, version);
  }
  return requests.map((request) => ({
    version: versions.get(request),
    seenMs: request.atMs,
    isExact: true,
    requestMs: request.atMs,
  }));
}

/** A version that no server has when it starts, with the first time at which a log shows it. */
interface NewVersion {
  readonly version: Zxid64;
  readonly firstMs: number;
}

function newVersions({ versions }: ConfigurationFacts): NewVersion[] {
  const firstSeen = new Map<Zxid64, number>();
  const atStart = new Set<Zxid64>();
  const known = new Set<number>();
  for (const { atMs, server, version } of versions) {
    if (!known.has(server)) atStart.add(version);
    known.add(server);
    if (!firstSeen.has(version)) firstSeen.set(version, atMs);
  }
  // The counter 0 is a new leader's version of the configuration in the files.
  return [...firstSeen]
    .filter(([version]) => (version & 0xffff_ffffn) > 0n && !atStart.has(version))
    .map(([version, firstMs]) => ({ version, firstMs }));
}

function activatedReconfigurations(
  activatedMs: readonly number[],
  versions: readonly NewVersion[],
): LoggedReconfiguration[] {
  const activations = [...activatedMs];
  const found = versions.map(({ firstMs, version }): LoggedReconfiguration => {
    const index = activations.findLastIndex((ms) => ms <= firstMs);
    const [activated] = index < 0 ? [] : activations.splice(index, 1);
    return { version, seenMs: activated ?? firstMs, isExact: activated !== undefined, requestMs: undefined };
  });
  const others = activations.map(
    (seenMs): LoggedReconfiguration => ({ version: undefined, seenMs, isExact: true, requestMs: undefined }),
  );
  return [...found, ...others].sort((a, b) => a.seenMs - b.seenMs);
}

/** Returns whether a configuration has a version, which only a server with dynamic reconfiguration gives to it. */
export function isReconfigEnabled(evidence: Evidence): boolean {
  return evidence.configurations.isEnabled ?? showsVersions(evidence);
}

/** Returns whether a log shows that a configuration has a version. */
export function showsVersions({ configurations: { activatedMs, requests, versions } }: Evidence): boolean {
  return requests.length > 0 || activatedMs.length > 0 || versions.some(({ version }) => version > 0n);
}

/** Returns the version with which a server starts. Undefined if no log shows it. */
export function versionAtStart(sid: number, { configurations: { versions } }: Evidence): Zxid64 | undefined {
  return versions.find(({ server }) => server === sid)?.version;
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
