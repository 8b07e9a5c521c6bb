/** Tests the order of a simulated run, and how real servers are held to it. */
import { describe, expect, it } from "vitest";
import { isKind, Order } from "../../confirm/order.ts";
import { factText, type Item, type Schedule, scheduleOf, withoutRepetitions } from "../../confirm/schedule.ts";
import { loadScenario } from "../../lib/load-scenario.ts";
import { runScenario } from "../../scenarios/run.ts";
import { Trace } from "../../sim/index.ts";

function scheduleOfScenario(name: string): Schedule {
  return scheduleOf(runScenario(loadScenario(name), { seed: 1n, trace: new Trace({ level: "full" }) }));
}

function textsOf(schedule: Schedule, server: number): string[] {
  return schedule.items.filter((item) => item.server === server).map(({ fact }) => factText(fact));
}

describe("scheduleOf", () => {
  const schedule = scheduleOfScenario("follower-behind-diff");

  it("lists what a follower takes and does, without notifications", () => {
    const texts = textsOf(schedule, 1).filter((text) => !text.includes("notification"));
    expect(texts).toEqual([
      "starts",
      "receives LEADERINFO 2:0 from 2",
      "writes acceptedEpoch",
      "receives DIFF 1:5 from 2",
      "receives PROPOSAL 1:4 from 2",
      "receives COMMIT 1:4 from 2",
      "receives PROPOSAL 1:5 from 2",
      "receives COMMIT 1:5 from 2",
      "receives NEWLEADER 2:0 from 2",
      "syncs its log up to 1:5",
      "writes currentEpoch",
      "receives UPTODATE from 2",
    ]);
  });

  it("numbers the items by their place in the run, and knows the elections", () => {
    expect(schedule.items.map(({ place }) => place)).toEqual(schedule.items.map((_, index) => index));
    expect(new Set(schedule.elections.map(({ leader }) => Number(leader)))).toEqual(new Set([2]));
  });

  it("has a crash with the fate of unsynced writes, and the truncation of the log", () => {
    const texts = textsOf(scheduleOfScenario("open-snapshot-survives-trunc"), 3);
    expect(texts).toEqual(expect.arrayContaining(["writes snapshot.100000007", "is killed"]));
    expect(texts).toContain("truncates log.100000001");
  });

  it("has one end of a process that exits by itself", () => {
    const texts = textsOf(scheduleOfScenario("open-crash-before-current-epoch-cannot-start"), 1);
    expect(texts.slice(-2)).toEqual(["starts", "exits with code 1"]);
  });
});

it("follows servers that repeat their attempts without an end only for a while, but always to the violation", () => {
  const long = scheduleOfScenario("open-voter-ahead-of-leader-never-joins");
  expect(long.items.length).toBeGreaterThan(400);
  expect(withoutRepetitions(long, []).items).toHaveLength(400);
  const last = long.items[600] as Item;
  expect(withoutRepetitions(long, [last]).items.length).toBeGreaterThan(600);
  const short = scheduleOfScenario("follower-behind-diff");
  expect(withoutRepetitions(short, [])).toEqual(short);
});

describe("stalls", () => {
  it("lists the stop of a thread that a debugger makes, before what comes later", () => {
    const { items } = scheduleOfScenario("open-hole-in-log-after-trunc-passed-on");
    const stops = items.filter(({ fact }) => fact.kind === "stop-thread" || fact.kind === "resume-thread");
    expect(stops.map(({ fact, server }) => [server, factText(fact)])).toEqual([
      [3, "stops its thread apply"],
      [3, "goes on with its thread apply"],
    ]);
    expect(items.map(({ place }) => place)).toEqual(items.map((_, index) => index));
    expect(items.map(({ atUs }) => atUs)).toEqual(items.map(({ atUs }) => atUs).sort((a, b) => a - b));
  });
});

describe("Order", () => {
  it("holds an item until what happened well before it is done, also at other servers", () => {
    const item = (place: number, server: number, atUs: number): Item => ({
      place,
      server,
      atUs,
      fact: { kind: "write" },
    });
    const items = [item(0, 1, 0), item(1, 2, 20_000), item(2, 2, 40_000)] as const;
    const order = new Order({ items, pings: [], cuts: [], elections: [], openAtEnd: new Set() });
    expect(items.map((one) => order.isDue(one))).toEqual([true, true, false]);
    order.finish(items[0]);
    expect(order.isDue(items[2])).toBe(true);
  });

  it("gives each server its first item that is not done, except notifications", () => {
    const order = new Order(scheduleOfScenario("follower-behind-diff"));
    const first = order.next(1);
    expect(isKind(first, "start")).toBe(true);
    expect(order.oldest()).toBe(first);
    if (first !== undefined) order.finish(first);
    expect(isKind(order.next(1), "packet")).toBe(true);
    expect(order.oldest()?.server).toBe(2);
  });

  it("lets a notification pass only when all servers that start before it have started", () => {
    const schedule = scheduleOfScenario("follower-behind-diff");
    const order = new Order(schedule);
    const item = schedule.items.find((one) => isKind(one, "notification") && one.server === 1);
    if (!isKind(item, "notification")) throw new Error("no notification");
    const { from, vote } = item.fact;
    expect(order.notification(1, from, vote)).toBeUndefined();
    for (const start of schedule.items) if (isKind(start, "start")) order.finish(start);
    expect(order.notification(1, from, vote)).toBe(item);
    order.takeNotification(item);
    const again = order.notification(1, from, vote);
    expect(again === "known" || (again !== undefined && again !== item)).toBe(true);
    expect(order.notification(1, from, { ...vote, leader: 3 })).toBeUndefined();
  });

  it("knows which leader a server elects next", () => {
    const order = new Order(scheduleOfScenario("follower-behind-diff"));
    for (const start of order.schedule.items) if (isKind(start, "start")) order.finish(start);
    expect(Number(order.electedNext(1))).toBe(2);
  });

  it("passes the pings that a server gets after its last item, even if its next item comes later", () => {
    const packet = { kind: "packet", from: 3, type: 1, zxid: undefined, connection: 7 } as const;
    const items: Item[] = [
      { place: 0, server: 1, atUs: 0, fact: packet },
      { place: 1, server: 2, atUs: 1, fact: { kind: "write" } },
      { place: 2, server: 1, atUs: 2, fact: { kind: "write" } },
    ];
    const pings = [{ place: 1, server: 1, connection: 7 }];
    const order = new Order({ items, pings, cuts: [], elections: [], openAtEnd: new Set() });
    expect(order.hasPings(1, 3, 7)).toBe(true);
    order.finish(items[0] as Item);
    expect(order.hasPings(1, 3, 7)).toBe(true);
    order.finish(items[2] as Item);
    expect(order.hasPings(1, 3, 7)).toBe(false);
  });

  it("passes pings until the connection is closed, a server at one end crashes, or the link is cut", () => {
    const close: Item["fact"] = { kind: "close", peer: 3, connection: 7, forced: false };
    const items: Item[] = [
      { place: 0, server: 2, atUs: 0, fact: { kind: "start" } },
      { place: 1, server: 1, atUs: 1, fact: close },
    ];
    const rest = { pings: [], elections: [], openAtEnd: new Set<number>() };
    const closed = new Order({ ...rest, items, cuts: [] });
    expect(closed.hasPings(1, 3, 7)).toBe(true);
    closed.finish(items[1] as Item);
    expect(closed.hasPings(1, 3, 7)).toBe(false);

    const crash: Item = { place: 1, server: 1, atUs: 1, fact: { kind: "crash", unsynced: "kept" } };
    const crashed = new Order({ ...rest, items: [items[0] as Item, crash], cuts: [] });
    expect(crashed.hasPings(1, 3, 7)).toBe(true);
    crashed.finish(crash);
    expect(crashed.hasPings(1, 3, 7)).toBe(false);

    const cuts = [{ place: 1, from: 3, to: 1, isCut: true }];
    const cut = new Order({
      ...rest,
      items: [items[0] as Item, { ...items[1], fact: { kind: "write" } } as Item],
      cuts,
    });
    expect(cut.hasPings(1, 3, 7)).toBe(true);
    cut.finish(items[0] as Item);
    expect(cut.hasPings(1, 3, 7)).toBe(false);
  });

  it("knows which links are cut", () => {
    const schedule = scheduleOfScenario("open-hole-in-log-after-snap-committed-truncated");
    const order = new Order(schedule);
    expect(order.isCut(3, 1)).toBe(false);
    const cut = schedule.cuts.find(({ isCut }) => isCut);
    for (const item of schedule.items) if (item.place <= (cut?.place ?? 0)) order.finish(item);
    expect(order.isCut(3, 1)).toBe(true);
    expect(order.isCut(2, 1)).toBe(false);
  });
});
