/** The connections of learners that broke although both servers went on. */
import { asServerId } from "../protocol/index.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import { withSteps } from "./scenario-steps.ts";

/** The time before the first line about it at which a connection breaks. */
const BEFORE_MS = 0.4;
/** A leader that goes on for this time has not broken the connection by ending. */
const GOES_ON_MS = 30;

/** Returns the scenario in which these connections break. Undefined if no log shows one. */
export function withBrokenConnections(scenario: Scenario, { servers, startMs }: Evidence): Scenario | undefined {
  const leads = (sid: number, timeMs: number): boolean =>
    servers.some(
      ({ history, server }) =>
        server === sid &&
        history.periods.some(
          ({ at, end, process, role }) =>
            role === "LEADING" &&
            (at.timeMs ?? timeMs) <= timeMs &&
            (end?.timeMs === undefined ? (process.lastMs ?? timeMs) > timeMs : end.timeMs > timeMs + GOES_ON_MS),
        ),
    );
  const steps = servers.flatMap(({ history, server }) =>
    history.periods.flatMap(({ end, leader, problems }): Step[] => {
      if (leader === undefined || leader === server || end?.kind !== "looking") return [];
      const broken = problems.find(
        ({ event, exception }) => FAILED.test(event) && exception.some((one) => BROKEN.test(one)),
      );
      const timeMs = broken?.at.timeMs;
      if (timeMs === undefined || !leads(leader, timeMs)) return [];
      const disconnect = { server: asServerId(server), from: asServerId(leader) };
      return [{ from: msText(timeMs - startMs - BEFORE_MS), disconnect }];
    }),
  );
  return steps.length === 0 ? undefined : withSteps(scenario, ...steps);
}

const FAILED = /^(follow|observe)-failed$/;
const BROKEN = /(EOFException|SocketException|Connection reset)/;
