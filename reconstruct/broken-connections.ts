/** The connections of learners that broke although both servers went on. */
import { asServerId } from "../protocol/index.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import { type Evidence, sinceStart } from "./evidence.ts";
import { withSteps } from "./scenario-steps.ts";

/** The time before the first line about it at which a connection breaks. */
const BEFORE_MS = 0.4;
/** A leader that goes on for this time has not broken the connection by ending. */
const GOES_ON_MS = 30;

/** Returns the scenario in which these connections break. Undefined if no log shows one. */
export function withBrokenConnections(scenario: Scenario, evidence: Evidence): Scenario | undefined {
  const steps = evidence.servers.flatMap(({ history, server }) =>
    history.periods.flatMap(({ end, leader, problems }): Step[] => {
      if (leader === undefined || leader === server || end?.kind !== "looking") return [];
      const broken = problems.find(
        ({ event, exception }) => FAILED.test(event) && exception.some((one) => BROKEN.test(one)),
      );
      if (broken?.at.timeMs === undefined) return [];
      const atMs = sinceStart(evidence, server, broken.at.timeMs);
      if (!leads(leader, atMs, evidence)) return [];
      const disconnect = { server: asServerId(server), from: asServerId(leader) };
      return [{ from: msText(atMs - BEFORE_MS), disconnect }];
    }),
  );
  return steps.length === 0 ? undefined : withSteps(scenario, ...steps);
}

/** Returns whether a server leads at a time, and goes on. */
function leads(sid: number, atMs: number, evidence: Evidence): boolean {
  const since = (timeMs: number | undefined): number => sinceStart(evidence, sid, timeMs);
  const { history } = evidence.servers.find(({ server }) => server === sid) ?? {};
  return (history?.periods ?? []).some(({ at, end, process, role }) => {
    if (role !== "LEADING" || (at.timeMs !== undefined && since(at.timeMs) > atMs)) return false;
    return end?.timeMs === undefined ? since(process.lastMs) > atMs : since(end.timeMs) > atMs + GOES_ON_MS;
  });
}

const FAILED = /^(follow|observe)-failed$/;
const BROKEN = /(EOFException|SocketException|Connection reset)/;
