/**
 * Measures how much virtual time is simulated in one second of real time. The workload is `zabsim run --noise` with
 * five servers, for one seed after another. As in a campaign, the invariants and the digest are on, and the records are
 * off.
 */

import { planOver } from "../fuzz/plan-arbitrary.ts";
import { runScenario, type Scenario } from "../lib/index.ts";
import { recordsOf } from "../scenarios/scenario-run.ts";
import { scenarioOf } from "./cluster-workload.ts";
import { atEffort, type Effort, type FamilyResult, nanosecondsOf, rowOf, sampleOf, takeTurns } from "./harness.ts";

const RUNS = 300;
const RUNS_EXAMINED = 30;

export function measureNoisy(effort: Effort): FamilyResult {
  const scenario = scenarioOf("servers: 5");
  const runs = atEffort(RUNS, effort);
  const eventRates: number[] = [];
  let virtualUs = 0;
  const { virtualPerReal } = takeTurns(
    {
      virtualPerReal: () => {
        let events = 0;
        virtualUs = 0;
        const nanoseconds = nanosecondsOf(() => {
          for (let seed = 1; seed <= runs; seed++) {
            const run = runScenario(planOver(scenario, BigInt(seed)), { seed, records: false });
            events += run.events;
            virtualUs += run.endUs;
          }
        });
        eventRates.push((events / nanoseconds) * 1e9);
        return (virtualUs / nanoseconds) * 1000;
      },
    },
    effort,
  );
  const eachS = (virtualUs / runs / 1e6).toPrecision(3);
  return {
    figures: { virtualPerReal: virtualPerReal.median },
    rows: [
      rowOf(virtualPerReal, {
        figure: "virtualPerReal",
        unit: "virtual s/s",
        what:
          `plans drawn over 5 servers, ${eachS} virtual s each, with faults and writes as a campaign draws them. ` +
          contentOf(scenario, Math.min(runs, RUNS_EXAMINED)),
      }),
      rowOf(sampleOf(eventRates.slice(-effort.rounds)), {
        figure: "  events",
        unit: "events/s",
        what: "the same runs, in events of the world; all invariants and the digest on",
      }),
    ],
  };
}

/** Returns the average number of events of each kind in a run, as text. */
function contentOf(scenario: Scenario, runs: number): string {
  const counts = { elected: 0, established: 0, crashed: 0, committed: 0 };
  for (let seed = 1; seed <= runs; seed++) {
    const { records } = runScenario(planOver(scenario, BigInt(seed)), { seed });
    for (const event of Object.keys(counts) as (keyof typeof counts)[]) {
      counts[event] += recordsOf(records, event).length;
    }
  }
  const mean = (count: number): string => (count / runs).toFixed(1);
  return (
    `A run has ${mean(counts.crashed)} crashes, ${mean(counts.established)} established leaders, ` +
    `${mean(counts.elected)} finished elections of a server, ${mean(counts.committed)} commits`
  );
}
