/**
 * Noise over a scenario: loss, delay, stalls, cuts, resets, pauses, crashes and restarts at drawn moments, and clients that write.
 * Each seed switches whole kinds off and draws how often the others come, so that rare ones are not drowned by common
 * ones. All draws come from streams of their own: noise moves no other decision of the run.
 *
 * After `untilUs` everything is healed and restarted, and the run goes on without noise.
 */

import type { Cluster } from "../cluster/cluster.ts";
import type { CrashSpec } from "../cluster/cluster-spec.ts";
import type { ServerId } from "../protocol/index.ts";
import { createRule, type Random } from "../sim/index.ts";

const KINDS = ["crash", "power", "crash-all", "pause", "cut", "partition", "reset", "stall", "delay", "write"] as const;
type Kind = (typeof KINDS)[number];

/** Mean virtual time between two faults of a kind when it is on, in microseconds. */
const MEAN_US: Readonly<Record<Kind, number>> = {
  crash: 2_000_000,
  power: 4_000_000,
  "crash-all": 12_000_000,
  pause: 4_000_000,
  cut: 2_500_000,
  partition: 4_000_000,
  reset: 1_500_000,
  stall: 2_000_000,
  delay: 1_000_000,
  write: 60_000,
};

export class Noise {
  /** How often each kind struck. */
  readonly counts: Record<Kind, number> = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  private readonly cluster: Cluster;
  private readonly untilUs: number;
  private readonly random: Random;
  private written = 0;

  constructor(cluster: Cluster, untilUs: number) {
    this.cluster = cluster;
    this.untilUs = untilUs;
    this.random = cluster.world.random.stream("noise");
  }

  start(): void {
    const { world } = this.cluster;
    const { random } = this;
    world.network.setDefaultCharacter({
      lossRate: random.chance(0.5) ? 0 : random.pick([0.001, 0.01, 0.05]),
      slowRate: random.chance(0.5) ? 0 : random.pick([0.001, 0.01, 0.1]),
      slowExtraUs: random.pick([5_000, 50_000, 500_000]),
    });
    if (random.chance(0.3)) {
      const sid = random.pick(this.cluster.ids);
      world.node(sid).disk.setCharacter({ syncMinUs: 5_000, syncMaxUs: random.pick([50_000, 500_000]) });
    }
    for (const kind of KINDS) {
      if (kind !== "write" && random.chance(0.5)) continue;
      this.schedule(kind, MEAN_US[kind] * random.pick([0.3, 1, 3]));
    }
    world.at(this.untilUs, () => this.calm(), "calm");
  }

  private schedule(kind: Kind, meanUs: number): void {
    const { world } = this.cluster;
    const atUs = world.nowUs + 1 + Math.floor(this.random.exponential(meanUs));
    if (atUs >= this.untilUs) return;
    const strike = (): void => {
      this.counts[kind]++;
      this.strike(kind);
      this.schedule(kind, meanUs);
    };
    world.at(atUs, strike, kind);
  }

  private strike(kind: Kind): void {
    const { cluster, random } = this;
    const { ids, world } = cluster;
    const sid = random.pick(ids);
    switch (kind) {
      case "crash":
        this.crash(sid, true);
        break;
      case "power":
        this.crash(sid, false);
        break;
      case "crash-all":
        for (const one of ids) this.crash(one, false);
        break;
      case "pause":
        world.node(sid).pause();
        this.later(2_000_000, () => world.node(sid).resume());
        break;
      case "cut":
        this.cut([[sid, random.pick(ids)]]);
        break;
      case "partition":
        this.partition();
        break;
      case "reset": {
        const flying = world.network.inFlight().filter((message) => message.conn !== 0);
        if (flying.length > 0) world.network.resetConnection(random.pick(flying).conn);
        break;
      }
      case "stall": {
        const rule = world.network.addRule(createRule((_message, from) => from === sid, { kind: "hold" }, 1));
        this.later(8_000_000, () => {
          world.network.removeRule(rule);
          world.network.releaseRule(rule);
        });
        break;
      }
      case "delay":
        world.network.addRule(
          createRule((_message, from) => from === sid, { kind: "delay", byUs: random.int(1_000, 3_000_000) }, 3),
        );
        break;
      case "write": {
        const server = random.chance(0.8) ? cluster.leader : cluster.server(sid);
        server?.write(`n${++this.written}`);
        break;
      }
    }
  }

  private crash(sid: ServerId, connectionsReset: boolean): void {
    const { cluster, random } = this;
    const unsynced: CrashSpec["unsynced"] = connectionsReset
      ? random.pick(["kept", "lost", "torn"] as const)
      : random.pick(["lost", "torn", random.int(0, 3)] as const);
    cluster.crash({ server: sid, unsynced, connectionsReset });
    this.later(3_000_000, () => cluster.startServer(sid));
  }

  private cut(pairs: readonly (readonly [ServerId, ServerId])[]): void {
    const { network } = this.cluster.world;
    for (const [from, to] of pairs) if (from !== to) network.cut(from, to);
    this.later(6_000_000, () => {
      for (const [from, to] of pairs) if (from !== to) network.heal(from, to);
    });
  }

  /** Two random sides; now and then only one direction between them. */
  private partition(): void {
    const { random } = this;
    const { ids } = this.cluster;
    const side = ids.filter(() => random.chance(0.5));
    const others = ids.filter((sid) => !side.includes(sid));
    const there = side.flatMap((a) => others.map((b) => [a, b] as const));
    const back = random.chance(0.8) ? there.map(([a, b]) => [b, a] as const) : [];
    this.cut([...there, ...back]);
  }

  private later(maxUs: number, action: () => void): void {
    const { world } = this.cluster;
    world.at(world.nowUs + this.random.int(1_000, maxUs), action, "noise");
  }

  private calm(): void {
    const { cluster } = this;
    cluster.world.network.healAll();
    cluster.world.network.setDefaultCharacter({ lossRate: 0, slowRate: 0 });
    for (const sid of cluster.ids) {
      cluster.world.node(sid).resume();
      cluster.startServer(sid);
    }
  }
}
