/**
 * Describes in words why servers fail, and lists the messages that ZooKeeper writes to its own log in the same
 * situation. The messages are copied from the Java source of each release, with `{}` in place of each value.
 */
import type { FailureReason } from "../protocol/notes.ts";

export interface LogMessage {
  readonly text: string;
  /** The oldest release with this message. Default: 3.4.10, the oldest release that zabsim simulates. */
  readonly from?: string;
  readonly until?: string;
  /**
   * Which side logs the message: `handler` is the leader's thread for one learner, `server` is the server itself.
   * Default: both.
   */
  readonly by?: "handler" | "server";
  /** ZooKeeper logs this message only if the detail of the failure matches. If absent, every detail matches. */
  readonly detail?: RegExp;
  /** True if the message says that an exception occurred, but not why. Reports omit such a message. */
  readonly generic?: true;
}

export interface FailureDescription {
  readonly about: string;
  readonly messages: readonly LogMessage[];
}

/** Returns the messages that ZooKeeper logs when a connection breaks. The JDK provides the text of the exception. */
const brokenConnection = (exception: string): readonly LogMessage[] => [
  { by: "server", generic: true, text: `Exception when following the leader (${exception})` },
  {
    by: "handler",
    generic: true,
    until: "3.6.4",
    text: `Unexpected exception causing shutdown while sock still open (${exception})`,
  },
  { by: "handler", generic: true, from: "3.7.0", text: `Unexpected exception in LearnerHandler: (${exception})` },
];

const NOT_LOADED: LogMessage = { text: "Unable to load database on disk" };

export const FAILURE_REASONS: Readonly<Record<FailureReason, FailureDescription>> = {
  "observer-without-group": {
    about: "an observer is among the servers that a leader counts for a hierarchical quorum (3.4.10 to 3.4.12)",
    messages: [
      { by: "server", generic: true, until: "3.4.12", text: "Unexpected exception (java.lang.NullPointerException)" },
    ],
  },
  "epoch-timeout": {
    about: "no quorum of servers sent FOLLOWERINFO to the leader within initLimit",
    messages: [{ text: "Timeout while waiting for epoch from quorum" }],
  },
  "epoch-quit": {
    about: "a voter that elected the leader is LOOKING again, and leader.maxTimeToWaitForEpoch has passed",
    messages: [
      { by: "server", from: "3.6.0", text: "Quit leading due to voter changed mind." },
      { from: "3.6.0", text: "Timeout while waiting for epoch from quorum" },
    ],
  },
  "epoch-ack-timeout": {
    about: "no quorum of servers sent ACKEPOCH to the leader within initLimit",
    messages: [{ text: "Timeout while waiting for epoch to be acked by quorum" }],
  },
  "newleader-ack-timeout": {
    about: "no quorum of servers acknowledged NEWLEADER within initLimit",
    messages: [{ text: "Timeout while waiting for NEWLEADER to be acked by quorum" }],
  },
  "epoch-limit": {
    about: "the next epoch is above the largest epoch that zabsim supports; ZooKeeper would continue",
    messages: [],
  },
  "unreadable-packet": {
    about: "the data of a packet is not what its type requires; the receiver closes the connection",
    messages: brokenConnection("java.io.EOFException"),
  },
  "unreasonable-length": {
    about: "a buffer is larger than jute.maxbuffer and its extra size; the receiver closes the connection, or exits",
    messages: [{ text: "Unreasonable length = {}" }],
  },
  "follower-ahead": {
    about: "the currentEpoch or the last zxid in a learner's ACKEPOCH is above that of the leader",
    messages: [{ text: "Follower is ahead of the leader, leader summary: {} (current epoch), {} (last zxid)" }],
  },
  "config-ahead": {
    about: "the version of the learner's configuration is higher than the leader's",
    messages: [{ from: "3.5.0", text: "Follower is ahead of the leader (has a later activated configuration)" }],
  },
  "leader-epoch-lower": {
    about: "the epoch in LEADERINFO is lower than the learner's acceptedEpoch",
    messages: [{ text: "Leaders epoch, {} is less than accepted epoch, {}" }],
  },
  "first-packet-not-info": {
    about: "the first packet of a learner is neither FOLLOWERINFO nor OBSERVERINFO",
    messages: [{ text: "First packet {} is not FOLLOWERINFO or OBSERVERINFO!" }],
  },
  "not-ackepoch": {
    about: "the packet of the learner after LEADERINFO is not ACKEPOCH",
    messages: [{ text: "{} is not ACKEPOCH" }],
  },
  "not-ack": {
    about: "the first packet of the learner after NEWLEADER is not an ACK",
    messages: [
      { until: "3.4.14", text: "Next packet was supposed to be an ACK" },
      { from: "3.5.0", text: "Next packet was supposed to be an ACK, but received packet: {}" },
    ],
  },
  "first-packet-not-leaderinfo": {
    about: "the first packet of the leader is neither LEADERINFO nor NEWLEADER",
    messages: [{ text: "First packet should have been NEWLEADER" }],
  },
  "unexpected-sync-packet": {
    about: "the packet that starts the synchronization is not DIFF, TRUNC or SNAP",
    messages: [
      { until: "3.4.14", text: "Got unexpected packet from leader {} exiting ... " },
      { from: "3.5.0", text: "Got unexpected packet from leader: {}, exiting ... " },
    ],
  },
  "proposal-gap": {
    about: "a proposal does not follow the proposal before it",
    messages: [
      {
        from: "3.9.4",
        detail: /^the proposal/,
        text: "DIFF sync got proposal 0x{}, last queued 0x{}, expected 0x{}",
      },
      {
        from: "3.9.4",
        detail: /^(?!the proposal)/,
        text: "Committed proposal cached out of order: 0x{} is not the next proposal of 0x{}",
      },
    ],
  },
  "commit-without-proposal": {
    about: "a COMMIT arrived during the synchronization while no proposal was pending (ZOOKEEPER-4394)",
    messages: [
      { generic: true, from: "3.5.0", text: "Exception when following the leader (java.lang.NullPointerException)" },
    ],
  },
  "truncate-failed": {
    about: "the learner could not truncate its log to the zxid in TRUNC",
    messages: [{ detail: /could not be truncated/, text: "Not able to truncate the log 0x{}" }],
  },
  "connect-failed": {
    about: "a learner could not connect to its leader: five tries failed, or initLimit expired",
    messages: [
      {
        generic: true,
        until: "3.4.14",
        text: "Unexpected exception (java.net.ConnectException or java.net.SocketTimeoutException)",
      },
      {
        from: "3.5.0",
        detail: /maximum/,
        text: "Unexpected exception, retries exceeded. tries={}, remaining init limit={}, connecting to {}",
      },
      {
        from: "3.5.0",
        until: "3.5.10",
        detail: / within initLimit/,
        text: "Unexpected exception, initLimit exceeded. tries={}, remaining init limit={}, connecting to {}",
      },
      {
        from: "3.6.0",
        detail: / within /,
        text: "Unexpected exception, connectToLeader exceeded. tries={}, remaining init limit={}, connecting to {}",
      },
    ],
  },
  "not-in-configuration": {
    about: "the server's own configuration does not list the server, so it refuses to start",
    messages: [{ text: "My id {} not in the peer list" }],
  },
  "leader-unknown": {
    about: "the elected leader is not in the view of the server",
    messages: [{ text: "Couldn't find the leader with id = {}" }],
  },
  reconfigured: {
    about: "a new configuration changes the role of the server, or its leader",
    messages: [{ from: "3.5.0", text: "changes proposed in reconfig" }],
  },
  "connection-closed": {
    about: "the other end closed the connection, or the connection was reset",
    messages: brokenConnection("java.io.EOFException or java.net.SocketException"),
  },
  "read-timeout": {
    about: "nothing arrived within initLimit, or within syncLimit after the synchronization",
    messages: brokenConnection("java.net.SocketTimeoutException: Read timed out"),
  },
  "not-enough-followers": {
    about: "the leader has no quorum of synchronized servers, because other servers sent nothing within syncLimit",
    messages: [{ text: "Not sufficient followers synced, only synced with sids: [ {} ]" }],
  },
  "txn-timeout": {
    about: "a learner did not acknowledge a proposal within syncLimit",
    messages: [{ text: "Closing connection to peer due to transaction timeout." }],
  },
  "zxid-rollover": {
    about: "the counter of the zxid is used up, so a new epoch must start",
    messages: [{ text: "zxid lower 32 bits have rolled over, forcing re-election, and therefore new epoch start" }],
  },
  "too-far-behind": {
    about: "a follower no longer keeps the transactions after the last zxid of an observer",
    messages: [{ from: "3.6.0", text: "LearnerHandler is too far behind (0x{} < 0x{}), disconnecting {} at {}" }],
  },
  "sync-throttled": {
    about: "the number of synchronizations has reached leader.maxConcurrentSnapSyncs or leader.maxConcurrentDiffSyncs",
    messages: [
      { from: "3.5.0", until: "3.5.10", text: "too many concurrent snapshots: " },
      { from: "3.6.0", text: "too many concurrent sync." },
    ],
  },
  "disk-error": {
    about: "the disk could not write or read a file",
    messages: [
      { detail: /the log could not/, text: "Severe unrecoverable error, from thread : {}" },
      { detail: /^the snapshot could not/, text: "Severe unrecoverable error, exiting" },
      { ...NOT_LOADED, detail: /cannot be read|could not be read|at startup/ },
      {
        generic: true,
        detail: /acceptedEpoch|currentEpoch|an epoch file or the log/,
        text: "Unexpected exception (java.io.IOException)",
      },
    ],
  },
  "unreadable-log": {
    about: "the leader cannot read a record of its log for a learner, and closes the connection",
    messages: [{ from: "3.9.2", by: "handler", text: "Unable to read txnlog from disk" }],
  },
  "epoch-older-than-zxid": {
    about: "at startup, currentEpoch is lower than the epoch of the last zxid",
    messages: [{ text: "The current epoch, {}, is older than the last zxid, {}" }, NOT_LOADED],
  },
  "accepted-older-than-current": {
    about: "at startup, acceptedEpoch is lower than currentEpoch",
    messages: [{ text: "The accepted epoch, {} is less than the current epoch, {}" }, NOT_LOADED],
  },
  "log-without-snapshot": {
    about: "at startup, there is a log but no snapshot",
    messages: [
      { from: "3.5.0", text: "No snapshot found, but there are log entries. Something is broken!" },
      { from: "3.5.0", ...NOT_LOADED },
    ],
  },
  "acceptor-failed": {
    about: "accept() failed on the quorum port, and the thread that accepts learners has ended, so the leader stops",
    messages: [
      { from: "3.5.0", text: "Severe unrecoverable error, from thread : {}" },
      { generic: true, text: "Exception while accepting follower" },
    ],
  },
  "listener-failed": {
    about: "accept() failed too often on the election port, so the server exits (older releases continue without it)",
    messages: [
      {
        until: "3.5.5",
        text: "As I'm leaving the listener thread, I won't be able to participate in leader election any longer: {}",
      },
      {
        from: "3.5.6",
        until: "3.5.10",
        text:
          "As I'm leaving the listener thread after {} errors. I won't be able to participate in leader election any " +
          "longer: {}. Use zookeeper.electionPortBindRetry property to increase retry count.",
      },
      {
        from: "3.6.0",
        text: "As I'm leaving the listener thread, I won't be able to participate in leader election any longer: {}",
      },
      {
        from: "3.6.0",
        text:
          "Leaving listener thread for address {} after {} errors. Use zookeeper.electionPortBindRetry property to " +
          "increase retry count.",
      },
      { generic: true, until: "3.7.2", text: "Exception while listening" },
      { generic: true, from: "3.8.0", text: "Exception while listening to address {}" },
    ],
  },
  "unmatched-commit": {
    about: "a COMMIT does not match the oldest pending proposal",
    messages: [{ text: "Committing zxid 0x{} but next pending txn 0x{}" }],
  },
};

/** The properties of a failure that determine which message ZooKeeper logs. */
export interface FailureCircumstances {
  readonly reason: FailureReason;
  readonly detail: string;
  /** True if the leader's thread for one learner failed, and false if the server itself failed. */
  readonly isHandler: boolean;
  /**
   * The release of the server. A name without a version number, such as `newest`, counts as newer than every version.
   */
  readonly release: string;
}

/**
 * Returns the messages that ZooKeeper logs for this failure. Omits generic messages, which do not say why an exception
 * occurred.
 */
export function loggedMessages({ detail, isHandler, reason, release }: FailureCircumstances): readonly string[] {
  const side = isHandler ? "handler" : "server";
  return FAILURE_REASONS[reason].messages
    .filter(({ by, generic }) => generic !== true && (by === undefined || by === side))
    .filter((message) => isInRelease(message, release) && (message.detail?.test(detail) ?? true))
    .map(({ text }) => text.trim());
}

/**
 * Returns the meaning of a failure, followed by the messages that ZooKeeper writes to its own log. Each message has the
 * releases that log it.
 */
export function describeFailureReason({ about, messages }: FailureDescription): string {
  const logged = messages.map((message) => `"${message.text.trim()}" (${whereText(message)})`);
  return logged.length === 0 ? about : `${about}. ZooKeeper logs: ${logged.join("; ")}`;
}

function whereText(message: LogMessage): string {
  const by = message.by === undefined ? "" : message.by === "handler" ? "at the leader, " : "";
  return by + releasesText(message);
}

/** Returns the releases that have a message, as in `all releases`, `3.6.0 and newer`, `up to 3.4.14`. */
export function releasesText({ from, until }: LogMessage): string {
  if (from === undefined) return until === undefined ? "all releases" : `up to ${until}`;
  return until === undefined ? `${from} and newer` : `${from} to ${until}`;
}

function isInRelease({ from, until }: LogMessage, release: string): boolean {
  const isOldEnough = from === undefined || compareReleases(release, from) >= 0;
  return isOldEnough && (until === undefined || compareReleases(release, until) <= 0);
}

function compareReleases(a: string, b: string): number {
  const left = versionOf(a);
  const right = versionOf(b);
  const differing = left.findIndex((part, i) => part !== right[i]);
  return differing < 0 ? 0 : (left[differing] ?? 0) - (right[differing] ?? 0);
}

function versionOf(release: string): readonly number[] {
  return /^\d+\.\d+\.\d+$/.test(release) ? release.split(".").map(Number) : [Number.MAX_SAFE_INTEGER, 0, 0];
}
