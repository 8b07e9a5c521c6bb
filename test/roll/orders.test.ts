import { describe, expect, it } from "vitest";
import { asServerId } from "../../protocol/index.ts";
import { actionsOf, type Ensemble, type RollAction } from "../../roll/ensemble.ts";
import { ruleText } from "../../roll/explain.ts";
import { rulesFor } from "../../roll/group-orders.ts";
import { keyOf, ordersOf } from "../../roll/orders.ts";
import { divisionsOf, splitAfter } from "../../roll/partition.ts";

const ids = (servers: readonly number[]) => servers.map((sid) => asServerId(sid));
const ensemble = (voters: readonly number[]): Ensemble => ({
  config: { voters: ids(voters), observers: [] },
  reconfigEnabled: false,
  standaloneEnabled: true,
});
const restart = (server: number): RollAction => ({ kind: "restart", server: asServerId(server) });

describe("the orders of a roll", () => {
  it("are all permutations if there are few actions", () => {
    const { orders, total } = ordersOf([1, 2, 3, 4].map(restart), 120);
    expect(total).toBe(24);
    expect(new Set(orders.map(keyOf)).size).toBe(24);
  });

  it("are bounded if there are many actions, and each of them has every action once", () => {
    const actions = actionsOf(ensemble([1, 2, 3, 4, 5]), ensemble([1, 2, 3, 6, 7, 8]));
    const { orders, total } = ordersOf(actions, 120);
    expect(total).toBe(40_320);
    expect(orders).toHaveLength(120);
    expect(new Set(orders.map(keyOf)).size).toBe(120);
    for (const order of orders) expect(new Set(order)).toEqual(new Set(actions));
    expect(ordersOf(actions, 120).orders.map(keyOf)).toEqual(orders.map(keyOf));
  });
});

describe("the rules for orders", () => {
  const rulesOf = (sequences: readonly (readonly number[])[]): string[] =>
    rulesFor(sequences.map((one) => one.map(restart))).map(ruleText);

  it("merge sequences that together are every choice", () => {
    expect(
      rulesOf([
        [1, 2],
        [2, 1],
      ]),
    ).toEqual(["restart 1 and 2 in any order"]);
    expect(
      rulesOf([
        [1, 3],
        [2, 3],
      ]),
    ).toEqual(["restart 1 or 2, then restart 3"]);
    expect(
      rulesOf([
        [1, 2],
        [1, 3],
        [2, 1],
        [2, 3],
        [3, 1],
        [3, 2],
      ]),
    ).toEqual(["restart 2 of 1, 2 and 3"]);
  });

  it("cover no other sequence", () => {
    expect(
      rulesOf([
        [1, 3],
        [2, 4],
      ]),
    ).toEqual(["restart 1, then restart 3", "restart 2, then restart 4"]);
  });
});

describe("a partition after some actions of a roll", () => {
  const [three, five] = [ensemble([1, 2, 3]), ensemble([1, 2, 3, 4, 5])];
  const splitAfterTurnsOf = (...servers: number[]) => {
    const done = servers.map((sid) => actionsOf(three, five).find(({ server }) => server === sid) as RollAction);
    return splitAfter({ from: three, to: five, zookeeper: "newest" }, done);
  };

  it("separates a quorum of the old list from one of the new list", () => {
    expect(splitAfterTurnsOf(4)).toBeUndefined();
    expect(splitAfterTurnsOf(4, 5)).toEqual({ action: 1, old: ids([1, 2]), fresh: ids([3, 4, 5]) });
  });

  it("cannot do so if too few servers have the new list", () => {
    expect(splitAfterTurnsOf(1, 2, 3, 4)).toBeUndefined();
  });

  it("divides the servers into two sides in every possible way", () => {
    expect(divisionsOf(ids([1, 2, 3]))).toEqual([
      [ids([1]), ids([2, 3])],
      [ids([1, 2]), ids([3])],
      [ids([1, 3]), ids([2])],
    ]);
    expect(divisionsOf(ids([1, 2, 3, 4, 5]))).toHaveLength(15);
    expect(divisionsOf(ids([1]))).toEqual([]);
  });
});
