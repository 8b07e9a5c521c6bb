/** Names the servers that accept no connections at the end of a run, because accept() has failed in a thread. */
import type { ProtocolRecord, RecordOf } from "../cluster/records.ts";
import type { AcceptingThread } from "../protocol/accept-errors.ts";
import type { ServerId } from "../protocol/zxid.ts";
import type { AcceptError } from "../scenarios/scenario.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { countOf, formatMoment } from "./format.ts";

type Failure = RecordOf<"accept-failed">;

/** Returns one sentence for each such thread, with the step that made accept() fail. */
export function acceptErrorSentences(run: ScenarioRun): string[] {
  return run.servers.flatMap(({ sid }) => {
    const own = run.records.filter((record) => record.server === sid);
    const process = own.slice(own.findLastIndex(({ event }) => event === "started"));
    return [...acceptorSentence(run, sid, process), ...listenerSentence(run, sid, process)];
  });
}

/** Returns a sentence if the server still leads and its LearnerCnxAcceptor has ended. */
function acceptorSentence(run: ScenarioRun, sid: ServerId, process: readonly ProtocolRecord[]): string[] {
  const role = process.slice(process.findLastIndex(({ event }) => event === "looking") + 1);
  const ended = role.find((record): record is Failure => isAcceptFailure(record) && record.change === "acceptor-ends");
  if (ended === undefined) return [];
  const since = formatMoment(ended.atUs);
  const forgets = role.some((record) => isAcceptFailure(record) && record.change === "error-forgotten")
    ? ", and it forgot this error when it started to serve"
    : "";
  return [
    `leader ${sid} has accepted no learner since ${since} s: the thread LearnerCnxAcceptor ended after an error of ` +
      `accept()${stepText(run, sid, "acceptor", ended.atUs)}${forgets}`,
  ];
}

/** Returns a sentence if the thread QuorumCnxManager.Listener of the server has ended. */
function listenerSentence(run: ScenarioRun, sid: ServerId, process: readonly ProtocolRecord[]): string[] {
  const ended = process.find(
    (record): record is Failure => isAcceptFailure(record) && record.change === "listener-ends",
  );
  if (ended === undefined) return [];
  return [
    `server ${sid} has accepted no election connection since ${formatMoment(ended.atUs)} s: the thread ` +
      `QuorumCnxManager.Listener ended after ${countOf(ended.errors, "error")} of accept()` +
      stepText(run, sid, "listener", ended.atUs),
  ];
}

function isAcceptFailure(record: ProtocolRecord): record is Failure {
  return record.event === "accept-failed";
}

/** Returns the number of the step that made accept() fail, as in ` (step 2)`. */
function stepText({ records }: ScenarioRun, sid: ServerId, thread: AcceptingThread, untilUs: number): string {
  const step = records.findLast((record): record is RecordOf<"script"> => {
    if (record.event !== "script" || record.verb !== "acceptError" || record.atUs > untilUs) return false;
    const argument = record.argument as AcceptError;
    return record.moment === "start" && argument.thread === thread && [sid, "leader"].includes(argument.server);
  });
  return step === undefined ? "" : ` (step ${step.step + 1})`;
}
