/**
 * Judges every order of a roll, in three phases:
 *
 * 1. Each order runs without a crash, for several servers that can lead at the start, and with several seeds.
 * 2. For the orders that pass, each server crashes once after each action. If two lists have quorums without a common
 *    server after an action, the network separates these quorums once.
 * 3. For the best order, each server crashes once at each moment of each action, for each leader at the start, and the
 *    roll then continues to its end. If the order fails, the next one is tried.
 * 4. For the order that passes, the network is divided into two sides after each action, in all possible ways.
 *
 * Two orders with the same first actions behave in the same way until these actions are done. So if an order fails,
 * every order with the same actions until then fails, too, and phase 2 runs each beginning only once.
 */
import type { ServerId } from "../protocol/index.ts";
import {
  actionsOf,
  isStandalone,
  membersOf,
  type Order,
  type Roll,
  type RollAction,
  runningAfter,
} from "./ensemble.ts";
import { keyOf, ORDERS_MAX, type Orders, ordersOf } from "./orders.ts";
import { divisionsOf, type SplitByPartition, splitAfter } from "./partition.ts";
import {
  type Check,
  CRASH_MOMENTS,
  type Crash,
  type Partition,
  type RollOptions,
  type RollRun,
  simulateRoll,
  WINDOW_MS,
} from "./simulate-roll.ts";

/** Why an order fails. */
export interface Failure {
  /**
   * `unsafe`: data can be lost, or two servers lead. `unavailable`: no write commits, or a server never serves.
   * `ineffective`: servers do not use the new list at the end.
   */
  readonly kind: "unsafe" | "unavailable" | "ineffective";
  /** The index of the action at which the order fails. */
  readonly action: number;
  /** The options of the run that fails: its leader at the start, and its crash, if it fails only because of one. */
  readonly options: RollOptions;
  /** The state of the servers at the failed check; undefined if an invariant is violated. */
  readonly check: Check | undefined;
  readonly run: RollRun;
}

/** A server whose crash stops the writes until it runs again. */
export interface Fragile {
  readonly action: number;
  readonly server: ServerId;
}

/** The verdict on one order. */
export interface JudgedOrder {
  readonly order: Order;
  /** Undefined if the order is safe. */
  readonly failure: Failure | undefined;
  /** The crashes that stop the writes until the server runs again, without any other harm. */
  readonly fragile: readonly Fragile[];
  /** The number of checks at which a running server does not serve. */
  readonly idle: number;
  /** Two leaders that a partition of the network can make during this order; undefined if it cannot. */
  readonly split: SplitByPartition | undefined;
  /** Whether crashes were tried. False if the order fails without one, or if there were too many runs. */
  readonly triedCrashes: boolean;
}

/** The verdicts on the orders of a roll. */
export interface JudgedRoll {
  readonly roll: Roll;
  /** The number of all orders. */
  readonly total: number;
  readonly orders: readonly JudgedOrder[];
  /** The order to use; undefined if no order is safe. */
  readonly best: JudgedOrder | undefined;
  /** The number of simulated rolls. */
  readonly runs: number;
}

/** The seeds of phase 1. Each seed draws other latencies, so that votes arrive in another order. */
const SEEDS = [1, 2];
/** The largest number of servers that lead at the start in phase 1. */
const LEADERS_MAX = 3;
/** The largest number of runs with a partition in phase 2. */
const SPLIT_RUNS_MAX = 300;
/** The largest number of runs in phase 4. */
const DIVISIONS_MAX = 80;
/** The largest number of runs in phase 2. */
const CRASH_RUNS_MAX = 1500;
/** A check that fails is repeated with this multiple of the time between actions. */
const PATIENCE = 4;

/** Judges the orders of a roll, at most `max` of them. */
export function judgeRoll(roll: Roll, max = ORDERS_MAX): JudgedRoll {
  return judgeOrders(roll, ordersOf(actionsOf(roll.from, roll.to), max));
}

/** Judges the given orders of a roll. */
export function judgeOrders(roll: Roll, orders: Orders): JudgedRoll {
  return new Judge(roll).judge(orders);
}

class Judge {
  private readonly roll: Roll;
  private readonly leaders: readonly ServerId[];
  /** The failures without a crash, by the actions until then. */
  private readonly failures = new Map<string, Failure>();
  private readonly beginnings = new Map<string, CrashResult>();
  private runs = 0;
  private crashRuns = 0;
  private readonly splits = new Map<string, SplitByPartition | undefined>();
  private splitRuns = 0;

  constructor(roll: Roll) {
    this.roll = roll;
    this.leaders = roll.from.config.voters.toSorted((a, b) => b - a);
  }

  judge({ orders, total }: Orders): JudgedRoll {
    const judged = orders
      .map((order) => this.withoutCrash(order))
      .sort(byPreference)
      .map((one) => this.withCrashes(one))
      .map((one) => this.withSplit(one))
      .sort(byPreference);
    const best = this.firstThatStaysSafe(judged);
    return { roll: this.roll, total, orders: judged, best, runs: this.runs };
  }

  // ---- phase 1

  private withoutCrash(order: Order): JudgedOrder {
    let failure = this.knownFailure(order);
    let idle = 0;
    for (const leader of failure === undefined ? some(this.leaders, LEADERS_MAX) : []) {
      for (const seed of SEEDS) {
        const run = this.run(order, { leader, seed });
        idle += run.checks.filter((check) => check.idle.length > 0).length;
        failure = worse(failure, this.failureOf(order, run, { leader, seed }));
        if (failure?.kind === "unsafe") break;
      }
    }
    if (failure !== undefined) this.failures.set(keyOf(order.slice(0, failure.action + 1)), failure);
    return { order, failure, fragile: [], idle, split: undefined, triedCrashes: false };
  }

  private knownFailure(order: Order): Failure | undefined {
    return order.map((_, i) => this.failures.get(keyOf(order.slice(0, i + 1)))).find((one) => one !== undefined);
  }

  // ---- phase 2

  private withCrashes(judged: JudgedOrder): JudgedOrder {
    if (judged.failure !== undefined) return judged;
    const { order } = judged;
    const fragile: Fragile[] = [];
    for (let action = 0; action < order.length; action++) {
      const result = this.crashesAfter(order.slice(0, action + 1));
      if (result === undefined) return judged;
      if (result.failure !== undefined) return { ...judged, failure: result.failure, triedCrashes: true };
      fragile.push(...result.fragile);
    }
    return { ...judged, fragile, triedCrashes: true };
  }

  /** Crashes each server once after these actions. Returns undefined if there were too many runs. */
  private crashesAfter(beginning: Order): CrashResult | undefined {
    const key = keyOf(beginning);
    const known = this.beginnings.get(key);
    if (known !== undefined) return known;
    if (this.crashRuns >= CRASH_RUNS_MAX) return undefined;
    const action = beginning.length - 1;
    let failure: Failure | undefined;
    const fragile: Fragile[] = [];
    const [leader] = this.leaders as readonly [ServerId];
    for (const server of runningAfter(this.roll.from, beginning)) {
      const crash: Crash = { server, action, moment: "after" };
      const options = { leader, crash, seed: 1 };
      const run = this.run(beginning, options);
      this.crashRuns++;
      failure = worse(failure, this.failureOf(beginning, run, options));
      if (failure?.kind === "unsafe") break;
      if (stopsWrites(run)) fragile.push({ action, server });
    }
    const result = { failure, fragile };
    this.beginnings.set(key, result);
    return result;
  }

  /** Finds a partition that makes two leaders. */
  private withSplit(judged: JudgedOrder): JudgedOrder {
    if (judged.failure !== undefined) return judged;
    for (let count = 1; count <= judged.order.length; count++) {
      const split = this.splitAfter(judged.order.slice(0, count));
      if (split !== undefined) return { ...judged, split };
    }
    return judged;
  }

  private splitAfter(beginning: Order): SplitByPartition | undefined {
    const key = keyOf(beginning);
    if (this.splits.has(key)) return this.splits.get(key);
    const possible = splitAfter(this.roll, beginning);
    const split = possible && this.harmfulSplit(beginning, possible);
    this.splits.set(key, split);
    return split;
  }

  /** Returns the split if a run shows its harm, or if it cannot be run. */
  private harmfulSplit(beginning: Order, split: SplitByPartition): SplitByPartition | undefined {
    // A standalone server is cut off from the others already.
    if (this.hasStandalone || this.splitRuns >= SPLIT_RUNS_MAX) return split;
    const leaders = some(this.leaders, LEADERS_MAX);
    this.splitRuns += leaders.length;
    return this.harmOf(beginning, { action: split.action, sides: [split.old, split.fresh] }, leaders);
  }

  private get hasStandalone(): boolean {
    return isStandalone(this.roll.from) || isStandalone(this.roll.to);
  }

  // ---- phase 3

  /** Returns the best order that stays safe. An order that does not gets its verdict in `judged`. */
  private firstThatStaysSafe(judged: JudgedOrder[]): JudgedOrder | undefined {
    for (const [i, one] of judged.entries()) {
      if (one.failure !== undefined) continue;
      const failure = this.allCrashes(one.order);
      if (failure === undefined) {
        const tried = this.withDivisions(one);
        judged[i] = tried;
        return tried;
      }
      judged[i] = { ...one, failure, triedCrashes: true };
    }
    return undefined;
  }

  private allCrashes(order: Order): Failure | undefined {
    let seed = 1;
    for (const leader of this.leaders) {
      for (let action = 0; action < order.length; action++) {
        for (const server of runningAfter(this.roll.from, order.slice(0, action + 1))) {
          for (const moment of CRASH_MOMENTS) {
            const crash: Crash = { server, action, moment };
            const options = { leader, crash, seed: ++seed };
            const failure = this.failureOf(order, this.run(order, options), options);
            if (failure !== undefined) return failure;
          }
        }
      }
    }
    return undefined;
  }

  // ---- phase 4

  /** Divides the network in at most DIVISIONS_MAX ways. */
  private withDivisions(judged: JudgedOrder): JudgedOrder {
    if (judged.split !== undefined || this.hasStandalone) return judged;
    const { order } = judged;
    for (const partition of some(partitionsOf(this.roll, order), DIVISIONS_MAX)) {
      const split = this.harmOf(order.slice(0, partition.action + 1), partition, this.leaders.slice(0, 1));
      if (split !== undefined) return { ...judged, split };
    }
    return judged;
  }

  /** Runs a partition once for each of these leaders. Returns the first one that does harm. */
  private harmOf(beginning: Order, partition: Partition, leaders: readonly ServerId[]): SplitByPartition | undefined {
    const [old, fresh] = partition.sides;
    for (const leader of leaders) {
      const { violation } = this.run(beginning, { leader, partition, seed: 1 });
      if (violation !== undefined) return { action: partition.action, old, fresh, violation };
    }
    return undefined;
  }

  // ---- one run

  private run(order: Order, options: RollOptions): RollRun {
    this.runs++;
    this.roll.onRun?.();
    return simulateRoll(this.roll, order, options);
  }

  private failureOf(order: Order, run: RollRun, options: RollOptions): Failure | undefined {
    if (run.violation !== undefined) {
      return { kind: "unsafe", action: run.violatedAt, options, check: undefined, run };
    }
    if (this.failedCheck(run) === undefined) return undefined;
    // An election can take longer, so the operator waits longer.
    if (options.windowMs === undefined) {
      const patient = { ...options, windowMs: WINDOW_MS * PATIENCE };
      return this.failureOf(order, this.run(order, patient), patient);
    }
    const check = this.failedCheck(run) as Check;
    const kind = check.commits && !this.idles(check) ? "ineffective" : "unavailable";
    return { kind, action: check.action, options, check, run };
  }

  /** Returns the first check that fails: no write commits, or a member of the new ensemble is wrong at the end. */
  private failedCheck({ checks }: RollRun): Check | undefined {
    const last = actionsOf(this.roll.from, this.roll.to).length - 1;
    return checks.find((check) => {
      const isWrong = check.action === last && (this.idles(check) || check.stale.length > 0);
      return check.moment === "end" && (!check.commits || isWrong);
    });
  }

  private idles({ idle }: Check): boolean {
    return idle.some((sid) => membersOf(this.roll.to).includes(sid));
  }
}

interface CrashResult {
  readonly failure: Failure | undefined;
  readonly fragile: readonly Fragile[];
}

/** Returns at most `max` of the values: the first, the last, and some between them. */
function some<Value>(values: readonly Value[], max: number): readonly Value[] {
  if (values.length <= max) return values;
  return Array.from({ length: max }, (_, i) => values[Math.round((i * (values.length - 1)) / (max - 1))] as Value);
}

/** Returns each division of the running servers into two sides, after each action. */
function partitionsOf({ from }: Roll, order: Order): Partition[] {
  return order.flatMap((_, action) =>
    divisionsOf(runningAfter(from, order.slice(0, action + 1))).map((sides) => ({ action, sides })),
  );
}

function worse(a: Failure | undefined, b: Failure | undefined): Failure | undefined {
  return a === undefined || (b !== undefined && RANKS[b.kind] > RANKS[a.kind]) ? b : a;
}

function stopsWrites({ checks }: RollRun): boolean {
  return checks.some(({ commits, moment }) => moment === "down" && !commits);
}

/**
 * Safe orders first. Among them, those in which a partition makes no two leaders come first, then those with the fewest
 * idle servers, because an operator waits until each server serves, and with the fewest crashes that stop writes.
 */
function byPreference(a: JudgedOrder, b: JudgedOrder): number {
  return (
    rankOf(a) - rankOf(b) ||
    Number(b.triedCrashes) - Number(a.triedCrashes) ||
    Number(a.split !== undefined) - Number(b.split !== undefined) ||
    a.idle - b.idle ||
    a.fragile.length - b.fragile.length ||
    compareKeys(a.order, b.order)
  );
}

const RANKS = { safe: 0, ineffective: 1, unavailable: 2, unsafe: 3 } as const;

function rankOf({ failure }: JudgedOrder): number {
  return RANKS[failure?.kind ?? "safe"];
}

function compareKeys(a: readonly RollAction[], b: readonly RollAction[]): number {
  const i = a.findIndex(({ server }, i) => server !== b[i]?.server);
  return i < 0 ? 0 : (a[i] as RollAction).server - (b[i] as RollAction).server;
}
