/**
 * Invalid scenario files, grouped by the module that rejects them. Each file has a name, its text, the line and the
 * field that the message must name, and words that the message must contain.
 */

export type BadFile = readonly [name: string, text: string, line: number, field: string, words: readonly string[]];

const THREE = "servers: 3\n";

/** Returns a scenario with three servers and one step. */
const step = (text: string) => `${THREE}steps:\n  - ${text}\n`;
/** Returns a scenario with three servers and one expectation. */
const expectation = (text: string) => `${THREE}expect:\n  ${text}\n`;
const server = (text: string) => `servers:\n  1: {}\n  2: {${text}}\n`;

/** Texts that scenarios/loading/yaml-source.ts rejects. */
export const NOT_YAML: readonly BadFile[] = [
  ["two documents", "servers: 3\n---\nservers: 5\n", 2, "file", ["second document", "one document"]],
  ["a tab for indentation", "servers:\n\t1: {}\n", 2, "file", ["tab", "spaces"]],
  ["a duplicate field", "servers: 3\nabout: a\nabout: b\n", 3, "file", ["twice", "once"]],
  ["the same server as number and as text", 'servers:\n  1: {}\n  "1": {}\n', 3, "file", ["twice"]],
  ["an unclosed bracket", "servers: {1: {}\nsteps: []\n", 2, "file", []],
  ["an unclosed quote", 'servers: 3\nabout: "x\n', 3, "file", ["missing"]],
  ["an unknown tag", "servers: !many 3\n", 1, "file", ["tag"]],
  ["an alias without an anchor", "servers: *them\n", 1, "file", ["alias"]],
  ["a list as a field's name", "servers: 3\n? [1, 2]\n: x\n", 2, "file", ["name"]],
  ["an alias of a node that contains it", "servers: &a {1: *a}\n", 1, "file", ["contains it"]],
  ["aliases that grow exponentially", bomb(), 1, "file", ["aliases"]],
  [
    "a thousand brackets",
    `servers: 3\nabout: ${"[".repeat(1000)}${"]".repeat(1000)}\n`,
    2,
    "file",
    ["nested too deeply"],
  ],
  ["a hundred thousand brackets", "[".repeat(100_000), 1, "file", ["nested too deeply"]],
  ["more than a megabyte", `servers: 3\nabout: ${"x".repeat(1_000_001)}\n`, 1, "file", ["too large"]],
  ["broken JSON", '{"servers": 3,\n "steps": [}\n', 2, "file", []],
];

/** Data that scenarios/loading/check-schema.ts rejects. */
export const WRONG_SHAPE: readonly BadFile[] = [
  ["a list instead of a mapping", "- servers: 3\n", 1, "file", ["is a list"]],
  ["plain text", "hello\n", 1, "file", ["is text"]],
  ["no servers", "about: nothing\n", 1, "servers", ["is missing", "a mapping from server ids"]],
  ["a misspelled field", "servers: 3\nstep: []\n", 2, "step", ["unknown field, did you mean steps?", "settings"]],
  ["a field of another kind", "servers: 3\nsteps: none\n", 2, "steps", ["is text", "a list of steps"]],
  ["a field left empty", "servers: 3\nsteps:\n", 2, "steps", ["is empty"]],
  ["a field named __proto__", "servers: 3\n__proto__: {a: 1}\n", 2, "__proto__", ["unknown field"]],
  ["a field named constructor", "servers: 3\nconstructor: 1\n", 2, "constructor", ["unknown field"]],
  ["a release that is not known", "servers: 3\nzookeeper: 3.4.6\n", 2, "zookeeper", ["is not known", "newest"]],
  ["a release as a number", "servers: 3\nzookeeper: 3.9\n", 2, "zookeeper", ["is a number", "newest"]],
  ["a text for a probability", "servers: 3\nnetwork: {lossRate: half}\n", 2, "network.lossRate", ["is text", "0 to 1"]],
  ["a probability above 1", "servers: 3\nnetwork: {lossRate: 1.5}\n", 2, "network.lossRate", ["is above 1"]],
  ["a probability that is not a number", "servers: 3\nnetwork: {lossRate: .nan}\n", 2, "network.lossRate", ["finite"]],
  ["a latency without a unit", "servers: 3\nnetwork:\n  latency: 5\n", 3, "network.latency", ["200ms"]],
  ["a negative duration", "servers: 3\nuntil: -5ms\n", 2, "until", ["right form", "a duration such as"]],
  [
    "a link without its latency",
    "servers: 3\nnetwork: {links: [{from: 1, to: 2}]}\n",
    2,
    "network.links[0].latency",
    ["is missing"],
  ],
  ["a zxid in decimal", "servers: 3\ncommitted: 5\n", 2, "committed", ["epoch:counter"]],
  [
    "an unknown setting",
    "servers: 3\nsettings: {initLimits: 3}\n",
    2,
    "settings.initLimits",
    ["did you mean initLimit?"],
  ],
  ["a setting of zero", "servers: 3\nsettings: {initLimit: 0}\n", 2, "settings.initLimit", ["is below 1"]],
  ["a fraction of a tick", "servers: 3\nsettings: {initLimit: 2.5}\n", 2, "settings.initLimit", ["whole number"]],
  ["an infinite tick", "servers: 3\nsettings: {tickTimeMs: .inf}\n", 2, "settings.tickTimeMs", ["finite"]],
  ["a huge tick", "servers: 3\nsettings: {tickTimeMs: 1e300}\n", 2, "settings.tickTimeMs", ["is above"]],
  ["yes for true", "servers: 3\nsettings: {forceSnapSync: yes}\n", 2, "settings.forceSnapSync", ["true or false"]],
  ["no server", "servers: {}\n", 1, "servers", ["is empty"]],
  ["servers by name only", "servers: {one: {}}\ncommitted: 1:1\n", 1, "servers.one", ["a server id"]],
  ["zero servers", "servers: 0\n", 1, "servers", ["is below 1"]],
  ["a thousand servers", "servers: 1000\n", 1, "servers", ["is above 255"]],
  ["a server id too large", "servers:\n  1: {}\n  256: {}\n", 3, "servers.256", ["0 to 255"]],
  ["a server by name", "servers:\n  1: {}\n  two: {}\n", 3, "servers.two", ["a server id"]],
  ["a server that is text", "servers:\n  1: {}\n  2: down\n", 3, "servers.2", ["is text", "a server"]],
  ["an unknown role", server("role: leader"), 3, "servers.2.role", ["participant, observer"]],
  ["a misspelled server field", server("histroy: 1:1"), 3, "servers.2.histroy", ["did you mean history?"]],
  ["a broken zxid in a history", server("history: 1:1..1;5"), 3, "servers.2.history", ["1:1..1:5"]],
  ["a negative epoch", server("acceptedEpoch: -1"), 3, "servers.2.acceptedEpoch", ["is below 0", "missing"]],
  ["a word for an epoch", server("currentEpoch: none"), 3, "servers.2.currentEpoch", ["missing"]],
  ["a view with a server twice", server("view: [1, 1]"), 3, "servers.2.view", ["twice"]],
  ["an unknown word for the quorum", "servers: 3\nquorum: most\n", 2, "quorum", ["majority"]],
  [
    "a negative weight",
    "servers: 2\nquorum: {groups: {a: [1, 2]}, weights: {1: -1}}\n",
    2,
    "quorum.weights.1",
    ["is below 0"],
  ],
  ["a step without an action", step("at: 5ms"), 3, "steps[0]", ["exactly one of write, start, crash"]],
  ["an empty step", step(""), 3, "steps[0]", ["is empty", "a step"]],
  ["two actions", step("{crash: 1, restart: 2}"), 3, "steps[0]", ["has crash and restart together"]],
  ["two triggers", step("{at: 1ms, after: 2ms, crash: 1}"), 3, "steps[0]", ["has at and after together"]],
  ["a time and a moment", step("{at: 1ms, when: active, crash: 1}"), 3, "steps[0]", ["has at and when together"]],
  ["a misspelled action", step("crsh: 1"), 3, "steps[0].crsh", ["did you mean crash?"]],
  ["a word for a time", step("{at: soon, crash: 1}"), 3, "steps[0].at", ["a duration such as"]],
  ["a crash of the follower", step("crash: follower"), 3, "steps[0].crash", ["leader", "a server id"]],
  ["a crash without a server", step("crash: {unsynced: lost}"), 3, "steps[0].crash.server", ["is missing"]],
  [
    "an unknown fate of unsynced writes",
    step("crash: {server: 1, unsynced: half}"),
    3,
    "steps[0].crash.unsynced",
    ["lost", "torn"],
  ],
  [
    "a negative number of surviving writes",
    step("crash: {server: 1, unsynced: -1}"),
    3,
    "steps[0].crash.unsynced",
    ["is below 0"],
  ],
  ["a restart of two", step("restart: [1, 2]"), 3, "steps[0].restart", ["is a list", "a server id"]],
  [
    "an unknown event",
    step("{when: establish, crash: 1}"),
    3,
    "steps[0].when",
    ["did you mean established?", "sync-decided"],
  ],
  [
    "an unknown event in a mapping",
    step("{when: {event: actve}, crash: 1}"),
    3,
    "steps[0].when.event",
    ["did you mean active?"],
  ],
  [
    "an unknown message",
    step("{when: {message: ACKEPOC}, crash: 1}"),
    3,
    "steps[0].when.message",
    ["did you mean ACKEPOCH?", "NOTIFICATION"],
  ],
  ["the 0th occurrence", step("{when: {event: active, nth: 0}, crash: 1}"), 3, "steps[0].when.nth", ["at least 1"]],
  ["a drop of 0 messages", step("drop: {count: 0}"), 3, "steps[0].drop.count", ["at least 1"]],
  ["a drop of an unknown type", step("drop: {type: NACK}"), 3, "steps[0].drop.type", ["did you mean ACK?"]],
  ["a drop of a broken zxid", step("drop: {zxid: 1:x}"), 3, "steps[0].drop.zxid", ["epoch:counter"]],
  ["a delay without a duration", step("delay: {type: ACK}"), 3, "steps[0].delay.by", ["is missing", "200ms"]],
  ["a hold with a duration", step("hold: {type: ACK, by: 1ms}"), 3, "steps[0].hold.by", ["unknown field"]],
  [
    "a change of nothing",
    step("alter: {type: ACK, set: {}}"),
    3,
    "steps[0].alter.set",
    ["is empty", "protocolVersion"],
  ],
  [
    "a change to a type that is no packet",
    step("alter: {set: {type: NOTIFICATION}}"),
    3,
    "steps[0].alter.set.type",
    ["a packet type"],
  ],
  ["a cut without an end", step("cutOneWay: {from: 1}"), 3, "steps[0].cutOneWay.to", ["is missing"]],
  ["an unknown word for the servers to heal", step("heal: some"), 3, "steps[0].heal", ["all", "a server id"]],
  ["a release of one", step("release: 1"), 3, "steps[0].release", ["is a number", "all"]],
  ["a write of 0 transactions", step("write: 0"), 3, "steps[0].write", ["is below 1"]],
  ["a write of one and a half", step("write: 1.5"), 3, "steps[0].write", ["whole number"]],
  ["a disk fault that does nothing", step("disk: {server: 1}"), 3, "steps[0].disk", ["corrupt or fail"]],
  ["an unknown disk operation", step("disk: {server: 1, fail: log}"), 3, "steps[0].disk.fail", ["sync-log"]],
  ["an unknown expectation", expectation("decision: []"), 3, "expect.decision", ["did you mean decisions?"]],
  [
    "an invalid decision",
    expectation("decisions: [{3: DIF 1:5}]"),
    3,
    "expect.decisions[0].3",
    ["DIFF, TRUNC or SNAP"],
  ],
  [
    "a SNAP with a zxid",
    expectation("decisions: [{learner: 3, decision: SNAP, zxid: 1:5}]"),
    3,
    "expect.decisions[0]",
    ["not with SNAP"],
  ],
  [
    "a zxid given twice",
    expectation("decisions: [{learner: 3, decision: DIFF 1:5, zxid: 1:6}]"),
    3,
    "expect.decisions[0]",
    ["once"],
  ],
  ["a decision without its kind", expectation("decisions: [{learner: 3}]"), 3, "expect.decisions[0]", ["3: TRUNC 1:5"]],
  ["two decisions in one", expectation("decisions: [{2: SNAP, 3: SNAP}]"), 3, "expect.decisions[0]", ["3: TRUNC 1:5"]],
  [
    "an unknown rule",
    expectation("decisions: [{learner: 3, decision: SNAP, rule: forced}]"),
    3,
    "expect.decisions[0].rule",
    ["forced-snap"],
  ],
  ["an unknown word for the leader", expectation("leader: any"), 3, "expect.leader", ["none"]],
  [
    "an unknown reason",
    expectation("failures: [{2: read-timout}]"),
    3,
    "expect.failures[0].2",
    ["did you mean read-timeout?"],
  ],
  ["an unknown invariant", expectation("violates: I8"), 3, "expect.violates", ["initial-history-agreement"]],
  [
    "an invariant twice",
    expectation("violates: [initial-history-agreement, initial-history-agreement]"),
    3,
    "expect.violates",
    ["twice"],
  ],
];

/** Servers that scenarios/loading/check-servers.ts rejects. */
export const WRONG_SERVERS: readonly BadFile[] = [
  ["a committed zxid that no server has", "servers: 3\ncommitted: 1:1\n", 2, "committed", ["histories of a quorum"]],
  [
    "a committed zxid that too few have",
    "servers: {1: {history: 1:1}, 2: {}, 3: {}}\ncommitted: 1:1\n",
    2,
    "committed",
    ["histories of a quorum"],
  ],
  ["only observers", "servers:\n  1: {role: observer}\n", 1, "servers", ["at least one participant"]],
  ["a range across epochs", server("history: 1:1..2:5"), 3, "servers.2.history", ["different epochs"]],
  [
    "a range whose start is greater than its end",
    server("history: 1:5..1:1"),
    3,
    "servers.2.history",
    ["greater than its end"],
  ],
  ["a history out of order", server("history: '2:1, 1:1'"), 3, "servers.2.history", ["1:1 does not come after 2:1"]],
  ["a history with overlapping ranges", server("history: '1:1..1:5, 1:5'"), 3, "servers.2.history", ["come after"]],
  ["a transaction with counter 0", server("history: 1:0..1:5"), 3, "servers.2.history", ["counters start at 1"]],
  ["a history of billions", server("history: 1:1..1:4294967295"), 3, "servers.2.history", ["longer than"]],
  ["an epoch above 2^21 in a history", server("history: 9999999:1"), 3, "servers.2.history", ["neither a zxid"]],
  [
    "a snapshot outside the history",
    server("history: 1:1..1:5, snapshots: [0:0, 1:9]"),
    3,
    "servers.2.snapshots[1]",
    ["not in the server's history", "1:1..1:5"],
  ],
  [
    "snapshots out of order",
    server("history: 1:1..1:5, snapshots: '1:3, 1:2'"),
    3,
    "servers.2.snapshots[1]",
    ["ascending"],
  ],
  [
    "a log file that starts outside the history",
    server("history: 1:1..1:5, logFilesFrom: [2:1]"),
    3,
    "servers.2.logFilesFrom[0]",
    ["not in the server's history"],
  ],
  ["a log that starts after the history", server("logFrom: 1:1"), 3, "servers.2.logFrom", ["the history is empty"]],
  ["an empty disk with a history", server("empty: true, history: 1:1"), 3, "servers.2.history", ["contradicts empty"]],
  ["a view with an unknown server", server("view: [1, 7]"), 3, "servers.2.view[1]", ["no such server"]],
];

/** Steps that scenarios/loading/check-steps.ts rejects. */
export const WRONG_STEPS: readonly BadFile[] = [
  ["a crash of an unknown server", step("crash: 4"), 3, "steps[0].crash.server", ["no such server", "1, 2, 3"]],
  [
    "a crash of an unknown server as a mapping",
    step("crash: {server: 4}"),
    3,
    "steps[0].crash.server",
    ["no such server"],
  ],
  ["a start of an unknown server", step("start: 0"), 3, "steps[0].start", ["no such server"]],
  ["an event and a message", step("{when: {event: active, message: ACK}, crash: 1}"), 3, "steps[0].when", ["both"]],
  ["neither event nor message", step("{when: {from: 1}, crash: 1}"), 3, "steps[0].when", ["neither"]],
  [
    "an event with a sender",
    step("{when: {event: active, from: 1}, crash: 1}"),
    3,
    "steps[0].when.from",
    ["server, for an event"],
  ],
  [
    "a message with a server",
    step("{when: {message: ACK, server: 1}, crash: 1}"),
    3,
    "steps[0].when.server",
    ["from or to"],
  ],
  [
    "an event at an unknown server",
    step("{when: {event: active, server: 9}, crash: 1}"),
    3,
    "steps[0].when.server",
    ["no such server"],
  ],
  ["a drop from an unknown server", step("drop: {from: 8}"), 3, "steps[0].drop.from", ["no such server"]],
  [
    "groups that overlap",
    step("partition: [[1, 2], [2, 3]]"),
    3,
    "steps[0].partition[1]",
    ["server 2 is in another group already"],
  ],
  ["a partition that cuts nothing", step("partition: [[1, 2, 3]]"), 3, "steps[0].partition", ["at least two sides"]],
  ["an empty group", step("partition: [[1], []]"), 3, "steps[0].partition[1]", ["is empty"]],
  [
    "a cut from a server to itself",
    step("cutOneWay: {from: 1, to: [1, 2]}"),
    3,
    "steps[0].cutOneWay.to",
    ["on both sides"],
  ],
  ["a write at an unknown server", step("write: {at: 6}"), 3, "steps[0].write.at", ["no such server"]],
  [
    "a disk that stalls and resumes",
    step("disk: {server: 1, stall: true, resume: true}"),
    3,
    "steps[0].disk.resume",
    ["either"],
  ],
];

/** Expectations that scenarios/loading/check-expectation.ts rejects. */
export const WRONG_EXPECTATIONS: readonly BadFile[] = [
  [
    "a decision about an unknown server",
    expectation("decisions: [{9: SNAP}]"),
    3,
    "expect.decisions[0].learner",
    ["no such server"],
  ],
  [
    "a leader that is the learner",
    expectation("decisions: [{learner: 3, leader: 3, decision: SNAP}]"),
    3,
    "expect.decisions[0].leader",
    ["another server"],
  ],
  ["an unknown leader", expectation("leader: 7"), 3, "expect.leader", ["no such server"]],
  [
    "an observer as the leader",
    "servers: {1: , 2: {role: observer}}\nexpect: {leader: 2}\n",
    2,
    "expect.leader",
    ["cannot lead"],
  ],
  ["an unknown server among the active ones", expectation("active: [1, 4]"), 3, "expect.active[1]", ["no such server"]],
  ["a history of an unknown server", expectation("histories: {4: 1:1}"), 3, "expect.histories.4", ["no such server"]],
  ["an invalid history", expectation("histories: {1: 1:5..1:1}"), 3, "expect.histories.1", ["greater than its end"]],
  [
    "a failure of an unknown server",
    expectation("failures: [{server: 8, reason: not-ack}]"),
    3,
    "expect.failures[0].server",
    ["no such server"],
  ],
];

/** Quorums, networks, durations and settings that scenarios/loading/check-scenario.ts rejects. */
export const WRONG_SCENARIO: readonly BadFile[] = [
  [
    "a latency whose start is greater than its end",
    "servers: 3\nnetwork:\n  latency: 5ms..1ms\n",
    3,
    "network.latency",
    ["greater than its end"],
  ],
  ["a duration above 24 h", "servers: 3\nuntil: 99999h\n", 2, "until", ["is too long", "24h"]],
  [
    "a sync duration whose start is greater than its end",
    "servers: 3\ndisk: {sync: 2s..1s}\n",
    2,
    "disk.sync",
    ["greater than its end"],
  ],
  [
    "a link to an unknown server",
    "servers: 3\nnetwork:\n  links:\n    - {from: 1, to: 9, latency: 1ms}\n",
    4,
    "network.links[0].to",
    ["no such server", "1, 2, 3"],
  ],
  [
    "a link to itself",
    "servers: 3\nnetwork: {links: [{from: 1, to: 1, latency: 1ms}]}\n",
    2,
    "network.links[0].to",
    ["another server"],
  ],
  ["an epoch above the limit", "servers: 3\ncommitted: 2097152:1\n", 2, "committed", ["not a zxid", "2097151"]],
  [
    "a maximum below the minimum",
    "servers: 3\nsettings: {minNotificationIntervalMs: 9, maxNotificationIntervalMs: 5}\n",
    2,
    "settings.maxNotificationIntervalMs",
    ["is below minNotificationIntervalMs"],
  ],
  [
    "a participant in no group",
    "servers: 3\nquorum: {groups: {a: [1], b: [2]}}\n",
    2,
    "quorum.groups",
    ["server 3 is in no group"],
  ],
  [
    "a participant in two groups",
    "servers: 3\nquorum: {groups: {a: [1, 2], b: [2, 3]}}\n",
    2,
    "quorum.groups.b[0]",
    ["in group a already"],
  ],
  [
    "an observer in a group",
    "servers: {1: , 2: {role: observer}}\nquorum: {groups: {a: [1, 2]}}\n",
    2,
    "quorum.groups.a[1]",
    ["observer"],
  ],
  [
    "an unknown server in a group",
    "servers: 2\nquorum: {groups: {a: [1, 2, 5]}}\n",
    2,
    "quorum.groups.a[2]",
    ["no such server"],
  ],
  [
    "a weight of an unknown server",
    "servers: 2\nquorum: {groups: {a: [1, 2]}, weights: {5: 1}}\n",
    2,
    "quorum.weights.5",
    ["no such server"],
  ],
  [
    "no weight at all",
    "servers: 2\nquorum: {groups: {a: [1, 2]}, weights: {1: 0, 2: 0}}\n",
    2,
    "quorum",
    ["no group has any weight"],
  ],
];

/** All invalid files whose text is valid YAML. */
export const YAML_FILES: readonly BadFile[] = [
  WRONG_SHAPE,
  WRONG_SERVERS,
  WRONG_STEPS,
  WRONG_EXPECTATIONS,
  WRONG_SCENARIO,
].flat();

/** Returns a YAML text with nine levels of ten aliases each, so it expands to a billion values. */
function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}*l${i}]`);
  return ["l0: &l0 [x]", ...levels, "servers: 3", ""].join("\n");
}
