/** The defaults of fields, and the complete form of each short form. */
import { describe, expect, it } from "vitest";
import { asServerId } from "../../../protocol/zxid.ts";
import { loadScenario } from "../../../scenarios/load.ts";
import type { RawScenario } from "../../../scenarios/loading/raw-scenario.ts";
import { completeScenario, serversOf } from "../../../scenarios/loading/short-forms-and-defaults.ts";
import type { Scenario, Step } from "../../../scenarios/scenario.ts";

const load = (text: string): Scenario => loadScenario(text, "case.yaml");
const stepOf = (text: string): Step => load(`servers: 3\nsteps: [${text}]`).steps[0] as Step;
const complete = (raw: object) => completeScenario({ servers: 2, ...raw } as unknown as RawScenario, "name");

it("epoch files have the epoch of the last zxid by default, and are missing on an empty disk", () => {
  const { servers } = complete({ servers: { 1: { history: "1:1, 3:1" }, 2: { empty: true } } });
  expect(Object.values(servers)).toMatchObject([
    { acceptedEpoch: 3, currentEpoch: 3, snapshots: ["0:0"] },
    { acceptedEpoch: "missing", currentEpoch: "missing", snapshots: [] },
  ]);
});

it("zxids in hexadecimal and 0 as a duration get their usual notation", () => {
  expect(complete({ committed: "0x100000002", until: 0 })).toMatchObject({ committed: "1:2", until: "0us" });
});

it("an action without a trigger follows the previous step immediately", () => {
  expect(complete({ steps: [{ pause: 1 }] }).steps).toEqual([{ after: "0us", pause: 1 }]);
});

it("a removed step stays null", () => {
  expect(complete({ steps: [null, { pause: 1 }] }).steps[0]).toBeNull();
});

it("the numbers of invariants stand for their names", () => {
  expect(complete({ expect: { violates: "I-8" } }).expect.violates).toEqual(
    complete({ expect: { violates: ["I-8"] } }).expect.violates,
  );
  expect(complete({ expect: { violates: "I-8" } }).expect.violates[0]).not.toBe("I-8");
});

it("serversOf gives the servers 1 to N", () => {
  expect(serversOf(3)).toEqual({ 1: {}, 2: {}, 3: {} });
});

describe("a loaded file is complete:", () => {
  it("`servers: 3` alone gets every default", () => {
    const server = {
      role: "participant",
      history: "",
      snapshots: ["0:0"],
      logFilesFrom: [],
      acceptedEpoch: 0,
      currentEpoch: 0,
      empty: false,
      down: false,
      settings: {},
    };
    expect(load("servers: 3")).toEqual({
      name: "case",
      about: "",
      zookeeper: "newest",
      servers: { 1: server, 2: server, 3: server },
      settings: {},
      network: { latency: "200us..1ms", lossRate: 0, duplicateRate: 0, links: [] },
      disk: { sync: "1ms..4ms", write: "0.1ms..1ms" },
      threads: {
        serializeSnapshot: "0ms..50ms",
        transferSnapshot: "0ms",
        resumeLearner: "0ms..2ms",
        queueNewLeader: "0ms..0.5ms",
        applyLatency: "0ms..0.5ms",
        electionWakeUp: "0ms..1ms",
      },
      steps: [],
      expect: { violates: [] },
    });
  });

  it("servers: histories, snapshots and epoch files", () => {
    const { servers } = load(`
      servers:
        0: {history: "0x100000001..1:3 ,2:1", snapshots: "0:0, 1:2", logFilesFrom: 1:3,
            logFrom: 0x100000002, acceptedEpoch: missing}
        1:
        255: {empty: true, role: observer, view: [0, 1], settings: {initLimit: 3}}
    `);
    expect(servers[asServerId(0)]).toMatchObject({
      history: "1:1..1:3, 2:1",
      snapshots: ["0:0", "1:2"],
      logFilesFrom: ["1:3"],
    });
    expect(servers[asServerId(0)]).toMatchObject({ logFrom: "1:2", acceptedEpoch: "missing", currentEpoch: 2 });
    expect(servers[asServerId(1)]).toMatchObject({ role: "participant", acceptedEpoch: 0 });
    expect(servers[asServerId(255)]).toMatchObject({
      snapshots: [],
      acceptedEpoch: "missing",
      currentEpoch: "missing",
      view: [0, 1],
    });
  });

  it("quorums: a majority, or groups with weights", () => {
    expect(load("servers: 3\nquorum: majority")).not.toHaveProperty("quorum");
    const text = "servers: 4\nquorum: {groups: {a: [1, 2], b: [3, 4]}, weights: {4: 0}}";
    expect(load(text).quorum).toEqual({ groups: { a: [1, 2], b: [3, 4] }, weights: { 4: 0 } });
    expect(load("servers: 1\nquorum: {groups: {a: [1]}}").quorum?.weights).toEqual({});
  });

  it("links: one way by default", () => {
    const { links } = load("servers: 2\nnetwork: {links: [{from: 1, to: 2, latency: 5ms}]}").network;
    expect(links).toEqual([{ from: 1, to: 2, bothWays: false, latency: "5ms" }]);
  });

  it.each<[string, object]>([
    ["{at: 0, start: 1}", { at: "0us", start: 1 }],
    ["{after: 1.5s, restart: 1}", { after: "1.5s", restart: 1 }],
    ["{when: established, pause: 1}", { when: { event: "established", nth: 1 }, pause: 1 }],
    ["{when: established, after: 1ms, resume: 1}", { when: { event: "established", nth: 1 }, after: "1ms", resume: 1 }],
    [
      "{when: {message: ACKEPOCH, from: 2, to: 3, nth: 2}, wipe: 1}",
      { when: { message: "ACKEPOCH", from: 2, to: 3, nth: 2, on: "delivered" }, wipe: 1 },
    ],
    ["{crash: 2}", { after: "0us", crash: { server: 2, unsynced: "lost", connectionsReset: true } }],
    ["{crash: leader}", { after: "0us", crash: { server: "leader", unsynced: "lost", connectionsReset: true } }],
    [
      "{crash: {server: 1, unsynced: 2, connectionsReset: false}}",
      { after: "0us", crash: { server: 1, unsynced: 2, connectionsReset: false } },
    ],
    ["{write: 3}", { after: "0us", write: { at: "leader", count: 3, every: "1ms" } }],
    ["{write: {count: 3, at: 2, every: 10ms}}", { after: "0us", write: { at: 2, count: 3, every: "10ms" } }],
    ["{cutOneWay: {from: 1, to: [2, 3]}}", { after: "0us", cutOneWay: { from: [1], to: [2, 3] } }],
    ["{partition: [1, [2, 3]]}", { after: "0us", partition: [[1], [2, 3]] }],
    ["{partition: [[3]]}", { after: "0us", partition: [[3]] }],
    ["{heal: all}", { after: "0us", heal: "all" }],
    ["{heal: 2}", { after: "0us", heal: [2] }],
    ["{afterEvent: 7, pause: 1}", { afterEvent: 7, pause: 1 }],
    [
      "{inFlight: {type: ACK, zxid: 0x100000002, nth: 2, delay: 5ms}}",
      { after: "0us", inFlight: { match: { type: "ACK", zxid: "1:2" }, nth: 2, delay: "5ms" } },
    ],
    ["{inFlight: {from: 1, drop: true}}", { after: "0us", inFlight: { match: { from: 1 }, drop: true } }],
    ["{inFlight: {to: 1, deliver: true}}", { after: "0us", inFlight: { match: { to: 1 }, deliver: true } }],
    ["{drop: {type: ACKEPOCH, from: 2}}", { after: "0us", drop: { match: { type: "ACKEPOCH", from: 2 }, count: 1 } }],
    ["{drop: {}}", { after: "0us", drop: { match: {}, count: 1 } }],
    ["{hold: {zxid: 0x100000002, count: 5}}", { after: "0us", hold: { match: { zxid: "1:2" }, count: 5 } }],
    ["{reset: {to: 3}}", { after: "0us", reset: { match: { to: 3 }, count: 1 } }],
    ["{reset: {to: 3, orderly: true}}", { after: "0us", reset: { match: { to: 3 }, count: 1, orderly: true } }],
    ["{reset: {to: 3, orderly: false}}", { after: "0us", reset: { match: { to: 3 }, count: 1 } }],
    ["{disconnect: {server: 3, orderly: true}}", { after: "0us", disconnect: { server: 3, orderly: true } }],
    ["{disconnect: {server: 3, orderly: false}}", { after: "0us", disconnect: { server: 3 } }],
    [
      "{delay: {type: NOTIFICATION, by: 200ms}}",
      { after: "0us", delay: { match: { type: "NOTIFICATION" }, by: "200ms", count: 1 } },
    ],
    ["{release: all}", { after: "0us", release: "all" }],
    [
      "{alter: {type: ACKEPOCH, set: {epoch: 9, zxid: 0x900000001}}}",
      { after: "0us", alter: { match: { type: "ACKEPOCH" }, set: { epoch: 9, zxid: "9:1" }, count: 1 } },
    ],
    [
      "{alter: {type: ACK, from: 2, set: {zxid: 0:1}, tolerated: true}}",
      {
        after: "0us",
        alter: { match: { type: "ACK", from: 2 }, set: { zxid: "0:1" }, count: 1, tolerated: true },
      },
    ],
    [
      "{alter: {type: ACK, set: {zxid: 0:1}, tolerated: false}}",
      { after: "0us", alter: { match: { type: "ACK" }, set: { zxid: "0:1" }, count: 1 } },
    ],
    ["{disk: {server: 1, sync: 0}}", { after: "0us", disk: { server: 1, sync: "0us" } }],
    ["{disk: {server: 1, fail: load}}", { after: "0us", disk: { server: 1, fail: "load" } }],
  ])("step %s", (text, full) => {
    expect(stepOf(text)).toEqual(full);
  });

  it("expectations", () => {
    const text = `
      servers: {1: {history: 1:1}, 2: , 3: }
      expect:
        decisions:
          - 3: TRUNC 1:5
          - 2: SNAP
          - {learner: 2, leader: 1, decision: DIFF, zxid: 0x100000001, rule: in-sync}
        leader: none
        epoch: 2
        active: [1]
        histories: {1: "1:1, 1:2"}
        failures:
          - 2: read-timeout
          - {server: 1, reason: not-ack, learner: 3}
        violates: initial-history-agreement
    `;
    expect(load(text).expect).toEqual({
      decisions: [
        { learner: 3, decision: "TRUNC", zxid: "1:5" },
        { learner: 2, decision: "SNAP" },
        { learner: 2, leader: 1, decision: "DIFF", zxid: "1:1", rule: "in-sync" },
      ],
      leader: "none",
      epoch: 2,
      active: [1],
      histories: { 1: "1:1, 1:2" },
      failures: [
        { server: 2, reason: "read-timeout" },
        { server: 1, reason: "not-ack", learner: 3 },
      ],
      violates: ["initial-history-agreement"],
    });
  });
});
