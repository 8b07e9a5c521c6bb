/**
 * The answer of `zabsim explain` as plain data: `--json` prints it (schema/explain.schema.json), and the text report is
 * made from it. Zxids are hexadecimal; times are texts by the reference clock.
 */
import { formatTimeMs, type Zxid64 } from "../logs/index.ts";
import type { Ensemble, ExplainedHandshake } from "./ensemble.ts";
import type { Finding } from "./finding.ts";
import { findingsOf, isFault } from "./findings.ts";
import type { Evidence, ServerHistory } from "./history.ts";
import { stateChanges, statesRows } from "./states.ts";
import { timelineOf } from "./timeline.ts";

/** A file that was read. */
export interface LogFile {
  readonly path: string;
  readonly server: number;
  readonly lines: number;
}

/** A line of a log. */
export interface LineAnswer {
  readonly server: number;
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** What the logs of one server contain. */
export interface ServerAnswer {
  readonly server: number;
  readonly releases: readonly string[];
  readonly files: readonly string[];
  readonly from: string | null;
  readonly until: string | null;
  readonly clock: {
    readonly reference: number;
    readonly offsetMs: number;
    readonly minMs: number | null;
    readonly maxMs: number | null;
    readonly messages: number;
    readonly changes: boolean;
  };
  readonly starts: number;
  readonly elections: number;
}

/** The states of all servers from a time on. */
export interface StatesAnswer {
  readonly time: string;
  readonly states: Readonly<Record<string, string>>;
  readonly changed: readonly number[];
}

/** A leader and the epoch that it established. */
export interface EpochAnswer {
  readonly epoch: number;
  readonly leader: number;
  readonly supporters: readonly number[];
  readonly from: string | null;
  readonly until: string | null;
  readonly line: LineAnswer;
}

/** One synchronization. */
export interface HandshakeAnswer {
  readonly time: string | null;
  readonly leader: number | null;
  readonly learner: number;
  readonly observer: boolean;
  readonly epoch: number | null;
  readonly leaderRelease: string | null;
  readonly learnerRelease: string | null;
  readonly peerLastZxid: string | null;
  readonly lastProcessedZxid: string | null;
  readonly minCommittedLog: string | null;
  readonly maxCommittedLog: string | null;
  readonly decision: string | null;
  readonly zxid: string | null;
  readonly rules: readonly string[];
  readonly why: string | null;
  readonly check: string;
  readonly otherDecisions: readonly string[];
  /** The time from the role of a learner until it serves, in milliseconds. */
  readonly servingAfterMs: number | null;
  readonly leaderLines: readonly LineAnswer[];
  readonly learnerLines: readonly LineAnswer[];
}

/** A finding. */
export interface FindingAnswer {
  readonly rule: string;
  readonly severity: string;
  readonly certainty: string;
  readonly servers: readonly number[];
  readonly time: string | null;
  readonly title: string;
  readonly cause: string;
  readonly evidence: readonly LineAnswer[];
  readonly advice: readonly string[];
  readonly bug: { readonly name: string; readonly cause: string; readonly fixedIn: readonly string[] } | null;
}

/** An event of the timeline. */
export interface TimelineAnswer {
  readonly time: string;
  readonly server: number;
  readonly text: string;
  readonly file: string;
  readonly line: number;
}

/** The answer of `zabsim explain`. */
export interface ExplainAnswer {
  /** The version of this format. */
  readonly version: 1;
  readonly servers: readonly ServerAnswer[];
  readonly ensemble: readonly StatesAnswer[];
  readonly epochs: readonly EpochAnswer[];
  readonly handshakes: readonly HandshakeAnswer[];
  readonly findings: readonly FindingAnswer[];
  /** Whether a violation or a loss is proven or likely. */
  readonly fault: boolean;
  readonly timeline?: readonly TimelineAnswer[];
}

/** The part of the timeline to return. */
export interface TimelineRange {
  readonly servers?: readonly number[] | undefined;
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

/** Returns the answer. `timeline` is absent if the timeline is not wanted. */
export function answerOf(ensemble: Ensemble, files: readonly LogFile[], timeline?: TimelineRange): ExplainAnswer {
  const findings = findingsOf(ensemble);
  return {
    version: 1,
    servers: ensemble.histories.map((history) => serverAnswer(history, ensemble, files)),
    ensemble: statesRows(stateChanges(ensemble)).map(({ changed, states, timeMs }) => ({
      time: formatTimeMs(timeMs),
      states: Object.fromEntries([...states].map(([server, state]) => [String(server), state])),
      changed: [...changed].sort((a, b) => a - b),
    })),
    epochs: ensemble.epochs.map(({ endMs, epoch, leader, period, supporters, timeMs }) => ({
      ...{ epoch, leader, supporters, from: timeText(timeMs), until: timeText(endMs) },
      line: lineAnswer(period.established ?? period.at),
    })),
    handshakes: ensemble.handshakes.map(handshakeAnswer),
    findings: findings.map(findingAnswer),
    fault: findings.some(isFault),
    ...(timeline !== undefined && { timeline: timelineAnswer(ensemble, timeline) }),
  };
}

function serverAnswer(history: ServerHistory, { aligned, clocks }: Ensemble, files: readonly LogFile[]): ServerAnswer {
  const { elections, firstMs, lastMs, processes, server } = history;
  const clock = clocks.find((one) => one.server === server);
  return {
    server,
    releases: [...new Set(processes.flatMap(({ release }) => (release === undefined ? [] : [release])))],
    files: files.filter((one) => one.server === server).map(({ path }) => path),
    from: timeText(aligned(server, firstMs)),
    until: timeText(aligned(server, lastMs)),
    clock: {
      reference: clock?.reference ?? server,
      offsetMs: clock?.offsetMs ?? 0,
      minMs: clock?.minMs ?? null,
      maxMs: clock?.maxMs ?? null,
      messages: clock?.messages ?? 0,
      changes: clock?.changes ?? false,
    },
    starts: processes.filter(({ hasStart }) => hasStart).length,
    elections: elections.length,
  };
}

function handshakeAnswer(handshake: ExplainedHandshake): HandshakeAnswer {
  const { check, facts, leaderSide, learnerSide, servingMs, startMs, timeMs } = handshake;
  return {
    time: timeText(timeMs),
    leader: handshake.leader ?? null,
    ...{ learner: handshake.learner, observer: handshake.observer },
    epoch: handshake.epoch ?? null,
    leaderRelease: handshake.leaderRelease ?? null,
    learnerRelease: handshake.learnerRelease ?? null,
    peerLastZxid: hex(handshake.peerLastZxid),
    lastProcessedZxid: hex(facts?.lastProcessedZxid),
    minCommittedLog: hex(facts?.minCommittedLog),
    maxCommittedLog: hex(facts?.maxCommittedLog),
    decision: handshake.operation ?? null,
    zxid: hex(handshake.zxid),
    rules: check.rules,
    why: check.why ?? null,
    check: check.verdict,
    otherDecisions: check.others,
    servingAfterMs: servingMs === undefined || startMs === undefined ? null : servingMs - startMs,
    leaderLines: (leaderSide?.lines ?? []).map(lineAnswer),
    learnerLines: (learnerSide?.lines ?? []).map(lineAnswer),
  };
}

function findingAnswer(finding: Finding): FindingAnswer {
  const { advice, bug, cause, certainty, evidence, rule, servers, severity, timeMs, title } = finding;
  return {
    ...{ rule, severity, certainty, servers, time: timeText(timeMs), title, cause, advice },
    evidence: evidence.map(lineAnswer),
    bug: bug ?? null,
  };
}

function timelineAnswer(ensemble: Ensemble, { fromMs, servers, untilMs }: TimelineRange): TimelineAnswer[] {
  return timelineOf(ensemble)
    .filter(
      ({ server, timeMs }) =>
        (servers?.includes(server) ?? true) && timeMs >= (fromMs ?? timeMs) && timeMs <= (untilMs ?? timeMs),
    )
    .map(({ at, server, text, timeMs }) => ({
      time: formatTimeMs(timeMs),
      server,
      text,
      file: at.file,
      line: at.line,
    }));
}

function lineAnswer({ file, line, server, text }: Evidence): LineAnswer {
  return { server, file, line, text };
}

function timeText(ms: number | undefined): string | null {
  return ms === undefined ? null : formatTimeMs(ms);
}

function hex(zxid: Zxid64 | undefined): string | null {
  return zxid === undefined ? null : `0x${BigInt.asUintN(64, zxid).toString(16)}`;
}
