/**
 * Measures cold starts: three servers with empty disks, from the construction of their world until all three are in
 * BROADCAST. Only the scenario is reused from one start to the next. Each start has its own seed.
 */
import { scenarioOf, WatchedCluster } from "./cluster-workload.ts";
import { atEffort, type Effort, type FamilyResult, nanosecondsOf, rowOf, takeTurns } from "./harness.ts";

const STARTS = 4000;

export function measureColdStarts(effort: Effort): FamilyResult {
  const scenario = scenarioOf("servers: { 1: { empty: true }, 2: { empty: true }, 3: { empty: true } }");
  const starts = atEffort(STARTS, effort);
  let events = 0;
  const { rate } = takeTurns(
    {
      rate: () => {
        events = 0;
        const nanoseconds = nanosecondsOf(() => {
          for (let seed = 1; seed <= starts; seed++) {
            events += new WatchedCluster(scenario, true, seed).start().cluster.world.eventsHandled;
          }
        });
        return (starts / nanoseconds) * 1e9;
      },
    },
    effort,
  );
  return {
    figures: { coldStartsPerS: rate.median },
    rows: [
      rowOf(rate, {
        figure: "coldStartsPerS",
        unit: "starts/s",
        target: ">= 2,000",
        what:
          "3 servers, empty disks, from construction until all are active: " +
          `${(events / starts).toFixed(0)} events each; all invariants and the digest on`,
      }),
    ],
  };
}
