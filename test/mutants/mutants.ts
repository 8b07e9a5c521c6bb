/**
 * Deliberate defects of the core: each takes away one thing that the protocol's safety rests on, by replacing a line or two
 * of its source while it is bundled. The core knows nothing of them.
 *
 * A search that does not find them finds nothing else either. test/mutants/search.ts is the search, scripts/mutants.mjs
 * measures how long it takes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "esbuild";

export interface Patch {
  /** From the root of the repository. */
  readonly file: `protocol/${string}.ts`;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant extends Patch {
  readonly name: string;
  /** What is broken, in ZooKeeper's terms. */
  readonly about: string;
  /** The bug of ZooKeeper that it is, or resembles. */
  readonly ticket?: string;
  /** No invariant tells of it: servers that do not come back, or two runs of one seed that differ, do. */
  readonly canary?: "liveness" | "nondeterminism";
  /** A scenario in which an invariant tells of it, and of nothing without it: for what noise seldom meets. */
  readonly shownBy?: string;
  /** Where ZooKeeper checks the same thing in two places, both go. */
  readonly also?: readonly Patch[];
}

export const MUTANTS: readonly Mutant[] = [
  // ---- election
  {
    name: "votes-ignore-epoch",
    about:
      "Votes and ACKEPOCHs are compared by zxid first: a longer history of an older epoch wins over a newer epoch.",
    file: "protocol/election/vote.ts",
    find: "if (newEpoch !== currentEpoch) return newEpoch > currentEpoch;",
    replace: "if (newZxid === currentZxid && newEpoch !== currentEpoch) return newEpoch > currentEpoch;",
    // A leader that its learners are ahead of gets no quorum of ACKEPOCH: with the vote alone nothing but time is lost.
    also: [
      {
        file: "protocol/leader/epoch-ack.ts",
        find: "return a.currentEpoch > b.currentEpoch || (a.currentEpoch === b.currentEpoch && a.lastZxid > b.lastZxid);",
        replace: "return a.lastZxid > b.lastZxid || (a.currentEpoch > b.currentEpoch && a.lastZxid === b.lastZxid);",
      },
    ],
  },
  {
    name: "votes-ignore-zxid",
    about:
      "Votes and ACKEPOCHs of one epoch are compared by server id, not by zxid: a server that lacks txns may lead.",
    file: "protocol/election/vote.ts",
    find: "if (newZxid !== currentZxid) return newZxid > currentZxid;\n  return newId > currentId;",
    replace: "if (newId !== currentId) return newId > currentId;\n  return newZxid > currentZxid;",
    also: [
      {
        file: "protocol/leader/epoch-ack.ts",
        find: "return a.currentEpoch > b.currentEpoch || (a.currentEpoch === b.currentEpoch && a.lastZxid > b.lastZxid);",
        replace: "return a.currentEpoch > b.currentEpoch;",
      },
    ],
  },

  // ---- discovery: the epoch
  {
    name: "epoch-used-again",
    about:
      "A leader proposes an epoch above the acceptedEpochs that are higher than its proposal, not above those equal.",
    ticket: "ZOOKEEPER-1343",
    file: "protocol/leader/epoch-proposal.ts",
    find: "if (lastAcceptedEpoch >= this.epoch)",
    replace: "if (lastAcceptedEpoch > this.epoch)",
  },
  {
    name: "ackepoch-quorum-not-awaited",
    about: "A leader begins to synchronize without a quorum of ACKEPOCH.",
    ticket: "ZOOKEEPER-1192",
    file: "protocol/leader/epoch-ack.ts",
    find: "if (this.acked.has(this.myid) && this.acked.hasQuorum) {",
    replace: "if (this.acked.has(this.myid)) {",
  },
  {
    name: "ackepoch-before-accepted-epoch-written",
    about: "A learner sends ACKEPOCH while acceptedEpoch is still being written: a crash forgets what was promised.",
    file: "protocol/learner/learner.ts",
    find: "this.effects.writeAcceptedEpoch(this.newEpoch);",
    replace:
      "if (!this.oldLeader) this.send(packet(ACKEPOCH, this.lastLoggedZxid, this.peer.currentEpoch));\n    this.effects.writeAcceptedEpoch(this.newEpoch);",
    also: [
      { file: "protocol/learner/learner.ts", find: "const epochToAck = peer.currentEpoch;\n", replace: "" },
      {
        file: "protocol/learner/learner.ts",
        find: "if (this.oldLeader) this.registered();\n    else this.ackEpoch(epochToAck);",
        replace: "this.registered();",
      },
    ],
  },

  // ---- synchronization: what the leader sends
  {
    name: "trunc-above-committed-log-skipped",
    about: "A learner ahead of maxCommittedLog gets a DIFF instead of a TRUNC and keeps what nobody else has.",
    ticket: "ZOOKEEPER-1154",
    file: "protocol/leader/sync-decision.ts",
    find: "queue.op(TRUNC, max);\n    current = max;\n    needSnap = false;",
    replace: "queue.op(DIFF, max);\n    current = max;\n    needSnap = false;",
  },
  {
    name: "foreign-txn-in-range-ignored",
    about:
      "A learner whose last txn is of an older epoch and unknown to the leader gets a DIFF: 1:1 <= 1:4 <= 2:1 will do.",
    ticket: "ZOOKEEPER-1154",
    file: "protocol/leader/sync-decision.ts",
    find: "this.crossEpoch = true;\n            return queued;",
    replace: "this.op(DIFF, this.max);",
  },
  {
    name: "diff-starts-too-late",
    about: "A DIFF leaves out the first txn that the learner lacks.",
    file: "protocol/leader/sync-decision.ts",
    find: "if (zxid === from) {",
    replace: "if (zxid === from) {\n            queued = list[list.indexOf(txn) + 1]?.zxid ?? queued;",
  },
  {
    name: "outstanding-not-forwarded",
    about: "A learner that joins gets no proposals that are outstanding then (Leader#startForwarding).",
    file: "protocol/leader/leader.ts",
    find: "outstandingProposals: this.outstanding.map((proposal) => proposal.txn),",
    replace: "outstandingProposals: [],",
  },

  // ---- synchronization: what the learner does
  {
    name: "trunc-cuts-one-too-many",
    about: "TRUNC removes the txn it names as well.",
    ticket: "ZOOKEEPER-1156",
    file: "protocol/learner/synchronization.ts",
    find: "peer.effects.truncateLog(message.zxid, peer.behavior);",
    replace: "peer.effects.truncateLog(message.zxid - 1, peer.behavior);",
  },
  {
    name: "newleader-acked-before-sync",
    about: "NEWLEADER is acknowledged, and currentEpoch written, with the synced txns in the page cache only.",
    ticket: "ZOOKEEPER-3911",
    file: "protocol/learner/synchronization.ts",
    find: "this.peer.logLock.sync(this);",
    replace: "this.writeEpoch();",
  },
  {
    name: "current-epoch-before-sync",
    about: "currentEpoch is written before the synced txns are on disk; NEWLEADER is acknowledged after both.",
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
    find: "this.peer.logLock.sync(this);",
    replace: "this.peer.effects.writeCurrentEpoch(this.newEpoch);",
    also: [
      {
        file: "protocol/learner/synchronization.ts",
        find: "if (learner.diskFailed(ok)) return;",
        replace:
          'if (learner.diskFailed(ok)) return;\n    if (this.stage === "syncing-log") return peer.logLock.sync(this);',
      },
    ],
  },
  {
    name: "snap-in-memory-kept",
    about: "A SNAP that was applied in memory but not saved is kept when its leader is lost.",
    ticket: "ZOOKEEPER-3642",
    file: "protocol/learner/learner.ts",
    find: "if (!this.stopsAsServer && this.synchronization?.halfTaken) database.clear();\n    else if",
    replace: "if",
  },
  {
    name: "synced-txns-skip-committed-log",
    about: "What a DIFF brought reaches the tree but not committedLog: a later leader passes the hole on.",
    ticket: "ZOOKEEPER-4925",
    file: "protocol/storage/database.ts",
    find: "return !this.behavior.syncedTxnsReachCommittedLog || this.addCommitted(txn);",
    replace: "return true;",
  },
  {
    name: "newleader-quorum-one-less",
    about: "A leader is established when one server too few has acknowledged NEWLEADER.",
    file: "protocol/leader/newleader-ack.ts",
    find: "this.acked = new AckSet(verifier);",
    replace:
      "this.acked = new AckSet({ ...verifier, containsQuorum: (sids) => verifier.containsQuorum([...sids, -1]) });",
  },

  // ---- broadcast
  {
    name: "proposal-quorum-one-less",
    about: "A proposal is committed when one server too few has acknowledged it.",
    file: "protocol/leader/leader.ts",
    find: "this.outstanding.push({ txn, acks: new AckSet(this.peer.verifier) });",
    replace:
      "const { verifier } = this.peer;\n    const containsQuorum = (sids: readonly ServerId[]) => verifier.containsQuorum([...sids, -1]);\n    this.outstanding.push({ txn, acks: new AckSet({ ...verifier, containsQuorum }) });",
  },
  {
    name: "proposal-acked-before-sync",
    about: "A follower acknowledges a proposal before it is on its disk.",
    file: "protocol/learner/follower-and-observer.ts",
    find: "this.pending.push(txn);\n    this.log.write(txn);",
    replace: "this.pending.push(txn);\n    this.learner.send(packet(ACK, txn.zxid, null));\n    this.log.write(txn);",
  },
  {
    name: "commit-out-of-order",
    about: "A proposal with its quorum is committed while an older one still waits for its own.",
    file: "protocol/leader/leader.ts",
    find: "if ((this.outstanding[0] as Proposal).txn !== txn || !acks.hasQuorum) return;\n    this.outstanding.shift();",
    replace: "if (!acks.hasQuorum) return;\n    while (this.outstanding.shift()?.txn !== txn);",
    // Servers acknowledge in order, so that quorums are complete in order: the check alone is never needed.
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
    about: "The counter runs over into the epoch of the zxid, instead of the leader giving up.",
    ticket: "ZOOKEEPER-1277",
    file: "protocol/leader/leader.ts",
    find: "if (counterOf(zxid) === MAX_COUNTER) {",
    replace: "if (counterOf(zxid) > MAX_COUNTER) {",
  },

  // ---- leaving a role
  {
    name: "leader-without-quorum-serves",
    about: "A leader that has lost its quorum of followers goes on serving, for ever.",
    file: "protocol/leader/leader.ts",
    find: "if (!synced.hasQuorum) {",
    replace: "if (synced.servers.length === 0) {",
    canary: "liveness",
  },
  {
    name: "follower-not-fast-forwarded",
    about: "A follower that looks again has in memory what was committed, and not what is in its log.",
    ticket: "ZOOKEEPER-2845",
    file: "protocol/learner/learner.ts",
    find: 'behavior.learnerShutdown === "log-thread-first") this.peer.fastForward();',
    replace: 'behavior.learnerShutdown === "log-thread-first") return this.end();',
  },
  {
    name: "leader-not-fast-forwarded",
    about: "A leader that looks again has in memory what was committed, and not what is in its log.",
    ticket: "ZOOKEEPER-2845",
    file: "protocol/leader/leader.ts",
    find: "this.peer.fastForward();",
    replace: "",
  },

  // ---- canaries of the search's other two eyes
  {
    name: "follower-never-looks-again",
    about: "A follower whose leader falls silent waits on for ever.",
    canary: "liveness",
    file: "protocol/learner/learner.ts",
    find: 'if (this.reads.fired(this.nowUs) && this.reading) this.fail("read-timeout", "nothing read in time");',
    replace: "if (this.reads.fired(this.nowUs)) this.reads.set(this.nowUs, this.nowUs + this.readTimeoutUs);",
  },
  {
    name: "elections-counted-across-runs",
    about: "How long an election waits for a better vote depends on how many elections the process has seen.",
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

/** The text of a file with the mutant's patches of it. Throws if one does not fit, naming the mutant. */
export function mutatedText(mutant: Mutant, file: string, text: string): string {
  let mutated = text;
  for (const { find, replace } of patchesOf(mutant).filter((patch) => patch.file === file)) {
    const found = mutated.split(find).length - 1;
    if (found !== 1) throw new Error(`mutant ${mutant.name}: found ${found} times in ${file}, not once: ${find}`);
    mutated = mutated.replace(find, () => replace);
  }
  return mutated;
}

/** The mutant's files as they are in the repository at `root`, and mutated. */
export function mutatedFiles(mutant: Mutant, root: string): { file: string; before: string; after: string }[] {
  const files = new Set<string>(patchesOf(mutant).map((patch) => patch.file));
  return [...files].map((file) => {
    const before = readFileSync(join(root, file), "utf8");
    return { file, before, after: mutatedText(mutant, file, before) };
  });
}

/** Applies the mutant to the core of the repository at esbuild's absWorkingDir. */
export function mutate(mutant: Mutant): Plugin {
  return {
    name: `mutant ${mutant.name}`,
    setup(build) {
      const root = build.initialOptions.absWorkingDir ?? process.cwd();
      const mutated = new Map(mutatedFiles(mutant, root).map(({ file, after }) => [join(root, file), after]));
      build.onLoad({ filter: /[\\/]protocol[\\/].+\.ts$/ }, ({ path }) => {
        const contents = mutated.get(path);
        return contents === undefined ? undefined : { contents, loader: "ts" };
      });
    },
  };
}
