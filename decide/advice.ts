/**
 * Advises an operator what to change so that a learner gets a DIFF instead of a SNAP: the setting, its value, and the
 * reason. For some SNAPs, the advice is that no setting prevents them.
 */
import type { SyncRule } from "../protocol/index.ts";
import type { Zxid64 } from "./known-facts.ts";
import type { SyncSettings } from "./zoo-cfg.ts";

export interface Advice {
  /** The rules that may have sent the SNAP and to which this advice applies. */
  readonly rules: readonly SyncRule[];
  /** The setting, under its name in zoo.cfg. Undefined if no setting helps. */
  readonly setting: keyof SyncSettings | undefined;
  readonly text: string;
}

export interface AdviceFacts {
  readonly settings: SyncSettings;
  /**
   * Whether the release reads commitLogCount, as 3.6.0 and newer releases do. Older releases always keep 500
   * transactions.
   */
  readonly readsCommitLogCount: boolean;
  readonly peerLastZxid: Zxid64;
  /** The last zxid in committedLog. Undefined if it is unknown. */
  readonly maxCommittedLog: Zxid64 | undefined;
  /**
   * The total size of the log files that the leader would read, and the limit for this size. Undefined if they are
   * unknown.
   */
  readonly txnLogSize: { readonly bytes: number; readonly limitBytes: number } | undefined;
}

type RuleAdvice = Omit<Advice, "rules">;
type Advise = (facts: AdviceFacts) => readonly RuleAdvice[];

const NO_SETTING = (text: string): Advise => {
  return () => [{ setting: undefined, text }];
};

const OTHER_HISTORY = NO_SETTING(
  "No setting prevents this SNAP: the learner's last transaction is of an old epoch and is not in the leader's " +
    "history, and a leader sends no TRUNC to a zxid of an earlier epoch. Each such learner gets this SNAP only once.",
);

/** The advice for each rule that sends a SNAP. */
const ADVICE: Partial<Record<SyncRule, Advise>> = {
  "forced-snap": () => [
    {
      setting: "forceSnapshotSync",
      text: "Remove zookeeper.forceSnapshotSync=true on the leader: while it is on, every learner gets a SNAP.",
    },
  ],
  "txn-log-empty": (facts) => [...retainLogs(), ...raiseCommitLogCount(facts)],
  "txn-log-starts-later": (facts) => [...retainLogs(), ...raiseCommitLogCount(facts)],
  "txn-log-too-large": (facts) => [raiseSizeFactor(facts), ...raiseCommitLogCount(facts)],
  "txn-log-off": (facts) => [
    {
      setting: "snapshotSizeFactor",
      text:
        "Set zookeeper.snapshotSizeFactor to 0.33, the default, on every server: a negative value turns off " +
        "synchronization from the log on disk.",
    },
    ...raiseCommitLogCount(facts),
  ],
  "behind-committed-log": NO_SETTING(
    "ZooKeeper 3.4 has no setting for this: committedLog always holds 500 transactions, and the log on disk is not " +
      "read. Since 3.5.5, a leader also synchronizes from the log on disk.",
  ),
  "committed-log-empty": NO_SETTING(
    "No setting prevents this SNAP: the leader's committedLog is empty. The SNAPs end when the leader " +
      "commits its first transactions.",
  ),
  "txn-log-gap": NO_SETTING(
    "No setting prevents this SNAP: the leader's own log on disk lacks transactions before committedLog, for example " +
      "because the leader itself received a SNAP. The SNAPs end when the learner's zxid is within committedLog.",
  ),
  "committed-log-cross-epoch": OTHER_HISTORY,
  "txn-log-cross-epoch": OTHER_HISTORY,
  "new-epoch-above-committed-log": NO_SETTING(
    "No setting prevents this SNAP: the learner has already joined the epoch, and the epoch has no transaction yet. " +
      "The SNAPs end with the first transaction of the epoch.",
  ),
};

/**
 * Returns the advice for the rules that may have sent the SNAP. Advice that is the same for several rules appears once.
 */
export function adviceFor(rules: readonly SyncRule[], facts: AdviceFacts): Advice[] {
  const byText = new Map<string, Advice>();
  for (const rule of rules) {
    for (const advice of ADVICE[rule]?.(facts) ?? []) {
      byText.set(advice.text, { ...advice, rules: [...(byText.get(advice.text)?.rules ?? []), rule] });
    }
  }
  return [...byText.values()].sort((a, b) => Number(a.setting === undefined) - Number(b.setting === undefined));
}

function retainLogs(): RuleAdvice[] {
  return [
    {
      setting: "autopurge.snapRetainCount",
      text:
        "Keep more log files on every server: raise autopurge.snapRetainCount (default 3), or purge less often. A " +
        "purge removes the log files that are older than the oldest snapshot it keeps.",
    },
  ];
}

function raiseSizeFactor({ settings, txnLogSize }: AdviceFacts): RuleAdvice {
  const factor = settings.snapshotSizeFactor;
  const needed =
    txnLogSize === undefined ? undefined : (factor * txnLogSize.bytes) / Math.max(1, txnLogSize.limitBytes);
  const any = "0 removes the limit; a value above 1 is replaced by 0.33";
  const value =
    needed === undefined
      ? `Raise zookeeper.snapshotSizeFactor (now ${factor}) above the size of these log files divided by the size of ` +
        `the newest snapshot; ${any}.`
      : needed <= 1
        ? `Raise zookeeper.snapshotSizeFactor from ${factor} to ${Math.ceil(needed * 100) / 100} or more; ${any}.`
        : `Set zookeeper.snapshotSizeFactor to 0 (now ${factor}): these log files are ${needed.toFixed(1)} times as ` +
          `large as the snapshot; ${any}.`;
  return { setting: "snapshotSizeFactor", text: `${value} Set it on every server that can lead.` };
}

function raiseCommitLogCount({
  maxCommittedLog,
  peerLastZxid,
  readsCommitLogCount,
  settings,
}: AdviceFacts): RuleAdvice[] {
  if (!readsCommitLogCount) return [];
  const now = settings.commitLogCount;
  const sameEpoch = maxCommittedLog !== undefined && maxCommittedLog >> 32n === peerLastZxid >> 32n;
  const missed = sameEpoch ? Number(maxCommittedLog - peerLastZxid) : undefined;
  const to =
    missed === undefined
      ? `above the number of transactions that clients write while a learner is away`
      : `to more than ${missed + 1}, because this learner misses ${missed} transactions`;
  return [
    {
      setting: "commitLogCount",
      text: `Raise zookeeper.commitLogCount (now ${now}) ${to}. The leader keeps these transactions in memory.`,
    },
  ];
}
