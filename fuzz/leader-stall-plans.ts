/**
 * Stalls the main thread of a new leader in some plans, so that its LearnerHandlers come first. As in
 * observer-master-plans.ts, the values come from a random stream of their own.
 */
import type { ServerId } from "../protocol/index.ts";
import { serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { durationText } from "../sim/duration-range.ts";
import { type Random, RandomStreams } from "../sim/index.ts";
import { durationUs } from "../sim/time.ts";
import type { Plan } from "./plan.ts";

/** The share of the plans that get such stalls. */
const SHARE = 0.05;

/** The durations of a stall, in ms. A handler that waits for the leader gives up only after initLimit. */
const STALLS_MS = [2, 10, 50, 250] as const;

/** Returns the plan with such stalls, or the plan itself if its seed draws none. */
export function withLeaderStalls(plan: Plan, seed: bigint): Plan {
  const random = new RandomStreams(seed).stream("leader-stalls");
  if (!random.chance(SHARE)) return plan;
  const { kinds, scenario } = plan;
  const draw = random.chance(0.5) ? drawStalls : drawCrashesAndStalls;
  const stalls = voters(scenario).flatMap((server) => draw(random, server, scenario));
  // The settle step stays the last one.
  return {
    kinds: [...kinds.slice(0, -1), ...stalls.map(() => "stalled-thread" as const), ...kinds.slice(-1)],
    scenario: { ...scenario, steps: [...scenario.steps.slice(0, -1), ...stalls, ...scenario.steps.slice(-1)] },
  };
}

/** Draws a stall that begins when the server comes to lead, before or after a drawn time. */
function drawStalls(random: Random, server: ServerId, scenario: Scenario): Step[] {
  const { initLimit = 10, tickTimeMs = 2000 } = scenario.settings;
  const from = durationText(random.chance(0.5) ? 1 : random.int(1, settleMs(scenario)));
  const forMs = random.chance(0.2) ? (initLimit + 1) * tickTimeMs : random.pick(STALLS_MS);
  return [
    { from, when: { event: "leading", server, nth: 1 }, stall: { server, thread: "leader" }, for: durationText(forMs) },
  ];
}

/**
 * Draws a crash of a leader that has written acceptedEpoch but not sent it, and a stall after its restart. If the
 * server leads again, its acceptedEpoch is higher than those of its learners.
 */
function drawCrashesAndStalls(random: Random, server: ServerId): Step[] {
  const from = durationText(1);
  const down = durationText(random.int(1, 100));
  return [
    {
      from,
      when: { event: "epoch-proposed", server, nth: 1 },
      crash: { server, unsynced: "kept", connectionsReset: true },
      for: down,
    },
    {
      from,
      when: { event: "started", server, nth: 1 },
      stall: { server, thread: "leader" },
      for: durationText(random.int(300, 2000)),
    },
  ];
}

function voters({ servers }: Scenario): ServerId[] {
  return serverIdsOf(servers).filter((sid) => servers[sid]?.role === "participant");
}

/** Returns the time of the settle step, which is the last step of a plan. */
function settleMs({ steps }: Scenario): number {
  return Math.floor(durationUs(steps.at(-1)?.from ?? "0ms") / 1000);
}
