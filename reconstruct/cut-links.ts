/** Steps that cut links between servers when the logs show that no message passes. */
import { asServerId, serverIdsOf } from "../protocol/index.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import { type CutLink, cutsIn, type LinkFact, linkFacts } from "./link-facts.ts";
import { withSteps } from "./scenario-steps.ts";

/**
 * Returns the steps that cut links as the logs show, in several ways: at the latest and at the earliest moment, for the
 * links alone, for groups of their servers, and for groups of all servers.
 */
export function cutChoices(ids: readonly number[], evidence: Evidence): Step[][] {
  const facts = linkFacts(evidence);
  const cuts = cutsIn(facts);
  const ups = facts.filter(({ isUp }) => isUp);
  const silent = silentGroups(evidence, ups);
  const apart = silent.length === 0 ? [] : [cutSteps(silent, ALWAYS, ids)];
  if (cuts.length === 0) return apart;
  const choices = [true, false].flatMap((isLate) => {
    const parts = clustersOf(cuts, isLate);
    return [
      parts.flatMap((part) => linkSteps(part, ids)),
      parts.flatMap((part) => groupSteps(part, ups, ids, part.links.flat())),
      parts.flatMap((part) => groupSteps(part, ups, ids, ids)),
    ];
  });
  return [...apart, ...choices];
}

const ALWAYS = { startMs: 0, endMs: undefined };

/** Returns the scenario in which the groups of servers that never hear each other are cut off from each other. */
export function withoutContact(scenario: Scenario, evidence: Evidence): Scenario | undefined {
  const groups = silentGroups(
    evidence,
    linkFacts(evidence).filter(({ isUp }) => isUp),
  );
  if (groups.length === 0) return undefined;
  return withSteps(scenario, ...cutSteps(groups, ALWAYS, serverIdsOf(scenario.servers)));
}

/** Links that are cut from the same moment to the same moment. */
interface Cluster {
  readonly startMs: number;
  readonly endMs: number | undefined;
  readonly links: readonly (readonly [number, number])[];
}

/** The time before a moment at which a cut for it begins, and after which it ends. */
const MARGIN_MS = 0.3;
/** Two links that return within this time do so together. */
const TOGETHER_MS = 20;

function clustersOf(cuts: readonly CutLink[], isLate: boolean): Cluster[] {
  const clusters: Cluster[] = [];
  const open = [...cuts];
  while (open.length > 0) {
    const latest = (open[0] as CutLink).hiMs;
    const together = open.filter(({ endMs, loMs }) => loMs <= latest && (endMs === undefined || endMs > latest));
    const members = together.length === 0 ? [open[0] as CutLink] : together;
    const earliest = Math.max(...members.map(({ loMs }) => loMs));
    const startMs = Math.max(0, isLate ? Math.max(latest - MARGIN_MS, earliest) : earliest + MARGIN_MS);
    for (const { endMs } of members) {
      if (clusters.some((one) => one.startMs === startMs && isTogether(one.endMs, endMs))) continue;
      const links = members.filter((one) => isTogether(one.endMs, endMs)).map(({ servers }) => servers);
      clusters.push({ startMs, endMs, links });
    }
    for (const one of members) open.splice(open.indexOf(one), 1);
  }
  return clusters;
}

function isTogether(one: number | undefined, other: number | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && Math.abs(one - other) <= TOGETHER_MS);
}

function linkSteps({ endMs, links, startMs }: Cluster, ids: readonly number[]): Step[] {
  return links.flatMap(([one, other]) => cutSteps([[one], [other]], { startMs, endMs }, ids));
}

/** Cuts all links between groups of some servers. Servers that hear each other in this time are in one group. */
function groupSteps(
  cluster: Cluster,
  ups: readonly LinkFact[],
  ids: readonly number[],
  among: readonly number[],
): Step[] {
  const { endMs = Number.POSITIVE_INFINITY, links, startMs } = cluster;
  const during = ups.filter(({ atMs }) => atMs > startMs && atMs < endMs - TOGETHER_MS);
  const groups = joinedBy(
    [...new Set(among)].sort((a, b) => a - b).map((sid) => [sid]),
    during,
  );
  const isPossible = links.every(([one, other]) => !groups.some((all) => all.includes(one) && all.includes(other)));
  return isPossible ? cutSteps(groups, cluster, ids) : linkSteps(cluster, ids);
}

/** Cuts the links between groups, and no others. Servers in no group are another group of a partition. */
function cutSteps(
  groups: readonly (readonly number[])[],
  { endMs, startMs }: Pick<Cluster, "startMs" | "endMs">,
  ids: readonly number[],
): Step[] {
  const from = msText(startMs);
  const lasts = endMs === undefined ? {} : { for: msText(Math.max(1, endMs - MARGIN_MS - startMs)) };
  const named = groups.map((group) => group.map((sid) => asServerId(sid)));
  const over = ids.find((sid) => !groups.flat().includes(sid));
  if (over === undefined) return [{ from, partition: named, ...lasts }];
  return named.flatMap((one, i) =>
    named
      .slice(i + 1)
      .map((other): Step => ({ from, bridge: { over: asServerId(over), sides: [one, other] }, ...lasts })),
  );
}

/**
 * Returns the groups of servers that never hear each other, though they run at the same time. Returns none if all hear
 * each other.
 */
function silentGroups({ servers }: Evidence, ups: readonly LinkFact[]): number[][] {
  const groups = joinedBy(
    servers.map(({ server }) => [server]),
    ups,
  );
  return groups.filter(({ length }) => length > 1).length > 1 ? groups : [];
}

/** Joins groups whose servers hear each other. */
function joinedBy(groups: readonly number[][], ups: readonly LinkFact[]): number[][] {
  const joined = [...groups];
  for (const { servers } of ups) {
    const touched = joined.filter((group) => servers.some((sid) => group.includes(sid)));
    if (touched.length === 0) continue;
    for (const group of touched) joined.splice(joined.indexOf(group), 1);
    joined.push([...new Set([...touched.flat(), ...servers])].sort((a, b) => a - b));
  }
  return joined;
}
