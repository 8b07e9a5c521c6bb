/**
 * Compares what a run knows with what `explain/` says from the logs of the run. Returns each difference as a sentence.
 */
import { type Ensemble, type ExplainedHandshake, ensembleOf } from "../../../explain/ensemble.ts";
import type { Problem, ProcessRun, RolePeriod, ServerHistory } from "../../../explain/history.ts";
import { behaviorOf, compareVersions } from "../../../protocol/releases.ts";
import { loggedMessages } from "../../../reports/failure-reasons.ts";
import { writtenRelease } from "../../../reports/zklog/written-release.ts";
import { zookeeperLogs } from "../../../reports/zklog/zookeeper-logs.ts";
import type { ScenarioRun } from "../../../scenarios/scenario-run.ts";
import { historyOf } from "../../explain/recording.ts";
import { historyOfRun, type RunPeriod, type RunProcess, type RunSync } from "./run-history.ts";

/** Explains the exported logs of a run. */
export function explained(run: ScenarioRun): Ensemble {
  return ensembleOf(zookeeperLogs(run).map(({ lines, server }) => historyOf(server, `${lines.join("\n")}\n`)));
}

/** Returns the differences between a run and its logs. The servers of the run have their own ids. */
export function differences(run: ScenarioRun, ensemble = explained(run)): string[] {
  const comparison = new Comparison();
  const { processes, syncs } = historyOfRun(run);
  for (const [server, expected] of processes) {
    const history = ensemble.histories.find((one) => one.server === server);
    comparison.server(server, expected, history);
  }
  comparison.same(
    "servers",
    [...processes.keys()].sort(),
    ensemble.histories.map((one) => one.server),
  );
  comparison.syncs(syncs, ensemble);
  return comparison.found;
}

class Comparison {
  readonly found: string[] = [];

  same(what: string, expected: unknown, actual: unknown): boolean {
    const [left, right] = [textOf(expected), textOf(actual)];
    if (left !== right) this.found.push(`${what}: the run has ${left}, the logs say ${right}`);
    return left === right;
  }

  server(server: number, expected: readonly RunProcess[], history: ServerHistory | undefined): void {
    const name = `server ${server}`;
    if (!this.same(`${name}: processes`, expected.length, history?.processes.length)) return;
    for (const [i, run] of expected.entries()) {
      this.process(`${name}, process ${i + 1}`, run, history as ServerHistory, history?.processes[i] as ProcessRun);
    }
  }

  private process(name: string, run: RunProcess, history: ServerHistory, process: ProcessRun): void {
    const release = writtenRelease(run.release);
    this.same(`${name}: has a start`, true, process.hasStart);
    // Before 3.6, a process logs its release when it gets its first role.
    if (run.periods.length > 0 || compareVersions(release, "3.6.0") >= 0) {
      this.same(`${name}: release`, release, process.release);
    }
    const elections = history.elections.filter((one) => one.process === process);
    this.same(
      `${name}: elections`,
      run.elections.map((zxid) => (zxid === undefined ? undefined : BigInt(zxid))),
      elections.map(({ zxid }) => zxid),
    );
    const periods = history.periods.filter((one) => one.process === process);
    if (this.same(`${name}: roles`, run.periods.map(roleOf), periods.map(roleOf))) {
      for (const [i, period] of run.periods.entries()) {
        this.period(`${name}, role ${i + 1} (${period.role})`, period, periods[i] as RolePeriod, release);
      }
    }
    this.exit(name, run, process, release);
  }

  private exit(name: string, { exit, lostPorts }: RunProcess, process: ProcessRun, release: string): void {
    if (exit === undefined) {
      this.same(`${name}: fatal errors`, lostPorts, process.fatal.length);
      return;
    }
    if (compareVersions(release, "3.6.0") >= 0) this.same(`${name}: exit code`, exit.code, process.exitCode);
    const { failure } = exit;
    if (failure === undefined) return;
    const texts = process.fatal.map(({ text }) => text);
    for (const message of messagesOf(failure, release)) {
      // explain/ counts a failed log thread among the oddities.
      if (message.startsWith("Severe unrecoverable error")) continue;
      if (UNKNOWN.some((text) => message.startsWith(text))) continue;
      if (!texts.some((text) => patternOf(message).test(text))) {
        this.found.push(`${name}: no line for the exit because of ${failure.reason}: "${message}" in ${textOf(texts)}`);
      }
    }
  }

  private period(name: string, run: RunPeriod, period: RolePeriod, release: string): void {
    if (run.leader !== undefined) this.same(`${name}: leader`, run.leader, period.leader);
    this.same(`${name}: end`, run.end, period.end?.kind);
    if (compareVersions(release, "3.5.10") >= 0) {
      const phases = period.phases.map(({ phase }) => phase).filter((phase) => PHASES.includes(phase));
      this.same(`${name}: phases`, withoutRepeats(run.phases), withoutRepeats(phases));
    }
    if (run.role === "LEADING" || run.serves) this.same(`${name}: epoch`, run.epoch, period.epoch);
    // Without the lines about phases, UPTODATE is the last line of a learner that a new configuration stops.
    const isHidden = compareVersions(release, "3.5.10") < 0 && run.failure?.reason === "reconfigured";
    if (compareVersions(release, "3.5.0") >= 0 && run.role !== "LEADING" && !isHidden) {
      this.same(`${name}: serves`, run.serves, period.servingMs !== undefined);
    }
    this.failure(name, run, period, release);
    for (const dropped of run.dropped) this.dropped(name, dropped, period, release);
  }

  private failure(name: string, { failure, role }: RunPeriod, { problems }: RolePeriod, release: string): void {
    const events = role === "LEADING" ? ["leader-shutdown"] : ["follow-failed", "observe-failed"];
    const failures = problems.filter(({ event }) => events.includes(event));
    this.same(`${name}: failures`, failure === undefined ? 0 : 1, failures.length);
    if (failure === undefined) return;
    for (const message of messagesOf(failure, release)) {
      if (UNKNOWN.some((text) => message.startsWith(text))) continue;
      // explain/ keeps the failure of a log thread among the oddities of the server.
      if (!message.startsWith("Severe unrecoverable error")) this.hasMessage(name, failure.reason, message, problems);
    }
  }

  private dropped(name: string, failed: RunPeriod["dropped"][number], { problems }: RolePeriod, release: string): void {
    const ofLearner = problems.filter(({ learner }) => learner === failed.learner || learner === undefined);
    for (const message of loggedMessages({ ...failed, isHandler: true, release })) {
      if (UNREAD.some((text) => message.startsWith(text))) continue;
      this.hasMessage(`${name}, learner ${failed.learner}`, failed.reason, message, ofLearner);
    }
  }

  private hasMessage(name: string, reason: string, message: string, problems: readonly Problem[]): void {
    const pattern = patternOf(message);
    const texts = problems.flatMap(({ at, exception }) => [at.text, ...exception]);
    if (texts.some((text) => pattern.test(text))) return;
    this.found.push(`${name}: no line for ${reason}: "${message}" in ${textOf(texts)}`);
  }

  syncs(expected: readonly RunSync[], { handshakes }: Ensemble): void {
    for (const leader of new Set([...expected, ...leadersOf(handshakes)].map((one) => one.leader))) {
      const runs = expected.filter((one) => one.leader === leader);
      const logged = handshakes
        .filter((one) => one.leader === leader && one.leaderSide !== undefined)
        .sort((a, b) => (a.leaderSide?.at.line ?? 0) - (b.leaderSide?.at.line ?? 0));
      if (!this.same(`leader ${leader}: synchronizations`, runs.length, logged.length)) continue;
      for (const [i, run] of runs.entries()) this.sync(run, logged[i] as ExplainedHandshake, i);
    }
    for (const { learner, learnerSide, leaderSide } of handshakes) {
      if (leaderSide === undefined)
        this.found.push(`learner ${learner}: no leader for ${textOf(learnerSide?.at.text)}`);
    }
  }

  private sync({ decision, isActive, isThrottled, leader }: RunSync, logged: ExplainedHandshake, index: number): void {
    const name = `leader ${leader}, synchronization ${index + 1} of ${decision.learner}`;
    const { facts, learnerSide, leaderRelease = "" } = logged;
    const isEmpty = decision.committedLogIsEmpty === true;
    const is34 = compareVersions(leaderRelease, "3.5.0") < 0;
    this.same(
      `${name}: inputs`,
      {
        learner: decision.learner,
        min: isEmpty ? 0n : BigInt(decision.minCommittedLog),
        max: isEmpty ? 0n : BigInt(decision.maxCommittedLog),
        last: is34 ? undefined : BigInt(decision.lastProcessedZxid),
        peer: BigInt(decision.peerLastZxid),
      },
      {
        learner: logged.learner,
        ...{ min: facts?.minCommittedLog, max: facts?.maxCommittedLog, last: facts?.lastProcessedZxid },
        peer: logged.peerLastZxid,
      },
    );
    if (isActive) this.same(`${name}: the learner's lines`, true, learnerSide !== undefined);
    // 3.4 does not log the role of a learner that registers.
    if (learnerSide !== undefined || !is34) this.same(`${name}: observer`, decision.observer, logged.observer);
    if (learnerSide === undefined && !isThrottled && !isShown(decision, leaderRelease)) return;
    this.same(`${name}: decision`, decision.decision, logged.operation);
    if (decision.decision !== "SNAP" && !isThrottled && !(is34 && learnerSide === undefined)) {
      this.same(`${name}: zxid`, BigInt(decision.zxid), logged.zxid);
    }
    const { rules, verdict } = logged.check;
    // The tree of the leader has transactions that its committedLog lacks, which is a bug of 3.4. explain/ says rightly
    // that a leader without such a bug does not decide so.
    if (is34 && decision.rule === "in-sync" && decision.peerLastZxid > decision.maxCommittedLog) return;
    if (!["agrees", "possible"].includes(verdict) || !rules.includes(decision.rule)) {
      this.found.push(`${name}: the run decides by ${decision.rule}, the logs show ${verdict} ${textOf(rules)}`);
    }
  }
}

/** Returns whether the leader's log alone shows the packet. */
function isShown({ proposals, rule }: RunSync["decision"], release: string): boolean {
  const isWrong = behaviorOf(release).syncSource !== "committed-log" && rule.endsWith("new-epoch") && proposals === 0;
  return rule === "ahead-of-committed-log" ? compareVersions(release, "3.5.0") < 0 : !isWrong;
}

const PHASES = ["discovery", "synchronization", "broadcast"];

/** The messages of a LearnerHandler that explain/ does not read. */
const UNREAD = ["First packet", "Next packet was supposed to be an ACK", "{} is not ACKEPOCH"];

/** The messages with facts that a run does not have: zxids, the length of a buffer, a number of errors. */
const UNKNOWN = ["Committed proposal cached out of order", "Unreasonable length", "Leaving listener thread"];

function messagesOf(failure: NonNullable<RunPeriod["failure"]>, release: string): readonly string[] {
  // A release that does not exit has got an exception before the line about the failure (ZOOKEEPER-3701).
  if (failure.reason === "truncate-failed" && !behaviorOf(release).failedTruncExits) return [];
  // The leader's own thread does not log its exception, but the reason of the shutdown.
  if (failure.reason === "newleader-ack-timeout")
    return ["Waiting for a quorum of followers, only synced with sids: {}"];
  return loggedMessages({ ...failure, isHandler: false, release });
}

function patternOf(message: string): RegExp {
  const text = message.replace(/ \(java\..*\)$/, "");
  return new RegExp(
    text
      .split("{}")
      .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"))
      .join(".*"),
  );
}

function roleOf({ role }: { readonly role: string }): string {
  return role;
}

function leadersOf(handshakes: readonly ExplainedHandshake[]): { readonly leader: number }[] {
  return handshakes.flatMap(({ leader }) => (leader === undefined ? [] : [{ leader }]));
}

function withoutRepeats(list: readonly string[]): string[] {
  return list.filter((one, i) => one !== list[i - 1]);
}

function textOf(value: unknown): string {
  const text = JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `0x${one.toString(16)}` : one));
  return text ?? "nothing";
}
