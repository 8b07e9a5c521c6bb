/**
 * Measures the full protocol: how many events per second a cluster of five servers handles in steady broadcast. There
 * are two figures: one with all invariants and the digest, and one without them.
 */
import { broadcastRate, mixOf, scenarioOf, WRITE_EVERY_US } from "./cluster-workload.ts";
import { atEffort, type Effort, type FamilyResult, rowOf, takeTurns } from "./harness.ts";

const EVENTS = 1_000_000;

export function measureProtocol(effort: Effort): FamilyResult {
  const scenario = scenarioOf("servers: 5");
  const events = atEffort(EVENTS, effort);
  const { watched, bare } = takeTurns(
    {
      watched: () => broadcastRate(scenario, true, events),
      bare: () => broadcastRate(scenario, false, events),
    },
    effort,
  );
  const workload = `5 servers in steady broadcast, one write every ${WRITE_EVERY_US / 1000} virtual ms at the leader`;
  return {
    figures: { protocolEventsPerS: watched.median, protocolEventsPerSBare: bare.median },
    rows: [
      rowOf(watched, {
        figure: "protocolEventsPerS",
        unit: "events/s",
        target: ">= 1,000,000",
        what: `${workload}; all invariants and the digest on. Of ${events} events: ${mixOf(scenario, events)}`,
      }),
      rowOf(bare, {
        figure: "protocolEventsPerSBare",
        unit: "events/s",
        what: "the same without invariants and digest",
      }),
    ],
  };
}
