/** The speeds that the times in the logs show directly, and stalls of single threads of a leader. */
import { asServerId } from "../protocol/index.ts";
import { DEFAULT_DISK } from "../scenarios/loading/short-forms-and-defaults.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import { type Evidence, sinceStart } from "./evidence.ts";
import type { Observation, Observations } from "./observation.ts";
import { withSteps } from "./scenario-steps.ts";

/** A synchronization without a snapshot that waits in the leader before its packets arrive. */
export interface SlowHandshake {
  readonly leader: number;
  readonly learner: number;
  readonly sentMs: number;
  readonly arrivedMs: number;
}

/** The latency of a message in the network of a scenario, at most. */
const LATENCY_MS = 1;

/** A handler usually needs less than this from the decision to NEWLEADER. */
const USUAL_MS = 5;

/** Returns the handshakes in which the packets of the leader arrive late. */
export function slowHandshakes(evidence: Evidence): SlowHandshake[] {
  return evidence.ensemble.handshakes.flatMap(({ leader, leaderSide, learner, learnerSide, operation }) => {
    const [sent, arrived] = [leaderSide?.at.timeMs, learnerSide?.newLeaderMs ?? learnerSide?.at.timeMs];
    if (leader === undefined || sent === undefined || arrived === undefined || operation === "SNAP") return [];
    const sentMs = sinceStart(evidence, leader, sent);
    const arrivedMs = sinceStart(evidence, learner, arrived);
    return arrivedMs - sentMs > USUAL_MS ? [{ leader, learner, sentMs, arrivedMs }] : [];
  });
}

/** Delays that differ by less than this factor have one cause: a slow thread, and not a stall. */
const STEADY = 1.3;
const SEEDS = ["2", "3", "4", "5"];

/** Returns scenarios with the speeds of the logs. */
export function withMeasuredSpeeds(scenario: Scenario, evidence: Evidence): Scenario[] {
  const slow = slowHandshakes(evidence);
  const base = withSyncOf(scenario, evidence);
  const synced = [...(base === scenario ? [] : [base]), ...withSlowDisks(scenario, evidence)];
  if (slow.length === 0) return synced;
  const delays = slow.map(({ arrivedMs, sentMs }) => arrivedMs - sentMs);
  const shortest = Math.min(...delays);
  const stalls = slow.map(stallOf);
  const isSteady = slow.length > 1 && Math.max(...delays) < shortest * STEADY;
  const seeds = [scenario.seed, ...SEEDS.filter((seed) => seed !== scenario.seed)];
  return [
    ...synced,
    withSteps(scenario, ...stalls),
    ...(base === scenario ? [] : [withSteps(base, ...stalls)]),
    ...(isSteady ? seeds.flatMap((seed) => withDelay({ ...base, ...(seed !== undefined && { seed }) }, shortest)) : []),
  ];
}

/** The delay contains the latency of the network, and a handler may wait twice: before and after its packets. */
function withDelay(scenario: Scenario, delayMs: number): Scenario[] {
  return [delayMs, delayMs / 2, (delayMs - LATENCY_MS) / 2].map((ms) => ({
    ...scenario,
    threads: { ...scenario.threads, queueNewLeader: msText(ms) },
  }));
}

/** The time before the decision at which a stall begins, so that it also holds in runs that are a little faster. */
const EARLY_MS = 4;

/** The thread of the leader for the learner stalls after the decision. */
function stallOf({ arrivedMs, leader, sentMs }: SlowHandshake): Step {
  const lasts = msText(arrivedMs - sentMs + EARLY_MS);
  return {
    from: msText(sentMs - EARLY_MS),
    stall: { server: asServerId(leader), thread: "handlers" },
    for: lasts,
  };
}

/** The lines of a learner after it has written currentEpoch. Releases log different ones. */
const SYNCED = /^(current-epoch-set|uptodate-received)/;
/** The line that the learner writes itself, without waiting for its leader. */
const OWN_FILE = /^current-epoch-set/;
/** The lines of a learner after the end of its role. */
const NEXT_ROLE = /^(config-read|election-started)/;

/** The time in which a learner writes and syncs its files after it has received NEWLEADER. */
interface FileTime {
  readonly server: number;
  readonly fromMs: number;
  readonly lastsMs: number;
}

function fileTimes({ observations }: Evidence): FileTime[] {
  return [...observations].flatMap(([server, list]) =>
    list.flatMap(({ atMs: fromMs, text }, i) => {
      if (text !== "newleader-received") return [];
      const rest = list.slice(i + 1);
      const end = rest.findIndex((one) => NEXT_ROLE.test(one.text));
      const own = end < 0 ? rest : rest.slice(0, end);
      const next = own.find((one) => SYNCED.test(one.text)) ?? establishedAfter(observations, fromMs, rest[end]?.atMs);
      if (next === undefined) return [];
      return [{ server, fromMs, lastsMs: next.atMs - fromMs - (OWN_FILE.test(next.text) ? 0 : LATENCY_MS) }];
    }),
  );
}

/** Returns the line of a leader that its quorum has written currentEpoch, if a learner logs nothing about this. */
function establishedAfter(
  observations: Observations,
  fromMs: number,
  untilMs = Number.POSITIVE_INFINITY,
): Observation | undefined {
  return [...observations.values()]
    .flat()
    .filter(({ atMs, text }) => text.startsWith("established") && atMs > fromMs && atMs < untilMs)
    .sort((a, b) => a.atMs - b.atMs)[0];
}

/** A disk is slow if a learner needs this time for its files. */
const SLOW_DISK_MS = 100;
/** The numbers of disk operations in this time: a snapshot needs more. */
const OPERATIONS = [1, 2, 3, 4];

/** A disk that is slow for a time: it stalls, or each of its operations takes a part of the time. */
function withSlowDisks(scenario: Scenario, evidence: Evidence): Scenario[] {
  const slow = fileTimes(evidence).filter(({ lastsMs }) => lastsMs >= SLOW_DISK_MS);
  if (slow.length === 0) return [];
  const withDisk = (disk: (time: FileTime) => object): Scenario =>
    withSteps(
      scenario,
      ...slow.map((time) => {
        const from = msText(time.fromMs - LATENCY_MS);
        return { from, disk: { server: time.server, ...disk(time) }, for: msText(time.lastsMs) } as unknown as Step;
      }),
    );
  return [
    withDisk(() => ({ stall: true })),
    ...OPERATIONS.map((count) =>
      withDisk(({ lastsMs }) => ({ sync: msText(lastsMs / count), write: msText(lastsMs / count) })),
    ),
  ];
}

/** Returns the scenario with the sync time of the quickest learner, if it is longer than usual. */
function withSyncOf(scenario: Scenario, evidence: Evidence): Scenario {
  const shortest = Math.min(...fileTimes(evidence).map(({ lastsMs }) => lastsMs));
  const isUsual = shortest <= USUAL_MS || shortest >= SLOW_DISK_MS;
  if (isUsual || scenario.disk.sync !== DEFAULT_DISK.sync) return scenario;
  return { ...scenario, disk: { ...scenario.disk, sync: msText(shortest) } };
}
