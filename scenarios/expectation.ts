/**
 * Compares a run with the expectations of its scenario: sync decisions, leader, active servers, histories, failures,
 * violated invariants and liveness. Each difference becomes one sentence.
 */

import type { RecordOf } from "../cluster/records.ts";
import { parseHistory } from "../cluster/zxid-range.ts";
import { asZxid, formatZxid, type History, parseZxid } from "../protocol/index.ts";
import { formatTime } from "../sim/time.ts";
import { verbOf } from "./actions.ts";
import type { Expectation, ExpectedDecision, Step } from "./scenario.ts";
import { recordsOf, type ScenarioRun } from "./scenario-run.ts";

type FinishedRun = Omit<ScenarioRun, "shortLimits" | "splitQuorums" | "smallBuffers" | "unmet" | "ok">;

/** Returns the differences. If the run kept no records, decisions and failures are not compared. */
export function unmetExpectations(run: FinishedRun, records: boolean): string[] {
  const { expect } = run.scenario;
  if (run.isTooLarge) return [tooLarge(run), ...checkViolations(run)];
  return [
    ...unreachedSteps(run),
    ...(records ? [...checkDecisions(run, expect), ...checkFailures(run, expect)] : []),
    ...checkRoles(run, expect),
    ...checkHistories(run, expect),
    ...checkConfigs(run, expect),
    ...run.steps.flatMap(({ problem, step }) => (problem === undefined ? [] : [`step ${step + 1}: ${problem}`])),
    ...checkLiveness(run, expect),
    ...checkViolations(run),
  ];
}

function tooLarge({ endUs, events }: FinishedRun): string {
  const end = `zabsim ended the run after ${events} events, at ${formatTime(endUs)} s of virtual time`;
  return `${end}, because it is too large; fewer servers or writes, or an earlier until, make it smaller`;
}

function checkLiveness({ liveness }: FinishedRun, { live, stuck }: Expectation): string[] {
  const within = live ?? stuck;
  if (within === undefined || liveness === undefined) return [];
  const { servers, settledUs, liveUs } = liveness;
  const who = servers.join(", ");
  if (live !== undefined && liveness.stuck) return [`stuck: servers ${who} are not live within ${live} after settling`];
  if (stuck === undefined || liveUs === undefined) return [];
  return [
    `servers ${who} should be stuck for ${stuck}, but are live ${formatTime(liveUs - settledUs)} s after settling`,
  ];
}

/**
 * Reports the first step that was not performed. A step with `from` is never reported, because the scenario does not
 * require that the moment of this step happens. If a step has `afterEvent`, the scenario is a branch of a run, and the
 * other steps are not reported either, because the branch can prevent their moments.
 */
function unreachedSteps({ scenario, steps }: FinishedRun): string[] {
  const isBranch = scenario.steps.some(({ afterEvent }) => afterEvent !== undefined);
  const isOptional = ({ afterEvent, from }: Step): boolean =>
    from !== undefined || (isBranch && afterEvent === undefined);
  const first = steps.find(({ atUs, step }) => atUs === undefined && !isOptional(scenario.steps[step] as Step));
  return first === undefined
    ? []
    : [
        `step ${first.step + 1} (${verbOf(scenario.steps[first.step] as Step)}) was not performed: ` +
          "its trigger never came",
      ];
}

function checkDecisions(run: FinishedRun, { decisions }: Expectation): string[] {
  if (decisions === undefined) return [];
  const made = recordsOf(run.records, "sync-decided");
  const unmet: string[] = [];
  for (let i = 0; i < Math.max(decisions.length, made.length); i++) {
    const expected = decisions[i];
    const got = made[i];
    if (expected === undefined) unmet.push(`sync decision ${i + 1} was not expected: ${decisionText(got as never)}`);
    else if (got === undefined) unmet.push(`sync decision ${i + 1} (${expectedText(expected)}) was not made`);
    else if (!decisionMatches(expected, got)) {
      unmet.push(`sync decision ${i + 1}: expected ${expectedText(expected)}, got ${decisionText(got)}`);
    }
  }
  return unmet;
}

function decisionMatches(expected: ExpectedDecision, got: RecordOf<"sync-decided">): boolean {
  return (
    expected.learner === got.learner &&
    expected.decision === got.decision &&
    (expected.leader === undefined || expected.leader === got.server) &&
    (expected.zxid === undefined || parseZxid(expected.zxid) === got.zxid) &&
    (expected.rule === undefined || expected.rule === got.rule)
  );
}

function expectedText({ learner, decision, zxid, rule, leader }: ExpectedDecision): string {
  const parts = [decision, zxid, leader === undefined ? undefined : `from ${leader}`, rule && `by ${rule}`];
  return `${learner}: ${parts.filter((part) => part !== undefined).join(" ")}`;
}

function decisionText({ learner, decision, zxid, rule, server }: RecordOf<"sync-decided">): string {
  return `${learner}: ${decision} ${formatZxid(zxid)} from ${server} by ${rule}`;
}

function checkRoles(run: FinishedRun, expect: Expectation): string[] {
  const unmet: string[] = [];
  const leader = run.servers.find((server) => server.leading);
  if (expect.leader !== undefined && expect.leader !== (leader?.sid ?? "none")) {
    unmet.push(`leader at the end: expected ${expect.leader}, got ${leader?.sid ?? "none"}`);
  }
  if (expect.epoch !== undefined && expect.epoch !== leader?.epoch) {
    unmet.push(`epoch at the end: expected ${expect.epoch}, got ${leader?.epoch ?? "none"}`);
  }
  if (expect.active !== undefined) {
    const expected = [...expect.active].sort((a, b) => a - b).join(", ");
    const got = run.servers
      .filter((server) => server.active)
      .map((server) => server.sid)
      .join(", ");
    if (expected !== got) unmet.push(`active servers at the end: expected ${expected || "none"}, got ${got || "none"}`);
  }
  return unmet;
}

function checkHistories(run: FinishedRun, { histories }: Expectation): string[] {
  return Object.entries(histories ?? {}).flatMap(([sid, text]) => {
    const history = run.servers.find((server) => server.sid === Number(sid))?.history;
    if (history === undefined) return [`history of server ${sid} at the end: the server is not running`];
    const expected = parseHistory(text);
    const got = history.txns().map((txn) => txn.zxid);
    const same = expected.length === got.length && expected.every((zxid, i) => zxid === got[i]);
    return same
      ? []
      : [`history of server ${sid} at the end: expected ${text || "nothing"}, got ${formatHistory(history)}`];
  });
}

function checkConfigs(run: FinishedRun, { configs }: Expectation): string[] {
  return Object.entries(configs ?? {}).flatMap(([sid, expected]) => {
    const got = run.servers.find((server) => server.sid === Number(sid))?.config;
    if (got === expected) return [];
    return [`configuration of server ${sid} at the end: expected ${expected}, got ${got ?? "none: it does not run"}`];
  });
}

/** Writes a history in the notation of scenario files. */
export function formatHistory(history: History): string {
  const parts: string[] = [];
  let start = asZxid(-1);
  let last = asZxid(-2);
  const flush = (): void => {
    if (last >= 0) parts.push(start === last ? formatZxid(start) : `${formatZxid(start)}..${formatZxid(last)}`);
  };
  for (const { zxid } of history.txns()) {
    if (zxid !== last + 1) {
      flush();
      start = zxid;
    }
    last = zxid;
  }
  flush();
  return parts.join(", ") || "nothing";
}

function checkFailures(run: FinishedRun, { failures }: Expectation): string[] {
  const happened = recordsOf(run.records, "failed");
  return (failures ?? []).flatMap((expected) => {
    const found = happened.some(
      (failure) =>
        failure.server === expected.server &&
        failure.reason === expected.reason &&
        (expected.learner === undefined || expected.learner === failure.learner),
    );
    return found ? [] : [`failure ${expected.reason} did not happen at server ${expected.server}`];
  });
}

function checkViolations(run: FinishedRun): string[] {
  const violated = new Set<string>(run.violations.map((violation) => violation.id));
  const { violates } = run.scenario.expect;
  const unmet = run.violations
    .filter((violation) => !violates.includes(violation.id))
    .map((violation) => `${violation.id} is violated: ${violation.text}`);
  for (const id of violates) {
    if (!violated.has(id)) unmet.push(`${id} should be violated, but it holds`);
  }
  return unmet;
}
