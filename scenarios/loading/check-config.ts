/** Checks the configuration file of one server: its servers exist, have one role, and can form a quorum. */
import type { EnsembleConfig } from "../../cluster/cluster-spec.ts";
import { DEFAULT_PORTS } from "../../protocol/ports.ts";
import { type ServerId, serverIdsOf } from "../../protocol/zxid.ts";
import type { FieldChecks } from "./field-checks.ts";
import type { Path } from "./field-path.ts";

export function checkConfig(checks: FieldChecks, config: EnsembleConfig, path: Path): void {
  const { groups, observers, ports, version, voters, weights } = config;
  checks.servers(voters, [...path, "voters"]);
  checks.servers(observers, [...path, "observers"]);
  if (voters.length === 0) checks.report([...path, "voters"], voters, "is empty", "at least one server that votes");
  for (const [i, id] of observers.entries()) {
    if (!voters.includes(id)) continue;
    checks.report([...path, "observers", i], id, "is a voter, too", "servers that are not in voters");
  }
  if (version !== undefined) checks.zxid(version, [...path, "version"]);
  for (const id of serverIdsOf(ports ?? {})) {
    const { election, quorum } = { ...DEFAULT_PORTS, ...ports?.[id] };
    if (election === quorum) {
      checks.report([...path, "ports", String(id)], undefined, "has equal ports", "a quorum port and an election port");
    }
    if (voters.includes(id) || observers.includes(id)) continue;
    checks.report([...path, "ports", String(id)], id, "is no member", "ports of voters and observers", true);
  }
  if (groups !== undefined) checkGroups(checks, voters, groups, [...path, "groups"]);
  if (weights !== undefined) checkWeights(checks, config, weights, path);
}

const ONE_GROUP = "every voter in exactly one group";

function checkGroups(
  checks: FieldChecks,
  voters: readonly ServerId[],
  groups: NonNullable<EnsembleConfig["groups"]>,
  path: Path,
): void {
  const groupOf = new Map<ServerId, string>();
  for (const [group, members] of Object.entries(groups)) {
    for (const [i, id] of members.entries()) {
      const known = checks.server(id, [...path, group, i]);
      if (known !== undefined && !voters.includes(id)) {
        checks.report([...path, group, i], id, "is not a voter", ONE_GROUP);
      }
      const other = groupOf.get(id);
      if (other !== undefined) checks.report([...path, group, i], id, `is in group ${other} already`, ONE_GROUP);
      groupOf.set(id, group);
    }
  }
  const missing = voters.find((id) => !groupOf.has(id));
  if (missing !== undefined) checks.report(path, missing, `server ${missing} is in no group`, ONE_GROUP);
}

function checkWeights(
  checks: FieldChecks,
  { groups, voters }: EnsembleConfig,
  weights: NonNullable<EnsembleConfig["weights"]>,
  path: Path,
): void {
  if (groups === undefined) {
    checks.report([...path, "weights"], undefined, "needs groups", "groups and weights, or neither");
    return;
  }
  for (const id of serverIdsOf(weights)) {
    if (voters.includes(id)) continue;
    checks.report([...path, "weights", String(id)], id, "is not a voter", "weights of voters", true);
  }
  if (voters.some((id) => (weights[id] ?? 1) > 0)) return;
  checks.report([...path, "weights"], undefined, "no group has any weight", "at least one voter of weight 1 or more");
}
