/**
 * Checks, for each scenario of a bug, that the explanation contains the step that causes the bug according to its
 * ticket or its known cause. These scenarios end with a violation, with stuck servers, or with a server that cannot
 * start.
 */
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { bugPaths, readScenario, shippedPaths } from "../../../cli/scenario-files.ts";
import { whyStuck } from "../../../reports/stuck.ts";
import { whyText } from "../../../reports/why.ts";
import { runScenario } from "../../../scenarios/run.ts";
import { Trace } from "../../../sim/index.ts";

/** The phrases that the explanation of each scenario must contain, in this order. */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  // The leader counts the ACK of a server that its configuration does not list.
  "ack-from-outside-configuration-commits": [
    "leader 3 commits 1:1 after ACKs from server 4",
    "PROPOSAL 1:1 from server 3 to server 1 is held",
    "server 2 was established in epoch 2 at 0:0 without 1:1",
  ],
  // Two servers with the old list and three servers with the new list each form a quorum.
  "expansion-new-servers-elect-before-the-roll": ["step 3: start server=5 config={voters=[1 2 3 4 5]"],
  // A log file of the leader disappears, and the leader takes the hole for zxids that no server has.
  "leader-without-middle-log-file-trunc": [
    "server 1 truncates 1:3 from its log",
    "peer zxid 1:3 is below minCommittedLog 1:6 and not in the log",
    "1:3 is missing from the log on disk of leader 3",
    "the disk of server 3 held 1:3 before the run",
  ],
  // The log thread writes a transaction after its server has replayed the log into memory.
  "log-thread-drained-after-fast-forward": [
    "the log thread of server 1 writes 1:4 only after server 1 left its leader (0.942835 s)",
    "server 1 fast-forwards its database to 1:3, before its log thread writes 1:4 (1.027835 s)",
  ],
  // Server 4 joined leader 3 while its configuration was pending, and activated it.
  "open-joining-learner-activates-pending-configuration": [
    "server 2 is established in epoch 2 with the configuration voters 1,2,3; version 1:0",
    "server 4 has the newer configuration voters 3,4,5; version 1:2",
    "leader 3 synchronizes server 4",
  ],
  // Server 1 stores the configuration of NEWLEADER, which is older than the one that it has seen in a proposal.
  "open-newleader-names-replaced-configuration": [
    "configuration of server 1: voters 1,2,3; version 1:0",
    "pending: voters 3,4,5; version 2:2",
    "server 1 was established in epoch 3 at 2:2",
    "server 1 never had 2:3 (w2)",
  ],
  // Servers 1 and 2 start again without zoo.cfg.dynamic.next.
  "open-pending-configuration-forgotten-at-second-restart": [
    "two leaders, because servers 1 and 2 forgot their pending configuration at their second restart",
    "server 2 was established in epoch 1 at 0:0",
  ],
  // Observer 4 has currentEpoch 2 without 1:2 when it becomes a voter.
  "open-observer-writes-epoch-before-diff-is-logged": [
    "server 3 truncates 1:2 from its log",
    "server 4 is elected leader",
    "server 4 crashes before it logs 1:2",
    "server 4 writes currentEpoch 2 to disk, before it logs 1:2",
  ],
  // Server 4 ignores COMMITANDACTIVATE, because a write is the first proposal in its queue.
  "open-commit-before-uptodate-keeps-old-configuration": [
    "server 4 applies voters 1,2,3,4; version 2:3 and keeps an older configuration",
  ],
  // Server 1 counts as a follower, and then activates the configuration that makes it an observer.
  "open-reconfiguration-counts-follower-that-becomes-observer": [
    "pending: voters 1,2,3,4; version 1:2",
    "it failed 2 times with reconfigured: the new configuration changes the role",
  ],
  // Only server 3 has the transaction of the pending configuration.
  "open-pending-voter-ahead-of-old-voters-elects-no-leader": [
    "server 3 is a voter only of its pending configuration, so it does not vote for itself, and the others ignore its",
  ],
  // Only server 1 has 1:2, which leader 3 has lost.
  "open-pending-voter-logs-later-write-elects-no-leader": [
    "server 1 is a voter only of its pending configuration, so it does not vote for itself, and the others ignore its",
  ],
  // Servers 3 and 4 do not know the pending configuration of servers 1 and 2.
  "open-votes-for-pending-voter-elect-no-leader": [
    "servers 1 and 2 vote for server 4, a voter of the pending configuration, and servers 3 and 4 ignore these votes",
  ],
  // Servers 1 and 2 are in round 1, and server 3, which their pending configuration needs, is in round 2.
  "open-round-of-pending-voter-ignored": [
    "pending: voters 2,3; version 1:1",
    "server 3 is a voter only of its pending configuration, so it does not vote for itself",
    "server 3: LOOKING in ELECTION",
    "it votes for no server (epoch 1, zxid 1:1) in round 2",
  ],
  // Server 2 has the file, but its zoo.cfg has the lists.
  "open-pending-configuration-not-read-with-lists": [
    "server 2 forgot its pending configuration at a restart with the lists in zoo.cfg",
    "server 2 starts with the lists in zoo.cfg, so it does not read zoo.cfg.dynamic.next",
  ],
  // The leader keeps the version 0, and its learner has version 1:0.
  "open-mixed-reconfig-enabled-no-leader": [
    "configuration of server 3: voters 1,2,3; version 0:0",
    "server 3 has reconfigEnabled=false and keeps the version 0:0 of its configuration. It refuses server 1",
    "server 3 closes its connection because of config-ahead: configuration version 1:0 is higher than the",
  ],
  // The leader leads and has a quorum, but a proposal waits for the ACKs of observers.
  "open-demoted-voters-block-proposals": [
    "server 5 leads epoch 1",
    "leader 5 proposed 1:3 before it committed the configuration 1:2, so 1:3 needs a quorum of the configuration",
    "observers, that is, servers 1, 2 and 3, acknowledge nothing",
  ],
  // Servers 3 and 4 stay LOOKING, although server 2 leads.
  "open-dropped-pending-configuration-never-joins": [
    "server 2 leads epoch 2",
    "servers 3 and 4 do not join leader 2, because this needs a quorum of the pending configuration, too",
    "server 3: LOOKING in ELECTION",
    "server 4: LOOKING in ELECTION",
  ],
  // The servers elect server 2, which is lost.
  "open-vote-of-last-election-elects-lost-leader": [
    "the settled servers have elected server 2, which is not one of them",
    "Server 3 does not know server 5 as a voter, so it answers each of its votes with its own vote of the",
    "times with connect-failed: no connection to server 2",
  ],
  // INFORMANDACTIVATE 2:2 is not the predecessor of INFORM 2:3 for the observer.
  "open-observer-aborts-sync-after-reconfiguration": [
    "server 4 reads PROPOSAL 2:3: the proposal does not follow the one before it",
    "observer 4 reads the transaction before it in INFORMANDACTIVATE from server 3",
  ],
  // Server 3 does not adopt the newer configuration of the servers that reply to it.
  "open-older-dynamic-file-without-reconfig-never-joins": [
    "configuration of servers 1, 2 and 4: voters 1,2,3; observers 4; version 2:0",
    "configuration of server 3: voters 1,2,3; version 1:0",
    "server 3: LOOKING in ELECTION",
  ],
  // The leader counts an ACK of a transaction that the follower has truncated.
  "open-acked-proposal-truncated-committed-lost": [
    "leader 3 commits 1:2 after ACKs from server 2",
    "the ACK of server 2 is stale: server 2 truncated 1:2 after this ACK",
    "server 2 truncates 1:2 (w2) from its log",
    "leader 3 has proposed 1:2 (w2), but not committed it yet",
  ],
  // The leader has committed a transaction but not applied it, so it makes a learner truncate the transaction.
  "open-committed-txn-truncated-before-leader-applies-it": [
    "server 1 truncates 1:2 (w2) from its log",
    "peer zxid 1:2 is above maxCommittedLog 1:1 → TRUNC to 1:1",
    "leader 3 has committed 1:2 (w2), but its commit processor has not applied it yet",
    "step 2: stall server=3 thread=apply",
  ],
  // The same, and the hole that the TRUNC leaves in the log reaches another server.
  "open-hole-in-log-after-trunc-passed-on": [
    "server 4 truncates 2:2 (w2) from its log",
    "leader 3 has committed 2:2 (w2), but its commit processor has not applied it yet",
    "step 3: stall server=3 thread=apply",
  ],
  // The leader counts the ACK of a server with a copied file myid.
  "two-servers-with-one-myid-commit-lost": [
    "servers 3 and 4 have the same myid, 3",
    "server 4 starts with 3 in its file myid",
  ],
  // An observer applies the commits of its synchronization after it has acknowledged UPTODATE.
  "open-observer-serves-before-synced-commits-are-applied": ["serves in epoch 2"],
  // The leader has committed but not applied a transaction, as in
  // open-committed-txn-truncated-before-leader-applies-it. The learner is interrupted before NEWLEADER.
  "trunc-then-commit-before-newleader-memory-ahead-of-disk": [
    "leader 3 has committed 1:2 (w2), but its commit processor has not applied it yet",
  ],
  // A snapshot is damaged, and the server loads an older one.
  "open-corrupt-snapshot-older-one-used": [
    "server 3 starts again with an older snapshot, without 1:1",
    "step 3: disk server=3 corrupt=snapshot",
    "server 3 is elected leader",
  ],
  // The process ends after it has saved the snapshot and before it writes currentEpoch.
  "open-crash-before-current-epoch-cannot-start": [
    "server 1: refused to start",
    "currentEpoch 1 is older than epoch 2 of the last zxid",
    "it saved snapshot 2:0",
    "crashed (1.251305 s) before it wrote currentEpoch 2",
  ],
  // A server does not send its better vote again to servers that have not received it.
  "open-election-better-vote-never-repeated": [
    "the vote of server 2 is the best one of round 3",
    "server 4 has not received it",
    "A LOOKING server repeats its vote only if it receives nothing",
  ],
  // The leader uses an epoch, although its write of acceptedEpoch failed (Leader#getEpochToPropose).
  "open-epoch-used-though-not-accepted": [
    "server 3 proposes epoch 1, although its acceptedEpoch 1 is not on disk",
    "step 1: disk server=3 fail=accepted-epoch",
  ],
  // The log thread ends after a disk error, and the server keeps the unwritten transaction in memory.
  "open-failed-log-write-survives": [
    "server 1 keeps 1:2 (w2) in memory when it returns to LOOKING, and no snapshot",
    "server 1 fails with disk-error: the log could not be written",
    "step 2: disk server=1 fail=sync-log",
  ],
  // The log of the leader has a gap. Only the leader's snapshot contains the missing transactions.
  "open-hole-in-log-after-snap-committed-truncated": [
    "leader 3 synchronizes server 1: peer zxid 3:4 is below minCommittedLog 3:5 and not in the log",
    "3:2 (w3) is missing from the log on disk of leader 3",
    "leader 2 synchronizes server 3",
    "SNAP",
  ],
  "open-hole-in-log-after-snap-passed-on": [
    "leader 3 sends server 4 a DIFF with 3 proposals, 3:1..3:3, without 2:1",
    "2:1 is missing from the log on disk of leader 3",
    "leader 2 synchronizes server 3",
    "SNAP",
  ],
  // A TRUNC truncates the log but does not remove later snapshots (FileTxnSnapLog#truncateLog).
  "open-snapshot-survives-trunc": [
    "1:6 survives the TRUNC",
    "server 3 saved snapshot 1:7, which a TRUNC does not remove",
  ],
  // The snapshot that a truncated learner saves at NEWLEADER is not synced (Learner#syncWithLeader).
  "open-snapshot-after-trunc-never-synced": [
    "server 1 is elected leader in round 1: its currentEpoch 3 is above currentEpoch 2 of server 2",
    "server 1 writes currentEpoch 3 to disk, after it saved a snapshot with 2:6",
    "TRUNC to 1:5, then later transactions",
    "missing after a restart from an older snapshot",
  ],
  // After a restart, a server reads transactions from its log that were never synced.
  "open-tail-read-back-after-kill-never-synced": [
    "server 3 is elected leader in round 1: its currentEpoch 3 is above currentEpoch 2 of server 1",
    "server 3 crashes and loses 2:1 (w1), which was not synced",
    "read back from the log without having been synced",
  ],
  // The log has no record with the zxid of the TRUNC, so the TRUNC keeps the next record (FileTxnLog#truncate).
  "open-trunc-keeps-one-txn-too-many": [
    "1:6 survives the TRUNC",
    "the log of server 3 has no record 1:5, so the TRUNC keeps the next one, 1:6",
  ],
  // A TRUNC deletes the oldest log file first, and the process is killed before it deletes the others.
  "open-trunc-killed-between-log-files-leaves-a-hole": [
    "server 3: refused to start",
    "proposal-gap",
    "it crashed (2.463166 s) while it truncated its log to 1:4, and its log has a gap",
  ],
  // In every attempt to join, the learner refuses the leader's epoch, because this epoch is below its own
  // acceptedEpoch.
  "open-voter-ahead-of-leader-never-joins": [
    "server 2 leads epoch 1",
    "server 3: FOLLOWING in DISCOVERY",
    "times with leader-epoch-lower: epoch 1 is lower than acceptedEpoch 5",
  ],
  // A server with a higher epoch wins the election, as in ZOOKEEPER-4785. Its memory lacks transactions of a DIFF that
  // are on its disk.
  "synced-diff-not-in-memory-higher-epoch-wins": [
    "server 1 does not replay its log into memory when it returns to LOOKING",
    "server 1 acknowledges NEWLEADER of epoch 2 with a history that ends at 1:4, after it synced 1:4",
    "later, server 2 truncates 1:4",
    "its currentEpoch 2 is above currentEpoch 1 of server 2, although its last zxid 1:3 is below 1:4",
  ],
  "txns-after-trunc-missing-from-committed-log": [
    "2:1 (w1) is missing from the committedLog of leader 5, which covers 1:1..1:4",
    "TRUNC to 1:4, then later transactions",
  ],
  // In 3.4, a leader continues although the thread that accepts learners has ended.
  "zookeeper-2029-leader-continues-without-acceptor": [
    "leader 3 has accepted no learner since 0.746131 s",
    "LearnerCnxAcceptor ended after an error of accept() (step 1)",
    "server 1: FOLLOWING in DISCOVERY",
  ],
  // Up to 3.5.5, a server continues although the thread that accepts election connections has ended.
  "zookeeper-3320-server-continues-without-election-port": [
    "server 1 has accepted no election connection since 4.335582 s",
    "QuorumCnxManager.Listener ended after 3 errors of accept() (step 2)",
  ],
  // The leader is no voter of the configuration that NEWLEADER has spread.
  "zookeeper-3829-leader-outside-pending-configuration-commits-nothing": [
    "leader 4 has committed nothing since",
    "so it designated server 1 to lead",
  ],
  // The start of the LeaderZooKeeperServer replaces the state ERROR.
  "zookeeper-4203-new-leader-forgets-failed-acceptor": [
    "leader 3 has accepted no learner since 0.432110 s",
    "(step 2), and it forgot this error when it started to serve",
    "times with connect-failed",
  ],
  // The leader does not notice a gap between its log on disk and its committedLog.
  "zookeeper-2418-gap-between-log-and-committed-log": [
    "the log on disk of leader 3 ends at 2:1, its committedLog starts at 2:5",
    "step 1: disk server=3 stall=true",
    "DIFF from the log",
  ],
  // A SNAP does not truncate the log, so the log of the learner keeps a transaction that was never committed.
  "zookeeper-2832-uncommitted-txn-survives-snap": [
    "server 2 acknowledges epoch 4 with its history at 2:1, which is not a prefix of leader 3's history, 1:2",
    "2:1 survives the SNAP: the snapshot ends at 1:2, and 2:1 stays in the log",
    "server 3 never had 2:1 (w1)",
    "server 2: proposed, logged 0.319738, synced 0.322520, left in the log by a SNAP without it",
  ],
  // The leader does not look for gaps in its log, and the learner rejects the gap each time.
  "zookeeper-2846-gap-after-snap-follower-never-joins": [
    "server 3 reads PROPOSAL 2:9: the proposal does not follow the one before it",
    "2:8 (w8) is missing from the log on disk of leader 4",
    "DIFF from the log",
  ],
  // A server has logged a transaction, but its database in memory lacks the transaction during a new election.
  "zookeeper-2845-logged-txn-not-in-memory": [
    "server 3 has 1:4 (w4) on its disk",
    "server 3 does not replay its log into memory when it returns to LOOKING",
    "later, server 3 was established in epoch 3 at 2:2 with 1:4",
  ],
  // After UPTODATE, the learner serves before it has applied the committed transactions of the DIFF.
  "zookeeper-3023-serves-before-synced-commits-are-applied": [
    "server 1 serves in epoch 2 of leader 2 at 1:2, and applies 1:3 only later",
  ],
  // The leader queues NEWLEADER before it serializes the SNAP.
  "zookeeper-3104-newleader-queued-before-snap": [
    "server 1 saves the SNAP as snapshot 2:0, although the SNAP contains 2:10",
    "leader 3 applies 2:10 (w10) after it queues the SNAP and before it serializes the SNAP",
    "leader 3 sends PROPOSAL 2:10 after NEWLEADER, although the SNAP already contains it",
  ],
  // The learner applies a SNAP in memory and does not save it to disk.
  "zookeeper-3642-interrupted-snap-kept-in-memory": [
    "SNAP",
    "server 1 keeps 1:2 in memory when it returns to LOOKING, and no snapshot on its disk contains 1:2",
  ],
  // The thread that opens connections also sends the votes, so a server that does not answer delays the votes.
  "zookeeper-3756-unreachable-voter-holds-up-votes": [
    "server 1 elects server 3 in round 4 and tries to connect to it",
    "but server 3 ends this round only at",
    "server 2 does not answer: servers 1 and 3 wait up to 5.00 s for an election connection to it",
    "send their votes to the other servers only after that",
  ],
  // The learner sends its ACK of NEWLEADER before the transactions of the DIFF are on disk.
  "zookeeper-3911-newleader-acked-before-diff-is-logged": [
    "server 1 crashes before it logs 1:4",
    "server 1 acknowledges NEWLEADER of epoch 2 with a history that ends at 1:3, before it logs 1:4",
    "DIFF with the transactions after it",
  ],
  // At NEWLEADER, the learner clears its pending proposals. A COMMIT for one of them then arrives before UPTODATE.
  "zookeeper-4394-commit-finds-queue-cleared": [
    "no proposal is pending for the COMMIT",
    "server 1 acknowledges NEWLEADER and waits for UPTODATE",
    "at NEWLEADER, server 1 logs 1:3 and clears its pending proposals",
  ],
  // The learner writes currentEpoch before the DIFF is on disk, and the election compares epochs before zxids.
  "zookeeper-4643-current-epoch-before-diff-is-logged": [
    "server 2 truncates 1:4",
    "server 1 is elected leader in round 2: its currentEpoch 2 is above currentEpoch 1 of server 2",
    "although its last zxid 1:3 is below 1:4",
    "server 1 crashes before it logs 1:4",
    "server 1 writes currentEpoch 2 to disk, before it logs 1:4",
    "DIFF with the transactions after it",
  ],
  // The learner sends its ACK of NEWLEADER before its log thread has synced the queued transactions.
  "zookeeper-4646-newleader-acked-before-queue-is-flushed": [
    "server 2 crashes and loses 1:4, which was not synced",
    "server 1 acknowledges NEWLEADER of epoch 2 with a history that ends at 1:4, before it syncs 1:4",
  ],
  // The learner's ACK of a proposal reaches the leader before its ACK of NEWLEADER, and the leader takes the first ACK
  // for the second.
  "zookeeper-4685-proposal-ack-taken-for-newleader-ack": [
    "leader 2 takes this packet for the ACK of NEWLEADER and does not count server 1",
    "server 1 sends the ACK of NEWLEADER in another packet",
    "server 1 sends ACK 1:4 to server 2",
  ],
  "zookeeper-4708-unresolved-own-address-leader-commits-nothing": [
    "it is no voter or seems to have another address, so it designated server 1 to lead, but its followers stayed",
  ],
  "open-changed-election-address-never-dialed": [
    "pending: voters 1,2,3; ports 2=2888:3898;2181, 3=2888:3899;2181; version 1:2",
    "server 1: LOOKING in ELECTION",
  ],
  // A leader whose list has changed shows the list in its snapshot.
  "open-leader-shows-old-list": [
    "voters 1,2,3; version 0:0 in /zookeeper/config, although its configuration is voters 1,2,3; observers 4",
    "server 3 is elected leader",
  ],
  "removed-server-keeps-following": [
    "voters 1,2,3,4; version 0:0 in /zookeeper/config, although its configuration is voters 2,3,4",
    "server 4 is elected leader",
  ],
  // The log thread writes its queued transactions after its server has left the leader.
  "zookeeper-4712-stale-queue-logged-after-leaving": [
    "the log thread of server 1 writes 1:4 only after server 1 left its leader (0.967835 s)",
    "server 3 sends PROPOSAL 1:4 to server 1",
  ],
  // A follower stops following without a crash. It has the higher epoch, but the transactions that its log thread has
  // queued are missing from its memory.
  "zookeeper-4785-queue-not-read-back-higher-epoch-wins": [
    "server 1 does not replay its log into memory when it returns to LOOKING",
    "server 1 writes currentEpoch 2 to disk, before it logs 1:4",
    "later, server 2 truncates 1:4",
    "its currentEpoch 2 is above currentEpoch 1 of server 2, although its last zxid 1:3 is below 1:4",
  ],
  "zookeeper-4925-synced-txns-missing-from-committed-log": [
    "server 1 never had 1:4",
    "leader 2 sends server 1 a DIFF with proposal 2:1, without 1:4",
    "1:4 is missing from the committedLog of leader 2",
    "leader 3 synchronizes server 2",
  ],
  // The follower leaves its leader between TRUNC and NEWLEADER, and its memory keeps the truncated transactions.
  "zookeeper-5088-observer-master-skips-pending-proposal": [
    "server 6 never had 2:1",
    "follower 1 sends server 6 no INFORM for 2:1",
    "follower 1 got 2:1 (w1) while it joined its leader",
    "follower 1 synchronizes server 6",
  ],
  "zookeeper-5094-interrupted-trunc-memory-ahead-of-disk": [
    "server 1 keeps 2:6 in memory when it returns to LOOKING, and no snapshot on its disk contains 2:6",
    "server 1 truncates its log to 1:5",
    "TRUNC to 1:5, then later transactions",
  ],
  // As in synced-diff-not-in-memory-higher-epoch-wins, until the read-only server stops.
  "read-only-server-reads-log-before-it-leads": [
    "server 1 looks for a leader with 1:3 in memory and 1:4 on disk",
    "server 1 does not replay its log into memory when it returns to LOOKING",
  ],
  // New servers start before the server that holds the data.
  "expansion-by-two-empty-servers-first-committed-lost": ["server 3 never had 5:1", "server 3 is elected leader"],
  // A disk reports a sync as done although it has made nothing durable.
  "disk-that-loses-syncs-committed-lost": [
    "server 2 crashes and loses 2:1 (w1), which was not synced",
    "step 1: disk server=2 loseSyncs=true",
  ],
  // A step empties the disks of a quorum.
  "two-of-three-servers-wiped-committed-lost": [
    "server 2 loses 5:1, because its disk is wiped",
    "step 2: wipe 2",
    "server 2: on disk before the run, lost when the disk was wiped",
  ],
  "three-servers-wrong-first-packet-refused": ["the script changes it to ACK"],
  "three-servers-wrong-packet-at-each-step-refused": ["the script changes it to DIFF"],
  // The leader does not count an ACK of NEWLEADER that has another zxid, as in ZOOKEEPER-4685.
  "two-servers-newleader-ack-with-other-zxid-not-counted": [
    "leader 2 takes this packet for the ACK of NEWLEADER and does not count server 1",
    "the script changes it to ACK 1:5",
  ],
};

const kept = [...bugPaths(), ...shippedPaths()]
  .map((path) => ({ path, name: basename(path, ".yaml"), scenario: readScenario(path, []).scenario }))
  .filter(({ path, scenario: { expect: expected } }) => {
    const fails = expected.violates.length > 0 || expected.stuck !== undefined;
    return fails || bugPaths().includes(path);
  });

describe("the explanation of each kept scenario", () => {
  it("has a row in the table", () => {
    expect(Object.keys(STEPS).sort()).toEqual(kept.map(({ name }) => name).sort());
  });

  it.each(kept)("$name names the step of its bug", ({ name, scenario }) => {
    const run = runScenario(scenario, { seed: BigInt(scenario.seed ?? 1), trace: new Trace() });
    const text = (whyText(run) || whyStuck(run)).replace(/ {3,}\d+\.\d{6} s$/gm, "").replace(/\s+/g, " ");
    let from = 0;
    for (const words of STEPS[name] ?? []) {
      expect(text.slice(from)).toContain(words);
      from = text.indexOf(words, from);
    }
  });
});
