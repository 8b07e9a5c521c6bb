/** Explains in words what the servers do in a roll: the actions, the lists, and why an order fails. */
import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import type { ServerId } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { type ActionKind, type Ensemble, type Order, type Roll, runningAfter } from "./ensemble.ts";
import type { Rule, RuleStep } from "./group-orders.ts";
import type { Failure } from "./judge-orders.ts";
import { isQuorumOf } from "./partition.ts";
import { simulateRoll } from "./simulate-roll.ts";

const VERBS: Readonly<Record<ActionKind, string>> = {
  start: "start",
  restart: "restart",
  promote: "restart",
  demote: "restart",
  stop: "stop",
};

/** Returns an action in words, for example `restart 1, 2 or 3`. */
export function actionText(kind: ActionKind, servers: readonly ServerId[]): string {
  const role = kind === "promote" ? " as participant" : kind === "demote" ? " as observer" : "";
  return `${VERBS[kind]} ${listOf(servers, "or")}${role}`;
}

/** Returns a rule in words, for example `start 4 or 5, then restart 1, 2 and 3 in any order`. */
export function ruleText(rule: Rule): string {
  const texts: string[] = [];
  for (let i = 0; i < rule.length; ) {
    const { kind, servers } = rule[i] as RuleStep;
    const end = rule.findIndex((one, j) => j > i && (one.kind !== kind || one.servers.join() !== servers.join()));
    const count = (end < 0 ? rule.length : end) - i;
    texts.push(count === 1 ? actionText(kind, servers) : severalText(kind, servers, count));
    i += count;
  }
  return texts.join(", then ");
}

function severalText(kind: ActionKind, servers: readonly ServerId[], count: number): string {
  const all = actionText(kind, servers).replace(" or ", " and ");
  if (count === servers.length) return `${all} in any order`;
  return all.replace(" ", ` ${count} of `);
}

/** Returns an action as an instruction to the operator. */
export function instruction(kind: ActionKind, server: ServerId): string {
  const texts: Readonly<Record<ActionKind, string>> = {
    start: `Start server ${server} with the new list.`,
    restart: `Restart server ${server} with the new list.`,
    promote: `Restart server ${server} with the new list, which makes it a participant.`,
    demote: `Restart server ${server} with the new list, which makes it an observer.`,
    stop: `Stop server ${server}.`,
  };
  return texts[kind];
}

/** Returns the servers of an ensemble in words. */
export function ensembleText({ config: { groups, observers, voters, weights }, standaloneEnabled }: Ensemble): string {
  const alone = voters.length === 1 && standaloneEnabled ? " (standalone)" : "";
  const observing = observers.length === 0 ? "" : `, observers ${observers.join(", ")}`;
  const grouped = Object.values(groups ?? {}).map((group) => group.map((sid) => withWeight(sid, weights)).join("+"));
  return `participants ${voters.join(", ")}${alone}${observing}${groups ? `, groups ${grouped.join(", ")}` : ""}`;
}

function withWeight(sid: ServerId, weights: EnsembleConfig["weights"]): string {
  const weight = weights?.[sid] ?? 1;
  return weight === 1 ? String(sid) : `${sid} (weight ${weight})`;
}

/** Returns why an order fails, as one or two sentences. */
export function failureText(roll: Roll, order: Order, failure: Failure): string {
  const { action, options } = failure;
  const done = order.slice(0, action + 1);
  const last = done.at(-1) as Order[number];
  const crash =
    options.crash === undefined
      ? ""
      : options.crash.action === action
        ? ` and a crash of server ${options.crash.server}`
        : `, with a crash of server ${options.crash.server} at step ${options.crash.action + 1}`;
  const leader =
    roll.from.config.voters.length === 1 ? "After" : `If server ${options.leader} leads at the start, then after`;
  const when = `${leader} step ${action + 1} (${actionText(last.kind, [last.server])})${crash}`;
  return `${when}, ${effectText(roll, order, failure)}. ${listsText(roll, done)}`;
}

function effectText(roll: Roll, order: Order, failure: Failure): string {
  const { action, check, kind, run } = failure;
  if (run.violation !== undefined) {
    const { id, server, text } = run.violation;
    return `server ${server} ${text} (${id})`;
  }
  const { commits, idle, leaders, stale } = check as NonNullable<typeof check>;
  if (kind === "ineffective") {
    return `${serversText(stale)} still ${stale.length === 1 ? "uses" : "use"} another list`;
  }
  if (commits) return `${serversText(idle)} never ${idle.length === 1 ? "serves" : "serve"}`;
  if (leaders.length === 0) return "no server leads";
  const because = isFixedBy3829(roll, order.slice(0, action + 1), failure) ? `, because of ${BUG_3829}` : "";
  return `server ${leaders.join(" and ")} leads, but no write commits${because}`;
}

const BUG_3829 =
  "ZOOKEEPER-3829 (fixed in 3.5.9 and 3.6.2): NEWLEADER makes the old list pending on the new leader, so it " +
  "designates another server and commits nothing";

/** Returns whether the fix of ZOOKEEPER-3829 makes the writes commit. */
function isFixedBy3829(roll: Roll, order: Order, { action, options }: Failure): boolean {
  if (behaviorOf(roll.zookeeper).reconfigDisabledKeepsPending || roll.from.reconfigEnabled) return false;
  const change = <One>(behavior: One): One => ({ ...behavior, reconfigDisabledKeepsPending: true });
  const { checks } = simulateRoll(roll, order, { ...options, change });
  return checks.some((check) => check.action === action && check.moment === "end" && check.commits);
}

/** Returns which running servers have which list, and whether both lists have a quorum of servers. */
function listsText(roll: Roll, done: Order): string {
  const running = runningAfter(roll.from, done);
  const changed = running.filter((sid) => done.some(({ server }) => server === sid));
  const unchanged = running.filter((sid) => !changed.includes(sid));
  if (unchanged.length === 0) return `All running servers have the new list: ${needsText(roll.to, changed)}.`;
  if (changed.length === 0) return `All running servers have the old list: ${needsText(roll.from, unchanged)}.`;
  const both = isQuorumOf(roll.from)(unchanged) && isQuorumOf(roll.to)(changed);
  const old = `${serversText(unchanged)} ${have(unchanged)} the old list`;
  const fresh = `${serversText(changed)} the new one`;
  if (both) return `${capital(old)} and ${fresh}: each of the two sets is a quorum of its list.`;
  return `${capital(old)} (${needsText(roll.from, running)}), and ${fresh} (${needsText(roll.to, running)}).`;
}

function needsText({ config: { groups, voters } }: Ensemble, running: readonly ServerId[]): string {
  const up = `${running.filter((sid) => voters.includes(sid)).length} of its ${voters.length} participants run`;
  return groups === undefined ? `${up}, it needs ${Math.floor(voters.length / 2) + 1}` : up;
}

function have(servers: readonly ServerId[]): string {
  return servers.length === 1 ? "has" : "have";
}

export function serversText(servers: readonly ServerId[]): string {
  return `${servers.length === 1 ? "server" : "servers"} ${listOf(servers, "and")}`;
}

function listOf(items: readonly (number | string)[], word: string): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1)}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
