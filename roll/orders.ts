/**
 * The orders of the actions of a roll. If there are too many, only some of them are tried: those in which servers with
 * the same kind of action take ascending or descending turns.
 */
import type { Order, RollAction } from "./ensemble.ts";

/** The largest number of orders that are tried: all orders of five actions. */
export const ORDERS_MAX = 120;

/** The orders to try. */
export interface Orders {
  readonly orders: readonly Order[];
  /** The number of all orders. */
  readonly total: number;
}

/** Returns the orders to try, the same ones for the same actions. */
export function ordersOf(actions: Order, max: number): Orders {
  const total = actions.reduce((product, _, i) => product * (i + 1), 1);
  if (total <= max) return { orders: permutations(actions), total };
  const found = new Map<string, Order>();
  for (const queues of [byKind(actions), byKind(actions.toReversed())]) {
    for (const order of mergesOf(queues)) found.set(keyOf(order), order);
  }
  const orders = [...found.values()];
  const some = Math.min(max, orders.length);
  return {
    orders: Array.from({ length: some }, (_, i) => orders[Math.floor((i * orders.length) / some)] as Order),
    total,
  };
}

/** Identifies the first actions of an order. */
export function keyOf(order: Order): string {
  return order.map(({ server }) => server).join(",");
}

function permutations(actions: Order): Order[] {
  if (actions.length < 2) return [actions];
  return actions.flatMap((action, i) => permutations(actions.toSpliced(i, 1)).map((rest) => [action, ...rest]));
}

function byKind(actions: Order): readonly Order[] {
  const kinds = new Set(actions.map(({ kind }) => kind));
  return [...kinds].map((kind) => actions.filter((action) => action.kind === kind));
}

/** The largest number of merges that are enumerated. */
const MERGES_MAX = 2000;

/** Returns the orders in which each queue keeps its order. */
function mergesOf(queues: readonly Order[]): Order[] {
  const merged: Order[] = [];
  const visit = (order: Order, rests: readonly Order[]): void => {
    if (merged.length >= MERGES_MAX) return;
    if (rests.every((rest) => rest.length === 0)) merged.push(order);
    rests.forEach((rest, i) => {
      const [first, ...others] = rest as readonly [RollAction?, ...RollAction[]];
      if (first !== undefined) visit([...order, first], rests.with(i, others));
    });
  };
  visit([], queues);
  return merged;
}
