/** The answer of `zabsim doctor`, as plain data. Sets of zxids are texts such as `1:1..1:5, 2:1`. */
import { PUBLISHED_RELEASES } from "../protocol/index.ts";
import { formatZxid, type ServerId, type Zxid } from "../protocol/zxid.ts";
import { type Advice, adviceFor } from "./advice.ts";
import type { CommitStatus } from "./commit-status.ts";
import type { DataDirectory, EpochFileState } from "./data-directory.ts";
import type { EnsembleDisks } from "./ensemble.ts";
import { failureText, snapshotProblem } from "./failure-text.ts";
import { findingsOf, losesData, type Severity } from "./findings.ts";
import type { ServerDisk, ServerHistory } from "./histories.ts";
import type { StartPrediction } from "./predict-start.ts";
import { type SetResult, type StartResult, simulateAllStarts } from "./simulate-starts.ts";
import { lastOf } from "./txn-runs.ts";
import { setOf, sizeOf, textOf } from "./zxid-set.ts";

/** One server of the answer. */
export interface ServerAnswer {
  readonly server: ServerId;
  readonly directory: string;
  readonly role: "participant" | "observer";
  readonly zookeeper: string;
  readonly starts: boolean;
  /** The reason class, such as `damaged-log`; null if the server starts. */
  readonly reason: string | null;
  readonly why: string | null;
  /** The snapshot that the server loads. */
  readonly snapshot: string | null;
  /** The newest snapshot of a server that loads none, and why it is not used; null if there is none. */
  readonly unusedSnapshot: { readonly file: string; readonly why: string } | null;
  /** The transactions that it loads from its log, after the snapshot. */
  readonly replayed: string;
  readonly replayedCount: number;
  readonly lastZxid: string | null;
  /** The epochs after the start; if the server does not start, those in its files. */
  readonly acceptedEpoch: number | null;
  readonly currentEpoch: number | null;
  /** All transactions in its tree, as far as the disks of the ensemble show them. */
  readonly history: string;
}

/** Transactions that the same servers have. */
export interface TransactionsAnswer {
  readonly zxids: string;
  readonly count: number;
  readonly status: CommitStatus;
  readonly holders: readonly ServerId[];
  readonly staleAt: readonly ServerId[];
  readonly unloadedAt: readonly ServerId[];
  readonly unknownAt: readonly ServerId[];
  readonly supersededBy: readonly ServerId[];
}

/** The starts of one set of servers that end in the same way. */
export interface OutcomeAnswer {
  readonly servers: readonly ServerId[];
  /** The number of orders with this result, and of all simulated orders of the set. */
  readonly orders: number;
  readonly ofOrders: number;
  readonly example: readonly ServerId[];
  readonly leader: ServerId | null;
  readonly epoch: number | null;
  readonly idle: readonly ServerId[];
  /** What servers lose when they join the leader. */
  readonly removed: readonly { readonly server: ServerId; readonly zxids: string }[];
  /** How each learner is synchronized, such as `TRUNC 1:5`. */
  readonly decisions: readonly { readonly learner: ServerId; readonly decision: string }[];
  readonly lostCommitted: string;
  readonly lostPossiblyCommitted: string;
  readonly violations: readonly string[];
  readonly losesData: boolean;
}

/** The answer. */
export interface DoctorAnswer {
  readonly zookeeper: string;
  /** The release that `newest` stands for, for example `3.9.5`. */
  readonly newestRelease: string;
  readonly voters: readonly ServerId[];
  readonly missing: readonly ServerId[];
  readonly servers: readonly ServerAnswer[];
  readonly transactions: readonly TransactionsAnswer[];
  readonly starts: { readonly runs: number; readonly outcomes: readonly OutcomeAnswer[] };
  readonly findings: readonly {
    readonly severity: Severity;
    readonly server: ServerId | null;
    readonly text: string;
  }[];
  readonly advice: readonly { readonly text: string; readonly trial: string | null }[];
  /** Whether a loss, a fault or a violation was found. */
  readonly isHealthy: boolean;
}

/** Examines the disks of an ensemble. `onRun` is called before each run of the simulator. */
export function diagnose(ensemble: EnsembleDisks, onRun: () => void = () => undefined): DoctorAnswer {
  const sets = simulateAllStarts(ensemble, {}, onRun);
  const findings = findingsOf(ensemble, sets);
  const advice = adviceFor(ensemble, sets, onRun);
  return {
    zookeeper: ensemble.zookeeper,
    newestRelease: PUBLISHED_RELEASES.at(-1) as string,
    voters: ensemble.voters.ids,
    missing: ensemble.missing,
    servers: ensemble.disks.map((disk, i) => serverAnswer(ensemble, disk, ensemble.histories[i] as ServerHistory)),
    transactions: ensemble.groups.map(({ range, ...group }) => ({
      zxids: textOf([range]),
      count: sizeOf([range]),
      ...group,
    })),
    starts: { runs: sets.reduce((sum, { results }) => sum + results.length, 0), outcomes: sets.flatMap(outcomesOf) },
    findings: findings.map(({ server, ...rest }) => ({ ...rest, server: server ?? null })),
    advice: advice.map(({ text, trial }: Advice) => ({ text, trial: trial ?? null })),
    isHealthy: findings.every(({ severity }) => severity === "note"),
  };
}

function serverAnswer(
  { config }: EnsembleDisks,
  { directory, sid, start }: ServerDisk,
  { tree }: ServerHistory,
): ServerAnswer {
  const { acceptedEpoch, currentEpoch, database, failure } = start;
  const runs = database?.records.flatMap((records) => records.runs) ?? [];
  const replayed = setOf(runs.map((run) => ({ first: run.first, last: lastOf(run) })));
  return {
    server: sid,
    directory: directory.path,
    role: config.voters.includes(sid) ? "participant" : "observer",
    zookeeper: directory.rules.release,
    starts: failure === undefined,
    reason: failure?.reason ?? null,
    why: failure === undefined ? null : failureText(failure),
    snapshot: database?.snapshot?.name ?? null,
    unusedSnapshot: unusedSnapshot(directory, start),
    replayed: textOf(replayed),
    replayedCount: runs.reduce((sum, { count }) => sum + count, 0),
    lastZxid: database === undefined ? null : formatZxid(database.lastZxid),
    acceptedEpoch: acceptedEpoch ?? epochIn(directory.acceptedEpoch),
    currentEpoch: currentEpoch ?? epochIn(directory.currentEpoch),
    history: textOf(tree),
  };
}

/** The newest snapshot of a server that loads none: it is damaged, or the server fails later. */
function unusedSnapshot(
  { snapshots }: DataDirectory,
  { database, failure }: StartPrediction,
): ServerAnswer["unusedSnapshot"] {
  const newest = snapshots.at(-1);
  if (newest === undefined || database?.snapshot !== undefined) return null;
  const usable = snapshots.findLast(({ content, looksValid }) => looksValid && content.kind === "snapshot");
  if (usable === undefined || failure === undefined) return { file: newest.name, why: snapshotProblem(newest) };
  return { file: usable.name, why: failureText(failure) };
}

function epochIn(file: EpochFileState): number | null {
  return file !== "missing" && "epoch" in file ? file.epoch : null;
}

/** Groups the starts of a set by their results. */
function outcomesOf({ results, servers }: SetResult): OutcomeAnswer[] {
  const groups = new Map<string, StartResult[]>();
  for (const result of results) {
    const key = JSON.stringify({ ...outcomeOf(result), decisions: undefined });
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()].map((same) => {
    const [example] = same as [StartResult, ...StartResult[]];
    const counts = { orders: same.length, ofOrders: results.length };
    return { servers, ...counts, example: example.order, ...outcomeOf(example) };
  });
}

function outcomeOf(result: StartResult): Omit<OutcomeAnswer, "servers" | "orders" | "ofOrders" | "example"> {
  const { decisions, dropped, epoch, idle, leader, lost, violations } = result;
  const decisionText = (decision: string, zxid: Zxid): string => `${decision} ${formatZxid(zxid)}`;
  return {
    leader: leader ?? null,
    epoch: epoch ?? null,
    idle,
    removed: dropped.map(({ server, txns }) => ({ server, zxids: textOf(txns) })),
    decisions: decisions.map(({ decision, learner, zxid }) => ({ learner, decision: decisionText(decision, zxid) })),
    lostCommitted: textOf(lost.committed ?? []),
    lostPossiblyCommitted: textOf(lost["possibly-committed"] ?? []),
    violations,
    losesData: losesData(result),
  };
}
