/**
 * Behaviors that no ZooKeeper release has, by name: open pull requests, and the fixes of `zabsim list fixes`. A
 * scenario gives them to all its servers with the field `behaviors`, and `zabsim judge` measures what they change.
 */
import { type Behavior, FIXES, type Fix } from "./behavior.ts";

/** An open pull request of apache/zookeeper, as far as the core models it. */
export interface PullRequest {
  /** The tickets that it names. */
  readonly tickets: readonly string[];
  /** What the pull request changes, as a sentence that names the class and method. */
  readonly about: string;
  /** What the behavior does not do as the pull request does, as sentences; undefined if it does all of it. */
  readonly difference?: string;
  /** The release on which to judge the pull request, if it does not apply to the newest one. */
  readonly release?: string;
  /** The behaviors of a server with the pull request. */
  readonly change: Partial<Behavior>;
}

/** The pull requests that are modeled, by the number on GitHub. */
export const PULL_REQUESTS: Readonly<Record<string, PullRequest>> = {
  "pull-2459": {
    tickets: ["ZOOKEEPER-5094"],
    about:
      "A learner whose synchronization by TRUNC is interrupted before NEWLEADER clears its database and reads its " +
      "disk again, as after an interrupted SNAP (Learner#shutdown).",
    change: { interruptedTruncReloads: true },
  },
  "pull-2172": {
    tickets: ["ZOOKEEPER-4837", "ZOOKEEPER-1549"],
    about:
      "After a TRUNC, a learner loads the newest snapshot at or below the zxid of the TRUNC, and fails if it has " +
      "only newer ones (ZKDatabase#truncateLog, FileSnap#deserialize). The newer snapshots stay on disk.",
    change: { truncSkipsNewerSnapshots: true },
  },
  "pull-1745": {
    tickets: ["ZOOKEEPER-4352"],
    about:
      "A leader does not use committedLog for a learner if minCommittedLog is 0, and uses the log on disk for a " +
      "learner at minCommittedLog, too (LearnerHandler#syncFollower).",
    change: { zeroMinCommittedLogUsesTxnLog: true },
  },
  "pull-1110": {
    tickets: ["ZOOKEEPER-2354"],
    about:
      "A learner creates the file updatingEpoch at NEWLEADER and deletes it when currentEpoch is written. A server " +
      "that finds the file at startup adopts the epoch of its last zxid (Learner#syncWithLeader, " +
      "QuorumPeer#loadDataBase).",
    difference: "The pull request changes 3.5. The model applies it to the order of writes of the judged release.",
    change: { marksUpdatingEpoch: true },
  },
  "pull-1925": {
    tickets: ["ZOOKEEPER-4541"],
    about:
      "A follower appends and syncs all proposals of the synchronization before its ACK of NEWLEADER, keeps them for " +
      "later COMMITs, and sends their ACKs at UPTODATE. A server that stops waits for its log thread before it reads " +
      "its log (Learner#syncWithLeader, LearnerZooKeeperServer#shutdown, SendAckRequestProcessor#flush).",
    difference:
      "The ACKs of these proposals follow the ACK of UPTODATE instead of preceding it. The pull request predates " +
      "3.9.2 and 3.9.3, which contain other versions of its parts, so it applies to no later release.",
    release: "3.9.1",
    change: {
      diffLogging: "synced-before-ack",
      acksWaitForUptodate: true,
      commitNeedsProposal: false,
      learnerShutdown: "log-thread-first",
    },
  },
};

/** The names that a scenario accepts in the field `behaviors`: pull requests, then fixes. */
export const NAMED_BEHAVIORS: readonly string[] = [...Object.keys(PULL_REQUESTS), ...FIXES];

/** Returns what a name of NAMED_BEHAVIORS changes. */
export function changeOf(name: string): Partial<Behavior> {
  return PULL_REQUESTS[name]?.change ?? { [name as Fix]: true };
}

/** Returns the behavior of a server with these names of NAMED_BEHAVIORS in addition. */
export function withNamed(behavior: Behavior, names: readonly string[] = []): Behavior {
  return names.length === 0 ? behavior : Object.assign({}, behavior, ...names.map(changeOf));
}
