/** One run of a candidate scenario, compared with the logs. */
import { PROTOCOL_EVENTS, type ProtocolEvent } from "../cluster/records.ts";
import type { Message } from "../cluster/server.ts";
import type { MessageChooser } from "../logs/index.ts";
import { messageName } from "../scenarios/message-match.ts";
import { ScenarioRunner } from "../scenarios/run.ts";
import type { Moment, Scenario } from "../scenarios/scenario.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { Trace } from "../sim/index.ts";
import { type DiskStates, disksOf, shownBy, shownByRun } from "./disk-observations.ts";
import { type Comparison, compare } from "./distance.ts";
import type { Evidence } from "./evidence.ts";
import { DECISIVE } from "./observation.ts";
import { observeRun } from "./observe-run.ts";

/** A candidate with its run. */
export interface Trial {
  readonly scenario: Scenario;
  readonly comparison: Comparison;
  /**
   * The distance, and a small amount for each step: of two scenarios that match equally, the shorter one counts. A
   * scenario that violates an invariant counts more than one that only matches better in time.
   */
  readonly score: number;
  /** The time of the first decisive difference, in milliseconds. Infinity if there is none. */
  readonly matchedUntilMs: number;
  /**
   * The number of decisive observations before the first decisive difference of each server, over all servers. It grows
   * if a change explains the difference of one server, even if the rest then differs more.
   */
  readonly matchedPrefix: number;
  /** The decisive differences, or the violated invariants if there are none. Candidates with the same are alike. */
  readonly differences: string;
  /** The ids of the violated invariants, in the order of the violations. */
  readonly violated: readonly string[];
  /** The disks at the end of the run that are compared with data directories. */
  readonly disks: DiskStates;
  readonly run: ScenarioRun;
}

/** A moment of a run: a protocol event at a server, or a message that is sent. */
export interface RunMoment {
  readonly atMs: number;
  readonly server: number;
  /** The receiver of a message. */
  readonly to: number | undefined;
  readonly moment: Moment;
}

const STEP_COST = 0.03;
/** A damaged file is rarer than any other fault. It costs more than one more violated invariant gives. */
const DAMAGE_COST = 0.7;
/** A violation counts less than a decisive observation, and each further one about as much as a step costs. */
const VIOLATION_BONUS = 1.9;
const FURTHER_BONUS = 0.04;
/** The start and the end of a process are steps themselves, so no step waits for them. */
const EVENTS: ReadonlySet<string> = new Set(
  PROTOCOL_EVENTS.filter((event) => event !== "started" && event !== "crashed"),
);

/** Runs a scenario and compares its run with the logs. */
export function tryScenario(
  scenario: Scenario,
  evidence: Evidence,
  chooser: MessageChooser,
  maxEvents: number,
): Trial | undefined {
  const runner = new ScenarioRunner(scenario, {
    ...{ seed: BigInt(scenario.seed ?? 1), trace: new Trace(), digest: false, maxEvents },
  });
  const run = runner.run();
  if (run.isTooLarge) return undefined;
  const disks = disksOf(runner.cluster, evidence);
  const comparison = compare(shownBy(evidence), shownByRun(observeRun(run, chooser), disks, evidence));
  const violated = [...new Set(run.violations.map(({ id }) => id))];
  return {
    scenario,
    comparison,
    score: comparison.distance + costOf(scenario) - bonusOf(violated.length),
    matchedUntilMs: firstDecisiveMs(comparison),
    matchedPrefix: matchedPrefixOf(comparison, evidence),
    differences: differencesOf(comparison, violated),
    violated,
    disks,
    run,
  };
}

function costOf({ steps }: Scenario): number {
  const damages = steps.filter((step) => "disk" in step && step.disk.corrupt !== undefined).length;
  return STEP_COST * steps.length + DAMAGE_COST * damages;
}

/** Of two runs that match equally, the one that violates more invariants counts more. */
function bonusOf(violations: number): number {
  return violations === 0 ? 0 : VIOLATION_BONUS + FURTHER_BONUS * (violations - 1);
}

function matchedPrefixOf({ extra, missing }: Comparison, { observations }: Evidence): number {
  const firsts = new Map<number, number>();
  for (const { atMs, server, weight } of [...missing, ...extra]) {
    if (weight >= DECISIVE) firsts.set(server, Math.min(atMs, firsts.get(server) ?? Number.POSITIVE_INFINITY));
  }
  let count = 0;
  for (const [server, list] of observations) {
    const firstMs = firsts.get(server) ?? Number.POSITIVE_INFINITY;
    for (const { atMs, weight } of list) if (weight >= DECISIVE && atMs < firstMs) count++;
  }
  return count;
}

function differencesOf({ extra, missing }: Comparison, violated: readonly string[]): string {
  const decisive = [...missing, ...extra].filter(({ weight }) => weight >= DECISIVE);
  if (decisive.length === 0) return [...violated].sort().join();
  return decisive.map(({ server, text }) => `${server} ${text}`).join();
}

function firstDecisiveMs({ extra, missing }: Comparison): number {
  const times = [...missing, ...extra].flatMap(({ atMs, weight }) => (weight >= DECISIVE ? [atMs] : []));
  return Math.min(...times);
}

/** Returns the moments of a run to which a step can be anchored, in the order of time. */
export function momentsOf({ records, trace }: ScenarioRun): RunMoment[] {
  const moments: RunMoment[] = [];
  for (const record of records) {
    if (!EVENTS.has(record.event)) continue;
    const { atUs, server } = record;
    moments.push({
      ...{ atMs: atUs / 1000, server, to: undefined },
      moment: { event: record.event as ProtocolEvent, server, nth: 1 },
    });
  }
  for (const { kind, node, payload, peer, timeUs } of trace?.events() ?? []) {
    if (kind !== "send" || typeof payload !== "object" || payload === null) continue;
    const message = messageName(payload as Message);
    if (message === "" || message === "HELLO") continue;
    moments.push({
      ...{ atMs: timeUs / 1000, server: node, to: peer },
      moment: { message, from: node as never, to: peer as never, on: "sent", nth: 1 },
    });
  }
  return moments.sort((a, b) => a.atMs - b.atMs);
}
