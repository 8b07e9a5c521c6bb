/**
 * A scenario that uses every part of the scenario format, and random changes of it. Most of the changed scenarios are
 * invalid.
 */
import fc from "fast-check";
import { parse } from "yaml";

export const VALID = parse(`
about: Three servers, one behind, one with a txn of its own.
servers:
  1: {history: "1:1..1:5, 2:1", snapshots: [0:0, 1:2], logFilesFrom: [1:3], logFrom: 1:2, acceptedEpoch: 2}
  2: {history: 1:1..1:4, down: true, view: [1, 2, 3], settings: {initLimit: 5}}
  3: {empty: true}
  4: {role: observer, currentEpochTmp: 1}
quorum: {groups: {a: [1, 2], b: [3]}, weights: {3: 0}}
settings: {tickTimeMs: 100, snapshotSizeFactor: 0.5, forceSnapSync: true, electionTransport: datagram}
network: {latency: 0.2ms..1ms, lossRate: 0.1, keepAliveTimeout: 20s, retransmissionTimeout: 15m,
  links: [{from: 1, to: 2, bothWays: true, latency: 5ms}]}
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

/** Returns every place in a document: the array or object that contains a value, and the key of the value in it. */
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

/**
 * Makes one change in a document: removes a value, replaces a value, adds a field, or edits some characters of a value.
 */
export const mutation = fc.tuple(
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

export function mutated(mutations: readonly [number, (node: Node, key: string) => void][]): unknown {
  const data = structuredClone(VALID);
  for (const [at, change] of mutations) {
    const all = places(data);
    const place = all[at % Math.max(1, all.length)];
    if (place !== undefined && !(Array.isArray(place[0]) && place[0].length === 0)) change(...place);
  }
  return data;
}
