/** Known bugs in configurations: in reconfigurations, and in changes of the lists in zoo.cfg. */
import type { KnownBug, OpenBugs } from "./known-bug.ts";
import { SINCE_2678, SINCE_RECONFIG } from "./releases-since.ts";

const WHY_STATIC_LISTS = [
  "3.4 has no pending configuration. In the scenario, servers 1 and 2 have a list of their own, which has a quorum",
  "without the other servers.",
].join(" ");

const WHY_LOGGED_GAP = [
  "In these releases, the observer logs a warning about the INFORM and continues its synchronization",
  "(Learner#syncWithLeader).",
].join(" ");

/** Bugs that a later release of ZooKeeper fixes. */
export const FIXED_RECONFIGURATION_BUGS: readonly KnownBug[] = [
  {
    id: "ack-from-outside-configuration-commits",
    cause:
      "The leader counts the ACK of a proposal from a server that its configuration does not list (fixed with " +
      "ZOOKEEPER-107).",
    effect: "A transaction can be committed without a quorum, and is lost if the leader then crashes.",
    isIn: (one) => !one.onlyVotersAcknowledge,
    fixedBehavior: { onlyVotersAcknowledge: true },
    affected: SINCE_2678.slice(0, 2),
  },
  {
    id: "zookeeper-3829-leader-outside-pending-configuration-commits-nothing",
    cause:
      "With reconfigEnabled=false, a server still stores the configuration in NEWLEADER as its pending one. A new " +
      "leader that this configuration lacks designates another server to lead.",
    effect: "After a server was added by a roll of the lists, it can lead and never commits a transaction.",
    isIn: (one) => one.knowsReconfig && !one.reconfigDisabledKeepsPending,
    fixedBehavior: { reconfigDisabledKeepsPending: true },
    onlyLiveness: true,
    affected: ["3.5.5", "3.5.8", "3.6.0"],
  },
];

/** Bugs that the newest release of ZooKeeper still has, by the behavior that fixes them. */
export const OPEN_RECONFIGURATION_BUGS = {
  activatedTxnIsQueued: {
    id: "open-observer-aborts-sync-after-reconfiguration",
    cause: "An observer that synchronizes does not take INFORMANDACTIVATE for the predecessor of the next INFORM.",
    effect: "It takes the next INFORM for a gap. From 3.9.4 on, it then stops observing and joins again.",
    role: "observing",
    needs: "rejectsGaps",
    causeNeeds: "knowsReconfig",
    affected: ["3.9.4", "newest"],
    alsoIn: { releases: SINCE_RECONFIG.slice(0, -2), why: WHY_LOGGED_GAP },
  },
  newLeaderNamesLatestConfig: {
    id: "open-newleader-names-replaced-configuration",
    cause:
      "After a handler has read the configuration for NEWLEADER, the leader proposes a newer one to the learner, " +
      "before the handler queues NEWLEADER.",
    effect:
      "The learner replaces the newer configuration by the older one, and can then elect a leader that lacks " +
      "transactions committed in the newer one.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  startKeepsNextConfig: {
    id: "open-pending-configuration-forgotten-at-second-restart",
    cause: "A server deletes zoo.cfg.dynamic.next when it starts, and keeps the pending configuration only in memory.",
    effect:
      "If it restarts again before the configuration is committed, it can elect a leader in the old configuration " +
      "while the new one is active on other servers.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
    alsoIn: { releases: ["3.4.10", "3.4.14"], why: WHY_STATIC_LISTS },
  },
  readsNextConfigWithLists: {
    id: "open-pending-configuration-not-read-with-lists",
    cause: "A server whose zoo.cfg still has the lists of servers does not read zoo.cfg.dynamic.next, and deletes it.",
    effect:
      "If it restarts after it has acknowledged NEWLEADER with a new configuration and before UPTODATE, it can elect " +
      "a leader in the old configuration while the new one is active on other servers.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
    alsoIn: { releases: ["3.4.10", "3.4.14"], why: WHY_STATIC_LISTS },
  },
  staticLeaderAcceptsNewerConfigs: {
    id: "open-mixed-reconfig-enabled-no-leader",
    cause:
      "A leader with reconfigEnabled=false refuses learners whose configuration has a higher version than its own.",
    effect: "If only some servers have reconfigEnabled, a server without it wins each election, and no leader serves.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  staticServerIgnoresNewerConfigs: {
    id: "open-older-dynamic-file-without-reconfig-never-joins",
    cause: "With reconfigEnabled=false, a newer configuration in a notification ends the election service of a server.",
    effect: "The server does not adopt the configuration either, so this repeats, and it never joins.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  uptodateKeepsPending: {
    id: "open-joining-learner-activates-pending-configuration",
    cause: "A learner that joins while a reconfiguration is pending activates the new configuration at UPTODATE.",
    effect: "If the reconfiguration does not commit, two leaders serve, each with a quorum of its configuration.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  activationEndsOldQuorum: {
    id: "open-demoted-voters-block-proposals",
    cause:
      "A proposal that is made while a reconfiguration is pending needs a quorum of the old configuration, whose " +
      "voters become observers and send no ACKs.",
    effect: "The leader leads but never commits the proposal, nor any later one.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  joinsWithCommittedQuorum: {
    id: "open-dropped-pending-configuration-never-joins",
    cause:
      "A server with a pending configuration joins an established leader only if a quorum of that configuration " +
      "supports the leader, although the leader's ensemble has dropped the configuration.",
    effect: "The server stays LOOKING while the leader serves.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  repliesWithProposal: {
    id: "open-vote-of-last-election-elects-lost-leader",
    cause:
      "A LOOKING server answers a server that it does not know as a voter with its vote of the last election, as if " +
      "it were of this round.",
    effect: "The servers elect a server that is down or unreachable again and again.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  electsCommittedVoters: {
    id: "open-votes-for-pending-voter-elect-no-leader",
    cause:
      "A LOOKING server counts votes for a voter of its pending configuration, and servers that have not seen this " +
      "configuration ignore them.",
    effect: "The servers vote for different leaders, and no leader is elected.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  activatesQueuedConfig: {
    id: "open-commit-before-uptodate-keeps-old-configuration",
    cause:
      "A learner ignores COMMITANDACTIVATE before UPTODATE unless its proposal is the first one that the learner has " +
      "not logged.",
    effect: "If a client has written before, the learner serves with the old configuration and keeps it.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  futureObserversAreNotSynced: {
    id: "open-reconfiguration-counts-follower-that-becomes-observer",
    cause:
      "A leader accepts a reconfiguration because of a follower that is about to join again as an observer, since " +
      "the committed configuration lists it as one.",
    effect: "The new configuration has no quorum of followers, so neither it nor any later transaction is committed.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  pendingVotersShareRound: {
    id: "open-round-of-pending-voter-ignored",
    cause:
      "A server that votes only in a pending configuration votes for no server, and the others ignore this vote " +
      "together with its round.",
    effect: "If its round is later than theirs, its votes never count, and no leader is established.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  pendingVotersTakeOldVotes: {
    id: "open-pending-voter-ahead-of-old-voters-elects-no-leader",
    cause:
      "A server that votes only in a pending configuration votes for no server if its log is ahead of all old voters.",
    effect: "If the old voters have lost the transaction of the reconfiguration or a later one, no leader is elected.",
    alsoShownBy: ["open-pending-voter-logs-later-write-elects-no-leader"],
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  pendingAddressIsDialed: {
    id: "open-changed-election-address-never-dialed",
    cause: "A server dials only the committed election address of another server, although a changed one is pending.",
    effect: "After a restart with the pending configuration, it does not find the others, and stays LOOKING.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    unless: "electionConnectsInTurn",
    affected: SINCE_RECONFIG.filter((release) => release !== "3.5.5" && release !== "3.6.0"),
  },
  comparesResolvedAddresses: {
    id: "zookeeper-4708-unresolved-own-address-leader-commits-nothing",
    cause:
      "A leader that cannot resolve its own host name takes its address in the new configuration for another one. It " +
      "designates another server to lead.",
    effect: "The leader leads and never commits a transaction.",
    onlyLiveness: true,
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
  leaderWritesConfigZnode: {
    id: "open-leader-shows-old-list",
    cause:
      "With reconfigEnabled=false, a leader does not write its list to /zookeeper/config. It shows the list in its " +
      "newest snapshot.",
    effect: "Clients that ask a leader whose list has changed read the old list.",
    needs: "knowsReconfig",
    affected: SINCE_RECONFIG,
  },
} satisfies OpenBugs;
