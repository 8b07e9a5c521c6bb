/** The answer of `zabsim plan-roll` as plain data with texts, which is also its JSON form. */
import type { ServerId } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { ActionKind, Order, Roll } from "./ensemble.ts";
import { actionText, ensembleText, instruction, ruleText, serversText } from "./explain.ts";
import type { Fragile, JudgedOrder } from "./judge-orders.ts";
import type { SplitByPartition } from "./partition.ts";
import { planRoll, type Verdict, verdictOf } from "./plan-roll.ts";

/** The answer to one roll. */
export interface RollAnswer {
  readonly zookeeper: string;
  /** The servers of the old and of the new ensemble, in words. */
  readonly from: string;
  readonly to: string;
  /** The number of all orders, of the orders that were tried, and of simulated rolls. */
  readonly orders: { readonly total: number; readonly tried: number; readonly runs: number };
  readonly verdicts: readonly RuleAnswer[];
  /** The order to use; null if no order is safe. */
  readonly use: OrderAnswer | null;
  /** Smaller rolls that lead to the same ensemble, one after another; null if there are none. */
  readonly stages: readonly StageAnswer[] | null;
  /** Every order that was tried, with its verdict. */
  readonly tried: readonly { readonly order: readonly string[]; readonly verdict: Verdict }[];
}

/** Orders that behave alike. */
export interface RuleAnswer {
  readonly verdict: Verdict;
  /** The actions of the orders, until they fail. */
  readonly rule: string;
  readonly orders: number;
  /** The first actions of one of the orders. */
  readonly example: readonly string[];
  /** Why this example fails; null if the orders are safe. */
  readonly why: string | null;
  /** The file with the scenario that repeats this failure; null if none was written. */
  readonly scenario: string | null;
}

/** An order as instructions. */
export interface OrderAnswer {
  readonly actions: readonly { readonly kind: ActionKind; readonly server: ServerId }[];
  readonly steps: readonly string[];
  /** The crashes that stop the writes until the server runs again. */
  readonly fragile: readonly string[];
  /** How a partition of the network can make two leaders; null if it cannot. */
  readonly partition: string | null;
}

/** A smaller roll. */
export interface StageAnswer {
  readonly to: string;
  /** The order to use; null if no order is safe. */
  readonly use: OrderAnswer | null;
}

/** Writes the scenario of a failing order to a file with this name. Returns the path. */
export type SaveScenario = (name: string, scenario: Scenario) => string;

/** Plans a roll and returns the answer. Saves a scenario for each rule whose orders fail. */
export function answerRoll(asked: Roll, save?: SaveScenario): RollAnswer {
  const roll = withSettingsOfRelease(asked);
  const { judged, stages, verdicts } = planRoll(roll);
  return {
    zookeeper: roll.zookeeper,
    from: ensembleText(roll.from),
    to: ensembleText(roll.to),
    orders: { total: judged.total, tried: judged.orders.length, runs: judged.runs },
    verdicts: verdicts.map(({ example, orders, rule, scenario, verdict, why }, i) => {
      const number = verdicts.slice(0, i + 1).filter((one) => one.verdict === verdict).length;
      const file = scenario && save?.(`${verdict}-${number}`, scenario);
      const texts = { rule: ruleText(rule), example: wordsOf(example), why: why ?? null };
      return { verdict, orders, ...texts, scenario: file ?? null };
    }),
    use: orderAnswer(judged.best),
    stages: stages?.map(({ judged: { best }, to }) => ({ to: ensembleText(to), use: orderAnswer(best) })) ?? null,
    tried: judged.orders.map((one) => ({ order: wordsOf(one.order), verdict: verdictOf(one) })),
  };
}

/** Releases without dynamic reconfiguration ignore its settings. */
function withSettingsOfRelease(roll: Roll): Roll {
  if (behaviorOf(roll.zookeeper).knowsReconfig) return roll;
  const ignored = { reconfigEnabled: false, standaloneEnabled: true };
  return { ...roll, from: { ...roll.from, ...ignored }, to: { ...roll.to, ...ignored } };
}

function wordsOf(order: Order): string[] {
  return order.map(({ kind, server }) => actionText(kind, [server]));
}

function partitionText({ action, fresh, old, violation }: SplitByPartition): string {
  const split =
    `After step ${action + 1}, ${serversText(old)} can be a quorum of the old list and ${serversText(fresh)} one of ` +
    "the new list. If the network separates the two sets, two servers can lead, and data can be lost.";
  if (violation === undefined) return split;
  const { id, server, text } = violation;
  return `${split} zabsim ran this partition: server ${server} ${text} (${id}).`;
}

function orderAnswer(judged: JudgedOrder | undefined): OrderAnswer | null {
  if (judged === undefined) return null;
  const { fragile, order, split } = judged;
  return {
    actions: order,
    steps: order.map(({ kind, server }) => instruction(kind, server)),
    fragile: order.flatMap((_, action) => fragileText(action, fragile)),
    partition: split === undefined ? null : partitionText(split),
  };
}

function fragileText(action: number, fragile: readonly Fragile[]): string[] {
  const servers = fragile.filter((one) => one.action === action).map(({ server }) => server);
  if (servers.length === 0) return [];
  const which = servers.length === 1 ? serversText(servers) : `one of the ${serversText(servers)}`;
  return [`after step ${action + 1}, if ${which} crashes`];
}
