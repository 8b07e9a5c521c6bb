/**
 * Measures whether the cost of an event depends on the number of servers or on the length of their logs. The cost is in
 * nanoseconds per event of steady broadcast, with all invariants and the digest.
 */
import { broadcastRate, scenarioOf } from "./cluster-workload.ts";
import {
  atEffort,
  type Effort,
  type FamilyResult,
  type Row,
  rowOf,
  type Sample,
  sampleOf,
  takeTurns,
} from "./harness.ts";

const SERVERS = [3, 7, 15, 31] as const;
const LOG_LENGTHS = [100, 1000, 10_000, 100_000] as const;
const EVENTS = 500_000;

export function measureScale(effort: Effort): FamilyResult {
  const byServers = measureEach(SERVERS, (servers) => `servers: ${servers}`, effort);
  const byLog = measureEach(LOG_LENGTHS, fiveServersWithLog, effort);
  return {
    figures: { costPerEventByServers: mediansOf(byServers), costPerEventByLog: mediansOf(byLog) },
    rows: [
      ...rowsOf("costPerEventByServers", "servers", byServers),
      ...rowsOf("costPerEventByLog", "txns in each of 5 logs before the run", byLog),
    ],
  };
}

function fiveServersWithLog(length: number): string {
  return `servers: { 1: &it { history: "1:1..1:${length}" }, 2: *it, 3: *it, 4: *it, 5: *it }`;
}

/** Returns, for each size, the nanoseconds per event. */
function measureEach(
  sizes: readonly number[],
  text: (size: number) => string,
  effort: Effort,
): Readonly<Record<string, Sample>> {
  const events = atEffort(EVENTS, effort);
  const contenders = sizes.map((size) => {
    const scenario = scenarioOf(text(size));
    return [String(size), () => 1e9 / broadcastRate(scenario, true, events)] as const;
  });
  return takeTurns(Object.fromEntries(contenders), effort);
}

function mediansOf(samples: Readonly<Record<string, Sample>>): Record<string, number> {
  return Object.fromEntries(Object.entries(samples).map(([size, { median }]) => [size, median]));
}

/** Returns one row with the ratio of the highest cost to the lowest cost, and then one row for each size. */
function rowsOf(figure: string, unit: string, samples: Readonly<Record<string, Sample>>): Row[] {
  const all = Object.values(samples);
  const ratios = (all[0] as Sample).rounds.map((_, round) => {
    const costs = all.map(({ rounds }) => rounds[round] as number);
    return Math.max(...costs) / Math.min(...costs);
  });
  const ratio = { ...sampleOf(ratios), median: ratioOfMedians(all) };
  const what = "most expensive / cheapest, in steady broadcast";
  return [
    rowOf(ratio, { figure, unit: "x", target: "<= 2", what }),
    ...Object.entries(samples).map(([size, sample]) =>
      rowOf(sample, { figure: `  ${size}`, unit: "ns/event", what: unit }),
    ),
  ];
}

function ratioOfMedians(samples: readonly Sample[]): number {
  const medians = samples.map(({ median }) => median);
  return Math.max(...medians) / Math.min(...medians);
}
