/**
 * Mutants: deliberate defects of the core. While the core is bundled, a mutant replaces one or two lines of its source,
 * and so removes one step or check on which the protocol's safety depends. The core's source contains no code for
 * mutants.
 *
 * A campaign that does not find the mutants may also fail to find bugs. test/mutants/search.ts searches for a mutant
 * with the default campaign; scripts/mutants.mjs measures how long the search takes for each mutant.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "esbuild";

export interface Patch {
  /** The path from the root of the repository. */
  readonly file: `protocol/${string}.ts`;
  /** The text to replace; it occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant extends Patch {
  readonly name: string;
  /** The defect, in ZooKeeper's terms. */
  readonly about: string;
  /** The ZooKeeper bug that the mutant reproduces or resembles. */
  readonly ticket?: string;
  /**
   * The check that finds the mutant if no invariant finds it. `liveness`: the servers are stuck. `nondeterminism`: two
   * runs with the same seed differ.
   */
  readonly canary?: "liveness" | "nondeterminism";
  /**
   * A scenario, as YAML, that fails only with the mutant. Only mutants that campaigns rarely find have this field.
   */
  readonly shownBy?: string;
  /** The name of a shipped scenario that fails with the mutant. */
  readonly shownIn?: string;
  /** Further patches. A mutant needs them if ZooKeeper makes the same check in several places. */
  readonly also?: readonly Patch[];
}

/** The body of isMoreRecent in protocol/leader/epoch-ack.ts. */
const IS_MORE_RECENT =
  "return a.currentEpoch > b.currentEpoch || (a.currentEpoch === b.currentEpoch && a.lastZxid > b.lastZxid);";

/** A scenario in which servers 1 and 2 crash when they commit a configuration without them, and then elect a leader. */
const CRASH_AT_COMMIT = `
about: Servers 1 and 2 crash as they read the commit of voters 3, 4 and 5. Alone, they must not elect a leader.
servers:
  1: &old { config: { voters: [1, 2, 3], version: "1:0" } }
  2: *old
  3: *old
  4: { config: { voters: [1, 2, 3, 4] }, down: true }
  5: { config: { voters: [1, 2, 3, 5] }, down: true }
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 0ms, start: 4 }
  - { after: 0ms, start: 5 }
  - { after: 1s, crashAtConfigWrite: { server: 1, write: dynamic } }
  - { after: 0ms, crashAtConfigWrite: { server: 2, write: dynamic } }
  - { after: 0ms, reconfig: { config: { voters: [3, 4, 5] } } }
  - { after: 2s, write: 1 }
  - { after: 1s, partition: [[1, 2], [3, 4, 5]] }
  - { after: 0ms, start: 1 }
  - { after: 0ms, start: 2 }
until: 12s
`;

export const MUTANTS: readonly Mutant[] = [
  // ---- election
  {
    name: "votes-ignore-epoch",
    about:
      "Servers compare votes and ACKEPOCHs by zxid first: a higher zxid of an older epoch wins over a newer epoch.",
    file: "protocol/election/vote.ts",
    find: "if (newEpoch !== currentEpoch) return newEpoch > currentEpoch;",
    replace: "if (newZxid === currentZxid && newEpoch !== currentEpoch) return newEpoch > currentEpoch;",
    // The first patch lets a server win the election although its history is not the most recent. The learners can then
    // be ahead of their leader. Without the second patch, the leader would reject their ACKEPOCHs, so the mutant would
    // only delay the start.
    also: [
      {
        file: "protocol/leader/epoch-ack.ts",
        find: IS_MORE_RECENT,
        replace: "return a.lastZxid > b.lastZxid || (a.currentEpoch > b.currentEpoch && a.lastZxid === b.lastZxid);",
      },
    ],
  },
  {
    name: "votes-ignore-zxid",
    about:
      "Servers compare votes and ACKEPOCHs of one epoch by id, not by zxid: a server that lacks transactions can lead.",
    file: "protocol/election/vote.ts",
    find: "if (newZxid !== currentZxid) return newZxid > currentZxid;\n  return newId > currentId;",
    replace: "if (newId !== currentId) return newId > currentId;\n  return newZxid > currentZxid;",
    also: [
      {
        file: "protocol/leader/epoch-ack.ts",
        find: IS_MORE_RECENT,
        replace: "return a.currentEpoch > b.currentEpoch;",
      },
    ],
  },

  // ---- discovery: the epoch
  {
    name: "epoch-used-again",
    about: "A leader does not raise its proposed epoch for an acceptedEpoch equal to it, so an epoch is used twice.",
    ticket: "ZOOKEEPER-1343",
    file: "protocol/leader/epoch-proposal.ts",
    find: "if (lastAcceptedEpoch >= this.epoch)",
    replace: "if (lastAcceptedEpoch > this.epoch)",
  },
  {
    name: "ackepoch-quorum-not-awaited",
    about: "A leader starts the synchronization without a quorum of ACKEPOCHs.",
    ticket: "ZOOKEEPER-1192",
    file: "protocol/leader/epoch-ack.ts",
    find: "if (this.acked.has(myid) && this.acked.hasQuorum) {",
    replace: "if (this.acked.has(myid)) {",
  },
  {
    name: "ackepoch-before-accepted-epoch-written",
    about:
      "A learner sends ACKEPOCH before acceptedEpoch is written: after a crash it can accept an older epoch again.",
    file: "protocol/learner/learner.ts",
    find: "this.server.effects.writeAcceptedEpoch(this.newEpoch);",
    replace: [
      "const { currentEpoch, database } = this.server;",
      "if (!this.leaderIsOld) this.send(packet(ACKEPOCH, database.lastProcessedZxid, currentEpoch));",
      "this.server.effects.writeAcceptedEpoch(this.newEpoch);",
    ].join("\n    "),
    also: [
      { file: "protocol/learner/learner.ts", find: "const epochToAck = server.currentEpoch;\n", replace: "" },
      {
        file: "protocol/learner/learner.ts",
        find: "if (this.leaderIsOld) this.registered();\n    else this.ackEpoch(epochToAck);",
        replace: "this.registered();",
      },
    ],
  },

  // ---- synchronization: what the leader sends
  {
    name: "trunc-above-committed-log-skipped",
    about: "A learner ahead of maxCommittedLog gets a DIFF instead of a TRUNC, and keeps its extra transactions.",
    ticket: "ZOOKEEPER-1154",
    file: "protocol/leader/sync-decision.ts",
    find: "queue.op(TRUNC, max);\n    current = max;\n    needSnap = false;",
    replace: "queue.op(DIFF, max);\n    current = max;\n    needSnap = false;",
  },
  {
    name: "foreign-txn-in-range-ignored",
    about: "A learner whose last transaction, of an older epoch, the leader lacks gets a DIFF instead of a SNAP.",
    ticket: "ZOOKEEPER-1154",
    file: "protocol/leader/sync-decision.ts",
    find: "this.crossEpoch = true;\n            return queued;",
    replace: "this.op(DIFF, this.max);",
  },
  {
    name: "diff-starts-too-late",
    about: "A DIFF omits the first transaction that the learner lacks.",
    file: "protocol/leader/sync-decision.ts",
    find: "if (zxid === from) {",
    replace: "if (zxid === from) {\n            queued = list[list.indexOf(txn) + 1]?.zxid ?? queued;",
  },
  {
    name: "outstanding-not-forwarded",
    about: "A learner that joins does not get the outstanding proposals (Leader#startForwarding).",
    file: "protocol/leader/leader.ts",
    find: "return this.outstanding.map((proposal) => proposal.txn);",
    replace: "return [];",
  },

  // ---- synchronization: what the learner does
  {
    name: "trunc-cuts-one-too-many",
    about: "A TRUNC also removes the transaction with its own zxid.",
    ticket: "ZOOKEEPER-1156",
    file: "protocol/learner/synchronization.ts",
    find: "effects.truncateLog(message.zxid, behavior);",
    replace: "effects.truncateLog((message.zxid - 1) as Zxid, behavior);",
  },
  {
    name: "newleader-acked-before-sync",
    about: "A follower acknowledges NEWLEADER while the transactions of the DIFF are only in the page cache.",
    ticket: "ZOOKEEPER-3911",
    file: "protocol/learner/synchronization.ts",
    find: "this.server.logLock.sync(this);",
    replace: "this.writeEpoch();",
  },
  {
    name: "current-epoch-before-sync",
    about: "A follower writes currentEpoch before it syncs the transactions of a DIFF, and then acknowledges both.",
    ticket: "ZOOKEEPER-4643",
    shownBy: `
about: Server 1 has currentEpoch 2 and lacks 1:4, and wins against server 2, which has 1:4 and currentEpoch 1.
servers: { 1: { history: 1:1..1:3 }, 2: { history: 1:1..1:4 }, 3: { history: 1:1..1:4 } }
committed: 1:4
steps:
  - { hold: { type: LEADERINFO, from: 3, to: 2 } }
  - { when: { event: epoch-current, server: 1 }, crash: { server: 1, unsynced: lost } }
  - { crash: 3 }
  - { start: 1 }
until: 30s
`,
    file: "protocol/learner/synchronization.ts",
    find: "this.server.logLock.sync(this);",
    replace: "this.server.effects.writeCurrentEpoch(this.newEpoch);",
    also: [
      {
        file: "protocol/learner/synchronization.ts",
        find: "if (learner.failIfDiskFailed(ok)) return;",
        replace: [
          "if (learner.failIfDiskFailed(ok)) return;",
          'if (this.stage === "syncing-log") return server.logLock.sync(this);',
        ].join("\n    "),
      },
    ],
  },
  {
    name: "snap-in-memory-kept",
    about: "A learner that loses its leader keeps a SNAP that is in memory but not saved.",
    ticket: "ZOOKEEPER-3642",
    file: "protocol/learner/learner.ts",
    find: "if (!this.stopsServer && this.synchronization?.mustReload) database.clear();\n    else if",
    replace: "if",
  },
  {
    name: "synced-txns-skip-committed-log",
    about: "The transactions of a DIFF miss committedLog: as a leader, the server later sends a DIFF with a hole.",
    ticket: "ZOOKEEPER-4925",
    file: "protocol/storage/database.ts",
    find: "return !this.behavior.syncedTxnsReachCommittedLog || this.addCommitted(txn);",
    replace: "return true;",
  },
  {
    name: "newleader-quorum-one-less",
    about: "A leader is established one acknowledgment of NEWLEADER too early.",
    file: "protocol/configurations.ts",
    find: "return new AckSet(this.forEpochs, this.second);",
    replace: [
      "const { forEpochs: verifier } = this;",
      "const containsQuorum = (sids: readonly ServerId[]) => verifier.containsQuorum([...sids, -1 as ServerId]);",
      "return new AckSet({ ...verifier, containsQuorum }, this.second);",
    ].join("\n    "),
  },

  // ---- broadcast
  {
    name: "proposal-quorum-one-less",
    about: "A leader commits a proposal one acknowledgment too early.",
    file: "protocol/configurations.ts",
    find: "return new AckSet(this.forAcks, this.second);",
    replace: [
      "const { forAcks: verifier } = this;",
      "const containsQuorum = (sids: readonly ServerId[]) => verifier.containsQuorum([...sids, -1 as ServerId]);",
      "return new AckSet({ ...verifier, containsQuorum }, this.second);",
    ].join("\n    "),
  },
  {
    name: "proposal-acked-before-sync",
    about: "A follower acknowledges a proposal before it is durable.",
    file: "protocol/learner/follower.ts",
    find: "this.pending.push(txn);\n    this.log.write(txn);",
    replace: "this.pending.push(txn);\n    this.learner.send(packet(ACK, txn.zxid, null));\n    this.log.write(txn);",
  },
  {
    name: "commit-out-of-order",
    about: "A leader commits a proposal with a quorum although an older proposal has no quorum yet.",
    file: "protocol/leader/leader.ts",
    find: "if (this.outstanding[0]?.txn !== txn || !acks.hasQuorum) return false;\n    this.outstanding.shift();",
    replace: "if (!acks.hasQuorum) return false;\n    while (this.outstanding.shift()?.txn !== txn);",
    // A server acknowledges transactions in order, so each transaction normally gets its quorum before the next one.
    // Without this second patch, which reverses the order of the leader's own acknowledgments, the first patch would
    // have no effect.
    also: [
      {
        file: "protocol/leader/leader.ts",
        find: "for (const txn of txns) this.processAck",
        replace: "for (const txn of [...txns].reverse()) this.processAck",
      },
    ],
  },
  {
    name: "counter-overflows",
    about: "A leader whose counter is used up continues, and the counter overflows into the epoch.",
    ticket: "ZOOKEEPER-1277",
    file: "protocol/leader/leader.ts",
    find: "if (counterOf(zxid) === MAX_COUNTER) {",
    replace: "if (counterOf(zxid) > MAX_COUNTER) {",
  },

  // ---- quorums and packets
  {
    name: "newleader-quorum-counts-observers",
    about: "Acknowledgments of NEWLEADER by observers count toward the quorum that establishes a leader.",
    file: "protocol/configurations.ts",
    find: "return new AckSet(this.forEpochs, this.second);",
    replace: "return new AckSet({ ...this.forEpochs, isVoter: () => true }, this.second);",
  },
  {
    name: "established-after-two-acks",
    about: "Two servers are enough to establish a leader, and so to send UPTODATE, whatever the size of the ensemble.",
    file: "protocol/leader/newleader-ack.ts",
    find: "if (this.acked.hasQuorum) {",
    replace: "if (this.acked.servers.length >= 2 || this.acked.hasQuorum) {",
  },
  {
    name: "ackepoch-minus-one-counted",
    about: "A leader counts an ACKEPOCH with epoch -1, which means that the learner must not be counted.",
    file: "protocol/leader/epoch-ack.ts",
    find: "if (summary.currentEpoch !== NO_EPOCH) {",
    replace: "if (summary.currentEpoch >= NO_EPOCH) {",
  },
  {
    name: "own-epoch-not-counted",
    about: "A leader proposes an epoch without regard to its own acceptedEpoch.",
    file: "protocol/leader/leader.ts",
    find: "this.epochProposal.propose(this, myid, acceptedEpoch, nowUs);",
    replace: "this.epochProposal.propose(this, myid, NO_EPOCH, nowUs);",
  },
  {
    name: "epoch-quorum-without-leader",
    about: "A leader proposes an epoch as soon as a quorum of followers has sent FOLLOWERINFO, without its own epoch.",
    file: "protocol/leader/epoch-proposal.ts",
    find: "if (this.counted.has(this.myid) && this.counted.hasQuorum) {",
    replace: "if (this.counted.hasQuorum) {",
  },
  {
    name: "same-epoch-acked-with-epoch",
    about: "A learner that has accepted the epoch before answers LEADERINFO with its currentEpoch, not with -1.",
    file: "protocol/learner/learner.ts",
    find: "this.ackEpoch(NO_EPOCH);",
    replace: "this.ackEpoch(this.server.currentEpoch);",
  },
  {
    name: "learner-one-epoch-ahead-counted",
    about: "A leader accepts and counts an ACKEPOCH of a learner whose currentEpoch is one above its own.",
    file: "protocol/leader/epoch-ack.ts",
    find: IS_MORE_RECENT,
    replace:
      "return a.currentEpoch > b.currentEpoch + 1 || (a.currentEpoch === b.currentEpoch && a.lastZxid > b.lastZxid);",
  },
  {
    name: "leader-acks-before-sync",
    about: "A leader acknowledges its own proposal when it proposes it, before its log is synced.",
    file: "protocol/leader/leader.ts",
    find: 'assertPresent(this.log, "log thread", this.phase).write(txn);',
    replace:
      'assertPresent(this.log, "log thread", this.phase).write(txn);\n    this.processAck(this.server.myid, txn.zxid);',
  },
  {
    name: "queued-txns-acked",
    about: "A log thread also acknowledges the transactions in its queue, which it has not appended yet.",
    file: "protocol/storage/log-thread.ts",
    find: "this.listener.logWritten(written, true);",
    replace: "this.listener.logWritten([...written, ...this.queue], true);",
  },
  {
    name: "votes-equal-by-id",
    about: "Two votes are equal if they name the same leader, whatever their zxid, round and epoch.",
    file: "protocol/election/vote.ts",
    find: "if (a.state === LOOKING || b.state === LOOKING) {",
    replace: "if (a.id >= 0 && b.id >= 0) return a.id === b.id;\n  if (a.state === LOOKING || b.state === LOOKING) {",
  },
  {
    name: "commit-takes-any-head",
    about: "A follower commits its oldest pending proposal, whatever the zxid in the COMMIT.",
    file: "protocol/learner/follower.ts",
    find: "} else if (head.zxid !== zxid) {",
    replace: "} else if (head.zxid < 0) {",
  },
  {
    name: "votes-of-other-epochs-counted",
    about: "A server that joins a leader also counts followers of an earlier epoch of this leader.",
    file: "protocol/election/vote.ts",
    find: "return a.id === b.id && a.peerEpoch === b.peerEpoch;",
    replace: "return a.id === b.id;",
  },
  {
    name: "leader-joined-before-it-leads",
    about: "A server joins a leader that a quorum follows, although that leader has not said that it leads.",
    file: "protocol/election/fast-leader-election.ts",
    find: "return votes.get(leader)?.state === LEADING;",
    replace: "return votes.size > 0;",
  },
  {
    name: "older-round-counted",
    about: "A LOOKING server counts a notification of an earlier round as a vote of its own round.",
    file: "protocol/election/fast-leader-election.ts",
    find: 'this.ignored(from, n, "earlier-round");\n      return;',
    replace: 'this.ignored(from, n, "earlier-round");',
    also: [
      {
        file: "protocol/election/fast-leader-election.ts",
        find: "this.received.set(from, this.vote(n.leader, n.zxid, n.electionEpoch, n.peerEpoch));",
        replace: "this.received.set(from, this.vote(n.leader, n.zxid, this.round, n.peerEpoch));",
      },
    ],
  },
  {
    name: "repeated-ack-counted-twice",
    about: "A server that arrives or acknowledges twice counts as two servers of a quorum.",
    file: "protocol/quorum.ts",
    find: "if (this.acked.includes(sid)) return true;",
    replace: "",
  },
  {
    name: "newleader-acked-with-any-zxid",
    about: "A leader counts an acknowledgment of NEWLEADER whatever its zxid.",
    file: "protocol/leader/newleader-ack.ts",
    find: "if (this.quorumFormed || zxid !== this.zxid) {",
    replace: "if (this.quorumFormed) {",
  },
  {
    name: "uptodate-before-established",
    about: "A leader sends UPTODATE as soon as a learner acknowledges NEWLEADER, before it is established itself.",
    file: "protocol/leader/learner-handler.ts",
    find: '    this.phase = "waiting-newleader-ack";\n    if (!this.leader.ackNewLeader(this, message.zxid)) {',
    replace:
      '    this.phase = "waiting-newleader-ack";\n    this.queuePacket(packet(UPTODATE, NO_ZXID, null));\n' +
      "    if (!this.leader.ackNewLeader(this, message.zxid)) {",
  },
  {
    name: "commits-applied-newest-first",
    about: "A server applies transactions whose commits arrive together in reverse order.",
    file: "protocol/commit-processor.ts",
    find: "this.hasEnded = !committed.every(",
    replace: "this.hasEnded = ![...committed].reverse().every(",
  },
  {
    name: "proposal-applied-when-logged",
    about: "A follower applies a proposal when it arrives, without a COMMIT.",
    file: "protocol/learner/follower.ts",
    find: "this.server.configurations.see(txn.config);\n    this.logProposal(txn);",
    replace:
      "this.server.configurations.see(txn.config);\n    this.log.write(txn);\n    this.commitProcessor.commit(txn);",
    also: [
      {
        file: "protocol/learner/follower.ts",
        find: 'this.learner.anomaly("bad-commit", packet(COMMIT, zxid, null), "no proposal is pending");',
        replace: "",
      },
    ],
  },
  {
    name: "group-needs-one-vote-less",
    about: "In a hierarchical quorum, half of the weight of a group is enough.",
    file: "protocol/quorum.ts",
    find: "reached > Math.floor(groupWeight / 2)",
    replace: "reached > 0 && reached >= Math.floor(groupWeight / 2)",
  },

  // ---- leaving a role
  {
    name: "leader-without-quorum-serves",
    about: "A leader that has lost its quorum of followers continues to serve.",
    file: "protocol/leader/leader.ts",
    find: "if (!synced.hasQuorum) {",
    replace: "if (synced.servers.length === 0) {",
    canary: "liveness",
  },
  {
    name: "follower-not-fast-forwarded",
    about: "A follower that becomes LOOKING does not apply the rest of its log to its tree.",
    ticket: "ZOOKEEPER-2845",
    file: "protocol/learner/learner.ts",
    find: 'behavior.learnerShutdown === "log-thread-first") this.server.fastForward();',
    replace: 'behavior.learnerShutdown === "log-thread-first") return this.end();',
  },
  {
    name: "leader-not-fast-forwarded",
    about: "A leader that becomes LOOKING does not apply the rest of its log to its tree.",
    ticket: "ZOOKEEPER-2845",
    file: "protocol/leader/leader.ts",
    find: "this.server.fastForward();",
    replace: "",
  },

  // ---- observers that follow a follower
  {
    name: "observer-master-forwards-late",
    about:
      "An ObserverMaster forwards commits only after an observer has acknowledged NEWLEADER, not from its DIFF on.",
    file: "protocol/learner/observer-master.ts",
    find: "this.activeObservers.push(handler);",
    replace: "",
    also: [
      {
        file: "protocol/learner/observer-master.ts",
        find: "handler.newLeaderAcked();",
        replace: "this.activeObservers.push(handler);\n    handler.newLeaderAcked();",
      },
    ],
  },
  {
    name: "observer-master-informs-before-commit",
    about: "An ObserverMaster sends INFORM when its follower reads a PROPOSAL, before the leader has committed it.",
    file: "protocol/learner/observer-master.ts",
    find: "this.proposed.push(txn);",
    replace: [
      "this.keep(txn);",
      "for (const handler of this.activeObservers) handler.queuePacket(packet(INFORM, txn.zxid, txn));",
      "this.lastProposed = txn.zxid;",
    ].join("\n    "),
  },

  // ---- configurations
  {
    name: "reconfig-old-quorum-forgotten",
    about: "While a configuration is pending, a leader needs only its quorum for a proposal, and not the old one.",
    shownIn: "reconfig-remove-two-of-five-that-are-down",
    file: "protocol/configurations.ts",
    find: "return new AckSet(this.forAcks, this.second);",
    replace: "return new AckSet(this.second ?? this.forAcks);",
  },
  {
    name: "reconfig-new-quorum-forgotten",
    about: "While a configuration is pending, a leader needs only the old quorum for a proposal.",
    shownIn: "reconfig-new-quorum-loses-a-server-that-just-died",
    file: "protocol/configurations.ts",
    find: "return new AckSet(this.forAcks, this.second);",
    replace: "return new AckSet(this.forAcks);",
  },
  {
    name: "reconfig-newleader-quorum-forgotten",
    about: "A new leader needs only the quorum of the committed configuration for NEWLEADER, and not the pending one.",
    shownIn: "reconfig-voters-are-observers-in-the-pending-configuration",
    file: "protocol/configurations.ts",
    find: "return new AckSet(this.forEpochs, this.second);",
    replace: "return new AckSet(this.forEpochs);",
  },
  {
    name: "reconfig-votes-ignore-pending",
    about: "A server that knows a pending configuration ends an election with the quorum of the committed one.",
    shownIn: "reconfig-pending-configuration-without-quorum-never-serves",
    file: "protocol/configurations.ts",
    find: "return new AckSet(this.current, this.second);",
    replace: "return new AckSet(this.current);",
  },
  {
    name: "reconfig-next-deleted-too-early",
    about: "A server deletes zoo.cfg.dynamic.next before it writes the file with the committed configuration.",
    shownBy: CRASH_AT_COMMIT,
    file: "protocol/configurations.ts",
    find: "effects.writeDynamicConfig(config);",
    replace: "effects.deleteNextConfig();\n    effects.writeDynamicConfig(config);",
  },
  {
    name: "reconfig-pending-not-written",
    about: "A server keeps the pending configuration only in memory, and forgets it when its process ends.",
    shownBy: CRASH_AT_COMMIT,
    file: "protocol/configurations.ts",
    find: "effects.writeNextConfig(config);",
    replace: "",
  },
  {
    name: "reconfig-version-check-reversed",
    about: "A server commits a configuration only if it is not newer than the committed one.",
    shownIn: "reconfig-initial-configuration-gets-a-version",
    file: "protocol/configurations.ts",
    find: "if (config.version <= before.version) return false;",
    replace: "if (config.version > before.version) return false;",
  },
  {
    name: "reconfig-older-configuration-committed",
    about: "A server commits every configuration that it gets, also an older one.",
    shownIn: "reconfig-joiner-gets-the-commit-before-uptodate",
    file: "protocol/configurations.ts",
    find: "if (config.version <= before.version) return false;",
    replace: "if (config.version === before.version) return false;",
    also: [
      {
        file: "protocol/election/fast-leader-election.ts",
        find: "if (config.version <= committed.version) return true;",
        replace: "if (config.version === committed.version) return true;",
      },
    ],
  },
  {
    name: "reconfig-designated-leader-ignored",
    about: "A server ignores the designated leader in a commit and keeps its leader, which commits nothing more.",
    shownIn: "reconfig-remove-the-leader-designated-follower-leads",
    file: "protocol/peer.ts",
    find: "if (designated !== null) {",
    replace: "if (designated !== null) return roleChanges;\n    if (designated !== null) {",
    canary: "liveness",
  },
  {
    name: "reconfig-allowed-to-commit-ignored",
    about: "A leader that has designated another server continues to commit (Leader#allowedToCommit).",
    shownBy: `
about: Leader 3 removes itself, and proposals after the reconfiguration are outstanding when it is committed.
servers: 3
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: { count: 100, every: 0.2ms } }
  - { from: 0s, when: { event: committed, server: 3 }, after: 1ms, reconfig: { remove: 3 } }
until: 8s
`,
    file: "protocol/leader/leader.ts",
    find: "this.allowedToCommit = false;",
    replace: "",
  },
  {
    name: "reconfig-observer-counted",
    about: "A leader counts the ACK of NEWLEADER of an observer and of a server that is not a member.",
    ticket: "ZOOKEEPER-2959",
    shownIn: "reconfig-voters-are-observers-in-the-pending-configuration",
    file: "protocol/configurations.ts",
    find: "return new AckSet(this.forEpochs, this.second);",
    replace: "return new AckSet(countingObservers(this.forEpochs), this.second && countingObservers(this.second));",
  },
  {
    name: "reconfig-removed-server-counted",
    about: "A leader counts the ACK of a proposal of a follower that the configuration no longer lists.",
    shownIn: "reconfig-remove-a-follower-and-add-it-back",
    file: "protocol/configurations.ts",
    find: "return new AckSet(this.forAcks, this.second);",
    replace: "return new AckSet(countingObservers(this.forAcks), this.second && countingObservers(this.second));",
  },
  {
    name: "reconfig-newleader-without-pending",
    about: "NEWLEADER contains the committed configuration of the leader, and not the pending one.",
    shownIn: "reconfig-pending-configuration-completed",
    file: "protocol/leader/learner-handler.ts",
    find: "return behavior.knowsReconfig && pending.version > 0 ? pending : null;",
    replace: "return behavior.knowsReconfig && pending.version > 0 ? configurations.committed : null;",
  },
  {
    name: "reconfig-tick-check-ignores-pending",
    about: "A leader that has lost the quorum of the pending configuration continues to lead.",
    ticket: "ZOOKEEPER-1699",
    shownIn: "reconfig-new-quorum-loses-a-server-that-just-died",
    file: "protocol/leader/leader.ts",
    find: "if (!synced.hasQuorum) {",
    replace: [
      "const { committed } = configurations;",
      "      if (!committed.containsQuorum(synced.servers.filter((sid) => committed.isVoter(sid)))) {",
    ].join("\n"),
  },
  {
    name: "reconfig-initial-version-0",
    about: "The first leader does not give the initial configuration the version of its epoch.",
    ticket: "ZOOKEEPER-1783",
    shownIn: "reconfig-initial-configuration-gets-a-version",
    file: "protocol/leader/leader.ts",
    find: "configurations.see({ ...committed, version: this.zxid });",
    replace: "",
  },
  {
    name: "reconfig-commit-before-uptodate-ignored",
    about: "A learner takes COMMITANDACTIVATE between NEWLEADER and UPTODATE for a COMMIT.",
    ticket: "ZOOKEEPER-2172",
    shownIn: "reconfig-joiner-gets-the-commit-before-uptodate",
    file: "protocol/learner/synchronization.ts",
    find: "if (!this.server.processReconfig(txn.config, designated, zxid, true)) return true;",
    replace: "if (designated >= 0) return true;",
  },
  {
    name: "reconfig-informandactivate-ignored",
    about: "An observer takes INFORMANDACTIVATE for an INFORM and keeps the old configuration.",
    ticket: "ZOOKEEPER-1784",
    shownIn: "reconfig-follower-becomes-observer-and-participant",
    file: "protocol/learner/observer.ts",
    find: "this.server.processReconfig(txn.config, txn.designated, txn.zxid, true);",
    replace: "txn.designated < 0;",
  },
  {
    name: "reconfig-adopted-while-following",
    about:
      "A server that follows or leads adopts a newer configuration of a notification, and ends its election service.",
    ticket: "ZOOKEEPER-2212",
    shownBy: `
about: Server 1 starts again and sends its new configuration to follower 2, which gets the commit later.
servers: { 1: {}, 2: {}, 3: {}, 4: { role: observer } }
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, hold: { type: COMMITANDACTIVATE, from: 3, to: 2 } }
  - { after: 0ms, reconfig: { remove: 4 } }
  - { after: 100ms, restart: 1 }
  - { after: 3s, release: all }
until: 30s
expect: { active: [1, 2, 3, 4] }
`,
    file: "protocol/election/fast-leader-election.ts",
    find: "notification.config !== undefined && server.state === LOOKING && !this.adopt",
    replace: "notification.config !== undefined && !this.adopt",
  },
  {
    name: "reconfig-while-pending-accepted",
    about: "A leader accepts a request although an earlier configuration is pending.",
    shownBy: `
about: A client sends a second request before the first one is committed.
servers: 3
settings: { reconfigEnabled: true }
steps:
  - { when: established, write: 1 }
  - { after: 1s, reconfig: { add: { 1: observer } } }
  - { after: 0ms, reconfig: { add: { 2: observer }, refused: ReconfigInProgress } }
until: 5s
`,
    file: "protocol/leader/reconfig.ts",
    find: 'if (pending.version !== committed.version) return "ReconfigInProgress";',
    replace: "",
  },
  {
    name: "reconfig-new-quorum-not-checked",
    about: "A leader accepts a request although no quorum of the new configuration is synced with it.",
    shownIn: "reconfig-remove-two-of-five-that-are-down",
    file: "protocol/leader/reconfig.ts",
    find: 'if (!config.containsQuorum(context.synced(config))) return "NewConfigNoQuorum";',
    replace: "return config;",
  },
  {
    name: "reconfig-next-not-read",
    about: "A server that starts does not read zoo.cfg.dynamic.next.",
    shownIn: "reconfig-pending-configuration-without-quorum-never-serves",
    file: "protocol/configurations.ts",
    find: "this.lastSeen = this.ignoresPending ? committed : (next ?? committed);",
    replace: "this.lastSeen = committed;",
  },
  {
    name: "reconfig-uptodate-does-not-commit",
    about: "A learner does not commit the configuration in NEWLEADER when it reads UPTODATE.",
    shownIn: "reconfig-pending-configuration-completed",
    file: "protocol/learner/learner.ts",
    find: "if (config !== null && server.processReconfig(config, null, ZERO_ZXID, true)) {",
    replace: "if (config !== null && this.phase === undefined) {",
  },

  // ---- mutants that test the two checks that are not invariants
  {
    name: "follower-never-looks-again",
    about: "A follower whose leader is silent never times out.",
    canary: "liveness",
    file: "protocol/learner/learner.ts",
    find: "if (!expired || !this.reading) return;",
    replace: "if (expired && this.reading) this.expectRead();\n    if (!expired || this.connection >= 0) return;",
  },
  {
    name: "elections-counted-across-runs",
    about: "The time that an election waits for a better vote depends on the number of elections in the process.",
    canary: "nondeterminism",
    file: "protocol/election/fast-leader-election.ts",
    find: "this.finalizing = agreeing;\n      this.wait(this.server.settings.finalizeWaitMs);",
    replace:
      "this.finalizing = agreeing;\n      this.wait(this.server.settings.finalizeWaitMs + (electionsEver++ % 101));",
    also: [
      {
        file: "protocol/election/fast-leader-election.ts",
        find: "const NOTIFICATION_VERSION = 2;",
        replace: "const NOTIFICATION_VERSION = 2;\nlet electionsEver = 0;",
      },
    ],
  },
];

export function patchesOf(mutant: Mutant): readonly Patch[] {
  return [mutant, ...(mutant.also ?? [])];
}

/** Returns the text of a file with the mutant's patches applied. Throws if a patch does not occur exactly once. */
export function mutatedText(mutant: Mutant, file: string, text: string): string {
  let mutated = text;
  for (const { find, replace } of patchesOf(mutant).filter((patch) => patch.file === file)) {
    const found = mutated.split(find).length - 1;
    if (found !== 1) throw new Error(`mutant ${mutant.name}: found ${found} times in ${file}, not once: ${find}`);
    mutated = mutated.replace(find, () => replace);
  }
  return mutated;
}

/**
 * Returns the files that the mutant changes, each with its text in the repository at `root` and with the patches
 * applied.
 */
export function mutatedFiles(mutant: Mutant, root: string): { file: string; before: string; after: string }[] {
  const files = new Set<string>(patchesOf(mutant).map((patch) => patch.file));
  return [...files].map((file) => {
    const before = readFileSync(join(root, file), "utf8");
    return { file, before, after: mutatedText(mutant, file, before) };
  });
}

/** An esbuild plugin that applies a mutant, chosen at the start of each build, to the repository at absWorkingDir. */
export function mutate(chosen: () => Mutant): Plugin {
  return {
    name: "mutant",
    setup(build) {
      const root = build.initialOptions.absWorkingDir ?? process.cwd();
      let mutated: ReadonlyMap<string, string>;
      build.onStart(() => {
        mutated = new Map(mutatedFiles(chosen(), root).map(({ file, after }) => [join(root, file), after]));
      });
      build.onLoad({ filter: /[\\/]protocol[\\/].+\.ts$/ }, ({ path }) => {
        const contents = mutated.get(path);
        return contents === undefined ? undefined : { contents, loader: "ts" };
      });
    },
  };
}
