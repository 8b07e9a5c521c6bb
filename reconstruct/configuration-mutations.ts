/**
 * Changes of the configuration files. Logs show the versions of configurations, but not their lists, so the search
 * tries the files that operators leave behind: another list at a restart, and a configuration that was pending.
 */
import type { ConfigChange, EnsembleConfig, ServerSpec } from "../cluster/cluster-spec.ts";
import { asServerId, serverIdsOf } from "../protocol/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { Random } from "../sim/random.ts";
import { configOf, specOf, versionOf, withSpecs } from "./config-file-variants.ts";
import type { Evidence } from "./evidence.ts";
import { showsVersions, versionAtStart } from "./reconfigurations.ts";
import { withStepAt } from "./scenario-steps.ts";
import { UNKNOWN_DISK } from "./start-disks.ts";
import type { Trial } from "./trial.ts";

/**
 * Changes the configuration files of some servers. Undefined if the drawn change does not apply. Without a version in
 * the logs, the files change only if the run shows what the logs show and violates nothing.
 */
export function changeConfigurationFiles(
  { comparison, scenario, violated }: Pick<Trial, "comparison" | "scenario" | "violated">,
  evidence: Evidence,
  random: Random,
): Scenario | undefined {
  const isUnexplained = comparison.decisive === 0 && violated.length === 0;
  if (!showsVersions(evidence) && !isUnexplained) return undefined;
  return random.chance(0.5)
    ? withOtherFileAtRestart(scenario, random)
    : withPendingConfiguration(scenario, evidence, random);
}

/** A server starts with another file: it lacks a server, lists one more observer, or makes observers voters. */
function withOtherFileAtRestart(scenario: Scenario, random: Random): Scenario | undefined {
  const ids = serverIdsOf(scenario.servers);
  const seen = new Set(ids.filter((sid) => !specOf(scenario, sid).down));
  const restarts = scenario.steps.flatMap((step, index) => {
    if (!("start" in step)) return [];
    const server = typeof step.start === "object" ? step.start.server : step.start;
    const isRestart = seen.has(server);
    seen.add(server);
    return isRestart ? [{ step, index, server }] : [];
  });
  if (restarts.length === 0) return undefined;
  const { index, server, step } = random.pick(restarts);
  const withFile = (changed: Scenario, config: EnsembleConfig): Scenario => {
    const start: ConfigChange = { server, config };
    return withStepAt(changed, index, { ...step, start });
  };
  const members = random.chance(0.5) ? ids : ids.filter((sid) => sid === server || random.chance(0.7));
  const listed = configOf(scenario, members);
  if (random.chance(0.4)) return withFile(scenario, { voters: [...listed.voters, ...listed.observers], observers: [] });
  if (random.chance(0.4)) return withFile(scenario, listed);
  const added = asServerId(Math.max(...ids) + 1);
  const config = { ...listed, observers: [...listed.observers, added] };
  const before = withSpecs(scenario, (sid) => ({ config: specOf(scenario, sid).config ?? configOf(scenario, ids) }));
  const spec: ServerSpec = { ...UNKNOWN_DISK, down: true, config };
  return withFile({ ...before, servers: { ...before.servers, [added]: spec } }, config);
}

/** Some servers have stopped with an old list, and with the new one in the file of the pending configuration. */
function withPendingConfiguration(scenario: Scenario, evidence: Evidence, random: Random): Scenario | undefined {
  const ids = serverIdsOf(scenario.servers);
  if (ids.length < 3) return undefined;
  const late = ids.filter((sid) => specOf(scenario, sid).down);
  const drawn = ids.filter(() => random.chance(0.4));
  const behind = late.length > 0 && random.chance(0.6) ? late : drawn;
  const current = ids.filter((sid) => !behind.includes(sid));
  const versions = evidence.configurations.versions.filter(({ version }) => version > 0n);
  if (behind.length === 0 || versions.length === 0) return undefined;
  const old = configOf(scenario, [...behind, ...(random.chance(0.5) ? [] : current.slice(0, 1))]);
  const members = random.chance(0.5) ? ids : ids.filter((sid) => current.includes(sid) || random.chance(0.5));
  const next = configOf(scenario, members, random.pick(versions).version);
  const hasFile = random.chance(0.8);
  const changed = withSpecs(scenario, (sid) => {
    if (!behind.includes(sid)) return { config: next };
    const config = { ...old, ...versionOf(versionAtStart(sid, evidence)) };
    return { config, ...(hasFile && { nextConfig: next }) };
  });
  return { ...changed, settings: { ...scenario.settings, reconfigEnabled: true } };
}
