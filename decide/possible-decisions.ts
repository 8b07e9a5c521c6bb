/**
 * Finds the sync decisions that are possible when some facts are unknown, each with the condition under which the
 * leader makes it.
 *
 * The method is to try all cases: a few zxids at, between and around the known zxids take the place of the unknown
 * facts, in every combination, and `decideSync` decides each case. These cases are sufficient because decideSync only
 * compares zxids and epochs. Only states that a leader can have are tried: the log on disk contains no transaction that
 * committedLog lacks within its range, and lastProcessedZxid is the end of committedLog or the start of a later epoch.
 */
import {
  DIFF,
  decideSync,
  type Logged,
  SYNC_RULES,
  type SyncDecision,
  type SyncOperation,
  type SyncRule,
  TRUNC,
} from "../protocol/index.ts";
import {
  type CommittedLogFacts,
  type DecisionFacts,
  type KnownFacts,
  type UncertainFact,
  unknownFacts,
  type Zxid64,
} from "./known-facts.ts";

export interface PossibleDecision {
  readonly operation: SyncOperation;
  readonly rule: SyncRule;
  /** The zxid of the DIFF or TRUNC packet. Undefined for a SNAP, or if the zxid depends on unknown facts. */
  readonly zxid: Zxid64 | undefined;
  /** The rule as a sentence. It contains only zxids that are certain. */
  readonly why: string;
  /**
   * The conditions on the unknown facts under which the leader makes this decision. If the conditions of several
   * decisions are true, the leader makes the first of these decisions.
   */
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly fact: UncertainFact;
  readonly text: string;
}

export interface DecisionSpace {
  /** The possible decisions, in the order in which ZooKeeper checks their rules. There is at least one. */
  readonly possible: readonly PossibleDecision[];
  /**
   * Facts for which `decideSync` gives the leader's decision and packets. Undefined if the decision or the packets
   * depend on unknown facts.
   */
  readonly certain: DecisionFacts | undefined;
}

/** The properties that all cases of one rule have in common. A property that differs between the cases is undefined. */
interface Outcome {
  readonly operation: SyncOperation;
  readonly zxid: Zxid64 | undefined;
  readonly last: Zxid64 | undefined;
  readonly min: Zxid64 | undefined;
  readonly max: Zxid64 | undefined;
}

/** Returns the decisions that are possible. `format` converts a zxid to text. */
export function possibleDecisions(known: KnownFacts, format: (zxid: Zxid64) => string): DecisionSpace {
  const outcomes = new Map<SyncRule, Outcome>();
  const packets = new Set<string>();
  let last: DecisionFacts | undefined;
  for (const facts of casesOf(known)) {
    const decision = decideSync<Zxid64, Logged<Zxid64>>(facts);
    const outcome = outcomeOf(facts, decision);
    const earlier = outcomes.get(decision.rule);
    outcomes.set(decision.rule, earlier === undefined ? outcome : common(earlier, outcome));
    packets.add(packetsText(facts, decision));
    last = facts;
  }
  const rules = CHECK_ORDER.filter((rule) => outcomes.has(rule));
  const conditions = conditionsOf(rules, known, format);
  const possible = rules.map((rule) => {
    const { operation, zxid, ...zxids } = outcomes.get(rule) as Outcome;
    const text = (value: Zxid64 | undefined): string => (value === undefined ? "(unknown)" : format(value));
    const why = SYNC_RULES[rule].why({
      peer: format(known.peerLastZxid),
      last: text(zxids.last),
      min: text(zxids.min),
      max: text(zxids.max),
      op: text(zxid),
    });
    return { operation, rule, zxid, why, conditions: conditions(rule) };
  });
  return { possible, certain: packets.size === 1 && rules.length === 1 ? last : undefined };
}

function outcomeOf(facts: DecisionFacts, decision: Decision): Outcome {
  const first = decision.needSnap ? undefined : decision.packets[0];
  return {
    operation: first?.type === DIFF ? "DIFF" : first?.type === TRUNC ? "TRUNC" : "SNAP",
    zxid: first?.zxid,
    last: facts.lastProcessedZxid,
    min: decision.minCommittedLog,
    max: decision.maxCommittedLog,
  };
}

function common(a: Outcome, b: Outcome): Outcome {
  const same = (x: Zxid64 | undefined, y: Zxid64 | undefined): Zxid64 | undefined => (x === y ? x : undefined);
  return {
    operation: a.operation,
    zxid: same(a.zxid, b.zxid),
    last: same(a.last, b.last),
    min: same(a.min, b.min),
    max: same(a.max, b.max),
  };
}

/**
 * Returns a text that identifies what the learner receives: equal texts mean equal packets. The text of a SNAP contains
 * the leader's lastProcessedZxid, because the SNAP contains the database at this zxid.
 */
function packetsText(facts: DecisionFacts, { needSnap, packets, startForwardingFrom }: Decision): string {
  const snap = needSnap ? `SNAP ${facts.lastProcessedZxid}` : "";
  return [snap, ...packets.map(({ type, zxid }) => `${type} ${zxid}`), startForwardingFrom].join(",");
}

type Decision = SyncDecision<Zxid64, Logged<Zxid64>>;

// ---- the cases to try

/**
 * The maximum number of transactions in a list that takes the place of unknown transactions. Three are enough for one
 * zxid below the learner's, one equal to it, and one above it.
 */
const LONGEST_FILLED_IN = 3;

function* casesOf(known: KnownFacts): Generator<DecisionFacts> {
  const zxids = zxidsAround(known);
  const lists = listsOf(zxids.filter((zxid) => counterOf(zxid) > 0n));
  for (const committedLog of committedLogsOf(known.committedLog, lists, zxids)) {
    const min = committedLog[0]?.zxid;
    const max = committedLog.at(-1)?.zxid;
    for (const lastProcessedZxid of lastProcessedZxidsOf(known, max, zxids)) {
      const within = { min: min ?? lastProcessedZxid, max: max ?? lastProcessedZxid };
      const needsTxnLog = known.peerLastZxid < within.min;
      for (const txnLogFiles of txnLogsOf(known, needsTxnLog, lists, committedLog)) {
        for (const txnLogExceedsSizeLimit of sizesOf(known, txnLogFiles)) {
          yield { ...known, committedLog, lastProcessedZxid, txnLogFiles, txnLogExceedsSizeLimit };
        }
      }
    }
  }
}

/**
 * Returns the known zxids and some zxids around the learner's zxid: its neighbors, the start of its epoch, and the
 * start and the first transactions of the epochs before and after it. Each kind occurs at least twice, so that a
 * decision that depends on one exact zxid differs between two cases.
 */
function zxidsAround(known: KnownFacts): Zxid64[] {
  const { committedLog, lastProcessedZxid, peerLastZxid: peer, txnLogFiles = [] } = known;
  const epoch = peer >> 32n;
  const inEpoch = (number: bigint, counter: bigint): Zxid64 => (number << 32n) | counter;
  const around = [peer - 2n, peer - 1n, peer, peer + 1n, peer + 2n, inEpoch(epoch, 0n)];
  for (const other of [epoch - 1n, epoch + 1n])
    for (const counter of [0n, 1n, 2n]) around.push(inEpoch(other, counter));
  if (lastProcessedZxid !== undefined) {
    const before = (lastProcessedZxid >> 32n) - 1n;
    around.push(lastProcessedZxid, inEpoch(before, 1n), inEpoch(before, 2n));
  }
  if (committedLog !== undefined) {
    if ("min" in committedLog) {
      const { max, min } = committedLog;
      around.push(min, min + 1n, max - 1n, max, inEpoch((max >> 32n) + 1n, 0n));
    } else around.push(...endsOf(committedLog.txns));
  }
  for (const { txns } of txnLogFiles) around.push(...endsOf(txns));
  return [...new Set(around)].filter((zxid) => zxid >= 0n).sort(ascending);
}

function committedLogsOf(
  known: CommittedLogFacts | undefined,
  lists: readonly Txns[],
  zxids: readonly Zxid64[],
): Txns[] {
  if (known === undefined) return [[], ...lists];
  if ("txns" in known) return [known.txns];
  const { max, min } = known;
  if (min === max) return [[{ zxid: min }]];
  const inner = zxids.filter((zxid) => zxid > min && zxid < max && counterOf(zxid) > 0n);
  return [[], ...listsOf(inner)].map((txns) => [{ zxid: min }, ...txns, { zxid: max }]);
}

function lastProcessedZxidsOf(known: KnownFacts, max: Zxid64 | undefined, zxids: readonly Zxid64[]): Zxid64[] {
  const given = known.lastProcessedZxid;
  const fits = (zxid: Zxid64): boolean =>
    max === undefined || zxid === max || (zxid > max && counterOf(zxid) === 0n) || known.committedLog !== undefined;
  if (given !== undefined) return fits(given) ? [given] : [];
  return zxids.filter((zxid) => max === undefined || zxid === max || (zxid > max && counterOf(zxid) === 0n));
}

function txnLogsOf(
  known: KnownFacts,
  isRead: boolean,
  lists: readonly Txns[],
  committedLog: Txns,
): DecisionFacts["txnLogFiles"][] {
  if (known.txnLogFiles !== undefined) return [known.txnLogFiles];
  if (!isRead || !known.txnLogSyncEnabled || known.source === "committed-log") return [[]];
  const first = committedLog[0]?.zxid;
  const committed = new Set(committedLog.map(({ zxid }) => zxid));
  const fits = ({ zxid }: Logged<Zxid64>): boolean => first === undefined || zxid < first || committed.has(zxid);
  return [[], ...lists.filter((txns) => txns.every(fits)).map((txns) => txns.map((txn) => fileOf([txn])))];
}

function sizesOf(known: KnownFacts, files: DecisionFacts["txnLogFiles"]): boolean[] {
  if (known.txnLogExceedsSizeLimit !== undefined) return [known.txnLogExceedsSizeLimit];
  // The size limit applies only to the files after the first file that the leader reads.
  const first = files.findLastIndex(({ name }) => name < known.peerLastZxid);
  return files.length - Math.max(0, first) > 1 ? [false, true] : [false];
}

type Txns = readonly Logged<Zxid64>[];

/** Returns every ascending list that consists of one to `longest` of the zxids. */
function listsOf(zxids: readonly Zxid64[], longest: number = LONGEST_FILLED_IN): Txns[] {
  if (longest === 0) return [];
  return zxids.flatMap((zxid, i) => [
    [{ zxid }],
    ...listsOf(zxids.slice(i + 1), longest - 1).map((rest) => [{ zxid }, ...rest]),
  ]);
}

function fileOf(txns: Txns): DecisionFacts["txnLogFiles"][number] {
  return { name: (txns[0] as Logged<Zxid64>).zxid, txns };
}

function endsOf(txns: Txns): Zxid64[] {
  return [txns[0], txns.at(-1)].flatMap((txn) => (txn === undefined ? [] : [txn.zxid]));
}

function counterOf(zxid: Zxid64): bigint {
  return zxid & 0xffff_ffffn;
}

function ascending(a: Zxid64, b: Zxid64): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

// ---- the conditions of each decision

type ConditionTexts = Partial<Record<UncertainFact, (peer: string, min: string) => string>>;

const CL_BELOW: ConditionTexts["committedLog"] = (peer) => `committedLog ends below ${peer}`;
const CL_ABOVE: ConditionTexts["committedLog"] = (peer) => `committedLog starts above ${peer}`;

/**
 * The condition of each rule on each fact that can be unknown. ZooKeeper checks the rules in this order, so each rule
 * also requires that no rule above it applies.
 */
const CONDITIONS: Readonly<Record<SyncRule, ConditionTexts>> = {
  "forced-snap": {},
  "in-sync": { lastProcessedZxid: (peer) => `the leader's lastProcessedZxid is ${peer}` },
  "committed-log-empty": { committedLog: () => "committedLog is empty" },
  "ahead-of-committed-log": { committedLog: CL_BELOW },
  "committed-log-diff-new-epoch": { committedLog: (peer) => `${peer} is within the range of committedLog` },
  "committed-log-diff": { committedLog: (peer) => `committedLog contains ${peer}` },
  "committed-log-trunc": {
    committedLog: (peer) => `committedLog has transactions below and above ${peer}, and the next one is of its epoch`,
  },
  "committed-log-cross-epoch": {
    committedLog: (peer) =>
      `committedLog has transactions below and above ${peer}, and the next one is of a later epoch`,
  },
  "committed-log-no-match": { committedLog: (peer) => `committedLog has no transaction at or above ${peer}` },
  "behind-committed-log": { committedLog: CL_ABOVE },
  "txn-log-off": { committedLog: CL_ABOVE },
  "txn-log-empty": { committedLog: CL_ABOVE, txnLog: () => "the leader has no log on disk" },
  "txn-log-starts-later": { committedLog: CL_ABOVE, txnLog: (peer) => `the log on disk starts above ${peer}` },
  "txn-log-too-large": {
    committedLog: CL_ABOVE,
    txnLogSize: () => "the log files above it exceed the size limit",
  },
  "txn-log-cross-epoch": {
    committedLog: CL_ABOVE,
    txnLog: (peer) => `the log on disk lacks ${peer}, and its next transaction is of a later epoch`,
  },
  "txn-log-gap": { committedLog: CL_ABOVE, txnLog: (_, min) => `the log on disk ends below ${min}` },
  "txn-log-diff-new-epoch": { committedLog: CL_ABOVE, txnLog: (peer) => `the log on disk reaches back to ${peer}` },
  "txn-log-diff": { committedLog: CL_ABOVE, txnLog: (peer) => `the log on disk contains ${peer}` },
  "txn-log-trunc": {
    committedLog: CL_ABOVE,
    txnLog: (peer) => `the log on disk lacks ${peer}, and its next transaction is of the same epoch`,
  },
  "new-epoch-above-committed-log": { committedLog: CL_BELOW },
};
const CHECK_ORDER = Object.keys(CONDITIONS) as SyncRule[];

/** The order in which a sentence names the facts. */
const NAMING_ORDER: readonly UncertainFact[] = ["lastProcessedZxid", "committedLog", "txnLog", "txnLogSize"];

/** Returns a function that gives the conditions of a rule. Conditions that all `rules` share are omitted. */
function conditionsOf(rules: readonly SyncRule[], known: KnownFacts, format: (zxid: Zxid64) => string) {
  const peer = format(known.peerLastZxid);
  const { committedLog } = known;
  const min = committedLog !== undefined && "min" in committedLog ? format(committedLog.min) : "committedLog";
  const textOf = (rule: SyncRule, fact: UncertainFact): string | undefined => CONDITIONS[rule][fact]?.(peer, min);
  const unknown = unknownFacts(known);
  const deciding = NAMING_ORDER.filter(
    (fact) => unknown.includes(fact) && rules.some((rule) => textOf(rule, fact) !== textOf(rules[0] as SyncRule, fact)),
  );
  return (rule: SyncRule): Condition[] =>
    deciding.flatMap((fact) => {
      const text = textOf(rule, fact);
      return text === undefined ? [] : [{ fact, text }];
    });
}
