/** Known bugs in the election, in the epochs, and in the connections and threads that both need. */
import type { KnownBug, OpenBugs } from "./known-bug.ts";

/** Bugs that a later release of ZooKeeper fixes. */
export const FIXED_ELECTION_BUGS: readonly KnownBug[] = [
  {
    id: "ZOOKEEPER-2959",
    cause: "Observers count for the proposal and the acknowledgment of an epoch.",
    effect: "An epoch can be established without a quorum of voters.",
    isIn: (one) => !one.observersDoNotCount,
    fixedBehavior: { observersDoNotCount: true },
  },
  {
    id: "ZOOKEEPER-3537",
    cause:
      "A looking server stores a vote from a leader or a follower of its round as if the sender were looking, too.",
    effect: "The server checks the leader against votes of other rounds, and can follow a server that no longer leads.",
    isIn: (one) => !one.settledVotesKeepState,
    fixedBehavior: { settledVotesKeepState: true },
  },
  {
    id: "zookeeper-3756-unreachable-voter-holds-up-votes",
    cause: "One thread of the election sends all notifications and also opens the connections.",
    effect: "A voter that does not answer delays all votes, and no leader is established.",
    isIn: (one) => one.electionConnectsInTurn,
    fixedBehavior: { electionConnectsInTurn: false },
    onlyLiveness: true,
  },
  {
    id: "ZOOKEEPER-3188",
    cause: "A learner tries to connect to its leader five times, one second apart.",
    effect: "The leader can give up before a learner has connected, so no epoch is established.",
    isIn: (one) => !one.shortConnectPause,
    fixedBehavior: { shortConnectPause: true, connectsWithinInitLimit: true },
    onlyLiveness: true,
  },
  {
    id: "zookeeper-2029-leader-continues-without-acceptor",
    cause: "A leader whose accept() fails continues without the thread that accepts learners.",
    effect: "Other servers connect to the leader but never join.",
    isIn: (one) => !one.failedAcceptorStopsLeader,
    // Without startupKeepsError, a leader that is not established yet would continue, too.
    fixedBehavior: { failedAcceptorStopsLeader: true, startupKeepsError: true },
    onlyLiveness: true,
  },
  {
    id: "zookeeper-3320-server-continues-without-election-port",
    cause: "A server whose accept() fails three times on the election port continues without this port.",
    effect: "In an election, servers with larger ids cannot connect to the server, and it can remain without a leader.",
    isIn: (one) => !one.failedListenerExits,
    fixedBehavior: { failedListenerExits: true },
    onlyLiveness: true,
  },
];

/** Bugs that the newest release of ZooKeeper still has, by the behavior that fixes them. */
export const OPEN_ELECTION_BUGS = {
  answersWorseVotes: {
    id: "open-election-better-vote-never-repeated",
    cause: "A looking server that keeps receiving worse votes never repeats its own better vote.",
    effect: "The servers agree on a leader only after many seconds, when they no longer vote at the same times.",
    onlyLiveness: true,
  },
  learnerAheadEndsLeading: {
    id: "open-voter-ahead-of-leader-never-joins",
    cause: "A voter has accepted a later epoch than the epoch of the established leader.",
    effect: "The voter can never join that leader.",
    onlyLiveness: true,
  },
  startupKeepsError: {
    id: "zookeeper-4203-new-leader-forgets-failed-acceptor",
    cause: "A leader whose accept() fails before it is established forgets the error when it starts to serve.",
    effect: "The leader continues but accepts no learner any more, so other servers never join.",
    onlyLiveness: true,
    needs: "failedAcceptorStopsLeader",
  },
} satisfies OpenBugs;
