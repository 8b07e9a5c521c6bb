/**
 * The workload for the figures of the protocol: a cluster in steady broadcast. A client writes to the leader at a fixed
 * rate and does not wait for answers. Each write causes proposals, acknowledgments, log syncs and commits. The servers
 * also send pings and set timers. Like a campaign, the workload can check all invariants and compute the digest; such a
 * cluster is called watched. The workload uses the public API.
 */

import { Cluster, Invariants, loadScenario, protocol, type Scenario, sim } from "../lib/index.ts";
import { serverIdsOf } from "../protocol/zxid.ts";
import { nanosecondsOf } from "./harness.ts";

export const WRITE_EVERY_US = 1000;
const WRITE_EVENT = sim.USER_EVENT;
/**
 * The virtual time within which all servers must serve. An election and a synchronization take a fraction of a second.
 */
const SERVING_BY_US = 5 * sim.SECOND;
/**
 * The names of the kinds of events in the text of `mixOf`. Arrivals of messages have no name here, because `mixOf`
 * counts them by the type of the message.
 */
const EVENT_NAMES: Readonly<Record<string, string>> = {
  [sim.eventKindName(WRITE_EVENT)]: "writes",
  disk: "log syncs",
  timer: "timers",
};

export class WatchedCluster {
  readonly cluster: Cluster;
  private readonly invariants: Invariants | undefined;
  private written = 0;

  constructor(scenario: Scenario, watched: boolean, seed = 1) {
    const servers = serverIdsOf(scenario.servers);
    this.invariants = watched ? new Invariants({ servers, now: () => this.cluster.world.nowUs }) : undefined;
    this.cluster = new Cluster(scenario, {
      seed,
      digest: watched,
      watch: (sid) => (this.invariants === undefined ? [] : [this.invariants.notesFor(sid)]),
    });
  }

  /** Whether all servers run and are in BROADCAST. */
  get serves(): boolean {
    const { running, ids } = this.cluster;
    return running.length === ids.length && running.every(({ peer }) => peer.serving);
  }

  /** Starts all servers and runs until all serve. */
  start(): this {
    this.cluster.start();
    this.cluster.world.run({ untilUs: SERVING_BY_US, stopWhen: () => this.serves });
    this.check();
    return this;
  }

  /** Runs a number of events with writes. Returns the duration in nanoseconds. */
  broadcast(events: number): number {
    const { world, leader } = this.cluster;
    if (leader === undefined) throw new Error("bench: no server leads");
    world.onUserEvent = () => {
      leader.write(++this.written);
      world.schedule(world.nowUs + WRITE_EVERY_US, -1, WRITE_EVENT, 0, 0, undefined);
    };
    world.schedule(world.nowUs, -1, WRITE_EVENT, 0, 0, undefined);
    return nanosecondsOf(() => {
      world.run({ untilUs: Number.POSITIVE_INFINITY, maxEvents: events });
    });
  }

  /**
   * Throws an error if a server does not serve or an invariant is violated, because the figures of an incorrect run
   * would mean nothing.
   */
  check(): void {
    if (!this.serves) throw new Error(`bench: at ${this.cluster.world.nowUs} us not all servers serve`);
    const violated = this.invariants?.violations ?? [];
    if (violated.length > 0) throw new Error(`bench: ${violated.map(({ id, text }) => `${id}: ${text}`).join("; ")}`);
  }
}

/** Runs one round of steady broadcast on a new cluster. Returns the number of events per second. */
export function broadcastRate(scenario: Scenario, watched: boolean, events: number): number {
  const cluster = new WatchedCluster(scenario, watched).start();
  const nanoseconds = cluster.broadcast(events);
  cluster.check();
  return (events / nanoseconds) * 1e9;
}

/** Returns the share of each kind of event in steady broadcast, as text. */
export function mixOf(scenario: Scenario, events: number): string {
  const counts = new Map<string, number>();
  const count = (name: string): void => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  const counted = new WatchedCluster(scenario, false).start();
  const { world } = counted.cluster;
  counted.cluster.watchMessages({
    sent: () => {},
    delivered: (_from, _to, message) => count(`${protocol.PACKET_NAMES[(message as { type?: number }).type ?? 0]}s`),
  });
  world.onEvent = () => {
    const name = EVENT_NAMES[sim.eventKindName(world.queue.kind)];
    if (name !== undefined) count(name);
  };
  counted.broadcast(events);
  const parts = [...counts].toSorted((a, b) => b[1] - a[1]);
  return parts.map(([name, times]) => `${((100 * times) / events).toPrecision(2)} % ${name}`).join(", ");
}

/** Loads a scenario from a YAML text. */
export function scenarioOf(text: string): Scenario {
  return loadScenario(text, "bench.yaml");
}
