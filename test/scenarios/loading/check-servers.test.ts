/** The rules that the loader checks for servers and the content of their disks. */
import { describe, expect, it } from "vitest";
import { checkHistory, checkServers } from "../../../scenarios/loading/check-servers.ts";
import { testInvalidFiles } from "../bad/invalid-files.ts";
import { WRONG_SERVERS } from "../bad/table.ts";
import { checksOf, testRules } from "./valid-and-invalid.ts";

const server = (fields: object): object => ({ servers: { 1: fields, 2: { history: "1:1" } } });

describe("servers are valid only if", () => {
  testRules(checkServers, [
    ["a quorum has the committed zxid", { committed: "1:5" }, { committed: "1:6" }, "committed"],
    [
      "participants alone make the quorum of the committed zxid",
      { servers: { 1: { history: "1:1" }, 2: { history: "1:1" }, 3: {} }, committed: "1:1" },
      { servers: { 1: { history: "1:1" }, 2: { history: "1:1", role: "observer" }, 3: {} }, committed: "1:1" },
      "committed",
    ],
    [
      "a server with an empty disk may have had the committed zxid",
      { servers: { 1: { history: "1:1" }, 2: { empty: true }, 3: {} }, committed: "1:1" },
      { servers: { 1: { history: "1:1" }, 2: {}, 3: {} }, committed: "1:1" },
      "committed",
    ],
    [
      "at least one server still has the committed zxid",
      { servers: { 1: { history: "1:1" }, 2: { empty: true }, 3: { empty: true } }, committed: "1:1" },
      { servers: { 1: {}, 2: { empty: true }, 3: { empty: true } }, committed: "1:1" },
      "committed",
    ],
    [
      "groups with weights, if there are any, make the quorum of the committed zxid",
      { committed: "1:1", quorum: { groups: { a: [1, 2, 3] }, weights: { 3: 0 } } },
      { committed: "1:1", quorum: { groups: { a: [1, 2, 3] }, weights: { 3: 2 } } },
      "committed",
    ],
    [
      "one server votes",
      { servers: { 1: {}, 2: { role: "observer" } } },
      { servers: { 1: { role: "observer" } } },
      "servers",
    ],
    [
      "snapshots lie in the history",
      server({ history: "1:1..1:5", snapshots: ["0:0", "1:5"] }),
      server({ history: "1:1..1:5", snapshots: ["0:0", "1:6"] }),
      "servers.1.snapshots[1]",
    ],
    [
      "snapshots ascend",
      server({ history: "1:1..1:5", snapshots: ["1:1", "1:2"] }),
      server({ history: "1:1..1:5", snapshots: ["1:2", "1:2"] }),
      "servers.1.snapshots[1]",
    ],
    [
      "log files start in the history",
      server({ history: "1:1, 2:1", logFilesFrom: ["2:1"] }),
      server({ history: "1:1, 2:1", logFilesFrom: ["1:2"] }),
      "servers.1.logFilesFrom[0]",
    ],
    [
      "the log starts in the history",
      server({ history: "1:1..1:5", logFrom: "1:2" }),
      server({ history: "1:1..1:5", logFrom: "2:2" }),
      "servers.1.logFrom",
    ],
    [
      "above the newest snapshot, the log is the history",
      server({ history: "1:1..1:2, 2:1..2:3", snapshots: ["2:1"], log: "1:1..1:4, 2:2..2:3" }),
      server({ history: "1:1..1:2, 2:1..2:3", snapshots: ["2:1"], log: "1:1..1:4, 2:2" }),
      "servers.1.log",
    ],
    [
      "a log is either purged or described",
      server({ history: "1:1..1:5", log: "1:1..1:5" }),
      server({ history: "1:1..1:5", log: "1:1..1:5", logFrom: "1:1" }),
      "servers.1.log",
    ],
    [
      "a snapshot is named by a transaction of the history, or by the start of an epoch",
      server({ history: "1:1", snapshots: ["2:0"], log: "1:1" }),
      server({ history: "1:1", snapshots: ["2:1"], log: "1:1" }),
      "servers.1.snapshots[0]",
    ],
    [
      "an empty disk has no epoch files",
      server({ empty: true, currentEpoch: "missing" }),
      server({ empty: true, currentEpoch: 1 }),
      "servers.1.currentEpoch",
    ],
    [
      "a configuration has a voter",
      server({ config: { voters: [1] } }),
      server({ config: { voters: [] } }),
      "servers.1.config.voters",
    ],
    [
      "a server is a voter or an observer",
      server({ config: { voters: [1], observers: [2] } }),
      server({ config: { voters: [1, 2], observers: [2] } }),
      "servers.1.config.observers[0]",
    ],
    [
      "groups contain voters only",
      server({ config: { voters: [1], observers: [2], groups: { a: [1] } } }),
      server({ config: { voters: [1], observers: [2], groups: { a: [1, 2] } } }),
      "servers.1.config.groups.a[1]",
    ],
    [
      "each voter is in one group",
      server({ config: { voters: [1, 2], groups: { a: [1], b: [2] } } }),
      server({ config: { voters: [1, 2], groups: { a: [1, 2], b: [2] } } }),
      "servers.1.config.groups.b[0]",
    ],
    [
      "no voter is without a group",
      server({ config: { voters: [1, 2], groups: { a: [1, 2] } } }),
      server({ config: { voters: [1, 2], groups: { a: [1] } } }),
      "servers.1.config.groups",
    ],
    [
      "weights need groups",
      server({ config: { voters: [1], groups: { a: [1] }, weights: { 1: 2 } } }),
      server({ config: { voters: [1], weights: { 1: 2 } } }),
      "servers.1.config.weights",
    ],
    [
      "only voters have weights",
      server({ config: { voters: [1], groups: { a: [1] }, weights: { 1: 2 } } }),
      server({ config: { voters: [1], groups: { a: [1] }, weights: { 2: 2 } } }),
      "servers.1.config.weights.2",
    ],
    [
      "a voter has some weight",
      server({ config: { voters: [1, 2], groups: { a: [1, 2] }, weights: { 1: 0 } } }),
      server({ config: { voters: [1, 2], groups: { a: [1, 2] }, weights: { 1: 0, 2: 0 } } }),
      "servers.1.config.weights",
    ],
    [
      "a server has a view or a configuration",
      server({ view: [1, 2] }),
      server({ view: [1, 2], config: { voters: [1, 2] } }),
      "servers.1.view",
    ],
    ["the file myid holds the id of a server", server({ myid: 2 }), server({ myid: 3 }), "servers.1.myid"],
    ["a view holds servers", server({ view: [1, 2] }), server({ view: [1, 3] }), "servers.1.view[1]"],
    [
      "the intervals of a server's notifications grow",
      server({ settings: { minNotificationIntervalMs: 5, maxNotificationIntervalMs: 5 } }),
      server({ settings: { minNotificationIntervalMs: 5, maxNotificationIntervalMs: 4 } }),
      "servers.1.settings.maxNotificationIntervalMs",
    ],
  ]);
});

describe("an invalid server:", () => {
  testInvalidFiles(WRONG_SERVERS);
});

it("an invalid history hides the committed zxid, because the server may have it", () => {
  const checks = checksOf({ servers: { 1: { history: "1:5..1:1" } }, committed: "1:1" });
  checkServers(checks);
  expect(checks.problems.map(({ path }) => path)).toEqual([["servers", "1", "history"]]);
});

describe("checkHistory", () => {
  it("returns the ranges of a valid history", () => {
    const checks = checksOf({});
    expect(checkHistory(checks, "1:1..1:3", ["x"])).toEqual([{ first: 2 ** 32 + 1, last: 2 ** 32 + 3 }]);
    expect(checks.problems).toEqual([]);
  });

  it("reports an invalid history at its path", () => {
    const checks = checksOf({});
    expect(checkHistory(checks, "2:1, 1:1", ["x"])).toBeUndefined();
    expect(checks.problems).toMatchObject([
      { path: ["x"], value: "2:1, 1:1", message: expect.stringContaining("does not come after 2:1") },
    ]);
  });
});
