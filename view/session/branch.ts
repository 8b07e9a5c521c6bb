/**
 * A branch of a run: the same scenario and seed with additional steps, each of which is performed at the end of one
 * event. A step of this kind changes nothing before its event, so the branch equals the original up to there, digest
 * included. A branch is a scenario: `zabsim run` reproduces it from its file.
 */
import { asServerId, DEFAULT_SETTINGS, formatZxid } from "../../protocol/index.ts";
import { matcher } from "../../scenarios/message-match.ts";
import { type RunOptions, ScenarioRunner } from "../../scenarios/run.ts";
import type { Action, Expectation, InFlightAction, MessageMatch, Scenario, Step } from "../../scenarios/scenario.ts";
import { writeScenario } from "../../scenarios/write-scenario.ts";
import { durationUs } from "../../sim/time.ts";
import type { SentMessage } from "./message-log.ts";
import { Recording } from "./recording.ts";

/** What happens to a message in flight: exactly one field is present. */
export type InFlightChange = Pick<InFlightAction, "drop" | "delay" | "deliver">;

/** Returns a recording of the same run in which `action` happens after the event with this number. */
export function branchAt(recording: Recording, event: number, action: Action): Recording {
  const { options, scenario } = recording;
  const step: Step = { afterEvent: event, ...action };
  return new Recording({ ...scenario, ...laterEnd(scenario), steps: [...scenario.steps, step] }, options);
}

/** Returns a recording of the scenario without the step with this index. */
export function branchWithoutStep(recording: Recording, index: number): Recording {
  const { options, scenario } = recording;
  const steps = scenario.steps.filter((_, other) => other !== index);
  return new Recording({ ...scenario, ...laterEnd(scenario), steps }, options);
}

/**
 * Returns the end of a branch. If the scenario has `until`, the branch ends initLimit ticks later than the original,
 * because a wait that the change causes can take that long.
 */
function laterEnd({ servers, settings, until }: Scenario): Pick<Scenario, "until"> {
  if (until === undefined) return {};
  const waitsMs = Object.values(servers).map((server) => {
    const { initLimit, tickTimeMs } = { ...DEFAULT_SETTINGS, ...settings, ...server.settings };
    return initLimit * tickTimeMs;
  });
  return { until: `${durationUs(until) / 1000 + Math.max(...waitsMs)}ms` };
}

/** Returns a run of the recording's scenario that has handled exactly `event` events. */
export function executeTo(
  recording: Recording,
  event: number,
  options: Pick<RunOptions, "stopAt" | "digest" | "records"> = {},
): ScenarioRunner {
  const runner = new ScenarioRunner(recording.scenario, { ...recording.options, ...options });
  for (let handled = 0; handled < event; handled++) runner.step();
  return runner;
}

/** Returns the action that changes one message in flight after an event. */
export function inFlightAction(
  recording: Recording,
  event: number,
  target: SentMessage,
  change: InFlightChange,
): Extract<Action, { readonly inFlight: unknown }> {
  const match = matchOf(target);
  const { network } = executeTo(recording, event).cluster.world;
  const isSameWay = (one: { readonly from: number; readonly to: number; readonly conn: number }): boolean =>
    one.from === target.from && one.to === target.to && one.conn === target.conn;
  // A stream delivers in the order of sending. The recording knows when each datagram arrived.
  const sameWay = recording.inFlightAt(event).filter(isSameWay);
  const index = (target.conn === 0 ? sameWay.toSorted((a, b) => a.endUs - b.endUs) : sameWay).indexOf(target);
  const inFlight = network.inFlight();
  const live = inFlight.filter(isSameWay)[index];
  const matches = matcher(match);
  const nth = inFlight.filter(({ from, message, to }) => matches(message, from, to)).indexOf(live as never) + 1;
  return { inFlight: { match, ...(nth > 1 ? { nth } : {}), ...change } };
}

function matchOf({ from, message, to, type }: SentMessage): MessageMatch {
  const zxid = "zxid" in message && type !== "NOTIFICATION" && message.zxid > 0 ? message.zxid : undefined;
  const ends = { from: asServerId(from), to: asServerId(to) };
  // A scenario has no name for HELLO, the first message on an election connection.
  return { ...(type === "HELLO" ? {} : { type }), ...ends, ...(zxid === undefined ? {} : { zxid: formatZxid(zxid) }) };
}

/**
 * Returns a recording as the text of a scenario file that expects what the recording shows. The text about a branch
 * says what the branch does, because the text about the original describes another run.
 */
export function branchFile(recording: Recording, isBranch = true): string {
  const { options, scenario } = recording;
  const about = isBranch ? aboutBranch(recording) : scenario.about;
  const saved: Scenario = { ...scenario, about, seed: String(options.seed), expect: expectationOf(recording) };
  return writeScenario(saved, [`digest ${recording.digestAt(recording.length)}, ${recording.length} events`]);
}

function aboutBranch({ run, scenario }: Recording): string {
  const ids = [...new Set(run.violations.map(({ id }) => id))];
  const stuck = run.liveness?.stuck === true ? " Servers are stuck at its end." : "";
  const outcome = ids.length === 0 ? "It violates no invariant." : `It violates ${ids.join(" and ")}.`;
  const original = scenario.about.trim() === "" ? "" : ` The run ${scenario.name}: ${scenario.about.trim()}`;
  return `A branch of the run ${scenario.name}, saved from a debugger. ${outcome}${stuck}${original}`;
}

/** The durations of `live` and `stuck` decide when a run ends, so the file keeps them if they have an effect. */
function expectationOf({ run, scenario }: Recording): Expectation {
  const violates = [...new Set(run.violations.map(({ id }) => id))];
  const within = scenario.expect.live ?? scenario.expect.stuck;
  if (run.liveness === undefined || within === undefined) return { violates };
  return run.liveness.stuck ? { violates, stuck: within } : { violates, live: within };
}
