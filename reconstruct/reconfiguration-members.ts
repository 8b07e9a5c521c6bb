/**
 * The members of a reconfiguration. No log shows them, but the runs with each choice show different elections and
 * quorums, so all choices that an operator could make are tried.
 */
import { asServerId, type ServerId, serverIdsOf } from "../protocol/index.ts";
import type { ReconfigAction, Scenario, Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import { readyMsOf, withStepAt } from "./scenario-steps.ts";

type Role = "participant" | "observer";
type Members = ReadonlyMap<ServerId, Role>;

/** With more choices, only those with few changes are tried. */
const CHANGES_MAX = 4;
const SERVERS_FOR_ALL = 6;

/** Returns the numbers of the steps with a reconfiguration. */
export function reconfigurationSteps({ steps }: Pick<Scenario, "steps">): number[] {
  return steps.flatMap((step, index) => ("reconfig" in step ? [index] : []));
}

/**
 * Returns the scenarios with a write directly before or after a reconfiguration. If no log shows its zxid, the first
 * scenario counts the reconfiguration as one of the writes.
 */
export function withWriteBeside(scenario: Scenario, index: number): Scenario[] {
  const fromMs = readyMsOf(scenario.steps[index] as Step);
  return [-BESIDE_MS, BESIDE_MS].map((ms) => {
    const step = { from: msText(fromMs + ms), write: { at: "leader", count: 1, every: "1ms" } } as Step;
    return { ...scenario, steps: [...scenario.steps.slice(0, index + 1), step, ...scenario.steps.slice(index + 1)] };
  });
}

const BESIDE_MS = 0.5;

/** Returns the scenarios with other members of one reconfiguration, those with the fewest changes first. */
export function withOtherMembers(scenario: Scenario, index: number, evidence: Evidence): Scenario[] {
  const step = scenario.steps[index];
  if (step === undefined || !("reconfig" in step)) return [];
  const before = membersBefore(scenario, index);
  const candidates = serverIdsOf(scenario.servers);
  const outside = candidates.filter((sid) => !before.has(sid));
  const limit = candidates.length > SERVERS_FOR_ALL ? 2 : CHANGES_MAX;
  const now = JSON.stringify(step.reconfig);
  return choices([...before.keys()], limit)
    .flatMap((changed) => choices(outside, limit).map((added) => ({ changed, added })))
    .filter(({ added, changed }) => added.length + changed.length > 0)
    .sort((a, b) => a.added.length + a.changed.length - (b.added.length + b.changed.length))
    .flatMap(({ added, changed }) => actionsOf(before, added, changed, evidence))
    .filter((action) => JSON.stringify(action) !== now)
    .map((reconfig) => withStepAt(scenario, index, { ...step, reconfig }));
}

/** Removes the changed members, or gives all of them the other role. */
function actionsOf(
  before: Members,
  added: readonly ServerId[],
  changed: readonly ServerId[],
  evidence: Evidence,
): ReconfigAction[] {
  const add: [ServerId, Role][] = added.map((sid) => [sid, roleIn(evidence, sid)]);
  const otherRoles = changed.map((sid): [ServerId, Role] => [
    sid,
    before.get(sid) === "observer" ? "participant" : "observer",
  ]);
  const actions = [actionOf(add, changed)];
  if (changed.length > 0) actions.push(actionOf([...add, ...otherRoles], []));
  return actions.filter((action) => votersAfter(before, action) > 0);
}

function actionOf(add: readonly (readonly [ServerId, Role])[], remove: readonly ServerId[]): ReconfigAction {
  return {
    ...(add.length > 0 && { add: Object.fromEntries(add) }),
    ...(remove.length > 0 && { remove }),
  };
}

function votersAfter(before: Members, action: ReconfigAction): number {
  return [...changedBy(before, action).values()].filter((role) => role === "participant").length;
}

function roleIn({ servers }: Evidence, sid: ServerId): Role {
  return servers.find(({ server }) => server === sid)?.isObserver === true ? "observer" : "participant";
}

/** Returns the members before a reconfiguration: those of a first server, changed by the earlier reconfigurations. */
function membersBefore(scenario: Scenario, index: number): Members {
  const ids = serverIdsOf(scenario.servers);
  const first = ids.find((sid) => scenario.servers[sid]?.down === false) ?? ids[0];
  const config = first === undefined ? undefined : scenario.servers[first]?.config;
  const voters = config?.voters ?? ids.filter((sid) => scenario.servers[sid]?.role !== "observer");
  const observers = config?.observers ?? ids.filter((sid) => scenario.servers[sid]?.role === "observer");
  const start: [ServerId, Role][] = [
    ...voters.map((sid): [ServerId, Role] => [asServerId(sid), "participant"]),
    ...observers.map((sid): [ServerId, Role] => [asServerId(sid), "observer"]),
  ];
  const untilMs = readyMsOf(scenario.steps[index] as Step);
  return scenario.steps
    .filter((step, i) => i !== index && "reconfig" in step && readyMsOf(step) <= untilMs)
    .reduce<Members>(
      (members, step) => ("reconfig" in step ? changedBy(members, step.reconfig) : members),
      new Map(start),
    );
}

function changedBy(members: Members, { add = {}, config, remove = [] }: ReconfigAction): Members {
  if (config !== undefined) {
    return new Map([
      ...config.voters.map((sid): [ServerId, Role] => [sid, "participant"]),
      ...config.observers.map((sid): [ServerId, Role] => [sid, "observer"]),
    ]);
  }
  const changed = new Map([...members].filter(([sid]) => !remove.includes(sid)));
  for (const [sid, role] of Object.entries(add)) changed.set(asServerId(Number(sid)), role);
  return changed;
}

/** Returns the subsets of a list with at most `limit` items. */
function choices(items: readonly ServerId[], limit: number): ServerId[][] {
  const sets: ServerId[][] = [[]];
  for (const item of items) {
    for (const set of [...sets]) if (set.length < limit) sets.push([...set, item]);
  }
  return sets;
}
