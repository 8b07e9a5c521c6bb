/**
 * What the protocol's figures run: a cluster in steady broadcast. A client hands the leader one write after another at a
 * fixed rate, whatever the cluster does; each becomes proposals, acknowledgements, log syncs and commits, beside pings and
 * timers. Everything watches that would watch a campaign's run: all invariants and the digest, through the public API.
 */
import { Cluster } from "../scenarios/cluster.ts";
import { Invariants } from "../scenarios/invariants/index.ts";
import { loadScenario } from "../scenarios/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { SECOND, USER_EVENT } from "../sim/index.ts";

const WRITE_EVENT = USER_EVENT;
/** By then every cluster here serves: an election and a synchronization take a fraction of a second. */
const SERVING_BY_US = 5 * SECOND;

export interface Watching {
  /** All invariants and the digest. */
  readonly watched: boolean;
}

export class SteadyCluster {
  readonly cluster: Cluster;
  private readonly invariants: Invariants | undefined;
  private written = 0;

  constructor(scenario: Scenario, { watched }: Watching, seed = 1) {
    const now = (): number => this.cluster.world.nowUs;
    const servers = Object.keys(scenario.servers).map(Number);
    this.invariants = watched ? new Invariants({ servers, now }) : undefined;
    this.cluster = new Cluster(scenario, {
      seed,
      digest: watched,
      watch: (sid) => (this.invariants === undefined ? [] : [this.invariants.notesFor(sid)]),
    });
  }

  /** Starts all servers and runs until they serve. */
  start(): void {
    const { cluster } = this;
    cluster.start();
    cluster.world.run({ untilUs: SERVING_BY_US });
    if (!this.allServe) throw new Error(`bench: after ${SERVING_BY_US} us not all of ${cluster.ids} serve`);
  }

  get allServe(): boolean {
    const { running, ids } = this.cluster;
    return running.length === ids.length && running.every(({ peer }) => peer.serving);
  }

  /** Runs until this many events more have been handled, with a write every so often. Returns the nanoseconds it took. */
  broadcast(events: number, writeEveryUs: number): number {
    const { cluster } = this;
    const { world } = cluster;
    const leader = cluster.leader;
    if (leader === undefined) throw new Error("bench: nobody leads");
    world.onUserEvent = () => {
      leader.write(++this.written);
      world.schedule(world.nowUs + writeEveryUs, -1, WRITE_EVENT, 0, 0, undefined);
    };
    if (this.written === 0) world.schedule(world.nowUs, -1, WRITE_EVENT, 0, 0, undefined);
    const start = performance.now();
    world.run({ untilUs: Number.POSITIVE_INFINITY, maxEvents: events });
    return (performance.now() - start) * 1e6;
  }

  /** Throws unless all servers still serve, have what was written, and no invariant was violated. */
  check(): void {
    const violations = this.invariants?.violations ?? [];
    if (violations.length > 0) throw new Error(`bench: ${violations.map(({ id, text }) => `${id}: ${text}`).join("\n")}`);
    if (!this.allServe) throw new Error("bench: not all servers serve at the end");
  }
}

/** A scenario of this text, with nothing else in it. */
export function scenarioOf(text: string): Scenario {
  return loadScenario(text, "bench.yaml");
}
