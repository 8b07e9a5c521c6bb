/**
 * What must always hold, by stable id: in words, and where it comes from. Reports, scenario files, exit codes and the
 * shrinker name invariants by these ids.
 */
export interface Invariant {
  readonly id: string;
  readonly statement: string;
  readonly source: string;
}

const ZAB = "Zab, Junqueira et al. 2011";

export const INVARIANTS = {
  "primary-uniqueness": {
    statement: "At most one leader is established in an epoch.",
    source: `${ZAB}: primary uniqueness; ZOOKEEPER-335`,
  },
  integrity: { statement: "What is delivered was broadcast by some primary.", source: `${ZAB}: integrity` },
  agreement: {
    statement: "Of two txns delivered at two servers, one server has delivered the other's too.",
    source: `${ZAB}: agreement`,
  },
  "total-order": { statement: "Txns are delivered in the same order everywhere.", source: `${ZAB}: total order` },
  "local-primary-order": {
    statement: "The txns of one primary are delivered in the order it broadcast them, none left out.",
    source: `${ZAB}: local primary order`,
  },
  "global-primary-order": {
    statement: "Txns of an older epoch are delivered before those of a newer one.",
    source: `${ZAB}: global primary order`,
  },
  "primary-integrity": {
    statement: "A primary has delivered all that anyone delivered of older epochs before it broadcasts.",
    source: `${ZAB}: primary integrity`,
  },
  "initial-history-agreement": {
    statement: "The initial history of an established epoch is a prefix of that of every later one.",
    source: `${ZAB}: initial history agreement`,
  },
  "commit-completeness": {
    statement:
      "A server has delivered the initial history of the epoch whose txns it delivers, and of the one in which its leader knows it to serve.",
    source: `${ZAB}: commit completeness; ZOOKEEPER-3023`,
  },
  "process-consistency": {
    statement: "The histories of two participants of one epoch are prefixes of one another.",
    source: `${ZAB}: process consistency; ZOOKEEPER-4712`,
  },
  "no-bad-state": {
    statement: "No packet reaches a server in a state that has no use for it.",
    source: "TLA+: no bad state",
  },
  "no-bad-ack": { statement: "A leader reads no ACK that does not fit.", source: "TLA+: no bad ACK; ZOOKEEPER-4685" },
  "no-bad-proposal": { statement: "A follower reads no PROPOSAL that does not fit.", source: "TLA+: no bad PROPOSAL" },
  "no-bad-commit": {
    statement: "A follower reads no COMMIT that does not fit.",
    source: "TLA+: no bad COMMIT; ZOOKEEPER-4394",
  },
  "committed-history-grows": {
    statement: "What a client could have read never vanishes: a newly established leader has all of it.",
    source: "TLA+: monotonic read; ZOOKEEPER-3911",
  },
  "trunc-keeps-committed": {
    statement:
      "A TRUNC removes no txn that was committed when the leader decided it, and leaves to a quorum what was committed since.",
    source: "ZOOKEEPER-4643",
  },
  "follower-is-prefix": {
    statement: "A follower that acknowledges NEWLEADER, or begins to serve, holds a prefix of its leader's history.",
    source: "TLA+: process consistency; ZOOKEEPER-4925",
  },
  "leader-is-complete": {
    statement: "The established leader of the newest epoch holds every committed txn.",
    source: "TLA+: leader log completeness",
  },
  "disk-tells-memory": {
    statement: "A participant that looks for a leader has in memory what its disk tells.",
    source: "ZOOKEEPER-2845, ZOOKEEPER-3642",
  },
  "zxid-covers-tree": {
    statement:
      "A participant that starts, or looks for a leader, has nothing in memory beyond the zxid that it says it is at.",
    source: "ZOOKEEPER-3104",
  },
} as const satisfies Record<string, Omit<Invariant, "id">>;

export type InvariantId = keyof typeof INVARIANTS;

export const INVARIANT_IDS = Object.keys(INVARIANTS) as readonly InvariantId[];

/** Earlier names of some invariants: `I-1` to `I-14`, in the order of INVARIANTS. */
export const INVARIANT_ALIASES: ReadonlyMap<string, InvariantId> = new Map(
  INVARIANT_IDS.slice(0, 14).map((id, index) => [`I-${index + 1}`, id]),
);

/** Returns the invariant with this id or alias; undefined if there is none. */
export function findInvariant(name: string): InvariantId | undefined {
  return name in INVARIANTS ? (name as InvariantId) : INVARIANT_ALIASES.get(name);
}

export function listInvariants(): Invariant[] {
  return Object.entries(INVARIANTS).map(([id, { statement, source }]) => ({ id, statement, source }));
}
