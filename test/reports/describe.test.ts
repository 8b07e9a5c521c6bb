/** Tests the description in words of each kind of record. */
import { describe, expect, it } from "vitest";
import { RECORD_EVENTS } from "../../cluster/records.ts";
import { ACK } from "../../protocol/packets.ts";
import { asEpoch, MIN_VALUE } from "../../protocol/zxid.ts";
import { describeRecord, describeStep, explainDecision } from "../../reports/describe.ts";
import { record, sid, zxid } from "./records.ts";

const epoch = asEpoch(2);
const quorum = (servers: number[], voters: number[]) => ({ servers: servers.map(sid), voters: voters.map(sid) });
const decision = {
  learner: sid(3),
  observer: false,
  decision: "TRUNC",
  zxid: zxid("1:5"),
  rule: "ahead-of-committed-log",
  peerLastZxid: zxid("1:7"),
  lastProcessedZxid: zxid("1:5"),
  minCommittedLog: zxid("1:1"),
  maxCommittedLog: zxid("1:5"),
  startForwardingFrom: zxid("1:5"),
  proposals: 0,
  firstZxid: undefined,
  lastZxid: undefined,
  forwarded: 0,
} as const;
const txn = { zxid: zxid("1:4"), value: "w1" };
const vote = { event: "voted", round: 3, leader: sid(2), zxid: zxid("1:4"), peerEpoch: asEpoch(1) } as const;
const step = { step: 3, verb: "crash", argument: { server: 1, unsynced: "lost" }, duration: undefined } as const;

const CASES: readonly (readonly [Parameters<typeof record>[0], string])[] = [
  [{ event: "looking", phase: "ELECTION" }, "is LOOKING in ELECTION"],
  [{ event: "leading", phase: "DISCOVERY" }, "is LEADING in DISCOVERY"],
  [{ event: "following", phase: "SYNCHRONIZATION" }, "is FOLLOWING in SYNCHRONIZATION"],
  [{ event: "observing", phase: "BROADCAST" }, "is OBSERVING in BROADCAST"],
  [vote, "votes for 2 (epoch 1, zxid 1:4) in round 3"],
  [
    { ...vote, leader: MIN_VALUE, zxid: MIN_VALUE, peerEpoch: MIN_VALUE },
    "votes for no server (epoch none, zxid min) in round 3",
  ],
  [{ event: "elected", leader: sid(2), round: 3 }, "ends the election in round 3: server 2 leads"],
  [
    { event: "epoch-offered", learner: sid(3), observer: false, epoch },
    "receives FOLLOWERINFO from 3: acceptedEpoch 2",
  ],
  [{ event: "epoch-offered", learner: sid(4), observer: true, epoch }, "receives OBSERVERINFO from 4: acceptedEpoch 2"],
  [{ event: "epoch-proposed", epoch }, "proposes epoch 2"],
  [{ event: "epoch-accepted", epoch }, "writes acceptedEpoch 2 to disk"],
  [
    { event: "epoch-acked", learner: sid(3), currentEpoch: epoch, lastZxid: zxid("2:1") },
    "receives ACKEPOCH from 3: currentEpoch 2, last zxid 2:1",
  ],
  [{ event: "epoch-current", epoch }, "writes currentEpoch 2 to disk"],
  [{ event: "sync-decided", ...decision }, `synchronizes 3: ${explainDecision(decision)}`],
  [
    { event: "newleader-acked", epoch, zxid: zxid("1:5") },
    "acknowledges NEWLEADER of epoch 2 with a history that ends at 1:5",
  ],
  [{ event: "newleader-ack-read", learner: sid(3), zxid: zxid("2:0") }, "receives the ACK of NEWLEADER from 3"],
  [{ event: "established", epoch, zxid: zxid("1:5") }, "is established in epoch 2 at 1:5"],
  [{ event: "active", epoch, leader: sid(2), zxid: zxid("1:5") }, "serves in epoch 2 of leader 2 at 1:5"],
  [{ event: "proposed", ...txn }, "proposes 1:4 (w1)"],
  [{ event: "logged", ...txn }, "logs 1:4 (w1)"],
  [{ event: "committed", ...txn }, "commits 1:4 (w1)"],
  [{ event: "delivered", ...txn }, "delivers 1:4 (w1)"],
  [{ event: "synced", zxid: zxid("1:4") }, "syncs its log up to 1:4"],
  [
    { event: "truncated", zxid: zxid("1:1"), removed: [zxid("1:2")], end: zxid("1:1") },
    "truncates its log to 1:1 and removes 1:2",
  ],
  [
    { event: "truncated", zxid: zxid("1:1"), removed: [zxid("1:2"), zxid("1:3")], end: zxid("1:1") },
    "truncates its log to 1:1 and removes 2 transactions: 1:2, 1:3",
  ],
  [
    {
      event: "truncated",
      zxid: zxid("1:1"),
      removed: [2, 3, 4, 5, 6, 7, 8].map((n) => zxid(`1:${n}`)),
      end: zxid("1:1"),
    },
    "truncates its log to 1:1 and removes 7 transactions, 1:2..1:8",
  ],
  [
    { event: "truncated", zxid: zxid("1:1"), removed: [], end: zxid("1:3") },
    "truncates its log to 1:1; its database still ends at 1:3",
  ],
  [{ event: "snapshot-saved", zxid: zxid("1:4") }, "finishes writing snapshot.100000004"],
  [
    { event: "snapshot-started", zxid: zxid("1:4"), inBackground: true },
    "begins to write snapshot.100000004 in the background",
  ],
  [{ event: "snapshot-started", zxid: zxid("1:4"), inBackground: false }, "begins to write snapshot.100000004"],
  [{ event: "snapshot-failed" }, "cannot write the snapshot"],
  [
    { event: "election-waited", round: 2, waitedMs: 1600, unheard: [sid(2), sid(3)], resends: true },
    "receives no vote for 1.60 s in round 2 (missing votes: 2, 3): sends its vote again",
  ],
  [
    { event: "election-waited", round: 2, waitedMs: 200, unheard: [], resends: false },
    "receives no vote for 200 ms in round 2: connects again",
  ],
  [
    { event: "notification-ignored", from: sid(3), round: 4, reason: "earlier-round" },
    "ignores a notification from 3: it is from round 4, which is over",
  ],
  [
    { event: "notification-ignored", from: sid(3), round: 4, reason: "no-better-vote" },
    "ignores a notification from 3: a quorum already agrees, and this vote is not better",
  ],
  [
    { event: "notification-delayed", to: sid(3), dialing: sid(2) },
    "delays its vote to 3: the sending thread is still connecting to 2",
  ],
  [
    { event: "election-link", peer: sid(3), change: "closed-own-id-smaller", limitMs: 5000 },
    "drops its connection to the election port of 3: 3 has the larger id and must connect itself",
  ],
  [
    { event: "election-link", peer: sid(0), change: "closed-peer-id-smaller", limitMs: 5000 },
    "drops the election connection from 0, which has the smaller id, and connects itself",
  ],
  [
    { event: "election-link", peer: sid(3), change: "refused", limitMs: 5000 },
    "cannot connect to the election port of 3: connection refused",
  ],
  [
    { event: "election-link", peer: sid(3), change: "closed", limitMs: 5000 },
    "loses the election connection with 3: closed or reset",
  ],
  [
    { event: "election-link", peer: sid(3), change: "timed-out", limitMs: 5000 },
    "cannot connect to the election port of 3: no answer within cnxTimeout (5.00 s)",
  ],
  [
    { event: "accept-failed", change: "acceptor-ends", errors: 1 },
    "gets an error from accept(): the thread LearnerCnxAcceptor ends and accepts no learner any more",
  ],
  [
    { event: "accept-failed", change: "error-forgotten", errors: 1 },
    "starts to serve and forgets that its thread LearnerCnxAcceptor has ended",
  ],
  [
    { event: "accept-failed", change: "master-retries", errors: 1 },
    "gets an error from accept() on the observerMasterPort and tries again until it succeeds",
  ],
  [
    { event: "accept-failed", change: "listener-closes-port", errors: 2 },
    "gets an error from accept() on the election port (2 in a row): closes the port for 1 s",
  ],
  [
    { event: "config-seen", config: "voters 1,2; version 1:2", version: zxid("1:2"), role: "participant" },
    "sees the pending configuration: voters 1,2; version 1:2",
  ],
  [
    { event: "config-committed", config: "voters 1,2; version 1:2", version: zxid("1:2"), role: "participant" },
    "activates the configuration: voters 1,2; version 1:2",
  ],
  [
    { event: "config-committed", config: "voters 2,3; version 1:2", version: zxid("1:2"), role: undefined },
    "activates the configuration: voters 2,3; version 1:2; it is not a member",
  ],
  [
    {
      event: "committed",
      zxid: zxid("1:2"),
      value: "w1",
      quorums: [quorum([3, 1], [1, 2, 3]), quorum([1, 2], [1, 2])],
    },
    "commits 1:2 (w1), acknowledged by 1, 3 of {1, 2, 3} and 1, 2 of {1, 2}",
  ],
  [
    { event: "reconfig-refused", reason: "BadVersion", zxid: zxid("1:3") },
    "refuses the reconfiguration: BadVersion (the request names another version)",
  ],
  [
    { event: "leader-designated", leader: sid(2), version: zxid("1:2") },
    "designates server 2 as the leader and commits nothing more",
  ],
  [{ event: "accept-failed", change: "listener-opens-port", errors: 2 }, "opens the election port again"],
  [
    { event: "accept-failed", change: "listener-ends", errors: 3 },
    "ends the thread QuorumCnxManager.Listener after 3 errors of accept(): it accepts no election connection any more",
  ],
  [{ event: "loaded", zxid: zxid("1:4"), history: undefined as never }, "loads its database up to 1:4"],
  [{ event: "fast-forwarded", zxid: zxid("1:4") }, "fast-forwards its database to 1:4"],
  [{ event: "failed", reason: "zxid-rollover", learner: undefined, detail: "" }, "fails with zxid-rollover"],
  [
    { event: "failed", reason: "read-timeout", learner: sid(3), detail: "nothing arrived" },
    "closes the connection to learner 3: read-timeout: nothing arrived",
  ],
  [
    { event: "anomaly", anomaly: "bad-ack", from: sid(3), packet: ACK, zxid: zxid("1:5"), detail: "not sent" },
    "reads ACK 1:5 from 3 (bad-ack): not sent",
  ],
  [
    { event: "anomaly", anomaly: "bad-state", from: sid(-1), packet: 0, zxid: zxid("1:5"), detail: "illegal" },
    "reads a message 1:5 from an unknown learner (bad-state): illegal",
  ],
  [{ event: "started" }, "starts"],
  [{ event: "crashed", exitCode: undefined, lost: [] }, "crashes"],
  [{ event: "crashed", exitCode: undefined, lost: [zxid("1:4")] }, "crashes and loses 1:4, which was not synced"],
  [
    { event: "crashed", exitCode: undefined, lost: [zxid("1:4"), zxid("1:5")] },
    "crashes and loses 1:4..1:5, which were not synced",
  ],
  [{ event: "crashed", exitCode: 10, lost: [] }, "exits with code 10"],
  [{ event: "crashed", exitCode: undefined, lost: [], planned: { for: "restart" } }, "stops for a restart"],
  [
    { event: "crashed", exitCode: undefined, lost: [], planned: { for: "upgrade", from: "3.6.2", to: "3.9.4" } },
    "stops; ZooKeeper 3.9.4 replaces 3.6.2",
  ],
  [{ event: "received", from: sid(2), message: "COMMIT", zxid: zxid("1:4") }, "receives COMMIT 1:4 from 2"],
  [{ event: "received", from: sid(2), message: "HELLO", zxid: zxid("0:0") }, "receives HELLO from 2"],
  [{ event: "script", moment: "start", ...step }, "step 4: crash server=1 unsynced=lost"],
  [{ event: "script", moment: "end", ...step }, "end of step 4: crash server=1 unsynced=lost"],
];

describe("describeRecord", () => {
  it.each(CASES)("$event: %s", (fields, text) => {
    expect(describeRecord(record(fields))).toBe(text);
  });

  it("is tested with every kind of record", () => {
    const tested = new Set(CASES.map(([{ event }]) => event));
    expect(RECORD_EVENTS.filter((event) => !tested.has(event))).toEqual([]);
  });
});

describe("explainDecision", () => {
  it("names the zxids that decided, and the zxid of the TRUNC", () => {
    expect(explainDecision(decision)).toMatch(/1:7.* maxCommittedLog 1:5 → TRUNC to 1:5$/);
  });

  it("explains a SNAP", () => {
    const snap = { ...decision, decision: "SNAP", rule: "forced-snap" } as const;
    expect(explainDecision(snap)).toMatch(/→ SNAP$/);
  });
});

describe("describeStep", () => {
  it.each([
    ["a number", { verb: "start", argument: 3, duration: undefined }, "start 3"],
    ["groups", { verb: "partition", argument: [[1, 2], [3]], duration: "2s" }, "partition [[1 2] [3]] for 2s"],
    [
      "an object with an absent field",
      { verb: "drop", argument: { match: { type: "ACK", to: undefined }, count: 1 }, duration: undefined },
      "drop match={type=ACK} count=1",
    ],
  ])("writes %s", (_name, given, text) => {
    expect(describeStep(given)).toBe(text);
  });
});
