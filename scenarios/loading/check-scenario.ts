/**
 * Checks the rules that a schema cannot express, for example that servers exist, zxids ascend, ranges are not empty,
 * and quorums can form. Checks the complete scenario and reports problems by the path of the field in the file.
 */

import type { HierarchicalQuorum, NetworkSpec } from "../../cluster/cluster-spec.ts";
import { type ServerId, serverIdsOf } from "../../protocol/zxid.ts";
import { checkExpectation } from "./check-expectation.ts";
import { checkServers } from "./check-servers.ts";
import { checkSteps } from "./check-steps.ts";
import { FieldChecks } from "./field-checks.ts";
import type { FieldProblem } from "./field-path.ts";
import type { CompleteScenario } from "./short-forms-and-defaults.ts";

export function checkScenario(scenario: CompleteScenario): FieldProblem[] {
  const checks = new FieldChecks(scenario);
  checkServers(checks);
  if (scenario.quorum !== undefined) checkQuorum(checks, scenario.quorum);
  checks.settings(scenario.settings, ["settings"]);
  checkNetwork(checks, scenario.network);
  checks.durationRange(scenario.disk.sync, ["disk", "sync"]);
  checks.durationRange(scenario.disk.write, ["disk", "write"]);
  if (scenario.disk.snapshot !== undefined) checks.durationRange(scenario.disk.snapshot, ["disk", "snapshot"]);
  if (scenario.disk.load !== undefined) checks.durationRange(scenario.disk.load, ["disk", "load"]);
  for (const [field, range] of Object.entries(scenario.threads)) checks.durationRange(range, ["threads", field]);
  if (scenario.committed !== undefined) checks.zxid(scenario.committed, ["committed"]);
  checkSteps(checks);
  if (scenario.until !== undefined) checks.duration(scenario.until, ["until"]);
  checkExpectation(checks);
  return checks.problems;
}

function checkNetwork(checks: FieldChecks, network: NetworkSpec): void {
  checks.durationRange(network.latency, ["network", "latency"]);
  for (const field of ["retransmissionTimeout", "keepAliveTimeout"] as const) {
    const timeout = network[field];
    if (timeout !== undefined) checks.timeout(timeout, ["network", field]);
  }
  for (const [i, link] of network.links.entries()) {
    const path = ["network", "links", i];
    checks.server(link.from, [...path, "from"]);
    checks.server(link.to, [...path, "to"]);
    checks.durationRange(link.latency, [...path, "latency"]);
    if (link.from === link.to) checks.report([...path, "to"], link.to, "is the same server as from", "another server");
  }
}

function checkQuorum(checks: FieldChecks, quorum: HierarchicalQuorum): void {
  const groupOf = new Map<ServerId, string>();
  for (const [group, members] of Object.entries(quorum.groups)) {
    for (const [i, id] of members.entries()) {
      const path = ["quorum", "groups", group, i];
      const known = checks.server(id, path);
      const accepted = "every participant in exactly one group";
      if (known?.role === "observer") checks.report(path, id, "is an observer, which has no vote", accepted);
      const other = groupOf.get(id);
      if (other !== undefined && other !== group) checks.report(path, id, `is in group ${other} already`, accepted);
      groupOf.set(id, group);
    }
  }
  for (const id of checks.participants) {
    if (groupOf.has(id)) continue;
    checks.report(["quorum", "groups"], id, `server ${id} is in no group`, "every participant in exactly one group");
  }
  checkWeights(checks, quorum);
}

function checkWeights(checks: FieldChecks, { groups, weights }: HierarchicalQuorum): void {
  for (const id of serverIdsOf(weights)) {
    const path = ["quorum", "weights", String(id)];
    const known = checks.server(id, path, true);
    if (known?.role === "observer")
      checks.report(path, weights[id], "is an observer, which has no vote", "participants");
  }
  const counts = Object.values(groups).some((members) => members.some((id) => (weights[id] ?? 1) > 0));
  if (!counts)
    checks.report(["quorum"], undefined, "no group has any weight", "at least one member of weight 1 or more");
}
