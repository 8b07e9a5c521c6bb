/** Scenarios on real servers: the verdict of `zabsim confirm`. */
import { confirmScenario } from "../../confirm/confirm.ts";
import { loadScenario } from "../../lib/load-scenario.ts";
import { serverClassPath } from "./incidents/server-classes.ts";
import type { Kind } from "./kinds.ts";

const SCENARIO_MS_MAX = 300_000;

/** A scenario that real servers of a release must confirm. */
interface ConfirmQuestion {
  readonly scenario: string;
  readonly release: string;
}

const onRelease = (release: string, ...scenarios: string[]): ConfirmQuestion[] =>
  scenarios.map((scenario) => ({ scenario, release }));

/** A question is asked once: a scenario that is only confirmed sometimes is a race in the way it is staged. */
export const confirmQuestions: Kind<ConfirmQuestion> = {
  name: "confirm",
  releases: ["3.9.5"],
  fixed: [
    ...onRelease("3.9.5", "follower-behind-diff", "open-trunc-keeps-one-txn-too-many", "open-snapshot-survives-trunc"),
    ...onRelease("3.9.5", "open-crash-before-current-epoch-cannot-start", "open-snapshot-after-trunc-never-synced"),
    ...onRelease("3.9.5", "open-committed-txn-truncated-before-leader-applies-it"),
  ],
  asks: (question, release) => question.release === release,
  ownProcess: true,
  runsAlone: true,
  async stage({ scenario }, release, folder) {
    const classPath = await serverClassPath(folder, release);
    const signal = AbortSignal.timeout(SCENARIO_MS_MAX);
    const options = { release, classPath: () => classPath, tries: 1, signal };
    const { reason, verdict } = await confirmScenario(loadScenario(scenario), options);
    return reason === null ? verdict : `${verdict}: ${reason}`;
  },
  answer: () => "confirmed",
};
