/**
 * Judges rolls from public reports and from ZooKeeper's own tests: the verdict on single orders of restarts, and its
 * reason. The files of the ensembles are in rolls/.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../lib/load-scenario.ts";
import { asServerId } from "../../protocol/index.ts";
import { actionsOf, type Order, type Roll, type RollAction } from "../../roll/ensemble.ts";
import { failureText } from "../../roll/explain.ts";
import { failingScenario } from "../../roll/failing-scenario.ts";
import { type Failure, judgeOrders, judgeRoll } from "../../roll/judge-orders.ts";
import { splitAfter } from "../../roll/partition.ts";
import { type Verdict, verdictOf } from "../../roll/plan-roll.ts";
import { readEnsemble } from "../../roll/read-ensemble.ts";
import { ScenarioRunner } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { writeScenario } from "../../scenarios/write-scenario.ts";

function ensemble(name: string) {
  const file = `rolls/${name}.cfg`;
  return readEnsemble(readFileSync(new URL(file, import.meta.url), "utf8"), file, () => "");
}

function rollOf(from: string, to: string, zookeeper = "newest"): Roll {
  return { from: ensemble(from), to: ensemble(to), zookeeper };
}

/** Returns the order in which the servers with these ids take their turns. */
function orderOf({ from, to }: Roll, servers: string): Order {
  const actions = actionsOf(from, to);
  return servers.split(" ").map((id) => actions.find(({ server }) => server === asServerId(Number(id))) as RollAction);
}

interface Case {
  readonly about: string;
  readonly from: string;
  readonly to: string;
  readonly zookeeper?: string;
  /** The servers in the order of their turns. */
  readonly order: string;
  readonly verdict: Verdict;
  /** A part of the reason. */
  readonly why?: RegExp;
}

const CASES: readonly Case[] = [
  {
    about: "both new servers first, then a member: two leaders (note on 3 -> 5)",
    from: "three",
    to: "five",
    order: "4 5 1 2 3",
    verdict: "unsafe",
    why: /after step 3 \(restart [1-3]\).*each of the two sets is a quorum of its list/,
  },
  {
    about: "the members first, then the new servers (strimzi 126)",
    from: "three",
    to: "five",
    order: "1 2 3 4 5",
    verdict: "safe",
  },
  {
    about: "one server is added (ReconfigRollingRestartCompatibilityTest)",
    from: "three",
    to: "four",
    order: "4 1 2 3",
    verdict: "safe",
  },
  {
    about: "the leader restarts first, and its new list lets it vote for a server that the others ignore",
    from: "three",
    to: "four",
    order: "4 3 1 2",
    verdict: "unavailable",
    why: /after step 2 \(restart 3\), no server leads\. Servers 1 and 2 have the old list/,
  },
  {
    about: "one server is added with 3.5.8 (ZOOKEEPER-3829)",
    from: "three",
    to: "four",
    zookeeper: "3.5.8",
    order: "4 1 2 3",
    verdict: "unavailable",
    why: /after step 4 \(restart 3\), server 4 leads, but no write commits, because of ZOOKEEPER-3829/,
  },
  {
    about: "one server is added with 3.5.10, which fixes ZOOKEEPER-3829",
    from: "three",
    to: "four",
    zookeeper: "3.5.10",
    order: "4 1 2 3",
    verdict: "safe",
  },
  {
    about: "two servers are removed after the members have the new list",
    from: "five",
    to: "three",
    order: "1 2 3 4 5",
    verdict: "unsafe",
    why: /after step 2 \(restart 2\).*Servers 3, 4 and 5 have the old list and servers 1 and 2 the new one/,
  },
  {
    about: "two servers stop first",
    from: "five",
    to: "three",
    order: "4 5 1 2 3",
    verdict: "safe",
  },
  {
    about: "a server is replaced: the new one starts while the old one runs",
    from: "three",
    to: "server-3-replaced",
    order: "4 1 2 3",
    verdict: "unsafe",
    why: /after step 2 \(restart 1\).*each of the two sets is a quorum of its list/,
  },
  {
    about: "a server is replaced: the old one stops before the new one starts",
    from: "three",
    to: "server-3-replaced",
    order: "3 1 2 4",
    verdict: "safe",
  },
  {
    about: "an observer becomes a participant last: a leader with the new list counts it, but it acknowledges nothing",
    from: "three-and-observer",
    to: "four",
    order: "3 1 2 4",
    verdict: "unavailable",
    why: /after step 2 \(restart 1\), server 3 leads, but no write commits/,
  },
  {
    about: "two of five participants become observers first: after a crash, the leader cannot commit",
    from: "five",
    to: "three-of-five-vote",
    order: "1 2 3 4 5",
    verdict: "unavailable",
    why: /after step 2 \(restart 2 as observer\) and a crash of server [345], server 5 leads, but no write commits/,
  },
  {
    about: "a standalone server gets two others, which elect a leader without its data",
    from: "one",
    to: "three",
    order: "2 3 1",
    verdict: "unsafe",
    why: /After step 2 \(start 3\), server 3 is established in epoch 1 at 0:0 and lacks committed transactions/,
  },
  {
    about: "a standalone server joins the first of two new servers",
    from: "one",
    to: "three",
    order: "2 1 3",
    verdict: "safe",
  },
  {
    about: "shrinking to one server: the other one stops first, and no server has a quorum",
    from: "two",
    to: "one",
    order: "2 1",
    verdict: "unavailable",
    why: /after step 1 \(stop 2\), no server leads\. All running servers have the old list: 1 of its 2/,
  },
  {
    about: "shrinking to one server: the remaining one restarts first",
    from: "two",
    to: "one",
    order: "1 2",
    verdict: "safe",
  },
  {
    about: "an ensemble of one server with standaloneEnabled=false gets two others",
    from: "ensemble-of-one",
    to: "three",
    order: "2 3 1",
    verdict: "unsafe",
    why: /server 3 is established in epoch 1 at 0:0 and lacks committed transactions/,
  },
  {
    about: "the new ensemble has no server of the old one, so it has no data",
    from: "three",
    to: "all-new",
    order: "4 5 6 1 2 3",
    verdict: "unsafe",
    why: /server \d is established in epoch 1 at 0:0 and lacks committed transactions/,
  },
];

describe("a partition during a roll", () => {
  function judged(from: string, to: string, order: string) {
    const roll = rollOf(from, to);
    const { orders } = judgeOrders(roll, { orders: [orderOf(roll, order)], total: 1 });
    return orders[0] as (typeof orders)[number];
  }

  it("makes two leaders if quorums of both lists share no server", () => {
    const one = judged("three", "five", "1 4 2 5 3");
    expect(verdictOf(one)).toBe("safe-without-partition");
    expect(one.split).toMatchObject({ action: 3, violation: { id: expect.any(String) } });
  });

  it("does no harm if one quorum needs a server with the old list that follows no leader outside it", () => {
    const roll = rollOf("five", "three-of-five-vote");
    expect(splitAfter(roll, orderOf(roll, "1 3"))).toBeDefined();
    expect(verdictOf(judged("five", "three-of-five-vote", "1 3 4 5 2"))).toBe("safe");
  });
});

describe("the scenario of an order that fails", () => {
  it.each([
    ["three", "five", "4 5 1 2 3", "unsafe"],
    ["three", "four", "4 3 1 2", "unavailable"],
    ["five", "three-of-five-vote", "1 2 3 4 5", "unavailable"],
    ["two", "one", "2 1", "unavailable"],
  ])("repeats the failure of %s -> %s, %s: %s", (from, to, servers, kind) => {
    const roll = rollOf(from, to);
    const order = orderOf(roll, servers);
    const { orders } = judgeOrders(roll, { orders: [order], total: 1 });
    const failure = orders[0]?.failure as Failure;
    const scenario = failingScenario(roll, order, failure) as Scenario;
    const read = loadScenario(writeScenario(scenario), "order.yaml");
    const { liveness, ok, violations } = new ScenarioRunner(read, { seed: BigInt(read.seed ?? 1) }).run();
    expect(ok).toBe(false);
    expect(violations.length > 0).toBe(kind === "unsafe");
    expect(liveness?.stuck ?? false).toBe(kind === "unavailable");
    expect(read.about).toContain(failureText(roll, order, failure));
  });

  it("does not exist if a standalone server is cut off from the others", () => {
    const roll = rollOf("one", "three");
    const order = orderOf(roll, "1 2 3");
    const { orders } = judgeOrders(roll, { orders: [order], total: 1 });
    expect(failingScenario(roll, order, orders[0]?.failure as Failure)).toBeUndefined();
  });
});

it("the advised order waits for no server that cannot serve yet", () => {
  const roll = rollOf("three", "server-3-replaced");
  expect(judgeRoll(roll).best).toMatchObject({ order: orderOf(roll, "3 1 4 2"), idle: 0 });
});

describe("a roll from a public report", () => {
  it.each(CASES)("$from -> $to, $order: $about", ({ from, order, to, verdict, why, zookeeper }) => {
    const roll = rollOf(from, to, zookeeper);
    const { best, orders } = judgeOrders(roll, { orders: [orderOf(roll, order)], total: 1 });
    const [judged] = orders;
    if (judged === undefined) throw new Error("the order was not judged");
    expect(verdictOf(judged)).toBe(verdict);
    expect(best).toBe(verdict.startsWith("safe") ? judged : undefined);
    const text = judged.failure === undefined ? undefined : failureText(roll, judged.order, judged.failure);
    if (why === undefined) expect(text).toBeUndefined();
    else expect(text).toMatch(why);
  });
});
