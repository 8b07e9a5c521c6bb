/**
 * Checks the expectations of a scenario: servers exist, histories are valid, and `live` or `stuck` is used only with a
 * settle step.
 */
import type { ServerId } from "../../protocol/zxid.ts";
import type { ExpectedDecision } from "../scenario.ts";
import { checkHistory } from "./check-servers.ts";
import type { FieldChecks } from "./field-checks.ts";
import type { Path } from "./field-path.ts";

export function checkExpectation(checks: FieldChecks): void {
  const { active, decisions, failures, histories, leader } = checks.scenario.expect;
  for (const [i, decision] of (decisions ?? []).entries()) checkDecision(checks, decision, ["expect", "decisions", i]);
  if (leader !== undefined && leader !== "none") checkVoter(checks, leader, ["expect", "leader"]);
  checks.servers(active ?? [], ["expect", "active"]);
  for (const [id, history] of Object.entries(histories ?? {})) {
    checks.server(id, ["expect", "histories", id], true);
    checkHistory(checks, history, ["expect", "histories", id]);
  }
  checkLiveness(checks);
  for (const [i, failure] of (failures ?? []).entries()) {
    checks.server(failure.server, ["expect", "failures", i, "server"]);
    if (failure.learner !== undefined) checks.server(failure.learner, ["expect", "failures", i, "learner"]);
  }
}

function checkLiveness(checks: FieldChecks): void {
  const { live, stuck } = checks.scenario.expect;
  const within = live ?? stuck;
  if (within === undefined) return;
  const path = ["expect", live === undefined ? "stuck" : "live"];
  checks.duration(within, path);
  if (checks.scenario.steps.some((step) => step !== null && "settle" in step)) return;
  checks.report(path, within, "is measured from a settle step, and there is none", "a step such as settle: [1, 2]");
}

function checkDecision(checks: FieldChecks, { learner, leader, zxid }: ExpectedDecision, path: Path): void {
  checks.server(learner, [...path, "learner"]);
  if (leader !== undefined) checkVoter(checks, leader, [...path, "leader"]);
  if (zxid !== undefined) checks.zxid(zxid, [...path, "zxid"]);
  if (leader === learner) checks.report([...path, "leader"], leader, "is the learner itself", "another server");
}

function checkVoter(checks: FieldChecks, id: ServerId, path: Path): void {
  const known = checks.server(id, path);
  if (known === undefined || checks.everVotes(id)) return;
  checks.report(path, id, "is an observer, which cannot lead", checks.participants.join(", ") || "participants");
}
