/**
 * The answer of `zabsim reconstruct` as plain data: what the run of the scenario has in common with the logs. `--json`
 * prints it, and the text report is made from it.
 */
import { type Ensemble, type ExplainedHandshake, ensembleOf } from "../explain/ensemble.ts";
import { HistoryBuilder } from "../explain/history-builder.ts";
import { profileFor } from "../explain/releases.ts";
import { MessageChooser, type Zxid64 } from "../logs/index.ts";
import { formatZxid64 } from "../protocol/zxid.ts";
import { type DiskAnswer, matchDisks } from "./disk-answer.ts";
import { isOfDisk } from "./disk-observations.ts";
import { alignmentOf } from "./distance.ts";
import type { Evidence } from "./evidence.ts";
import { type HarmlessReason, judgedDifferences } from "./judged-differences.ts";
import type { Observation } from "./observation.ts";
import { loggedEvents } from "./observe-run.ts";
import type { Trial } from "./trial.ts";

/** A synchronization in the logs. Zxids are written as `epoch:counter`. */
export interface DecisionAnswer {
  /** The time since the start of the logs, in milliseconds. */
  readonly atMs: number | null;
  readonly leader: number | null;
  readonly learner: number;
  readonly epoch: number | null;
  readonly release: string | null;
  readonly decision: string | null;
  readonly zxid: string | null;
  readonly peerLastZxid: string | null;
  readonly lastProcessedZxid: string | null;
  readonly minCommittedLog: string | null;
  readonly maxCommittedLog: string | null;
  readonly matched: boolean;
}

/** A leader that established an epoch, in the logs. */
export interface EpochAnswer {
  readonly epoch: number;
  readonly leader: number;
  readonly matched: boolean;
}

/** An event that only the logs or only the run have. */
export interface DifferenceAnswer {
  readonly server: number;
  readonly atMs: number;
  readonly event: string;
  readonly in: "logs" | "run";
  /** Whether it makes the run another incident. */
  readonly decisive: boolean;
  /** Why a difference in an important event has no consequence. */
  readonly reason: HarmlessReason | null;
}

/** How many events of one server are matched. */
export interface ServerAnswer {
  readonly server: number;
  readonly events: number;
  readonly matched: number;
}

/** Another scenario whose run shows everything decisive. */
export interface AlternativeAnswer {
  /** The invariants that its run violates. */
  readonly violates: readonly string[];
}

/** The answer. */
export interface ReconstructionAnswer {
  /** The version of this format. */
  readonly version: 1;
  readonly files: readonly string[];
  /** The file with the scenario. */
  readonly scenario: string;
  readonly seed: string;
  readonly runs: number;
  /**
   * Whether the run shows every epoch, leader, decision, truncation and exit of the logs, and no other, and ends with
   * the disks of the data directories.
   */
  readonly matched: boolean;
  readonly epochs: readonly EpochAnswer[];
  readonly decisions: readonly DecisionAnswer[];
  readonly servers: readonly ServerAnswer[];
  /** The data directories. Empty if none is given. */
  readonly disks: readonly DiskAnswer[];
  readonly differences: readonly DifferenceAnswer[];
  /** The invariants that the run violates. */
  readonly violates: readonly string[];
  /** Other scenarios that the search found: their runs match the logs as well, and violate other invariants. */
  readonly alternatives: readonly AlternativeAnswer[];
}

/** What a search has found. */
export interface FoundTrials {
  readonly best: Trial;
  readonly alternatives: readonly Trial[];
}

/** Compares the run of the best scenario with the logs, and describes the result. */
export function reconstructionOf(
  { alternatives, best: trial }: FoundTrials,
  evidence: Evidence,
  rest: Pick<ReconstructionAnswer, "files" | "runs" | "scenario" | "seed">,
): ReconstructionAnswer {
  const made = ensembleOfRun(trial);
  const epochs = matchEpochs(evidence.ensemble, made);
  const decisions = matchDecisions(evidence, made);
  const disks = matchDisks(evidence, trial);
  const extra = trial.comparison.extra.filter((one) => !isOfDisk(one));
  const missing = trial.comparison.missing.filter((one) => !isOfDisk(one));
  const differences = judgedDifferences({ extra, missing }, evidence.endMs).map(
    ({ atMs, decisive, in: side, reason = null, server, text }): DifferenceAnswer => ({
      ...{ server, atMs, event: text, in: side, decisive, reason },
    }),
  );
  const isMatched =
    differences.every(({ decisive }) => !decisive) &&
    [...epochs, ...decisions, ...disks].every(({ matched }) => matched !== false);
  return {
    version: 1,
    ...rest,
    matched: isMatched,
    epochs,
    decisions,
    servers: evidence.servers.map(({ server }) => {
      const events = evidence.observations.get(server)?.length ?? 0;
      return { server, events, matched: events - missing.filter((one) => one.server === server).length };
    }),
    disks,
    differences,
    violates: trial.violated,
    alternatives: alternatives.map(({ violated }) => ({ violates: violated })),
  };
}

/** Reads the logs that the run would write, as `zabsim explain` reads those of real servers. */
function ensembleOfRun({ run }: Trial): Ensemble {
  const histories = [...loggedEvents(run, new MessageChooser())].map(([server, events]) => {
    const builder = new HistoryBuilder(server);
    for (const event of events) builder.add(event, "");
    return builder.history;
  });
  return ensembleOf(histories);
}

function matchEpochs(logs: Ensemble, run: Ensemble): EpochAnswer[] {
  const keyOf = ({ epoch, leader }: { epoch: number; leader: number }): string => `${epoch} ${leader}`;
  const matched = matchedIn(logs.epochs.map(keyOf), run.epochs.map(keyOf));
  return logs.epochs.map(({ epoch, leader }, index) => ({ epoch, leader, matched: matched.has(index) }));
}

/** Matches the decisions about each learner in their order. */
function matchDecisions({ ensemble, startMs }: Evidence, run: Ensemble): DecisionAnswer[] {
  const matched = new Set<ExplainedHandshake>();
  for (const learner of new Set(ensemble.handshakes.map((one) => one.learner))) {
    const own = ensemble.handshakes.filter((one) => one.learner === learner);
    const others = run.handshakes.filter((one) => one.learner === learner);
    for (const index of matchedIn(own.map(decisionKey), others.map(decisionKey))) {
      matched.add(own[index] as ExplainedHandshake);
    }
  }
  return ensemble.handshakes.map((one) => ({
    atMs: one.timeMs === undefined ? null : one.timeMs - startMs,
    leader: one.leader ?? null,
    learner: one.learner,
    epoch: one.epoch ?? null,
    release: one.leaderRelease ?? null,
    decision: one.operation ?? null,
    zxid: zxidText(one.zxid),
    peerLastZxid: zxidText(one.peerLastZxid),
    lastProcessedZxid: zxidText(one.facts?.lastProcessedZxid),
    minCommittedLog: zxidText(one.facts?.minCommittedLog),
    maxCommittedLog: zxidText(one.facts?.maxCommittedLog),
    matched: matched.has(one),
  }));
}

/** Two synchronizations are the same if all that the logs say about the decision is the same. */
function decisionKey(one: ExplainedHandshake): string {
  const { epoch, facts, leader, leaderRelease, operation, peerLastZxid, zxid } = one;
  const zxids = [zxid, peerLastZxid, facts?.minCommittedLog, facts?.maxCommittedLog, facts?.lastProcessedZxid];
  const behavior = leaderRelease === undefined ? "" : profileFor(leaderRelease);
  return [behavior, leader, epoch, operation, ...zxids].join(" ");
}

function zxidText(zxid: Zxid64 | undefined): string | null {
  return zxid === undefined ? null : formatZxid64(zxid);
}

/** Returns the indexes of those texts of the logs that the run has in the same order: as many as possible. */
function matchedIn(logs: readonly string[], run: readonly string[]): Set<number> {
  const observed = (texts: readonly string[]): Observation[] => texts.map((text) => ({ text, atMs: 0, weight: 1 }));
  return new Set(alignmentOf(observed(logs), observed(run)).pairs.map(([index]) => index));
}
