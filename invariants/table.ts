/**
 * Every invariant by its id: its statement and its source. Reports, scenario files, exit codes and the shrinker use
 * these ids.
 */
export interface Invariant {
  /** The name of the invariant. */
  readonly id: string;
  /** One sentence that says what always holds. */
  readonly statement: string;
  /** The paper, the specification and the tickets that the invariant comes from. */
  readonly source: string;
}

/** Junqueira, Reed, Serafini: "Zab: High-performance broadcast for primary-backup systems", DSN 2011. */
const ZAB = "Zab (DSN 2011)";
/**
 * The TLA+ specifications of ZooKeeper (ZOOKEEPER-3615, github.com/Disalg-ICS-NJU/zookeeper-tla-spec). A source names
 * the invariant of the specification, for example `Leadership1`.
 */
const TLA = "TLA+";

/** Every invariant by its id. */
export const INVARIANTS = {
  "primary-uniqueness": {
    statement: "At most one leader is established in an epoch.",
    source: `${ZAB}: primary uniqueness; ${TLA}: Leadership1, Leadership2; ZOOKEEPER-335`,
  },
  integrity: {
    statement: "A server delivers only transactions that a primary has broadcast.",
    source: `${ZAB}: integrity; ${TLA}: Integrity`,
  },
  agreement: {
    statement:
      "If one server delivers transaction a and another server delivers transaction b, one of the two delivers both.",
    source: `${ZAB}: agreement; ${TLA}: Agreement`,
  },
  "total-order": {
    statement: "All servers deliver transactions in the same order.",
    source: `${ZAB}: total order; ${TLA}: TotalOrder`,
  },
  "local-primary-order": {
    statement: "Servers deliver the transactions of one primary in the order of their broadcast, without a gap.",
    source: `${ZAB}: local primary order; ${TLA}: LocalPrimaryOrder`,
  },
  "global-primary-order": {
    statement: "Servers deliver the transactions of an older epoch before those of a newer epoch.",
    source: `${ZAB}: global primary order; ${TLA}: GlobalPrimaryOrder`,
  },
  "primary-integrity": {
    statement:
      "Before a primary broadcasts, it has delivered every transaction of older epochs that any server delivers.",
    source: `${ZAB}: primary integrity; ${TLA}: PrimaryIntegrity`,
  },
  "initial-history-agreement": {
    statement: "The initial history of an established epoch is a prefix of the initial history of every later epoch.",
    source: `${ZAB}: initial history agreement`,
  },
  "commit-completeness": {
    statement:
      "A server that delivers transactions of an epoch, or whose leader knows that it serves, has delivered " +
      "the initial history of that epoch.",
    source: `${ZAB}: commit completeness; ZOOKEEPER-3023`,
  },
  "process-consistency": {
    statement:
      "If two participants take part in the same epoch, the history of one is a prefix of the history of the other.",
    source: `${ZAB}: process consistency; ZOOKEEPER-4712`,
  },
  "no-bad-state": {
    statement: "A server never receives a packet that is illegal in its current state.",
    source: `${TLA}: stateConsistent, messageLegal`,
  },
  "no-bad-ack": {
    statement: "A leader never reads an ACK with an unexpected zxid, or an ACK for a proposal that it did not make.",
    source: `${TLA}: ackConsistent; ZOOKEEPER-4685`,
  },
  "no-bad-proposal": {
    statement: "Each PROPOSAL that a learner reads is the successor of the PROPOSAL before it.",
    source: `${TLA}: proposalConsistent`,
  },
  "no-bad-commit": {
    statement: "Each COMMIT that a follower reads is for the first proposal that is pending at the follower.",
    source: `${TLA}: commitConsistent; ZOOKEEPER-4394`,
  },
  "committed-history-grows": {
    statement: "A newly established leader has every transaction that a client could have read.",
    source: `${TLA}: CommittedLogMonotonicity; ZOOKEEPER-3911`,
  },
  "trunc-keeps-committed": {
    statement:
      "A TRUNC removes no transaction that was committed when the leader decided to send it. A transaction that was " +
      "committed after this decision stays on a quorum.",
    source: `${TLA}: CommittedLogDurability; ZOOKEEPER-4643`,
  },
  "follower-is-prefix": {
    statement:
      "When a follower acknowledges NEWLEADER or starts to serve, its history is a prefix of its leader's history.",
    source: `${TLA}: ProcessConsistency; ZOOKEEPER-4925`,
  },
  "leader-is-complete": {
    statement: "The established leader of the newest epoch has every committed transaction.",
    source: `${TLA}: LeaderLogCompleteness`,
  },
  "memory-equals-disk": {
    statement: "When a participant votes, its memory and its disk hold the same history.",
    source: "ZOOKEEPER-2845, ZOOKEEPER-3642",
  },
  "zxid-covers-tree": {
    statement: "When a participant starts or votes, its memory holds no transaction above the zxid that it reports.",
    source: "ZOOKEEPER-3104",
  },
  "config-agreement": {
    statement:
      "A version belongs to one configuration on all servers, and the version of a server's committed configuration " +
      "never decreases.",
    source: "QuorumPeer#setQuorumVerifier; Shraer et al., ATC 2012",
  },
  "seen-config-kept": {
    statement: "A server that starts, or acknowledges NEWLEADER, still has the newest configuration that it has seen.",
    source: "QuorumPeer#setLastSeenQuorumVerifier; Shraer et al., ATC 2012",
  },
  "newest-config-leads": {
    statement: "While a configuration is active on a server, no leader with an older one is established.",
    source: "Leader#startZkServer; Shraer et al., ATC 2012",
  },
  "leader-config-adopted": {
    statement:
      "A server that serves has the configuration with which its leader was established, and each one that it has " +
      "applied.",
    source: "Learner#syncWithLeader; ZOOKEEPER-2172",
  },
  "config-znode-is-committed": {
    statement: "When a server starts to serve, /zookeeper/config contains its committed configuration.",
    source: "QuorumPeer#initConfigInZKDatabase; ZOOKEEPER-2819",
  },
  "claimed-quorums": {
    statement:
      "A server acts only on quorums that the messages and disks really form, and elects only voters; a learner " +
      "delivers only transactions whose COMMIT or INFORM it has read. A server that serves commits a configuration " +
      "only with its transaction.",
    source: `${ZAB}: quorums; FastLeaderElection, Leader`,
  },
} as const satisfies Record<string, Omit<Invariant, "id">>;

/** The name of an invariant. `zabsim list invariants` prints all of them. */
export type InvariantId = keyof typeof INVARIANTS;

/**
 * The invariants about what clients read, whose violation changes nothing that the servers do. A campaign continues a
 * run after such a violation, and prefers another failure of the run.
 */
export const CLIENT_INVARIANTS: ReadonlySet<InvariantId> = new Set<InvariantId>(["config-znode-is-committed"]);

export const INVARIANT_IDS = Object.keys(INVARIANTS) as readonly InvariantId[];

/** The number of invariants, from the start of the table, that have a numbered alias such as `I-1`. */
const NUMBERED_COUNT = 14;

/**
 * Other names of invariants, which older versions of zabsim used: `I-1` to `I-14` in the order of INVARIANTS, and one
 * id.
 */
export const INVARIANT_ALIASES: ReadonlyMap<string, InvariantId> = new Map([
  ...INVARIANT_IDS.slice(0, NUMBERED_COUNT).map((id, index) => [`I-${index + 1}`, id] as const),
  ["disk-tells-memory", "memory-equals-disk"],
]);

/** Returns the invariant with this id or alias; undefined if there is none. */
export function findInvariant(name: string): InvariantId | undefined {
  return Object.hasOwn(INVARIANTS, name) ? (name as InvariantId) : INVARIANT_ALIASES.get(name);
}

export function listInvariants(): Invariant[] {
  return Object.entries(INVARIANTS).map(([id, { statement, source }]) => ({ id, statement, source }));
}
