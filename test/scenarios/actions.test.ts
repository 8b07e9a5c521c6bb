/**
 * The effect of each action on a cluster, and the state after the action is undone. disk-fault.test.ts tests disk
 * faults.
 */
import { describe, expect, it } from "vitest";
import type { Cluster } from "../../cluster/cluster.ts";
import { behaviorOf } from "../../protocol/releases.ts";
import type { Database } from "../../protocol/storage/database.ts";
import type { ServerId } from "../../protocol/zxid.ts";
import type { ActionResult } from "../../scenarios/action-result.ts";
import { type ActionContext, perform, verbOf } from "../../scenarios/actions.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { messageName } from "../../scenarios/message-match.ts";
import type { Step } from "../../scenarios/scenario.ts";
import schema from "../../schema/scenario.schema.json" with { type: "json" };
import { leaderOf, runFor, runUntil, S1, S2, S3, startAndServe, testCluster } from "../cluster/test-cluster.ts";

const stepOf = (text: string): Step => loadScenario(`servers: 3\nsteps: [{ ${text} }]`, "step.yaml").steps[0] as Step;

/** Performs actions on a cluster. By default, the cluster has three servers that are not started. */
class Stage {
  readonly cluster: Cluster;
  readonly context: ActionContext;
  readonly settled: (readonly ServerId[])[] = [];
  readonly damaged: ServerId[] = [];

  constructor(cluster: Cluster = testCluster("servers: 3")) {
    this.cluster = cluster;
    this.context = {
      cluster,
      holdRules: [],
      txnsWritten: 0,
      onTolerated: () => {},
      onDamaged: (server) => this.damaged.push(server),
      onSettle: (servers) => this.settled.push(servers),
    };
  }

  do(text: string): ActionResult {
    return perform(stepOf(text), this.context);
  }

  /** The links that are cut, as `from>to`. */
  get cuts(): string[] {
    const { ids, world } = this.cluster;
    const links = ids.flatMap((from) => ids.filter((to) => to !== from).map((to) => [from, to] as const));
    return links.filter(([from, to]) => world.network.isCut(from, to)).map(([from, to]) => `${from}>${to}`);
  }

  get runningIds(): ServerId[] {
    return this.cluster.running.map(({ peer }) => peer.myid).toSorted();
  }
}

function servingStage(): Stage {
  const stage = new Stage();
  startAndServe(stage.cluster);
  return stage;
}

describe("verbOf", () => {
  it.each(schema.definitions.step.then.oneOf.flatMap(({ required }) => required))("knows %s", (verb) => {
    expect(verbOf({ after: "0us", [verb]: 1 } as unknown as Step)).toBe(verb);
  });

  it("throws if a step has no action", () => {
    expect(() => verbOf({ after: "0us" } as unknown as Step)).toThrow('a step without an action: {"after":"0us"}');
  });
});

describe("an action cuts links until its undo:", () => {
  it.each([
    ["partition: [[1], [2, 3]]", ["1>2", "1>3", "2>1", "3>1"]],
    ["partition: [[3]]", ["1>3", "2>3", "3>1", "3>2"]],
    ["partition: [[1], [2], [3]]", ["1>2", "1>3", "2>1", "2>3", "3>1", "3>2"]],
    ["isolate: 2", ["1>2", "2>1", "2>3", "3>2"]],
    ["bridge: { over: 1, sides: [[2], [3]] }", ["2>3", "3>2"]],
    ["cutOneWay: { from: 1, to: [2, 3] }", ["1>2", "1>3"]],
    ["flap: { between: [1, 2], every: 1s }", ["1>2", "2>1"]],
  ])("%s", (text, cuts) => {
    const stage = new Stage();
    const { undo } = stage.do(text);
    expect(stage.cuts).toEqual(cuts);
    undo?.();
    expect(stage.cuts).toEqual([]);
  });

  it("flap heals and cuts the link in turn, and stops with its undo", () => {
    const stage = new Stage();
    const { undo } = stage.do("flap: { between: [1, 3], every: 1s }");
    const isCut = [1, 2, 3].map(() => {
      runFor(stage.cluster, 1_000_000);
      return stage.cuts.length > 0;
    });
    expect(isCut).toEqual([false, true, false]);
    undo?.();
    runFor(stage.cluster, 2_000_000);
    expect(stage.cuts).toEqual([]);
  });
});

describe("heal removes the cuts", () => {
  it.each([
    ["of all servers", "heal: all", []],
    ["of one server", "heal: 3", ["1>2", "2>1"]],
    ["of two servers", "heal: [1, 3]", []],
  ])("%s", (_, text, cuts) => {
    const stage = new Stage();
    stage.do("partition: [[1], [2], [3]]");
    expect(stage.do(text)).toEqual({});
    expect(stage.cuts).toEqual(cuts);
  });
});

describe("acceptError", () => {
  it("counts the errors until its undo, after which the thread accepts again", () => {
    const stage = new Stage(testCluster("{ servers: { 1: { down: true }, 2: {}, 3: {} }, zookeeper: 3.4.14 }"));
    startAndServe(stage.cluster);
    const { effect, undo } = stage.do("acceptError: { server: 1, thread: listener }");
    expect([effect, undo]).toEqual([{ kind: "servers", count: expect.any(Function) }, undefined]);
    stage.cluster.startServer(S1);
    const errors = stage.do("acceptError: { server: 1, thread: listener }");
    runFor(stage.cluster, 500_000);
    expect(errors.effect?.count()).toBe(1);
    errors.undo?.();
    errors.undo?.();
    runUntil(stage.cluster, () => stage.cluster.server(S1)?.peer.serving === true);
    expect(errors.effect?.count()).toBe(1);
  });

  it("ends at settle", () => {
    const stage = new Stage(testCluster("{ servers: { 1: { down: true }, 2: {}, 3: {} } }"));
    startAndServe(stage.cluster);
    stage.cluster.startServer(S1);
    stage.do("acceptError: { server: 1, thread: listener }");
    runFor(stage.cluster, 500_000);
    stage.do("settle: [1, 2, 3]");
    runUntil(stage.cluster, () => stage.cluster.server(S1)?.peer.serving === true);
  });

  it("at the leader without a leader has no effect", () => {
    const { effect, undo } = new Stage().do("acceptError: { server: leader, thread: acceptor }");
    expect([effect?.kind, effect?.count(), undo]).toEqual(["servers", 0, undefined]);
  });
});

describe("an action on a server that runs", () => {
  it.each(["crash: 2", "wipe: 2"])("%s ends it, and the undo starts it again", (text) => {
    const stage = servingStage();
    const { undo } = stage.do(text);
    expect(stage.runningIds).toEqual([S1, S3]);
    undo?.();
    expect(stage.runningIds).toEqual([S1, S2, S3]);
  });

  it("wipe: 2 empties its disk, and crash: 2 does not", () => {
    const stage = servingStage();
    stage.do("crash: 2");
    const { disk } = stage.cluster.world.node(S2);
    expect(disk.list().length).toBeGreaterThan(0);
    stage.do("wipe: 2");
    expect(disk.list()).toEqual([]);
  });

  it("wipe and steps that change files report the server as damaged", () => {
    const stage = servingStage();
    for (const text of ["disk: { server: 1, stall: true }", "disk: { server: 1, fail: sync-log }", "crash: 1"]) {
      stage.do(text);
    }
    expect(stage.damaged).toEqual([]);
    stage.do("wipe: 2");
    stage.do("disk: { server: 3, corrupt: log }");
    stage.do("disk: { server: 1, copyFrom: 3 }");
    stage.do("disk: { server: 2, delete: log }");
    expect(stage.damaged).toEqual([S2, S3, S1, S2]);
  });

  it("pause freezes it until the undo, or until resume", () => {
    const stage = servingStage();
    const node = stage.cluster.world.node(S2);
    const { undo } = stage.do("pause: 2");
    expect(node.paused).toBe(true);
    undo?.();
    expect(node.paused).toBe(false);
    stage.do("pause: 2");
    stage.do("resume: 2");
    expect(node.paused).toBe(false);
  });

  it("clock changes the rate of its clock until the undo", () => {
    const stage = servingStage();
    const node = stage.cluster.world.node(S2);
    const { undo } = stage.do("clock: { server: 2, rate: 3 }");
    expect(node.clockRate).toBe(3);
    undo?.();
    expect(node.clockRate).toBe(1);
  });

  it("restart ends it and starts it, in an event of its own", () => {
    const stage = servingStage();
    const before = stage.cluster.server(S2);
    stage.do("restart: 2");
    expect(stage.cluster.server(S2)).toBe(before);
    runFor(stage.cluster, 0);
    expect(stage.cluster.server(S2)).toBeDefined();
    expect(stage.cluster.server(S2)).not.toBe(before);
  });

  it("upgrade restarts it as another release", () => {
    const stage = servingStage();
    stage.do("upgrade: { server: 2, to: 3.5.8 }");
    runFor(stage.cluster, 0);
    expect(stage.cluster.server(S2)?.peer.behavior).toEqual(behaviorOf("3.5.8"));
    expect(stage.cluster.server(S1)?.peer.behavior).toEqual(behaviorOf("newest"));
  });

  it("start starts only a server that does not run", () => {
    const stage = servingStage();
    const before = stage.cluster.server(S1);
    stage.do("crash: 2");
    stage.do("start: 1");
    stage.do("start: 2");
    runFor(stage.cluster, 0);
    expect(stage.runningIds).toEqual([S1, S2, S3]);
    expect(stage.cluster.server(S1)).toBe(before);
  });

  it("disconnect breaks all its connections, or those with one server, and counts them", () => {
    const count = (text: string): number => servingStage().do(text).effect?.count() ?? 0;
    const [withTwo, withThree] = [
      count("disconnect: { server: 1, from: 2 }"),
      count("disconnect: { server: 1, from: 3 }"),
    ];
    expect(withTwo).toBeGreaterThan(0);
    expect(withThree).toBeGreaterThan(0);
    expect(count("disconnect: 1")).toBe(withTwo + withThree);
  });

  it.each([
    ["disconnect: { server: leader, orderly: true }", 2],
    ["disconnect: leader", 0],
  ])("after %s, %i of two PROPOSALs in flight arrive", (text, arriving) => {
    const stage = new Stage();
    let arrived = 0;
    stage.cluster.watchMessages({
      sent: () => undefined,
      delivered: (_from, _to, message) => {
        if (messageName(message) === "PROPOSAL") arrived++;
      },
    });
    startAndServe(stage.cluster);
    stage.do("write: 1");
    runFor(stage.cluster, 0);
    stage.do(text);
    runFor(stage.cluster, 10_000);
    expect(arrived).toBe(arriving);
  });

  it("refuse counts the connections that it refuses until the undo", () => {
    const stage = servingStage();
    const node = stage.cluster.world.node(leaderOf(stage.cluster));
    const { effect, undo } = stage.do(`refuse: ${node.id}`);
    stage.do("disconnect: leader");
    runFor(stage.cluster, 5_000_000);
    const refused = effect?.count();
    expect(refused).toBeGreaterThan(0);
    undo?.();
    expect(node.refusing).toBe(false);
    const later = [1, 2, 3].map((sid) => stage.do(`refuse: ${sid}`).effect);
    for (const sid of [1, 2, 3]) stage.do(`disconnect: ${sid}`);
    runFor(stage.cluster, 5_000_000);
    expect(later[0]?.count()).toBeGreaterThan(0);
    expect(effect?.count()).toBe(refused);
  });
});

describe("leader stands for the server that leads:", () => {
  it("the action applies to it", () => {
    const stage = servingStage();
    const leader = leaderOf(stage.cluster);
    expect(stage.do("crash: leader").effect?.count()).toBe(1);
    expect(stage.cluster.server(leader)).toBeUndefined();
  });

  it.each([
    "crash: leader",
    "pause: leader",
    "isolate: leader",
    "disconnect: leader",
    "disk: { server: leader, stall: true }",
  ])("%s has no effect if no server leads", (text) => {
    const { effect, undo } = new Stage().do(text);
    expect(effect?.count()).toBe(0);
    expect(undo).toBeUndefined();
  });

  it("stall: requests has no effect at a server that does not lead", () => {
    const stage = servingStage();
    const follower = leaderOf(stage.cluster) === 1 ? 2 : 1;
    const { effect, undo } = stage.do(`stall: { server: ${follower}, thread: requests }`);
    expect([effect?.kind, effect?.count(), undo]).toEqual(["threads", 0, undefined]);
  });

  it.each(["crash: 2", "pause: 2"])("%s has no effect if the server does not run", (text) => {
    expect(new Stage().do(text).effect?.count()).toBe(0);
  });
});

describe("snapshot", () => {
  it("makes a server that serves save a snapshot and begin a new log file", () => {
    const stage = servingStage();
    stage.do("write: { at: leader, count: 2 }");
    runFor(stage.cluster, 100_000);
    const leader = leaderOf(stage.cluster);
    const database = stage.cluster.server(leader)?.peer.database as Database;
    const before = database.logFiles.length;
    const { effect } = stage.do("snapshot: leader");
    stage.do("write: { at: leader, count: 1 }");
    runFor(stage.cluster, 100_000);
    expect(effect?.count()).toBe(1);
    expect(database.snapshots.map(({ zxid }) => zxid).at(-1)).toBe(0x1_0000_0002);
    expect(database.logFiles.length).toBe(before + 1);
  });

  it("has no effect at a server that does not serve", () => {
    expect(new Stage().do("snapshot: 1").effect?.count()).toBe(0);
  });
});

describe("write", () => {
  it("lets clients write at the leader, at intervals, and counts what it accepts", () => {
    const stage = servingStage();
    const { effect } = stage.do("write: { count: 3, every: 10ms }");
    runFor(stage.cluster, 15_000);
    expect(effect?.count()).toBe(2);
    runFor(stage.cluster, 10_000);
    expect(effect?.count()).toBe(3);
    expect(stage.context.txnsWritten).toBe(3);
  });

  it("is accepted by no server that does not run", () => {
    const stage = servingStage();
    stage.do("crash: 2");
    const { effect } = stage.do("write: { at: 2, count: 2 }");
    runFor(stage.cluster, 10_000);
    expect(effect?.count()).toBe(0);
  });
});

describe("link", () => {
  it("changes the links of a direction until the undo", () => {
    const stage = new Stage();
    const { network } = stage.cluster.world;
    const before = network.characterOf(S1, S2);
    const { undo } = stage.do("link: { from: 1, latency: 5ms..9ms, lossRate: 0.5, duplicateRate: 0.25 }");
    const changed = { latencyMinUs: 5000, latencyMaxUs: 9000, lossRate: 0.5, duplicateRate: 0.25 };
    expect(network.characterOf(S1, S2)).toMatchObject(changed);
    expect(network.characterOf(S1, S3)).toMatchObject(changed);
    expect(network.characterOf(S2, S1)).toEqual(before);
    undo?.();
    expect(network.characterOf(S1, S2)).toEqual(before);
    expect(network.characterOf(S1, S3)).toEqual(before);
  });

  it("keeps what it does not name", () => {
    const stage = new Stage();
    const { network } = stage.cluster.world;
    const before = network.characterOf(S1, S2);
    stage.do("link: { to: 2, lossRate: 0.5 }");
    expect(network.characterOf(S1, S2)).toEqual({ ...before, lossRate: 0.5 });
  });
});

describe("messages", () => {
  it("that a clog holds arrive after the undo", () => {
    const stage = new Stage();
    const { effect, undo } = stage.do("clog: {}");
    stage.cluster.start();
    runFor(stage.cluster, 2_000_000);
    expect(effect?.count()).toBeGreaterThan(0);
    expect(stage.cluster.leader).toBeUndefined();
    undo?.();
    runUntil(stage.cluster, () => stage.cluster.running.every(({ peer }) => peer.serving));
  });

  it.each([
    "drop: { type: PROPOSAL, count: 2 }",
    "delay: { type: PROPOSAL, by: 5ms, count: 2 }",
    "reset: { type: PROPOSAL, count: 2 }",
    "reset: { type: PROPOSAL, count: 2, orderly: true }",
    "alter: { type: PROPOSAL, set: { zxid: 9:9 }, count: 2 }",
    "hold: { type: PROPOSAL, count: 2 }",
  ])("%s counts the messages that match, up to its limit", (text) => {
    const stage = servingStage();
    const { effect } = stage.do(text);
    expect(effect?.count()).toBe(0);
    stage.do("write: 1");
    runFor(stage.cluster, 1000);
    expect(effect).toMatchObject({ kind: "messages" });
    expect(effect?.count()).toBe(2);
  });

  it("that match after the undo of drop are not dropped", () => {
    const stage = servingStage();
    const { effect, undo } = stage.do("drop: { type: PROPOSAL, count: 9 }");
    undo?.();
    stage.do("write: 1");
    runFor(stage.cluster, 1_000_000);
    expect(effect?.count()).toBe(0);
  });

  it.each<[string, (stage: Stage, undo: ActionResult["undo"]) => void]>([
    ["its undo", (_, undo) => undo?.()],
    ["release", (stage) => void stage.do("release: all")],
  ])("that hold holds arrive after %s", (_, end) => {
    const stage = servingStage();
    const zxids = (): number[] => stage.cluster.running.map(({ peer }) => peer.database.lastProcessedZxid);
    const before = zxids();
    const { undo } = stage.do("hold: { type: PROPOSAL, count: 9 }");
    stage.do("write: 1");
    runFor(stage.cluster, 100_000);
    expect(zxids()).toEqual(before);
    end(stage, undo);
    runFor(stage.cluster, 100_000);
    expect(zxids()).toEqual([2 ** 32 + 1, 2 ** 32 + 1, 2 ** 32 + 1]);
  });

  it("the undo of a tolerated alter ends the connection whose ACK the leader has ignored", () => {
    const stage = servingStage();
    const epochs = (): number[] => stage.cluster.running.map(({ peer }) => peer.currentEpoch);
    const alter = (from: number) => `alter: { type: ACK, from: ${from}, set: { zxid: "0:1" }, tolerated: true }`;
    const undos = [S1, S2].map((sid) => stage.do(alter(sid)).undo);
    stage.do("write: 1");
    runFor(stage.cluster, 1_000_000);
    expect(epochs()).toEqual([1, 1, 1]);
    for (const undo of undos) undo?.();
    // The leader would notice the missing ACK only after syncLimit, which is 10 s.
    runFor(stage.cluster, 5_000_000);
    expect(epochs()).toEqual([2, 2, 2]);
  });

  it("release forgets the rules that it has released", () => {
    const stage = servingStage();
    stage.do("hold: { type: PROPOSAL }");
    expect(stage.context.holdRules).toHaveLength(1);
    stage.do("release: all");
    expect(stage.context.holdRules).toEqual([]);
  });
});

it("settle reports its servers in an event of its own, and cuts only the other servers off", () => {
  const stage = servingStage();
  stage.do("isolate: 2");
  stage.do("settle: [2, 3]");
  expect(stage.settled).toEqual([]);
  runFor(stage.cluster, 0);
  expect(stage.settled).toEqual([[S2, S3]]);
  expect(stage.cuts).toEqual(["1>2", "1>3", "2>1", "3>1"]);
});
