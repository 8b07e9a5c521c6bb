/**
 * Runs one order of a roll in the simulator. A client writes at every server during the whole roll. The operator waits
 * the same time after each action, and then checks that writes commit. Optionally, one server crashes once, stays down
 * for a while, and starts again with the list that its file then has.
 *
 * The run is a scenario, so `zabsim replay` can repeat it. Only the checks between the actions are made from outside.
 */
import type { Cluster } from "../cluster/cluster.ts";
import { DEFAULT_THREADS, type ServerSpec } from "../cluster/cluster-spec.ts";
import type { InvariantId, Violation } from "../invariants/index.ts";
import type { Behavior, ServerId } from "../protocol/index.ts";
import { DEFAULT_DISK, DEFAULT_NETWORK } from "../scenarios/loading/short-forms-and-defaults.ts";
import { ScenarioRunner } from "../scenarios/run.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { type Ensemble, isStandalone, membersOf, type Order, type Roll, type RollAction } from "./ensemble.ts";

/** A crash of one server during one action of a roll. */
export interface Crash {
  readonly server: ServerId;
  /** The index of the action. */
  readonly action: number;
  /** `during`: right after the action begins. `after`: when the servers have had time to complete the action. */
  readonly moment: CrashMoment;
}

export const CRASH_MOMENTS = ["during", "after"] as const;
export type CrashMoment = (typeof CRASH_MOMENTS)[number];

/** A partition of the network after one action of a roll. It heals before the next action. */
export interface Partition {
  /** The index of the action. */
  readonly action: number;
  readonly sides: readonly [readonly ServerId[], readonly ServerId[]];
}

/** The state of the servers at a check. */
export interface Check {
  /** The index of the action after which the check is made. */
  readonly action: number;
  /** `down`: while the crashed server is down. `end`: when the operator continues with the next action. */
  readonly moment: "down" | "end";
  /** Whether a write committed in the last moments before the check. */
  readonly commits: boolean;
  /** The servers that lead. */
  readonly leaders: readonly ServerId[];
  /** The running servers that do not serve. */
  readonly idle: readonly ServerId[];
  /** The running servers that do not use the new list. */
  readonly stale: readonly ServerId[];
}

/** The outcome of one order, or of its first actions. */
export interface RollRun {
  readonly scenario: Scenario;
  readonly checks: readonly Check[];
  /** The first violation that means lost data or two leaders. */
  readonly violation: Violation | undefined;
  /** The index of the action during which the violation was found. */
  readonly violatedAt: number;
}

/** The invariants whose violation means that a client can lose data, or that two servers lead. */
const SAFETY: ReadonlySet<InvariantId> = new Set<InvariantId>([
  "primary-uniqueness",
  "agreement",
  "total-order",
  "initial-history-agreement",
  "committed-history-grows",
  "trunc-keeps-committed",
  "leader-is-complete",
]);

const WARM_UP_MS = 1500;
/** The time between two actions. It is longer than an election, a synchronization and a timeout together. */
export const WINDOW_MS = 4000;
const CRASH_MS: Readonly<Record<CrashMoment, number>> = { during: 350, after: 2000 };
const DOWN_MS = 4000;
/** A partition begins when the servers have had time to complete the action, and is longer than an election. */
const PARTITION_MS = { after: 2000, duration: 6000 };
/** A check looks at the writes of this time before it. */
const CHECKED_MS = 1500;
const WRITE_EVERY_MS = 1000;
const US = 1000;

/** The options of one run. */
export interface RollOptions {
  /** The server that leads before the first action. */
  readonly leader: ServerId;
  readonly crash?: Crash | undefined;
  readonly partition?: Partition | undefined;
  /** The time between two actions. Default: WINDOW_MS. */
  readonly windowMs?: number;
  /** The seed from which latencies and the durations of work are drawn. */
  readonly seed: number;
  /** Changes the behavior of every server, for example to apply a fix. */
  readonly change?: (behavior: Behavior) => Behavior;
}

/** Runs the actions in this order. */
export function simulateRoll(roll: Roll, order: Order, options: RollOptions): RollRun {
  const { change, crash, seed } = options;
  const starts = startTimes(order.length, options);
  const endMs = starts[order.length] as number;
  const scenario = scenarioOf(roll, order, options);
  const runner = new ScenarioRunner(scenario, { seed, records: false, digest: false, stopAt: isUnsafe, change });
  const checks: Check[] = [];
  const checkAt = (timeMs: number, action: number, moment: Check["moment"]): void => {
    const { cluster } = runner;
    let before = 0;
    cluster.world.at(
      (timeMs - CHECKED_MS) * US,
      () => {
        before = committed(cluster);
      },
      "before-check",
    );
    cluster.world.at(
      timeMs * US,
      () => {
        checks.push({ action, moment, commits: committed(cluster) > before, ...statesOf(cluster, roll.to) });
      },
      "check",
    );
  };
  if (crash !== undefined) {
    const crashMs = (starts[crash.action] as number) + CRASH_MS[crash.moment];
    checkAt(crashMs + DOWN_MS - 10, crash.action, "down");
  }
  for (let i = crash?.action ?? 0; i < order.length; i++) checkAt((starts[i + 1] as number) - 10, i, "end");
  const { endUs, violations } = runner.run();
  const violation = violations.find(isUnsafe);
  const violatedAt =
    violation === undefined ? -1 : starts.findLastIndex((ms) => ms * US <= Math.min(endUs, endMs * US - 1));
  return { scenario, checks, violation, violatedAt };
}

function isUnsafe({ id }: Violation): boolean {
  return SAFETY.has(id);
}

/** Returns the time of each action, and the end of the roll. A crash or a partition delays the actions after it. */
function startTimes(actions: number, { crash, partition, windowMs = WINDOW_MS }: RollOptions): number[] {
  const times = [WARM_UP_MS];
  for (let i = 0; i < actions; i++) {
    const down = crash?.action === i ? CRASH_MS[crash.moment] + DOWN_MS : 0;
    const apart = partition?.action === i ? PARTITION_MS.after + PARTITION_MS.duration : 0;
    times.push((times[i] as number) + down + apart + windowMs);
  }
  return times;
}

/** The number of transactions that the most advanced leader has committed. */
function committed({ running }: Cluster): number {
  return Math.max(0, ...running.filter(({ peer }) => peer.leads).map(({ peer }) => peer.database.history.length));
}

function statesOf({ running }: Cluster, to: Ensemble): Pick<Check, "leaders" | "idle" | "stale"> {
  const voters = to.config.voters.join();
  return {
    stale: running.filter(({ peer }) => peer.configurations.committed.voters.join() !== voters).map(({ id }) => id),
    leaders: running.filter(({ peer }) => peer.leads).map(({ id }) => id),
    idle: running.filter(({ peer }) => !peer.serving).map(({ id }) => id),
  };
}

// ---- the scenario

/** Returns the scenario of a roll with these options. */
export function scenarioOf({ from, to, zookeeper }: Roll, order: Order, options: RollOptions): Scenario {
  const { crash, leader, partition } = options;
  const starts = startTimes(order.length, options);
  const old = membersOf(from);
  const servers = [...new Set([...old, ...membersOf(to)])].sort((a, b) => a - b);
  const specOf = (sid: ServerId): ServerSpec => (old.includes(sid) ? member(from, sid, leader) : newcomer(to));
  const endMs = starts.at(-1) as number;
  return {
    name: "roll",
    about: "",
    zookeeper,
    servers: Object.fromEntries(servers.map((sid) => [sid, specOf(sid)])),
    settings: {
      tickTimeMs: 500,
      initLimit: 4,
      syncLimit: 2,
      reconfigEnabled: from.reconfigEnabled,
      standaloneEnabled: from.standaloneEnabled,
    },
    network: { ...DEFAULT_NETWORK, links: [] },
    disk: DEFAULT_DISK,
    threads: DEFAULT_THREADS,
    committed: "1:3",
    steps: [
      ...(isStandalone(from) ? [isolated(old[0] as ServerId)] : []),
      ...order.flatMap((action, i) => stepsOf(action, from, to, `${starts[i]}ms`)),
      ...(crash === undefined ? [] : [crashStep(crash, starts)]),
      ...(partition === undefined ? [] : [partitionStep(partition, starts)]),
      ...servers.map((at) => writes(at, endMs)),
    ],
    until: `${endMs}ms`,
    expect: { violates: [] },
  };
}

/** A server of the old ensemble. The leader at the start has one transaction more, so that it wins the election. */
function member({ config }: Ensemble, sid: ServerId, leader: ServerId): ServerSpec {
  const role = config.voters.includes(sid) ? "participant" : "observer";
  const history = sid === leader ? "1:1..1:4" : "1:1..1:3";
  return { ...SPEC, role, config, history, acceptedEpoch: 1, currentEpoch: 1, snapshots: ["0:0"] };
}

function newcomer({ config }: Ensemble): ServerSpec {
  const epochs = { acceptedEpoch: "missing", currentEpoch: "missing" } as const;
  return { ...SPEC, ...epochs, role: "participant", config, history: "", snapshots: [], empty: true, down: true };
}

const SPEC = { logFilesFrom: [], empty: false, down: false, settings: {} } as const;

function stepsOf({ kind, server }: RollAction, from: Ensemble, to: Ensemble, at: string): Step[] {
  if (kind === "stop") return [{ at, crash: { server, unsynced: "kept", connectionsReset: true } }];
  if (kind === "start") return [{ at, start: server }, ...(isStandalone(to) ? [isolated(server)] : [])];
  const { config, reconfigEnabled, standaloneEnabled } = to;
  const restart = { server, config, settings: { reconfigEnabled, standaloneEnabled } };
  if (isStandalone(to))
    return [
      { at, ...isolated(server) },
      { after: "0us", restart },
    ];
  if (isStandalone(from))
    return [
      { at, heal: [server] },
      { after: "0us", restart },
    ];
  return [{ at, restart }];
}

/** A standalone server opens no port for other servers. */
function isolated(server: ServerId): Step {
  return { isolate: server };
}

function crashStep({ action, moment, server }: Crash, starts: readonly number[]): Step {
  return {
    from: `${(starts[action] as number) + CRASH_MS[moment]}ms`,
    crash: { server, unsynced: "lost", connectionsReset: true },
    for: `${DOWN_MS}ms`,
  };
}

function partitionStep({ action, sides }: Partition, starts: readonly number[]): Step {
  const from = `${(starts[action] as number) + PARTITION_MS.after}ms`;
  return { from, partition: sides, for: `${PARTITION_MS.duration}ms` };
}

function writes(at: ServerId, endMs: number): Step {
  const count = Math.ceil(endMs / WRITE_EVERY_MS);
  return { from: "0ms", write: { at, count, every: `${WRITE_EVERY_MS}ms` } };
}
