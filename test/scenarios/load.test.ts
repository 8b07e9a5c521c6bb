/** The loader: it expands short forms, and reports every problem with its line and field. */

import Ajv from "ajv";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { PROTOCOL_EVENTS } from "../../cluster/records.ts";
import { parseHistory } from "../../cluster/zxid-range.ts";
import { SYNC_RULES } from "../../protocol/leader/sync-rules.ts";
import type { FailureReason } from "../../protocol/notes.ts";
import { PACKET_NAMES } from "../../protocol/packets.ts";
import { RELEASES } from "../../protocol/releases.ts";
import { DEFAULT_SETTINGS } from "../../protocol/settings.ts";
import { asServerId } from "../../protocol/zxid.ts";
import { applyOverride, type LoadOptions, loadScenario, type Problem, ScenarioError } from "../../scenarios/load.ts";
import { checkSchema, type Schema } from "../../scenarios/loading/check-schema.ts";
import type { Scenario, Step } from "../../scenarios/scenario.ts";
import schema from "../../schema/scenario.schema.json" with { type: "json" };
import { parseDurationRange } from "../../sim/duration-range.ts";
import { BAD_FILES } from "./bad/table.ts";

const load = (text: string, options?: LoadOptions): Scenario => loadScenario(text, "dir/case.yaml", options);

/** Returns the problems of an invalid file. */
function problemsOf(text: string, options?: LoadOptions): readonly Problem[] {
  try {
    load(text, options);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  throw new Error("the file is valid");
}

const stepOf = (text: string): Step => load(`servers: 3\nsteps: [${text}]`).steps[0] as Step;

describe("invalid files", () => {
  test.each(BAD_FILES)("%s", (_, text, line, field, words) => {
    const problems = problemsOf(text);
    const problem = problems.find((one) => one.field === field);
    expect(problem, JSON.stringify(problems)).toMatchObject({ file: "dir/case.yaml", line });
    expect(problem?.accepted).not.toBe("");
    for (const word of words) expect(`${problem?.message} (${problem?.accepted})`).toContain(word);
    // One mistake gives one message.
    expect(problems.map((one) => one.field)).toEqual([field]);
  });

  test("every problem is reported in the order of the file, with file, line, field, value, accepted", () => {
    const text = "servers: {1: {histroy: 1:1}}\nsteps:\n  - crash: 9\n  - {}\nexpect: {leader: 4}\nquorum: most\n";
    expect(() => load(text)).toThrow(
      /^dir\/case\.yaml:1: servers\.1\.histroy: unknown field, did you mean history\? \(value "1:1"; accepted: role, /,
    );
    expect(problemsOf(text).map(({ line, field }) => `${line} ${field}`)).toEqual([
      "1 servers.1.histroy",
      "3 steps[0].crash.server",
      "4 steps[1]",
      "5 expect.leader",
      "6 quorum",
    ]);
  });

  test("an error lists ten problems at most", () => {
    expect(problemsOf(`servers: 3\nsteps: [${"{crash: 9}, ".repeat(50)}]`)).toHaveLength(10);
  });

  test("a wrong field hides neither its server nor the history that others refer to", () => {
    const text =
      "servers: {1: {role: observer, down: no}, 2: {history: 1;1}}\ncommitted: 1:1\nquorum: {groups: {a: [2]}}\n";
    expect(problemsOf(text).map(({ field }) => field)).toEqual(["servers.1.down", "servers.2.history"]);
  });

  test("the column is that of the value, or of the name when the name is wrong", () => {
    expect(problemsOf("servers: 3\nsteps:\n  - {crash: 9}")[0]).toMatchObject({ line: 3, column: 13 });
    expect(problemsOf("servers: 3\nsteps:\n  - {crsh: 9}")[0]).toMatchObject({ line: 3, column: 6 });
  });
});

describe("valid files", () => {
  test("a file with `servers: 3` only gets every default", () => {
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
      threads: { serializeSnapshot: "0ms..50ms", resumeLearner: "0ms..2ms", applyCommits: "0ms..0.5ms" },
      steps: [],
      expect: { violates: [] },
    });
  });

  test("JSON is accepted, with a $schema", () => {
    const text = JSON.stringify({ $schema: "../schema/scenario.schema.json", servers: { 1: {} }, until: "5s" });
    expect(loadScenario(text, "C:\\scenarios\\one.JSON")).toMatchObject({ name: "one", until: "5s" });
    expect(load(text)).not.toHaveProperty("$schema");
  });

  test("servers: histories, snapshots and epoch files", () => {
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

  test("quorums: a majority, or groups with weights", () => {
    expect(load("servers: 3\nquorum: majority")).not.toHaveProperty("quorum");
    const text = "servers: 4\nquorum: {groups: {a: [1, 2], b: [3, 4]}, weights: {4: 0}}";
    expect(load(text).quorum).toEqual({ groups: { a: [1, 2], b: [3, 4] }, weights: { 4: 0 } });
    expect(load("servers: 1\nquorum: {groups: {a: [1]}}").quorum?.weights).toEqual({});
  });

  test("links: one way by default", () => {
    const { links } = load("servers: 2\nnetwork: {links: [{from: 1, to: 2, latency: 5ms}]}").network;
    expect(links).toEqual([{ from: 1, to: 2, bothWays: false, latency: "5ms" }]);
  });

  test.each<[string, object]>([
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
    ["{drop: {type: ACKEPOCH, from: 2}}", { after: "0us", drop: { match: { type: "ACKEPOCH", from: 2 }, count: 1 } }],
    ["{drop: {}}", { after: "0us", drop: { match: {}, count: 1 } }],
    ["{hold: {zxid: 0x100000002, count: 5}}", { after: "0us", hold: { match: { zxid: "1:2" }, count: 5 } }],
    ["{reset: {to: 3}}", { after: "0us", reset: { match: { to: 3 }, count: 1 } }],
    [
      "{delay: {type: NOTIFICATION, by: 200ms}}",
      { after: "0us", delay: { match: { type: "NOTIFICATION" }, by: "200ms", count: 1 } },
    ],
    ["{release: all}", { after: "0us", release: "all" }],
    [
      "{alter: {type: ACKEPOCH, set: {epoch: 9, zxid: 0x900000001}}}",
      { after: "0us", alter: { match: { type: "ACKEPOCH" }, set: { epoch: 9, zxid: "9:1" }, count: 1 } },
    ],
    ["{disk: {server: 1, sync: 0}}", { after: "0us", disk: { server: 1, sync: "0us" } }],
    ["{disk: {server: 1, fail: load}}", { after: "0us", disk: { server: 1, fail: "load" } }],
  ])("step %s", (text, full) => {
    expect(stepOf(text)).toEqual(full);
  });

  test("expectations", () => {
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

describe("--set", () => {
  const text = "servers: 3\nsteps:\n  - crash: 2\n  - when: established\n    write: 3\n";

  test.each<[string, string, (scenario: Scenario) => unknown, unknown]>([
    ["a field that is not there", "network.latency=1ms..5ms", (it) => it.network.latency, "1ms..5ms"],
    [
      "a field that is there",
      "steps[0].crash=3",
      (it) => it.steps[0],
      expect.objectContaining({ crash: expect.objectContaining({ server: 3 }) }),
    ],
    ["a mapping", "settings={initLimit: 3}", (it) => it.settings, { initLimit: 3 }],
    ["into a number of servers", "servers.2.history=1:1..1:5", (it) => it.servers[asServerId(2)]?.history, "1:1..1:5"],
    ["one more server", "servers.7.role=observer", (it) => Object.keys(it.servers).length, 4],
    [
      "into a crash",
      "steps[0].crash.unsynced=torn",
      (it) => it.steps[0],
      expect.objectContaining({ crash: expect.objectContaining({ server: 2, unsynced: "torn" }) }),
    ],
    [
      "into a write",
      "steps[1].write.at=1",
      (it) => it.steps[1],
      expect.objectContaining({ write: { at: 1, count: 3, every: "1ms" } }),
    ],
    ["into a moment", "steps[1].when.server=1", (it) => it.steps[1]?.when, { event: "established", server: 1, nth: 1 }],
    ["one more step", "steps[2].wipe=1", (it) => it.steps.length, 3],
    [
      "the first of a list",
      "expect.violates[0]=initial-history-agreement",
      (it) => it.expect.violates,
      ["initial-history-agreement"],
    ],
  ])("%s", (_, set, pick, value) => {
    expect(pick(load(text, { set: [set] }))).toEqual(value);
  });

  test("options apply in order, also to an empty file", () => {
    expect(load("", { set: ["servers=3", "servers.3.down=true"] }).servers[asServerId(3)]?.down).toBe(true);
  });

  test.each<[string, string, string, string]>([
    ["no value", "settings", "file", "path=value"],
    ["no path", "=3", "file", "path=value"],
    ["a malformed path", "steps[x]=3", "file", "path=value"],
    ["an entry that does not exist", "steps[9].crash=3", "steps", "[0] to [2]"],
    ["a name as an index of a list", "steps.first.crash=3", "steps", "[0] to [2]"],
    ["a path into a text", "about.x=3", "about", "path=value"],
    ["a value that is not YAML", "servers={1: ", "servers", ""],
    ["a value that is too deep", `servers=${"[".repeat(500)}${"]".repeat(500)}`, "servers", "levels"],
  ])("%s is reported", (_, set, field, accepted) => {
    const [problem, ...more] = problemsOf("servers: 3\nabout: x\nsteps: [{crash: 1}, {crash: 2}]", { set: [set] });
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ file: "--set", line: 1, field });
    expect(problem?.accepted).toContain(accepted);
  });

  test("a problem that --set causes names --set as its origin", () => {
    const [problem] = problemsOf(text, { set: ["steps[0].crash.server=9"] });
    expect(problem).toMatchObject({ line: 3, field: "steps[0].crash.server", value: 9 });
    expect(problem?.message).toContain("--set steps[0].crash.server=9");
    expect(problemsOf(text, { set: ["__proto__.x=1"] })[0]?.field).toBe("__proto__");
  });

  test("the data passed in does not change", () => {
    const data = { servers: { 1: {} } };
    expect(applyOverride(data, "servers.1.down=true")).toEqual({ servers: { 1: { down: true } } });
    expect(data).toEqual({ servers: { 1: {} } });
  });
});

describe("helpers", () => {
  const EPOCH = 2 ** 32;

  test("parseHistory", () => {
    expect(parseHistory("1:1..1:3, 2:1")).toEqual([EPOCH + 1, EPOCH + 2, EPOCH + 3, 2 * EPOCH + 1]);
    expect(parseHistory("")).toEqual([]);
    expect(() => parseHistory("1:2, 1:1")).toThrow(RangeError);
  });

  test("parseDurationRange", () => {
    expect(parseDurationRange("0.2ms..1ms")).toEqual({ minUs: 200, maxUs: 1000 });
    expect(parseDurationRange("5ms")).toEqual({ minUs: 5000, maxUs: 5000 });
    for (const text of ["", "5", "2ms..1ms", "1ms..", "..1ms", "1ms..2ms..3ms"]) {
      expect(parseDurationRange(text)).toBeUndefined();
    }
  });
});

const { definitions } = schema;

describe("the schema", () => {
  test("has the settings of the core, with their defaults", () => {
    const defaults = Object.entries(definitions.settings.properties).map(([name, field]) => [name, field.default]);
    expect(Object.fromEntries(defaults)).toEqual(DEFAULT_SETTINGS);
  });

  test("has the packets, events, rules, reasons and releases of the core", () => {
    const packets = PACKET_NAMES.slice(1);
    expect(definitions.packetType.enum).toEqual(packets);
    expect(definitions.messageType.enum).toEqual([...packets, "NOTIFICATION"]);
    expect(definitions.protocolEvent.enum).toEqual(PROTOCOL_EVENTS);
    expect(definitions.decision.properties.rule.enum.toSorted()).toEqual(Object.keys(SYNC_RULES).toSorted());
    expect(definitions.failureReason.enum).toEqual(Object.keys(FAILURE_REASONS));
    expect(definitions.release.enum).toEqual(RELEASES);
  });

  test("describes every field", () => {
    type Field = [string, { description?: string }];
    const fields = (node: unknown): Field[] =>
      typeof node !== "object" || node === null
        ? []
        : Object.entries(node).flatMap(([key, value]) =>
            key === "properties"
              ? [...(Object.entries(value) as Field[]), ...Object.values(value).flatMap(fields)]
              : fields(value),
          );
    const inRules = fields({
      ...schema,
      definitions: { ...definitions, decision: { ...definitions.decision, oneOf: [] } },
    });
    expect(inRules.filter(([, field]) => field.description === undefined)).toEqual([]);
  });
});

/** A record with every reason as a key, so that a new reason in the core does not compile until it is added here. */
const FAILURE_REASONS: Record<FailureReason, true> = {
  "epoch-timeout": true,
  "epoch-quit": true,
  "epoch-ack-timeout": true,
  "newleader-ack-timeout": true,
  "follower-ahead": true,
  "config-ahead": true,
  "leader-epoch-lower": true,
  "first-packet-not-info": true,
  "not-ackepoch": true,
  "not-ack": true,
  "first-packet-not-leaderinfo": true,
  "unexpected-sync-packet": true,
  "proposal-gap": true,
  "commit-without-proposal": true,
  "truncate-failed": true,
  "connect-failed": true,
  "leader-unknown": true,
  "connection-closed": true,
  "read-timeout": true,
  "not-enough-followers": true,
  "txn-timeout": true,
  "zxid-rollover": true,
  "sync-throttled": true,
  "disk-error": true,
  "epoch-older-than-zxid": true,
  "accepted-older-than-current": true,
  "log-without-snapshot": true,
  "unmatched-commit": true,
};

const ajv = new Ajv.default({ allErrors: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
const accordingToAjv = ajv.compile(schema);

const VALID = parse(`
about: Three servers, one behind, one with a txn of its own.
servers:
  1: {history: "1:1..1:5, 2:1", snapshots: [0:0, 1:2], logFilesFrom: [1:3], logFrom: 1:2, acceptedEpoch: 2}
  2: {history: 1:1..1:4, down: true, view: [1, 2, 3], settings: {initLimit: 5}}
  3: {empty: true}
  4: {role: observer, currentEpochTmp: 1}
quorum: {groups: {a: [1, 2], b: [3]}, weights: {3: 0}}
settings: {tickTimeMs: 100, snapshotSizeFactor: 0.5, forceSnapSync: true, electionTransport: datagram}
network: {latency: 0.2ms..1ms, lossRate: 0.1, links: [{from: 1, to: 2, bothWays: true, latency: 5ms}]}
disk: {sync: 1ms..4ms, write: 1ms}
threads: {serializeSnapshot: 10ms, resumeLearner: 0}
committed: 1:4
steps:
  - {at: 1s, start: 2}
  - {when: established, crash: 2}
  - {when: {message: ACKEPOCH, from: 2, to: 3, on: sent, nth: 2}, after: 5ms, crash: {server: leader, unsynced: torn}}
  - write: {count: 3, at: 1, every: 10ms}
  - drop: {type: ACK, from: 2, zxid: 1:5, count: 2}
  - delay: {type: NEWLEADER, by: 200ms}
  - partition: [[1, 2], [3]]
  - cutOneWay: {from: 1, to: [2, 3]}
  - heal: all
  - alter: {type: ACKEPOCH, set: {epoch: 9}}
  - disk: {server: 1, fail: sync-log}
until: 60s
expect:
  decisions: [{3: SNAP}, {learner: 2, decision: DIFF 1:5, rule: committed-log-diff}]
  leader: 1
  epoch: 3
  active: [1, 2, 3]
  histories: {1: 1:1..1:5}
  failures: [{2: read-timeout}]
  violates: [initial-history-agreement]
`);

type Node = Record<string, unknown> | unknown[];

/** Returns every place in a document: a collection and a key in it. */
function places(node: unknown): [Node, string][] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => [[node as Node, key] as [Node, string], ...places(value)]);
}

const JUNK = [
  null,
  true,
  -1,
  0,
  1,
  1.5,
  300,
  2 ** 53,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  "",
  "x",
  "1:1",
  "9:9..1:1",
];
const MORE_JUNK = [
  "5ms",
  "2s..1s",
  "leader",
  "__proto__",
  [],
  {},
  [1, 1],
  [[]],
  { 1: {} },
  { server: 9 },
  "\u0000",
  "1:1..1:9999999999",
];

/** Changes one thing in a document: removes a value, replaces it, adds a field, or edits some characters of a value. */
const mutation = fc.tuple(
  fc.nat(),
  fc.oneof(
    fc.constant((node: Node, key: string) => void Reflect.deleteProperty(node, key)),
    fc
      .constantFrom<unknown>(...JUNK, ...MORE_JUNK)
      .map((junk) => (node: Node, key: string) => void Reflect.set(node, key, junk)),
    fc
      .string()
      .map(
        (name) => (node: Node) =>
          void Object.defineProperty(node, name, { value: 1, enumerable: true, configurable: true, writable: true }),
      ),
    fc.tuple(fc.nat(), fc.string({ maxLength: 2 })).map(([at, text]) => (node: Node, key: string) => {
      const old = String(Reflect.get(node, key));
      Reflect.set(node, key, old.slice(0, at % (old.length + 1)) + text + old.slice((at % (old.length + 1)) + 1));
    }),
  ),
);

function mutated(mutations: readonly [number, (node: Node, key: string) => void][]): unknown {
  const data = structuredClone(VALID);
  for (const [at, change] of mutations) {
    const all = places(data);
    const place = all[at % Math.max(1, all.length)];
    if (place !== undefined && !(Array.isArray(place[0]) && place[0].length === 0)) change(...place);
  }
  return data;
}

/** Returns whether the text loads. If it does not load, checks that every problem is complete. */
function loadsOrExplains(text: string): boolean {
  try {
    load(text);
    return true;
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const problem of error.problems) {
      expect(problem).toMatchObject({ file: "dir/case.yaml", line: expect.toSatisfy((line: number) => line >= 1) });
      expect(problem.column).toBeGreaterThanOrEqual(1);
      for (const text of [problem.field, problem.message, problem.accepted]) expect(text).not.toBe("");
      expect(`${problem.message} ${problem.accepted}`).not.toContain("undefined");
    }
    return false;
  }
}

describe("generated files", () => {
  test("the file that they change is valid", () => {
    expect(load(stringify(VALID)).steps).toHaveLength(11);
  });

  test("a valid file with a changed value or name loads, or its problems are reported", () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        loadsOrExplains(stringify(mutated(mutations)));
      }),
      { numRuns: 1000, seed: 1 },
    );
  });

  test("a valid file with some changed characters loads, or its problems are reported", () => {
    const good = stringify(VALID);
    const edit = fc.tuple(
      fc.nat(good.length),
      fc.nat(5),
      fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom("\t", "&a ", "*a", "? ", "- ", "---\n", "!!x ", "{", "|")),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        loadsOrExplains(edits.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), good));
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  test("the schema check and Ajv agree on generated files", () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 2 }), (mutations) => {
        const data = parse(stringify(mutated(mutations)));
        expect(checkSchema(data, schema as Schema).length === 0).toBe(accordingToAjv(data));
      }),
      { numRuns: 1500, seed: 3 },
    );
  });

  test("the schema check and Ajv agree on every invalid file that is YAML", () => {
    for (const [name, text] of BAD_FILES.filter(([, , , field]) => field !== "file")) {
      const data = parse(text);
      expect(checkSchema(data, schema as Schema).length === 0, name).toBe(accordingToAjv(data));
    }
  });
});
