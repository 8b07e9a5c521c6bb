/** Tests which scenarios real servers can be made to run. */
import { describe, expect, it } from "vitest";
import { changedSettings, notStageable, realScenario } from "../../confirm/stageable.ts";
import { loadScenario } from "../../lib/load-scenario.ts";
import type { Scenario } from "../../scenarios/scenario.ts";

function scenario(text: string): Scenario {
  return loadScenario(`about: A test.\n${text}\nexpect: {}\n`, "test.yaml");
}

describe("notStageable", () => {
  it.each([
    ["servers: 3", "3.4.14", /^zookeeper 3\.4\.14: clients have no local sessions/],
    ["servers: 3\nsettings: { electionTransport: datagram }", "3.9.5", /^settings\.electionTransport: /],
    ["servers: 3\nsteps: [{ at: 1s, clock: { server: 1, rate: 2 } }]", "3.9.5", /^step 1 \(clock\): the clock/],
    ["servers: 3\nsteps: [{ at: 1s, start: 1 }, { wipe: 1 }]", "3.9.5", /^step 2 \(wipe\): /],
    ["servers: 3\nsteps: [{ at: 1s, crash: { server: 1, unsynced: torn } }]", "3.9.5", /^step 1 \(crash\): /],
    ["servers: 3\nsteps: [{ at: 1s, stall: { server: 1, thread: leader } }]", "3.9.5", /^step 1 \(stall\): the thread/],
    ["servers: 3\nsteps: [{ at: 1s, stall: { server: leader, thread: apply } }]", "3.9.5", /^step 1 \(stall\): the s/],
    ["servers: 3\nsteps: [{ at: 1s, disk: { server: 1, corrupt: log } }]", "3.9.5", /^step 1 \(disk\): disk\.corrupt/],
    ["servers: { 1: {}, 2: { zookeeper: 3.8.4 }, 3: {} }", "3.9.5", /^servers\.2\.zookeeper: /],
  ])("names the step or the field: %s", (text, release, expected) => {
    expect(notStageable(scenario(text), release)).toMatch(expected);
  });

  it.each([
    "follower-behind-diff",
    "open-snapshot-survives-trunc",
    "open-committed-txn-truncated-before-leader-applies-it",
    "zookeeper-4643-current-epoch-before-diff-is-logged",
  ])("accepts %s", (name) => expect(notStageable(loadScenario(name), "3.9.5")).toBeUndefined());
});

describe("realScenario", () => {
  it("raises commitLogCount to ZooKeeper's minimum, and sets the release", () => {
    const small = scenario("servers: 3\nsettings: { commitLogCount: 2 }");
    expect(changedSettings(small)).toMatch(/commitLogCount 2: ZooKeeper raises it to 500/);
    expect(realScenario(small, "3.8.4")).toMatchObject({ zookeeper: "3.8.4", settings: { commitLogCount: 500 } });
  });
});
