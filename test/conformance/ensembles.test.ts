/**
 * ZooKeeper's tests of whole ensembles: durability of a DIFF, leaders that lose their followers, restarts, and repeated
 * synchronization. Each test is a scenario, so its run also checks all invariants.
 */

import { describe, expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import { recordsOf, type ScenarioRun } from "../../scenarios/scenario-run.ts";

/** Runs a scenario with several seeds and checks that all runs meet its expectations. Returns the first run. */
function holds(text: string): ScenarioRun {
  const scenario = loadScenario(text, "inline.yaml");
  const runs = [1, 2, 3, 4, 5].map((seed) => runScenario(scenario, { seed }));
  expect(runs.map((run) => run.unmet)).toEqual(runs.map(() => []));
  return runs[0] as ScenarioRun;
}

const txns = (run: ScenarioRun, sid: number): number =>
  run.servers.find((server) => server.sid === sid)?.history?.length ?? -1;

describe("durability of a DIFF", () => {
  it("testInconsistentDueToUncommittedLog (ZOOKEEPER-3911): a transaction survives a crash at UPTODATE", () => {
    holds(`
servers: { 1: { history: 1:1..1:2 }, 2: { history: 1:1..1:2 }, 3: { history: 1:1..1:3 } }
steps:
  - { when: { message: UPTODATE, to: 1 }, crash: 1 }
  - { crash: 2 }
  - { crash: 3 }
  - { after: 1s, start: 1 }
  - { start: 2 }
expect: { active: [1, 2], histories: { 1: 1:1..1:3 } }
`);
  });

  it("testTxnLoss_FailToPersistAndCommitTxns (ZOOKEEPER-4785, -4643): log before currentEpoch", () => {
    holds(`
servers: { 1: { history: 1:1..1:3, acceptedEpoch: 1 }, 2: { history: 1:1..1:4 }, 3: { history: 1:1..1:4 } }
committed: 1:4
steps:
  - { delay: { type: FOLLOWERINFO, from: 2, by: 5s } }
  - { when: { event: logged, server: 1, zxid: "1:4" }, crash: 1 }
  - { crash: 3 }
  - { after: 8s, start: 1 }
expect: { leader: 2, active: [1, 2], histories: { 1: 1:1..1:4, 2: 1:1..1:4 } }
`);
  });

  it("testLeaderShutdown_AckProposalBeforeAckNewLeader (ZOOKEEPER-4685): a quorum forms in the first round", () => {
    const run = holds(`
servers: { 0: { history: "1:1" }, 1: { history: "1:1", down: true }, 2: { history: 1:1..1:2 } }
expect: { leader: 2, epoch: 2, active: [0, 2], histories: { 0: 1:1..1:2 } }
`);
    expect(recordsOf(run.records, "established")).toHaveLength(1);
  });

  it("testStaleDiffSync (ZOOKEEPER-4925): a server that got a DIFF sends all of it on when it leads", () => {
    const run = holds(`
servers: 5
steps:
  - { when: { event: active, server: 1 }, after: 500ms, write: 5 }
  - { after: 500ms, crash: 2 }
  - { write: 10 }
  - { after: 500ms, crash: 4 }
  - { write: 10 }
  - { after: 500ms, start: 4 }
  - { when: { event: active, server: 4 }, after: 500ms, crash: 5 }
  - { when: { event: established, server: 4 }, start: 2 }
expect: { leader: 4, active: [1, 2, 3, 4] }
`);
    for (const sid of [1, 2, 3, 4]) expect(txns(run, sid)).toBe(25);
  });

  it("testDiffSyncAfterSnap (ZOOKEEPER-3642): a reset at NEWLEADER, after a SNAP, loses no transaction", () => {
    holds(`
servers:
  1: { history: 1:1..1:2 }
  2: { history: 1:1..1:6, snapshots: [1:6], logFrom: 1:6 }
  3: { history: 1:1..1:6, snapshots: [1:6], logFrom: 1:6 }
committed: 1:6
steps:
  - { reset: { type: NEWLEADER, to: 1 } }
  - { when: { event: active, server: 1 }, after: 1s, write: 2 }
  - { after: 1s, restart: 1 }
expect: { leader: 3, active: [1, 2, 3], histories: { 1: "1:1..1:6, 2:1..2:2" } }
`);
  });

  it("testInconsistentDueToNewLeaderOrder (ZOOKEEPER-3104): transactions committed while a SNAP is being sent", () => {
    holds(`
servers:
  1: { history: 1:1..1:2, down: true }
  2: { history: 1:1..1:6, snapshots: [1:6], logFrom: 1:6 }
  3: { history: 1:1..1:6, snapshots: [1:6], logFrom: 1:6 }
steps:
  - { when: { event: active, server: 2 }, start: 1 }
  - { when: { message: ACKEPOCH, from: 1 }, write: { count: 4, every: 1ms } }
  - { when: { event: snapshot-saved, server: 1 }, restart: 1 }
expect: { leader: 3, active: [2, 3] }
until: 20s
`);
  });
});

describe("abandoned leaders", () => {
  it("testEarlyLeaderAbandonment: a transaction that only an old leader logged is gone after it rejoins", () => {
    holds(`
servers: 3
steps:
  - { when: { event: active, server: 1 }, after: 1s, write: 1 }
  - { after: 500ms, partition: [[3], [1, 2]] }
  - { write: 1 }
  - { after: 100ms, crash: { server: 3, unsynced: kept } }
  - { when: { event: active, server: 1 }, write: 1 }
  - { after: 1s, heal: all }
  - { start: 3 }
expect: { leader: 2, active: [1, 2, 3], histories: { 1: "1:1, 2:1", 2: "1:1, 2:1", 3: "1:1, 2:1" } }
`);
  });

  it("testHighestZxidJoinLate (ZOOKEEPER-1154, -1156): a deposed leader with a higher zxid is truncated", () => {
    const run = holds(`
servers: { 1: { history: 1:1..1:5 }, 2: { history: 1:1..1:5 }, 3: { history: 1:1..1:9, down: true } }
committed: 1:5
steps:
  - { when: { event: active, server: 1 }, after: 100ms, write: 3 }
  - { after: 1s, start: 3 }
  - { when: { event: active, server: 3 }, write: 1 }
expect: { leader: 2, active: [1, 2, 3], histories: { 3: "1:1..1:5, 2:1..2:4" } }
`);
    expect(recordsOf(run.records, "sync-decided").map(({ decision }) => decision)).not.toContain("DIFF 3");
  });

  it("testFailedTxnAsPartOfQuorumLoss (ZOOKEEPER-2845): an unacknowledged transaction is gone after a rejoin", () => {
    holds(`
servers: 3
settings: { tickTimeMs: 500 }
steps:
  - { when: { event: active, server: 1 }, after: 1s, write: 1 }
  - { after: 500ms, partition: [[3], [1, 2]] }
  - { write: 1 }
  - { when: { event: established, server: 2 }, after: 1s, heal: all }
  - { when: { event: active, server: 3 }, after: 1s, restart: 3 }
expect: { leader: 2, active: [1, 2, 3], histories: { 1: "1:1", 2: "1:1", 3: "1:1" } }
`);
  });

  it("testLeaderElectionWithDisloyalVoter (ZOOKEEPER-3109): serving within 10 s", () => {
    holds(`
servers: { 1: {}, 2: {}, 3: {}, 4: { down: true }, 5: { down: true } }
settings: { maxTimeToWaitForEpochMs: 1000 }
steps: [{ when: { event: following, server: 1 }, restart: 1 }]
until: 10s
expect: { leader: 3, active: [1, 2, 3] }
`);
  });

  it("testLeaderElectionWithDisloyalVoter_stillHasMajority: all five servers serve within 20 s", () => {
    holds(`
servers: 5
settings: { maxTimeToWaitForEpochMs: 3000 }
steps: [{ when: { event: following, server: 1 }, restart: 1 }]
until: 20s
expect: { leader: 5, active: [1, 2, 3, 4, 5] }
`);
  });
});

describe("restarts and resynchronization", () => {
  it("FollowerResyncConcurrencyTest: a follower that crashes twice gets a SNAP, then a DIFF", () => {
    const run = holds(`
servers: 3
settings: { commitLogCount: 20, snapCount: 40, snapshotSizeFactor: -1 }
steps:
  - { when: { event: active, server: 1 }, after: 500ms, crash: 1 }
  - { write: { count: 200, every: 1ms } }
  - { after: 300ms, start: 1 }
  - { write: { count: 100, every: 2ms } }
  - { after: 100ms, restart: 1 }
  - { when: { event: active, server: 1 }, after: 1s, write: 1 }
expect: { leader: 3, active: [1, 2, 3] }
`);
    const kinds = recordsOf(run.records, "sync-decided").filter(({ learner }) => learner === 1);
    expect(kinds.map(({ decision }) => decision)).toContain("SNAP");
    expect([txns(run, 1), txns(run, 2)]).toEqual([301, 301].map(() => txns(run, 3)));
  });

  it("FollowerResyncConcurrencyTest: a follower that crashes during writes gets a DIFF from the log on disk", () => {
    const run = holds(`
servers: 3
settings: { commitLogCount: 20, snapshotSizeFactor: 0 }
steps:
  - { when: { event: active, server: 1 }, after: 500ms, write: 5 }
  - { after: 500ms, crash: 1 }
  - { write: { count: 200, every: 1ms } }
  - { after: 300ms, start: 1 }
expect: { leader: 3, active: [1, 2, 3] }
`);
    const decided = recordsOf(run.records, "sync-decided").at(-1);
    expect([decided?.learner, decided?.decision, decided?.rule]).toEqual([1, "DIFF", "txn-log-diff"]);
    expect(txns(run, 1)).toBe(205);
  });

  it("QuorumZxidSyncTest: four of five servers are wiped: server 5, which is ahead, does not join them", () => {
    const run = holds(`
servers:
  1: { empty: true }
  2: { empty: true }
  3: { empty: true }
  4: { empty: true }
  5: { history: "1:1..1:5", acceptedEpoch: 5, currentEpoch: 5, down: true }
settings: { tickTimeMs: 500 }
steps: [{ when: { event: established, server: 4 }, start: 5 }]
until: 20s
expect: { leader: 4, active: [1, 2, 3, 4], failures: [{ server: 5, reason: leader-epoch-lower }] }
`);
    expect(txns(run, 5)).toBe(5);
  });

  it("QuorumZxidSyncTest: logs purged up to the snapshots: the state survives", () => {
    holds(`
servers:
  1: { history: 1:1..1:5, snapshots: [1:5], logFrom: 1:5 }
  2: { history: 1:1..1:5, snapshots: [1:5], logFrom: 1:5 }
  3: { history: 1:1..1:5, snapshots: [1:5], logFrom: 1:5 }
expect: { leader: 3, active: [1, 2, 3], histories: { 1: 1:1..1:5, 3: 1:1..1:5 } }
`);
  });

  it.each([
    ["in ascending order", [1, 2, 3]],
    ["in descending order", [3, 2, 1]],
  ])("QuorumRestartTest: a rolling restart %s loses nothing", (_, order) => {
    const restarts = order.map((sid) => `  - { after: 3s, restart: ${sid} }`).join("\n");
    holds(`
servers: 3
steps:
  - { when: { event: active, server: 1 }, after: 500ms, write: 3 }
${restarts}
expect: { active: [1, 2, 3], histories: { 1: "1:1..1:3", 2: "1:1..1:3", 3: "1:1..1:3" } }
`);
  });

  it("QuorumRestartTest: the leader is restarted three times, and nothing is lost", () => {
    holds(`
servers: 3
steps:
  - { when: { event: active, server: 1 }, after: 500ms, write: 1 }
  - { after: 1s, crash: leader }
  - { after: 4s, start: 3 }
  - { after: 4s, crash: leader }
  - { after: 6s, start: 2 }
  - { after: 4s, crash: leader }
expect: { histories: { 1: "1:1" } }
`);
  });

  it("ZxidRolloverTest: the counter is used up, a new epoch starts, and no acknowledged transaction is lost", () => {
    const run = holds(`
servers: 3
settings: { initialCounter: 0xfffffffa }
steps:
  - { when: { event: active, server: 1 }, after: 500ms, write: { count: 8, every: 10ms } }
  - { when: { event: established }, after: 1s, write: 2 }
expect: { epoch: 2, active: [1, 2, 3], failures: [{ server: 3, reason: zxid-rollover }] }
`);
    const acknowledged = recordsOf(run.records, "committed").map(({ zxid }) => zxid);
    for (const server of run.servers) {
      expect(server.history?.txns().map(({ zxid }) => zxid)).toEqual(expect.arrayContaining(acknowledged));
    }
  });

  it("NonRecoverableErrorTest (ZOOKEEPER-2247): the leader cannot write its log; another serves", () => {
    holds(`
servers: 3
steps:
  - { when: { event: active, server: 1 }, after: 500ms, disk: { server: 3, fail: sync-log } }
  - { write: 1 }
  - { when: { event: established }, after: 1s, write: 1 }
expect: { active: [1, 2, 3], failures: [{ server: 3, reason: disk-error }] }
`);
  });

  it("LearnerSyncThrottlerTest: an observer over the limit joins later", () => {
    const run = holds(`
servers: { 1: {}, 2: {}, 3: {}, 4: { role: observer, down: true }, 5: { role: observer, down: true } }
settings: { maxConcurrentSnapSyncs: 1, tickTimeMs: 500 }
steps:
  - { when: { event: active, server: 1 }, hold: { type: ACK, from: 4, to: 3 } }
  - { start: 4 }
  - { when: { event: sync-decided, server: 3 }, start: 5 }
  - { after: 4s, release: all }
until: 30s
expect: { leader: 3, active: [1, 2, 3, 4, 5], failures: [{ server: 3, learner: 5, reason: sync-throttled }] }
`);
    const rejected = recordsOf(run.records, "failed").filter(({ reason }) => reason === "sync-throttled");
    expect(new Set(rejected.map(({ learner }) => learner))).toEqual(new Set([5]));
  });

  it("SendAckRequestProcessorTest (ZOOKEEPER-4409): a leader crashes while a follower syncs its log", () => {
    holds(`
servers: 3
settings: { tickTimeMs: 500 }
steps:
  - { when: { event: active, server: 1 }, after: 500ms, disk: { server: 1, sync: 300ms } }
  - { write: 1 }
  - { when: { event: logged, server: 1 }, crash: 3 }
expect: { leader: 2, active: [1, 2], failures: [{ server: 1, reason: connection-closed }] }
`);
  });
});
