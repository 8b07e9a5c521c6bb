/**
 * The search strategies. A strategy decides the kinds and the number of faults that a plan may have, its network, and
 * its disks. Each seed of a campaign draws one strategy.
 */

import { DEFAULT_THREADS } from "../cluster/cluster-spec.ts";
import { FAULT_NAMES, type FaultName, UNWEIGHTED_FAULTS, WEIGHTED_FAULTS } from "./fault-kinds.ts";
import type { Character, PlanOptions } from "./plan.ts";
import type { Draw } from "./random-values.ts";

/** A way to draw plans in a campaign. */
export interface Strategy {
  /** What the plans of the strategy look like, in words. */
  readonly about: string;
  /** Number of seeds out of 100 in the default portfolio. */
  readonly share: number;
  /** Makes the choices of the strategy for one plan. */
  readonly draw: (draw: Draw, options: PlanOptions) => Character;
}

/** The search strategies, by name. */
export const STRATEGIES = {
  swarm: {
    about: "each seed disables some kinds of faults and draws how often the others strike",
    share: 30,
    draw: swarm,
  },
  moments: {
    about: "short plans with a few faults, each at a moment of the protocol",
    share: 35,
    draw: (draw, options) => ({
      ...drawBasics(draw, options),
      faultCount: options.faultCount ?? draw.int(1, 4),
      lengthTicks: [5, 25],
      voters: [3, 3, 3, 3, 5, 2],
      usedDisks: 0.75,
      weights: weights(options, (name) => MOMENT_WEIGHTS[name] ?? 0),
    }),
  },
  uniform: {
    about: "all kinds of faults with equal weight",
    share: 4,
    draw: (draw, options) => ({ ...drawBasics(draw, options), weights: weights(options, () => 1) }),
  },
  pct: {
    about:
      "every link and disk has its own constant latency, which acts as a priority; a few latencies " +
      "change at drawn times (PCT, Burckhardt et al. 2010)",
    share: 8,
    draw: (draw, options) => ({
      ...drawBasics(draw, options),
      ...prioritized(draw),
      faultCount: options.faultCount ?? draw.int(1, 5),
      weights: weights(options, (name) => PCT_WEIGHTS[name] ?? 0),
    }),
  },
  "delay-bounded": {
    about: "all latencies are constant, and the plan delays a few messages, disks and processes (Emmi et al. 2011)",
    share: 8,
    draw: (draw, options) => ({
      ...drawBasics(draw, options),
      network: { latency: "1ms", lossRate: 0, duplicateRate: 0, links: [] },
      disk: { sync: "2ms", write: "0.5ms" },
      faultCount: options.faultCount ?? draw.int(1, 4),
      weights: weights(options, (name) => DELAY_WEIGHTS[name] ?? 0),
    }),
  },
  mutation: {
    about:
      "changes an earlier plan that reached new coverage; works like the strategy swarm until there is such a plan",
    share: 15,
    draw: swarm,
  },
} as const satisfies Record<string, Strategy>;

/** The name of a search strategy. */
export type StrategyName = keyof typeof STRATEGIES;
/** The names of all search strategies. */
export const STRATEGY_NAMES = Object.keys(STRATEGIES) as StrategyName[];

function swarm(draw: Draw, options: PlanOptions): Character {
  return {
    ...drawBasics(draw, options),
    weights: weights(options, () => (draw.chance(0.35) ? draw.pick([1, 3, 10]) : 0)),
  };
}

/** Draws the strategy of a seed from the portfolio. */
export function drawStrategy(draw: Draw): StrategyName {
  return draw.weighted(Object.fromEntries(STRATEGY_NAMES.map((name) => [name, STRATEGIES[name].share])) as never);
}

/**
 * The weights of faults with which the strategy imitates PCT. A fault at a moment of the protocol acts like a priority
 * change point in PCT: it delays events that are ready, so that other events overtake them.
 */
const PCT_WEIGHTS: Readonly<Partial<Record<FaultName, number>>> = {
  "latency-spike": 4,
  "slow-disk": 4,
  moment: 4,
  "same-moment": 1,
  crash: 1,
  "power-loss": 1,
};

const MOMENT_WEIGHTS: Readonly<Partial<Record<FaultName, number>>> = {
  moment: 4,
  "same-moment": 2,
  "moment-and-leader": 3,
  handover: 8,
  "catch-up": 5,
  crash: 3,
  "crash-all": 1,
  "isolate-leader": 1,
  "stalled-thread": 3,
  "altered-packet": 2,
};

const DELAY_WEIGHTS: Readonly<Partial<Record<FaultName, number>>> = {
  clog: 3,
  "slow-disk": 3,
  "stalled-disk": 2,
  "stalled-thread": 3,
  disconnect: 1,
  pause: 2,
  moment: 5,
  "same-moment": 2,
};

/** The only kinds of faults that a strategy draws. A strategy without an entry draws all kinds. */
export const FAULTS_OF_STRATEGY: Readonly<Partial<Record<StrategyName, readonly FaultName[]>>> = {
  moments: faultsIn(MOMENT_WEIGHTS),
  pct: faultsIn(PCT_WEIGHTS),
  "delay-bounded": faultsIn(DELAY_WEIGHTS),
};

function faultsIn(weightsOfFaults: Readonly<Partial<Record<FaultName, number>>>): readonly FaultName[] {
  return [...(Object.keys(weightsOfFaults) as FaultName[]), ...UNWEIGHTED_FAULTS];
}

function weights(options: PlanOptions, weigh: (name: FaultName) => number): Record<FaultName, number> {
  const allowed = options.faults ?? FAULT_NAMES;
  const weighted = WEIGHTED_FAULTS.map((name) => [name, allowed.includes(name) ? weigh(name) : 0]);
  return Object.fromEntries([...weighted, ...UNWEIGHTED_FAULTS.map((name) => [name, 0])]) as Record<FaultName, number>;
}

/** Draws the number of faults, the number of writes, the network, the disks and the threads. */
function drawBasics(draw: Draw, options: PlanOptions): Omit<Character, "weights"> {
  return {
    faultCount: options.faultCount ?? draw.pick([0, draw.int(1, 3), draw.int(1, 8), draw.int(1, 20)]),
    writeCount: options.writeCount ?? draw.pick([0, draw.int(1, 5), draw.int(1, 15), draw.int(5, 50)]),
    network: {
      latency: draw.pick(["0.2ms..1ms", "0.2ms..1ms", "1ms", "0.1ms..5ms", "1ms..20ms"]),
      lossRate: draw.chance(0.8) ? 0 : draw.pick([0.001, 0.01]),
      duplicateRate: 0,
      links: [],
    },
    disk: {
      sync: draw.pick(["1ms..4ms", "1ms..4ms", "0.1ms..0.5ms", "1ms..30ms"]),
      write: draw.pick(["0.1ms..1ms", "0.1ms..1ms", "0.05ms..10ms", "5ms..50ms"]),
    },
    threads: {
      ...DEFAULT_THREADS,
      applyLatency: draw.pick(["0ms..0.5ms", "0ms..0.5ms", "0ms..0.5ms", "0ms..5ms", "0ms..50ms"]),
      queueNewLeader: draw.pick(["0ms..0.5ms", "0ms..0.5ms", "0ms..0.5ms", "0ms..5ms", "0ms..50ms"]),
    },
  };
}

const PRIORITIES_MS = [0.1, 0.4, 1.6, 6.4, 25.6] as const;

function prioritized(draw: Draw): Pick<Character, "network" | "disk" | "linkLatency"> {
  const latency = (): string => `${draw.pick(PRIORITIES_MS)}ms`;
  return {
    network: { latency: latency(), lossRate: 0, duplicateRate: 0, links: [] },
    disk: { sync: latency(), write: latency() },
    linkLatency: latency,
  };
}
