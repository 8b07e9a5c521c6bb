/**
 * Plans a roll: judges its orders, merges orders that behave alike into rules, and proposes smaller rolls if no order
 * is safe, or if a partition of the network can make two leaders in any order.
 */
import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import type { ServerId } from "../protocol/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { Ensemble, Order, Roll } from "./ensemble.ts";
import { failureText } from "./explain.ts";
import { failingScenario } from "./failing-scenario.ts";
import { type Rule, rulesFor } from "./group-orders.ts";
import { type Failure, type JudgedOrder, type JudgedRoll, judgeRoll } from "./judge-orders.ts";
import { ORDERS_MAX } from "./orders.ts";

/**
 * The verdict on an order, the best first. `safe-without-partition`: a partition of the network can make two leaders.
 * `safe-without-crash`: crashes were not tried.
 */
export type Verdict = "safe" | "safe-without-partition" | "safe-without-crash" | Failure["kind"];

/** Orders with the same verdict and the same reason. */
export interface RuleVerdict {
  readonly verdict: Verdict;
  /** The actions of the orders. If the orders fail, only the actions until the failure. */
  readonly rule: Rule;
  /** The number of orders. */
  readonly orders: number;
  /** Why the first of these orders fails. Undefined if the orders are safe. */
  readonly why: string | undefined;
  /** The first of these orders, until the failure. */
  readonly example: Order;
  /** A scenario that repeats the failure of this order. Undefined if the orders are safe, or if there is none. */
  readonly scenario: Scenario | undefined;
}

/** One of several smaller rolls. */
export interface Stage {
  readonly to: Ensemble;
  readonly judged: JudgedRoll;
}

/** The answer of `zabsim plan-roll`. */
export interface RollPlan {
  readonly judged: JudgedRoll;
  readonly verdicts: readonly RuleVerdict[];
  /** Smaller rolls that lead to the same ensemble. Undefined if the roll needs none, or if one of them is not safe. */
  readonly stages: readonly Stage[] | undefined;
}

/** The largest number of orders that are tried for a smaller roll. */
const STAGE_ORDERS_MAX = 12;

export function planRoll(roll: Roll): RollPlan {
  const judged = judgeRoll(roll, ORDERS_MAX);
  const isSafe = judged.best !== undefined && judged.best.split === undefined;
  const ensembles = isSafe ? [] : intermediate(roll.from, roll.to);
  const stages = stagesOf(roll, ensembles);
  const areSafe = stages?.every((stage) => stage.judged.best !== undefined);
  return { judged, verdicts: verdictsOf(judged), stages: areSafe ? stages : undefined };
}

// ---- rules

export function verdictOf({ failure, split, triedCrashes }: JudgedOrder): Verdict {
  if (failure !== undefined) return failure.kind;
  if (!triedCrashes) return "safe-without-crash";
  return split === undefined ? "safe" : "safe-without-partition";
}

function verdictsOf({ orders, roll }: JudgedRoll): readonly RuleVerdict[] {
  const alike = new Map<string, JudgedOrder[]>();
  for (const one of orders) {
    const { action = -1, options, run } = one.failure ?? {};
    const crash = options?.crash === undefined ? "" : options.crash.action - action;
    const key = [verdictOf(one), action, crash, run?.violation === undefined].join();
    alike.set(key, [...(alike.get(key) ?? []), one]);
  }
  return [...alike.values()].flatMap((some) => rulesOf(roll, some));
}

function rulesOf(roll: Roll, judged: readonly JudgedOrder[]): readonly RuleVerdict[] {
  const beginningOf = ({ failure, order }: JudgedOrder): Order => order.slice(0, (failure?.action ?? order.length) + 1);
  return rulesFor(judged.map(beginningOf)).map((rule) => {
    const own = judged.filter((one) =>
      beginningOf(one).every(({ kind, server }, i) => rule[i]?.kind === kind && rule[i].servers.includes(server)),
    );
    const first = own[0] as JudgedOrder;
    const why = first.failure && failureText(roll, first.order, first.failure);
    const scenario = first.failure && failingScenario(roll, first.order, first.failure);
    return { verdict: verdictOf(first), rule, orders: own.length, why, example: beginningOf(first), scenario };
  });
}

// ---- smaller rolls

function stagesOf(roll: Roll, ensembles: readonly Ensemble[]): readonly Stage[] | undefined {
  if (ensembles.length < 2) return undefined;
  return ensembles.map((to, i) => {
    const from = i === 0 ? roll.from : (ensembles[i - 1] as Ensemble);
    return { to, judged: judgeRoll({ ...roll, from, to }, STAGE_ORDERS_MAX) };
  });
}

/**
 * Returns the ensembles on the way to the new one. Each differs from the one before it by one server: first the new
 * participants, then the removed ones. Returns one ensemble if the roll cannot be divided, as with groups.
 */
function intermediate(from: Ensemble, to: Ensemble): readonly Ensemble[] {
  if (from.config.groups !== undefined || to.config.groups !== undefined) return [to];
  const isVoter = (sid: ServerId): boolean => to.config.voters.includes(sid);
  const changes = [
    ...to.config.voters.filter((sid) => !from.config.voters.includes(sid)),
    ...from.config.voters.filter((sid) => !isVoter(sid)),
  ];
  const observes = (config: EnsembleConfig, sid: ServerId): boolean => config.observers.includes(sid);
  let { config } = from;
  const ensembles = changes.map((sid) => {
    const voters = isVoter(sid) ? [...config.voters, sid] : config.voters.filter((one) => one !== sid);
    const others = config.observers.filter((one) => one !== sid);
    const observers = !isVoter(sid) && observes(to.config, sid) ? [...others, sid] : others;
    config = { ...config, voters: ascending(voters), observers: ascending(observers) };
    return { ...to, config };
  });
  return ensembles.length === 0 ? [to] : [...ensembles.slice(0, -1), to];
}

function ascending(servers: readonly ServerId[]): ServerId[] {
  return servers.toSorted((a, b) => a - b);
}
