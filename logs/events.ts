/**
 * The events that log messages report, with their fields. A field is optional if some releases do not log it. Zxids are
 * signed 64-bit numbers; epochs, rounds and sids are numbers; durations are in milliseconds.
 */

/** A zxid as a signed 64-bit number. */
export type Zxid64 = bigint;

type None = Readonly<Record<never, never>>;

/** The facts in the line "Synchronizing with …" (LearnerHandler#syncFollower). */
export interface SyncStarted {
  readonly sid: number;
  readonly maxCommittedLog: Zxid64;
  readonly minCommittedLog: Zxid64;
  /** 3.4 does not log it. */
  readonly lastProcessedZxid?: Zxid64;
  readonly peerLastZxid: Zxid64;
}

/** A vote that a server received (FastLeaderElection#printNotification). */
export interface Notification {
  readonly version: number | bigint;
  readonly leader: number;
  readonly zxid: Zxid64;
  readonly round: bigint;
  readonly state: string;
  readonly sid: number;
  readonly peerEpoch: bigint;
  readonly myState: string;
  readonly configVersion?: bigint;
}

/** Settings that a server logs when it starts. Each message contains one of them. */
export interface LoggedSettings {
  readonly tickTimeMs?: number;
  readonly initLimit?: number;
  readonly syncLimit?: number;
  readonly connectToLearnerMasterLimit?: number;
  readonly snapshotSizeFactor?: string;
  readonly commitLogCount?: number;
  readonly snapRetainCount?: number;
}

/** The fields of each event. */
export interface LogEvents {
  // ---- a process starts and ends
  "config-read": { readonly path: string };
  /** The configuration has at most two voters (QuorumPeerConfig#parseDynamicConfig; in 3.4, #parseProperties). */
  "few-voters": None;
  /** The configuration has four voters, or another even number above. */
  "even-voters": None;
  "server-starting": { readonly myid?: number };
  /** `version`: the release and the commit, e.g. `3.9.5-293c895`. */
  version: { readonly version: string; readonly built: string };
  settings: LoggedSettings;
  /** A new role begins (ZooKeeperServer#ZooKeeperServer). In 3.4.10, no other line shows tickTime. */
  "server-created": { readonly tickTimeMs: number; readonly rest: string };
  "txn-log-sync-on": { readonly snapshotSizeFactor: string };
  "txn-log-sync-off": None;
  "force-snapshot-sync": None;
  "election-port-bound": { readonly sid?: number; readonly address: string };
  /** 3.5.6 to 3.5.10 log the number of errors and the property that permits more of them. */
  "election-port-failed": { readonly address: string; readonly errors?: number; readonly property?: string };
  "own-id-connected": None;
  "snapshot-read": { readonly path: string };
  "snapshot-invalid": { readonly path: string };
  "snapshot-taken": { readonly zxid: Zxid64; readonly path: string };
  "database-loaded": { readonly ms: number; readonly zxid: Zxid64; readonly digest: Zxid64 };
  "database-empty": None;
  /** The tree after a transaction is not the one that the leader had (DataTree#reportDigestMismatch). */
  "digest-mismatch": { readonly zxid: Zxid64; readonly times?: number };
  "log-order-broken": { readonly highest: Zxid64; readonly next: Zxid64; readonly type: string };
  "log-file-created": { readonly zxid: Zxid64 };
  "zxid-not-higher": { readonly zxid: Zxid64; readonly last: Zxid64; readonly type: string };
  "fsync-slow": { readonly thread: string; readonly ms: number; readonly rest: string };
  "jvm-paused": { readonly ms: number; readonly rest: string };
  "epoch-file-missing": { readonly file: string; readonly epoch: number };
  "epoch-file-recovered": { readonly file: string; readonly epoch: number };
  "database-not-loaded": None;
  "config-invalid": None;
  "datadir-inaccessible": None;
  "admin-server-failed": None;
  "start-failed": None;
  "exiting-normally": None;
  "jvm-exit": { readonly code: number };
  "fatal-thread": { readonly thread: string };
  "peer-thread-exited": None;

  // ---- election
  looking: None;
  leading: None;
  following: None;
  observing: None;
  "election-started": { readonly sid: number; readonly zxid: Zxid64 };
  notification: Notification;
  "notification-timeout": { readonly ms: number };
  "vote-of-stranger-ignored": { readonly sid: number; readonly leader?: number };
  "channel-failed": { readonly sid: number; readonly address: string };
  "channel-broken": { readonly sid: number; readonly myid: number; readonly error?: string };
  /** `unit` is absent in 3.4. */
  "election-took": { readonly role: string; readonly amount: number; readonly unit?: string };

  // ---- roles and phases
  "state-changed": { readonly state: string };
  established: { readonly supporters: readonly number[]; readonly zxid: Zxid64; readonly next?: string };
  "leader-shutdown": { readonly reason?: string };
  "init-limit-too-short": None;
  "voter-changed-mind": None;
  "leader-port-failed": { readonly address: string };
  "newleader-ack-of-other-epoch": { readonly sid: number; readonly current: Zxid64; readonly received: Zxid64 };
  /** The leader designated another server when it became the leader, and commits nothing (Leader#startZkServer). */
  "leader-not-designated": None;
  /** The thread that accepts connections of learners ends (Leader.LearnerCnxAcceptor). */
  "acceptor-failed": None;
  "ack-out-of-order": { readonly zxid: Zxid64; readonly expected: Zxid64 };
  "commit-not-first": { readonly zxid: Zxid64; readonly address: string };
  "peer-exception": None;
  "peer-looking": None;
  /** The server works with another configuration (QuorumPeer#restartLeaderElection). */
  "election-restarted": None;
  /** The server has another role in the configuration with which it works (QuorumPeer#updateLearnerType). */
  "role-changed": { readonly role: string };
  /** A pending configuration is older than the one that the server has seen (#setLastSeenQuorumVerifier). */
  "config-stale": { readonly version: bigint; readonly current: bigint };
  /** A notification contains a newer configuration than `mine`, the committed one (FastLeaderElection). */
  "config-received": { readonly sid: number; readonly received: bigint; readonly mine: bigint };
  /** The server works with the configuration of a notification, and votes again. */
  "config-adopted": None;
  /** A leader takes requests of clients (PrepRequestProcessor#run). `reconfigEnabled`: true or false. */
  "requests-started": { readonly sid: number; readonly reconfigEnabled: string };
  /** A client changes the configuration (PrepRequestProcessor#pRequest2Txn). */
  "reconfig-requested": None;
  /** The leader commits a configuration in which another server leads (Leader#tryToCommit). */
  "reconfig-changes-leader": { readonly reconfigEnabled: string };

  // ---- the leader's side of one learner
  "learner-registered": { readonly sid: number; readonly info: string };
  "sync-started": SyncStarted;
  "sync-in-sync": { readonly zxid: Zxid64 };
  "sync-forced-snap": None;
  "sync-from-committed-log": { readonly sid: number };
  "sync-from-txn-log": { readonly sid: number };
  "sync-not-found": { readonly zxid: Zxid64 };
  "sync-log-too-large": { readonly bytes: number; readonly limitBytes: number };
  "sync-log-unreadable": None;
  "sync-gap": { readonly end: Zxid64; readonly start: Zxid64 };
  "sync-cross-epoch": { readonly sid: number };
  "sync-unhandled": Partial<SyncStarted> & { readonly txnLogSyncEnabled?: string };
  "sync-fall-back": { readonly sid: number };
  /**
   * The packet that the leader queues. 3.4 logs neither the zxid nor the learner. From 3.6.0 on, `gap` is a space if
   * the transactions come from committedLog or from the log on disk, and empty otherwise.
   */
  "sync-sending": { readonly operation: string; readonly zxid?: Zxid64; readonly sid?: number; readonly gap?: string };
  "sync-snapshot": { readonly peer: Zxid64; readonly leader: Zxid64; readonly sent: Zxid64; readonly rest?: string };
  "sync-throttled": { readonly rest: string };
  "newleader-acked": { readonly sid: number };
  "handler-failed": { readonly rest: string };
  "handler-ended": { readonly address: string };
  "learner-closed": { readonly sid: number };
  "transaction-timeout": None;

  // ---- the learner's side
  "leader-connected": { readonly address: string };
  "leader-not-connected": { readonly tries: number; readonly remainingMs?: number; readonly address: string };
  "leader-given-up": { readonly tries?: number; readonly remainingMs?: number; readonly address: string };
  "leader-unknown": { readonly sid: number };
  "leader-epoch-too-old": { readonly proposed: string; readonly accepted: string };
  "got-diff": { readonly zxid: Zxid64 };
  /** 3.4.10 does not log the zxid. */
  "got-snap": { readonly zxid?: Zxid64 };
  "got-trunc": { readonly zxid: Zxid64 };
  "trunc-failed": { readonly zxid: Zxid64 };
  "unexpected-packet": { readonly rest: string };
  "signature-missing": { readonly rest: string };
  "newleader-received": None;
  "uptodate-received": None;
  "current-epoch-set": { readonly epoch: number };
  "newleader-ack-sent": { readonly zxid: Zxid64 };
  "synced-txns-persisted": { readonly ms: number; readonly txns?: number; readonly outstanding?: number };
  "txns-logged-async": { readonly txns: number };
  "txns-committed": { readonly txns: number };
  "first-proposal": { readonly zxid: Zxid64 };
  "new-epoch-proposal": { readonly zxid: Zxid64; readonly last: Zxid64; readonly expected: Zxid64 };
  "zxid-unexpected": { readonly zxid: Zxid64; readonly expected: Zxid64 };
  "commit-not-next": { readonly zxid: Zxid64; readonly next: Zxid64 };
  "commit-without-proposal": { readonly zxid: Zxid64 };
  "commit-unmatched": { readonly zxid: Zxid64; readonly pending: Zxid64 };
  /** The ACK of a logged proposal could not be sent to the leader. */
  "ack-not-sent": None;
  "follow-failed": None;
  "observe-failed": None;
  "learner-shutdown": None;
  disconnected: { readonly address: string; readonly ms: number; readonly synced: string };
}
