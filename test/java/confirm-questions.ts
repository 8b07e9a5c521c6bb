/** Scenarios on real servers: the verdict of `zabsim confirm`. */
import { confirmScenario } from "../../confirm/confirm.ts";
import { loadScenario } from "../../lib/load-scenario.ts";
import { serverClassPath } from "./incidents/server-classes.ts";
import type { Kind } from "./kinds.ts";

/** A scenario, a release, and the verdict on its servers. */
interface ConfirmQuestion {
  readonly scenario: string;
  readonly release: string;
  readonly verdict: "confirmed" | "refuted";
}

const confirmed = (release: string, ...scenarios: string[]): ConfirmQuestion[] =>
  scenarios.map((scenario) => ({ scenario, release, verdict: "confirmed" }));

export const confirmQuestions: Kind<ConfirmQuestion> = {
  name: "confirm",
  releases: ["3.9.5"],
  fixed: [
    ...confirmed("3.9.5", "follower-behind-diff", "open-trunc-keeps-one-txn-too-many", "open-snapshot-survives-trunc"),
    ...confirmed("3.9.5", "open-crash-before-current-epoch-cannot-start", "open-snapshot-after-trunc-never-synced"),
  ],
  asks: (question, release) => question.release === release,
  ownProcess: true,
  // A loaded machine can delay a notification for longer than the servers wait for a better vote.
  repeats: 2,
  async stage({ scenario }, release, folder) {
    const { difference, verdict } = await verdictOf(scenario, release, folder);
    return difference === null ? verdict : `${verdict}: ${difference}`;
  },
  agrees: ({ verdict }, _release, java) => String(java).startsWith(verdict),
  answer: ({ verdict }) => verdict,
};

async function verdictOf(
  name: string,
  release: string,
  folder: string,
): Promise<{ readonly verdict: string; readonly difference: string | null }> {
  const classPath = await serverClassPath(folder, release);
  const signal = AbortSignal.timeout(300_000);
  const { reason, verdict } = await confirmScenario(loadScenario(name), { release, classPath, tries: 1, signal });
  return { verdict, difference: reason };
}
