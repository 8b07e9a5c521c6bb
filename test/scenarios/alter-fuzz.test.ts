/**
 * The core never throws an error in a scenario that the loader accepts. The scenarios change each field of each packet
 * type, or start with epochs and counters near their limits.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_COUNTER, PACKET_NAMES } from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { START_EPOCH_MAX } from "../../scenarios/loading/field-checks.ts";
import { runScenario } from "../../scenarios/run.ts";
import { inputs } from "../inputs.ts";

const TYPES = PACKET_NAMES.slice(1);
const RELEASES = ["3.4.10", "3.4.14", "3.5.8", "3.6.2", "3.9.1", "newest"];

const zxid = fc
  .tuple(fc.constantFrom(0, 1, 2, START_EPOCH_MAX - 1, START_EPOCH_MAX), fc.constantFrom(0, 1, 5, 7, MAX_COUNTER))
  .map(([epoch, counter]) => `${epoch}:${counter}`);

const fields = fc.record(
  {
    zxid,
    epoch: fc.constantFrom(0, 1, 2, 2_097_151),
    protocolVersion: fc.constantFrom(0, 1, 0x10000, 2_147_483_647),
    configVersion: fc.constantFrom(0, 7),
  },
  { requiredKeys: [] },
);

const epochFile = fc.constantFrom(0, 1, 2, START_EPOCH_MAX - 1, START_EPOCH_MAX, "missing" as const);
const server = fc.record(
  {
    history: fc.constantFrom(
      "",
      "1:1..1:5",
      "1:1..1:5, 2:1",
      `1:${MAX_COUNTER - 1}..1:${MAX_COUNTER}`,
      `1:1, ${START_EPOCH_MAX}:1`,
      `${START_EPOCH_MAX}:${MAX_COUNTER}`,
    ),
    acceptedEpoch: epochFile,
    currentEpoch: epochFile,
    currentEpochTmp: fc.constantFrom(0, 1, START_EPOCH_MAX),
  },
  { requiredKeys: ["history"] },
);

const scenario = fc.record({
  zookeeper: fc.constantFrom(...RELEASES),
  servers: fc.record({ 1: server, 2: server, 3: server, 4: fc.constantFrom({ role: "observer" }) }),
  settings: fc.record(
    { forceSnapSync: fc.boolean(), initialCounter: fc.constantFrom(0, MAX_COUNTER - 1, MAX_COUNTER) },
    { requiredKeys: [] },
  ),
  alter: fc.record(
    { type: fc.constantFrom(...TYPES, "NOTIFICATION"), count: fc.constantFrom(1, 2, 1000), set: fields },
    { requiredKeys: ["set"] },
  ),
});

/** Runs a scenario in which the servers write, the leader crashes, and a new leader synchronizes the servers. */
function run({ alter, ...rest }: Record<string, unknown>, seed: number): void {
  const steps = [
    { from: "0ms", alter },
    { from: "0ms", when: "established", write: 3 },
    { at: "1500ms", write: { at: 3, count: 2 } },
    { at: "2s", write: { at: 4, count: 2 } },
    { at: "3s", crash: "leader", for: "2s" },
  ];
  const text = JSON.stringify({ ...rest, steps, until: "8s" });
  runScenario(loadScenario(text, "altered.json"), { seed, records: false, digest: false });
}

const STATE = {
  servers: {
    1: { history: "1:1..1:5" },
    2: { history: "1:1..1:5" },
    3: { history: "1:1..1:7" },
    4: { role: "observer" },
  },
};

describe("an altered packet never makes the core throw:", () => {
  it.each(TYPES)("%s as any other type", (type) => {
    for (const to of TYPES) {
      run({ ...STATE, zookeeper: "3.5.8", alter: { type, count: 1000, set: { type: to } } }, 1);
      run({ ...STATE, zookeeper: "newest", alter: { type, set: { type: to } } }, 2);
    }
  });

  it("any field, from any start state", () => {
    const typed = fc.tuple(scenario, fc.option(fc.constantFrom(...TYPES), { nil: undefined }), fc.nat(1000));
    fc.assert(
      fc.property(typed, ([{ alter, ...rest }, type, seed]) => {
        const set = type === undefined ? alter.set : { ...alter.set, type };
        if (Object.keys(set).length > 0) run({ ...rest, alter: { ...alter, set } }, seed);
      }),
      { seed: 13, numRuns: inputs(500, 5000) },
    );
  });
});

describe("a packet whose data cannot be read ends the connection:", () => {
  const FAILS = "{server: 3, reason: unreadable-packet}";
  it.each([
    ["DIFF as SNAP", "{type: DIFF, to: 3, set: {type: SNAP}}", FAILS],
    ["SNAP as DIFF", "{type: SNAP, to: 3, set: {type: DIFF}}", FAILS],
    ["UPTODATE as PROPOSAL", "{type: UPTODATE, to: 3, set: {type: PROPOSAL}}", FAILS],
    ["NEWLEADER as INFORMANDACTIVATE", "{type: NEWLEADER, to: 3, set: {type: INFORMANDACTIVATE}}", FAILS],
    ["PING as PROPOSAL", "{type: PING, to: 3, set: {type: PROPOSAL}}", FAILS],
    [
      "PING as REQUEST",
      "{type: PING, from: 3, set: {type: REQUEST}}",
      "{server: 2, reason: unreadable-packet, learner: 3}",
    ],
  ])("%s", (name, alter, failure) => {
    const servers = "servers: {1: {history: 1:1..1:5}, 2: {history: 1:1..1:5}, 3: {history: 1:1..1:3}}";
    const settings = `settings: {forceSnapSync: ${name.startsWith("SNAP")}}`;
    const steps = `steps: [{from: 0ms, alter: ${alter}}]`;
    const text = `${servers}\n${settings}\n${steps}\nuntil: 20s\nexpect: {active: [1, 2, 3], failures: [${failure}]}`;
    expect(runScenario(loadScenario(text, "altered.yaml"), { seed: 1 }).unmet).toEqual([]);
  });
});

describe("the loader refuses an epoch that leaves too few epochs for elections:", () => {
  it.each([
    ["acceptedEpoch", "servers: {1: {acceptedEpoch: 2097151}, 2: {}, 3: {}}"],
    ["currentEpoch", "servers: {1: {currentEpoch: 2000001}, 2: {}, 3: {}}"],
    ["currentEpochTmp", "servers: {1: {currentEpochTmp: 2097150}, 2: {}, 3: {}}"],
    ["history", "servers: {1: {history: 2097151:1}, 2: {}, 3: {}}"],
    ["alter", "servers: 3\nsteps: [{alter: {type: FOLLOWERINFO, set: {zxid: 2097151:0}}}]"],
  ])("%s", (_, text) => {
    expect(() => loadScenario(text, "late.yaml")).toThrow("elections need the epochs up to 2097151");
  });
});
