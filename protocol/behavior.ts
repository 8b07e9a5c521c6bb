/**
 * The differences between releases of ZooKeeper. Each difference is one named behavior, and a release is a record of
 * all behaviors (releases.ts). The core reads a behavior where it matters and never compares versions.
 *
 * Fixes are not part of any ZooKeeper release. Each fix is the smallest change that removes a bug which campaigns found
 * in the newest release. Its comment names the scenario in scenarios/bugs/ that reproduces the bug.
 */
export interface Behavior extends ReleaseBehavior, Fixes, PullRequestBehavior {}

/**
 * When a follower logs the transactions of a DIFF, relative to writing currentEpoch and to acknowledging NEWLEADER
 * (Learner#syncWithLeader). No release has "synced-before-ack", which is the smallest change that fixes ZOOKEEPER-4646.
 */
export type DiffLogging =
  // Writes currentEpoch, sends the ACK, and logs the transactions after UPTODATE (ZOOKEEPER-2678).
  | "after-uptodate"
  // Writes currentEpoch, queues all transactions for the log thread, and sends the ACK (ZOOKEEPER-3911).
  | "queued-before-ack"
  // Writes currentEpoch, appends and syncs all transactions, and sends the ACK.
  | "synced-before-ack"
  // Appends and syncs all transactions, writes currentEpoch, and sends the ACK (ZOOKEEPER-4646).
  | "synced-before-epoch"
  // Appends, applies and syncs the committed transactions, writes currentEpoch, and sends the ACK (ZOOKEEPER-4394).
  | "committed-before-epoch";

/**
 * What a follower that has served does with its log thread and its database in memory when it stops following
 * (LearnerZooKeeperServer#shutdown, ZOOKEEPER-4712). "Fast-forward" applies the rest of the log to the tree.
 */
export type LearnerShutdown =
  // Fast-forwards, then waits until the log thread has written its queue.
  | "fast-forward-first"
  // Fast-forwards, and leaves the log thread running.
  | "leaves-log-thread"
  // Fast-forwards, and leaves the log thread running until its next ACK. There, a NullPointerException ends the thread,
  // and the rest of its queue is lost (SendAckRequestProcessor, Learner#closeSockSync, ZOOKEEPER-4409).
  | "leaves-log-thread-until-ack"
  // Waits until the log thread has written its queue, then fast-forwards.
  | "log-thread-first";

/**
 * The data from which a leader synchronizes learners (leader/sync-decision.ts): committedLog only, committedLog and
 * the log on disk, or both with a check for a gap between them.
 */
export type SyncSource = "committed-log" | "txn-log" | "txn-log-without-gaps";

/** The behaviors that differ between ZooKeeper's own releases. */
export interface ReleaseBehavior {
  /** When a follower logs the transactions of a DIFF. */
  readonly diffLogging: DiffLogging;
  /**
   * A follower sends its ACKs of the proposals of the synchronization only after its ACK of UPTODATE (ZOOKEEPER-4685).
   */
  readonly acksWaitForUptodate: boolean;
  /**
   * A learner stops following if a COMMIT arrives between DIFF and UPTODATE while no proposal is pending
   * (ZOOKEEPER-4394).
   */
  readonly commitNeedsProposal: boolean;
  /**
   * A learner sets lastProcessedZxid to the zxid of a DIFF when the DIFF arrives, although it has not applied the
   * transactions of the DIFF yet (ZOOKEEPER-2355).
   */
  readonly diffSetsLastProcessed: boolean;
  /** A learner adds the transactions that it applies during the synchronization to committedLog (ZOOKEEPER-4925). */
  readonly syncedTxnsReachCommittedLog: boolean;
  /**
   * A server rejects a proposal that leaves a gap inside an epoch, during the synchronization and while it loads its
   * database. In addition, committedLog holds at most commitLogCount transactions. If false, it can hold one more
   * (ZOOKEEPER-4925).
   */
  readonly rejectsGaps: boolean;
  /** A learner that fails while it is synchronized by SNAP reloads its database from disk (ZOOKEEPER-3642). */
  readonly interruptedSnapReloads: boolean;
  /**
   * After a SNAP, a learner that fails keeps its database if it had acknowledged NEWLEADER. If false, it keeps the
   * database only if it had handled UPTODATE.
   */
  readonly snapEndsWithNewLeader: boolean;
  /** A learner syncs the snapshot that it saves after a SNAP (ZOOKEEPER-2872). */
  readonly syncsSnap: boolean;
  /** What a learner does with its log thread and its database when it stops following. */
  readonly learnerShutdown: LearnerShutdown;
  /**
   * A follower whose processors run, but which does not serve yet, shuts down like one that serves (ZOOKEEPER-4785).
   * From 3.9.3 on, no processors run that early.
   */
  readonly stopsBeforeServing: boolean;
  /** A server that stops leading or following applies the rest of its log to its tree (ZOOKEEPER-2845). */
  readonly shutdownFastForwards: boolean;
  /** A new leader saves a snapshot before it proposes an epoch. In 3.4, it does not (ZOOKEEPER-1558). */
  readonly leaderSnapshots: boolean;
  /**
   * A leader queues NEWLEADER after the proposals that arrive while it serializes a SNAP. If false, it queues NEWLEADER
   * before the SNAP (ZOOKEEPER-3104).
   */
  readonly newLeaderAfterSnap: boolean;
  /** Where a leader looks for the transactions that a learner lacks. */
  readonly syncSource: SyncSource;
  /**
   * The kinds of synchronization for which the leader limits how many run concurrently (ZOOKEEPER-1928,
   * ZOOKEEPER-3437).
   */
  readonly throttledSyncs: readonly ("snap" | "diff")[];
  /**
   * Only voters of the leader's configuration count toward the quorums of the epoch, of ACKEPOCH and of NEWLEADER. If
   * false, every server counts toward the first two, and every learner that sent FOLLOWERINFO counts toward the third
   * (ZOOKEEPER-2959).
   */
  readonly observersDoNotCount: boolean;
  /**
   * Only voters of the leader's configuration count if they acknowledge a proposal, and in the check that a quorum is
   * synced with the leader. If false, each server that acknowledges counts, and each learner that sent FOLLOWERINFO
   * (Leader#processAck, Leader#lead in 3.4).
   */
  readonly onlyVotersAcknowledge: boolean;
  /** The release has dynamic reconfiguration (ZOOKEEPER-107). */
  readonly knowsReconfig: boolean;
  /**
   * If reconfigEnabled is false, a server stores no pending configuration, and a new leader designates no other leader
   * (ZOOKEEPER-3829).
   */
  readonly reconfigDisabledKeepsPending: boolean;
  /**
   * A LOOKING server ignores votes for a leader that is not a voter of its configuration (ZOOKEEPER-2988). If false, it
   * can elect such a leader, and then does not find its address.
   */
  readonly ignoresVotesForNonVoters: boolean;
  /**
   * The first message on an election connection contains the address of its sender. The receiver connects to this
   * address even if its own configuration lacks the sender (QuorumCnxManager#handleConnection).
   */
  readonly helloHasAddress: boolean;
  /**
   * A LOOKING server stores the vote of a leading or following server of its own round together with that server's
   * state (ZOOKEEPER-3537). If false, it stores such a vote with the state LOOKING.
   */
  readonly settledVotesKeepState: boolean;
  /**
   * A server opens one election connection at a time. It sends no notifications until this connection is open or has
   * failed (ZOOKEEPER-3756).
   */
  readonly electionConnectsInTurn: boolean;
  /**
   * A leader stops leading at its next half tick if its LearnerCnxAcceptor has ended because accept() failed. If false,
   * the leader continues and accepts no learner any more (ZOOKEEPER-2029).
   */
  readonly failedAcceptorStopsLeader: boolean;
  /**
   * If its accept() fails, LearnerCnxAcceptor closes the quorum port immediately. If false, the kernel still completes
   * connections until the leader stops (LearnerCnxAcceptor#halt, ZOOKEEPER-3188).
   */
  readonly failedAcceptorClosesPort: boolean;
  /**
   * A server exits if QuorumCnxManager.Listener has ended after too many errors, and the setting electionPortBindRetry
   * is their number. If false, the server continues and accepts no election connection any more (ZOOKEEPER-3320).
   */
  readonly failedListenerExits: boolean;
  /**
   * After an error of accept(), QuorumCnxManager.Listener also closes the connection that it accepted last
   * (Listener#run, `closeSocket(client)`, ZOOKEEPER-2442).
   */
  readonly listenerClosesLastAccepted: boolean;
  /** zookeeper.tcpKeepAlive turns on keep-alive for the connections of the election port (ZOOKEEPER-1748). */
  readonly knowsTcpKeepAlive: boolean;
  /**
   * Between two tries to connect to its leader, a learner waits leaderConnectDelayDuringRetryMs instead of one second.
   * A single try has no time limit of its own, and connectToLearnerMasterLimit can replace initLimit (ZOOKEEPER-3188).
   */
  readonly shortConnectPause: boolean;
  /** All tries to connect to the leader together are limited to initLimit (ZOOKEEPER-1865). */
  readonly connectsWithinInitLimit: boolean;
  /**
   * If currentEpoch is lower than the epoch of the last zxid at startup, a server adopts the epoch in currentEpoch.tmp
   * (ZOOKEEPER-4269).
   */
  readonly usesCurrentEpochTmp: boolean;
  /**
   * A learner marks the time between NEWLEADER and the new currentEpoch with a file updatingEpoch. A server that
   * finds the file at startup adopts the epoch of its last zxid (ZOOKEEPER-1653).
   */
  readonly marksUpdatingEpoch: boolean;
  /**
   * At startup, a server deletes its newest log file if that file is empty. If false, it refuses to start
   * (ZOOKEEPER-2332).
   */
  readonly deletesEmptyLog: boolean;
  /**
   * If a leader cannot read a record of its log while it synchronizes a learner, the LearnerHandler ends with a
   * NullPointerException. If false, the log ends before this record (TxnLogProposalIterator#next, ZOOKEEPER-4794).
   */
  readonly unreadableRecordIsNull: boolean;
  /**
   * A server reads buffers that exceed jute.maxbuffer by zookeeper.jute.maxbuffer.extrasize. If false, the extra size
   * is 1024 bytes (BinaryInputArchive#checkLength, new in 3.5.7 and 3.6.0).
   */
  readonly knowsJuteExtraSize: boolean;
  /** A server with a log but no snapshot refuses to start (ZOOKEEPER-2325). */
  readonly logNeedsSnapshot: boolean;
  /** zookeeper.snapshot.trust.empty permits a log without a snapshot (ZOOKEEPER-3056). */
  readonly knowsTrustEmptySnapshot: boolean;
  /** With zookeeper.snapshot.trust.empty, a learner that has no snapshot saves one after a DIFF (ZOOKEEPER-3781). */
  readonly trustingDiffSavesSnapshot: boolean;
  /** A learner that cannot truncate its log exits. If false, it only stops following (ZOOKEEPER-3701). */
  readonly failedTruncExits: boolean;
  /** A server changes acceptedEpoch or currentEpoch in memory only if it could write the file (ZOOKEEPER-2307). */
  readonly epochSetOnlyIfWritten: boolean;
  /** An observer waits for a random time before it starts an election again (ZOOKEEPER-3394). */
  readonly observerElectionDelay: boolean;
  /** Followers can host observers (observerMasterPort), and observers know reconnectDelayMs (ZOOKEEPER-3140). */
  readonly knowsObserverMasters: boolean;
  /**
   * If db.autocreate is off, a server with an empty disk has no database (zxid -1), and the votes and ACKEPOCHs of such
   * servers do not count (ZOOKEEPER-261).
   */
  readonly knowsMissingDatabase: boolean;
  /** The setting maxTimeToWaitForEpoch limits the time for which a leader waits for an epoch (ZOOKEEPER-3109). */
  readonly quitsWaitingForEpoch: boolean;
}

/** The fixes of bugs that no ZooKeeper release has fixed. */
export interface Fixes {
  /**
   * A TRUNC also removes all snapshots above its zxid, and it removes all log records above its zxid even if no record
   * has this zxid. A learner that has no older snapshot to go back to reports zxid 0, so that a leader that has
   * transactions sends a SNAP (ZOOKEEPER-1549, FileTxnLog#truncate; open-snapshot-survives-trunc,
   * open-trunc-keeps-one-txn-too-many).
   */
  readonly truncRemovesEverythingAbove: boolean;
  /**
   * A TRUNC deletes log files from the newest to the oldest, so that a server that is killed during the TRUNC has a log
   * without a hole (FileTxnLog#truncate; open-trunc-killed-between-log-files-leaves-a-hole).
   */
  readonly truncDeletesNewestFirst: boolean;
  /**
   * A leader discards a learner's ACKs of outstanding proposals when it synchronizes the learner, and ignores ACKs
   * that still arrive on the learner's former connection (Leader#processAck;
   * open-acked-proposal-truncated-committed-lost).
   */
  readonly syncForgetsAcks: boolean;
  /**
   * If the tree has transactions from a synchronization that the log lacks, the snapshot at NEWLEADER replaces the log.
   * The log may have a hole below the snapshot, so the server neither keeps it nor synchronizes learners from it
   * (open-hole-in-log-after-snap-passed-on, open-hole-in-log-after-snap-committed-truncated,
   * open-hole-in-log-after-trunc-passed-on).
   */
  readonly snapReplacesLog: boolean;
  /**
   * A server starts although the epoch of its last zxid is newer than its currentEpoch, and votes with that
   * currentEpoch (QuorumPeer#loadDataBase; open-crash-before-current-epoch-cannot-start).
   */
  readonly startsWithEpochOlderThanZxid: boolean;
  /** At startup, a server syncs the log that it has read (open-tail-read-back-after-kill-never-synced). */
  readonly syncsLogAtStart: boolean;
  /**
   * A leader does not propose an epoch if it could not write acceptedEpoch (Leader#getEpochToPropose;
   * open-epoch-used-though-not-accepted).
   */
  readonly unwrittenEpochNotUsed: boolean;
  /**
   * A server that cannot write its log exits. Without the fix, it starts an election with transactions that exist only
   * in its memory (SyncRequestProcessor, ZooKeeperCriticalThread#handleException; open-failed-log-write-survives).
   */
  readonly failedLogWriteExits: boolean;
  /**
   * A server whose newest snapshot is unreadable does not start from an older snapshot. The log after an older
   * snapshot may be purged or have a hole (FileSnap#deserialize; open-corrupt-snapshot-older-one-used).
   */
  readonly corruptSnapshotExits: boolean;
  /**
   * A LOOKING server replies to a notification of its own round that carries a worse vote. The sender may have missed
   * this server's vote, and a server repeats its vote only when it receives no notifications
   * (FastLeaderElection#lookForLeader; open-election-better-vote-never-repeated).
   */
  readonly answersWorseVotes: boolean;
  /**
   * A leader gives up if a learner has accepted a later epoch than the leader proposes. Such a learner would refuse
   * this leader forever (Leader#getEpochToPropose, Learner#registerWithLeader; open-voter-ahead-of-leader-never-joins).
   */
  readonly learnerAheadEndsLeading: boolean;
  /** A learner that is interrupted between TRUNC and NEWLEADER reloads its database from disk (ZOOKEEPER-5094). */
  readonly interruptedTruncReloads: boolean;
  /**
   * A learner applies the commits of the synchronization before it serves. Without the fix, the commit processor
   * applies them later (ZOOKEEPER-3023). From 3.9.3 on, only observers are affected, because followers apply these
   * commits before they acknowledge NEWLEADER.
   */
  readonly syncedCommitsApplyBeforeServing: boolean;
  /**
   * A leader applies all committed transactions before it decides how to synchronize a learner. Without the fix, it
   * can truncate a transaction that is committed and that the learner has applied
   * (Leader#tryToCommit, LearnerHandler#syncFollower; open-committed-txn-truncated-before-leader-applies-it).
   */
  readonly syncWaitsForApply: boolean;
  /**
   * A learner syncs the snapshot that it saves at NEWLEADER if it has applied transactions after a TRUNC. They are only
   * in this snapshot, not in the log (Learner#syncWithLeader, `syncSnapshot`; open-snapshot-after-trunc-never-synced).
   */
  readonly truncSnapshotIsSynced: boolean;
  /**
   * An ObserverMaster knows the proposals that its follower received before it served. Without the fix, it sends no
   * INFORM for them (Follower#followLeader; ZOOKEEPER-5088).
   */
  readonly observerMasterKnowsPending: boolean;
  /**
   * A leader whose LearnerCnxAcceptor has ended before the leader is established stops leading. Without the fix, the
   * startup of its LeaderZooKeeperServer replaces the state ERROR by RUNNING (ZooKeeperServer#startup; ZOOKEEPER-4203).
   */
  readonly startupKeepsError: boolean;
  /**
   * An observer that synchronizes compares the zxid of INFORMANDACTIVATE with that of the packet before it, and stores
   * it, as for INFORM (Learner#syncWithLeader; open-observer-aborts-sync-after-reconfiguration).
   */
  readonly activatedTxnIsQueued: boolean;
  /**
   * A LearnerHandler queues NEWLEADER with the configuration that is pending at that moment. Without the fix, the
   * leader can propose a newer configuration after the handler has read it (LearnerHandler#run;
   * open-newleader-names-replaced-configuration).
   */
  readonly newLeaderNamesLatestConfig: boolean;
  /**
   * A server keeps zoo.cfg.dynamic.next when it starts. Without the fix, the start deletes the file, and the server
   * has the pending configuration only in memory (QuorumPeer#setQuorumVerifier;
   * open-pending-configuration-forgotten-at-second-restart).
   */
  readonly startKeepsNextConfig: boolean;
  /**
   * A server also reads zoo.cfg.dynamic.next if zoo.cfg has the lists of servers. Without the fix, it reads the file
   * only if zoo.cfg names a file with the committed configuration (QuorumPeerConfig#parse;
   * open-pending-configuration-not-read-with-lists).
   */
  readonly readsNextConfigWithLists: boolean;
  /**
   * A leader with reconfigEnabled=false accepts a learner whose configuration has a higher version. The leader itself
   * never adopts that version, so without the fix the learner can never join it
   * (LearnerHandler#run; open-mixed-reconfig-enabled-no-leader).
   */
  readonly staticLeaderAcceptsNewerConfigs: boolean;
  /**
   * A server with reconfigEnabled=false ignores the configurations in notifications. Without the fix, a newer one ends
   * its election service, although the server does not adopt it
   * (FastLeaderElection.Messenger.WorkerReceiver#run; open-older-dynamic-file-without-reconfig-never-joins).
   */
  readonly staticServerIgnoresNewerConfigs: boolean;
  /**
   * At UPTODATE, a learner activates the configuration in NEWLEADER only if it is committed. Without the fix, it also
   * activates one that is pending at the leader (LearnerHandler#run sends the last seen configuration,
   * Learner#syncWithLeader; open-joining-learner-activates-pending-configuration).
   */
  readonly uptodateKeepsPending: boolean;
  /**
   * Once a reconfiguration is committed, later proposals need a quorum of its configuration only. Without the fix,
   * proposals that were made before the commit still need a quorum of the old configuration, too, although its voters
   * may have become observers (Leader#tryToCommit; open-demoted-voters-block-proposals).
   */
  readonly activationEndsOldQuorum: boolean;
  /**
   * A LOOKING server joins an established leader if a quorum of its committed configuration supports the leader.
   * Without the fix, it also needs a quorum of its pending configuration, although the leader's ensemble has dropped
   * that one (FastLeaderElection#lookForLeader, getVoteTracker; open-dropped-pending-configuration-never-joins).
   */
  readonly joinsWithCommittedQuorum: boolean;
  /**
   * A LOOKING server answers a notification of a server that it does not know as a voter with its vote of this round.
   * Without the fix, it answers with the vote of its last election, as if it were of this round
   * (FastLeaderElection.Messenger.WorkerReceiver#run; open-vote-of-last-election-elects-lost-leader).
   */
  readonly repliesWithProposal: boolean;
  /**
   * A LOOKING server ignores votes for servers that do not vote in its committed configuration. Without the fix, it
   * also counts votes for voters of its pending configuration, although servers that have not seen this configuration
   * ignore them, and Learner#findLeader does not find such a leader (FastLeaderElection#validVoter;
   * open-votes-for-pending-voter-elect-no-leader).
   */
  readonly electsCommittedVoters: boolean;
  /**
   * A synchronizing learner activates the configuration of COMMITANDACTIVATE wherever its proposal is among those that
   * are not logged. Without the fix, it must be the first one, although committed proposals stay in this queue until
   * UPTODATE (Learner#syncWithLeader; open-commit-before-uptodate-keeps-old-configuration).
   */
  readonly activatesQueuedConfig: boolean;
  /**
   * A request for a reconfiguration does not count a follower that the committed configuration lists as an observer,
   * because it will join again as an observer and acknowledge nothing (Leader#isQuorumSynced;
   * open-reconfiguration-counts-follower-that-becomes-observer).
   */
  readonly futureObserversAreNotSynced: boolean;
  /**
   * A LOOKING server joins the later round of a voter that votes for no server, because it votes only in a pending
   * configuration. Without the fix, it ignores such a vote with its round (FastLeaderElection#lookForLeader,
   * FastLeaderElection#getInitId; open-round-of-pending-voter-ignored).
   */
  readonly pendingVotersShareRound: boolean;
  /**
   * A LOOKING server that votes only in its pending configuration, and has logged nothing after the transaction of that
   * configuration, takes every vote of its currentEpoch. If it has logged later transactions, it takes a vote once it
   * knows that no quorum of the pending configuration has them, or that no quorum of the committed one has the
   * transaction of the pending one. Without the fix, it takes no vote for a server that lacks a transaction of its log
   * (FastLeaderElection#getInitLastLoggedZxid; open-pending-voter-ahead-of-old-voters-elects-no-leader).
   */
  readonly pendingVotersTakeOldVotes: boolean;
  /**
   * An observer logs the committed transactions of its synchronization before it writes currentEpoch, as a follower
   * does (Learner#syncWithLeader; open-observer-writes-epoch-before-diff-is-logged).
   */
  readonly observersLogBeforeEpoch: boolean;
  /**
   * A server that cannot connect to the committed election address of another one dials its pending address. Without
   * the fix, it does so only in releases with electionConnectsInTurn, because a dial in a thread of its own counts as a
   * success (QuorumCnxManager#connectOne; open-changed-election-address-never-dialed).
   */
  readonly pendingAddressIsDialed: boolean;
  /**
   * A server resolves the host names of its addresses before it compares them. Without the fix, an address whose name
   * could not be resolved is another address, so a leader designates another server to lead although its address stays
   * (Leader#getDesignatedLeader, ZOOKEEPER-4708; zookeeper-4708-unresolved-own-address-leader-commits-nothing).
   */
  readonly comparesResolvedAddresses: boolean;
  /**
   * A leader writes its committed configuration to /zookeeper/config when it is established. Without the fix, a leader
   * with reconfigEnabled=false shows the configuration in its newest snapshot (Leader#startZkServer;
   * open-leader-shows-old-list).
   */
  readonly leaderWritesConfigZnode: boolean;
}

/**
 * The behaviors that only an open pull request has (named-behaviors.ts). Neither a release nor `patched` has them.
 */
export interface PullRequestBehavior {
  /**
   * After a TRUNC, a learner loads only snapshots at or below the zxid of the TRUNC, and fails if it has only newer
   * ones (pull request 2172, ZOOKEEPER-4837).
   */
  readonly truncSkipsNewerSnapshots: boolean;
  /**
   * A leader does not synchronize from committedLog if minCommittedLog is 0, and considers the log on disk for a
   * learner at minCommittedLog, too (pull request 1745, ZOOKEEPER-4352).
   */
  readonly zeroMinCommittedLogUsesTxnLog: boolean;
}

/** The value of every behavior of a pull request in a release of ZooKeeper. */
export const NO_PULL_REQUESTS: PullRequestBehavior = {
  truncSkipsNewerSnapshots: false,
  zeroMinCommittedLogUsesTxnLog: false,
};

/** The name of a fix. */
export type Fix = keyof Fixes;

/** The value of every fix in a release of ZooKeeper: no release has one of these fixes. */
export const NO_FIXES: Fixes = {
  truncRemovesEverythingAbove: false,
  truncDeletesNewestFirst: false,
  syncForgetsAcks: false,
  snapReplacesLog: false,
  startsWithEpochOlderThanZxid: false,
  syncsLogAtStart: false,
  unwrittenEpochNotUsed: false,
  failedLogWriteExits: false,
  corruptSnapshotExits: false,
  answersWorseVotes: false,
  learnerAheadEndsLeading: false,
  interruptedTruncReloads: false,
  syncedCommitsApplyBeforeServing: false,
  syncWaitsForApply: false,
  truncSnapshotIsSynced: false,
  observerMasterKnowsPending: false,
  activatedTxnIsQueued: false,
  newLeaderNamesLatestConfig: false,
  startKeepsNextConfig: false,
  readsNextConfigWithLists: false,
  uptodateKeepsPending: false,
  activationEndsOldQuorum: false,
  joinsWithCommittedQuorum: false,
  repliesWithProposal: false,
  electsCommittedVoters: false,
  activatesQueuedConfig: false,
  futureObserversAreNotSynced: false,
  pendingVotersShareRound: false,
  pendingVotersTakeOldVotes: false,
  observersLogBeforeEpoch: false,
  pendingAddressIsDialed: false,
  comparesResolvedAddresses: false,
  leaderWritesConfigZnode: false,
  startupKeepsError: false,
  staticLeaderAcceptsNewerConfigs: false,
  staticServerIgnoresNewerConfigs: false,
};

/** The names of all fixes. */
export const FIXES = Object.keys(NO_FIXES) as readonly Fix[];

/** The value of every fix in the release `patched`, which has all fixes. */
export const ALL_FIXES = Object.fromEntries(FIXES.map((fix) => [fix, true])) as unknown as Fixes;
