/**
 * Random sequences of all faults on 3 nodes that exchange messages. A sequence must not break a guarantee that programs
 * rely on, throw an error, or run forever, and a second run of it must be identical.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { checkDeterminism } from "../../sim/determinism.ts";
import { createRule } from "../../sim/rules.ts";
import type { World } from "../../sim/world.ts";
import { inputs } from "../inputs.ts";
import { Probe, testBed } from "./probe.ts";

const FAULTS = [
  ...["cut", "heal", "clog", "unclog", "reset", "drop rule", "hold rule", "reset rule", "delay rule", "release"],
  ...["crash", "power", "stop", "start", "pause", "resume", "stall", "unstall", "close", "connect", "write"],
] as const;

const step = fc.record({
  fault: fc.constantFrom(...FAULTS),
  node: fc.integer({ min: 1, max: 3 }),
  other: fc.integer({ min: 1, max: 2 }),
  thenUs: fc.oneof(fc.constant(0), fc.nat(300), fc.nat(50_000)),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A probe that answers messages, and checks that each event is consistent with earlier events. */
class Checked extends Probe {
  readonly open = new Set<number>();
  readonly calling = new Set<number>();
  private readonly lastReceived = new Map<number, number>();
  private sent = 0;
  messages = 0;

  call(to: number): void {
    this.calling.add(this.node.connect(to, 1));
  }
  talk(conn: number): void {
    expect(this.node.send(conn, String(++this.sent))).toBe(true);
  }
  override onConnected(conn: number): void {
    expect(this.calling.delete(conn)).toBe(true);
    this.open.add(conn);
    this.talk(conn);
  }
  override onRefused(conn: number): void {
    expect(this.calling.delete(conn)).toBe(true);
  }
  override onAccepted(conn: number): void {
    expect(this.open.has(conn)).toBe(false);
    this.open.add(conn);
    this.node.disk.append("accepted", conn);
    this.node.disk.sync(conn);
  }
  override onMessage(conn: number, _from: number, message: string): void {
    expect(this.open.has(conn)).toBe(true);
    // On one connection, each number from a sender is greater than the number before it.
    expect(Number(message)).toBeGreaterThan(this.lastReceived.get(conn) ?? 0);
    this.lastReceived.set(conn, Number(message));
    if (++this.messages < 200) this.talk(conn);
  }
  override onClosed(conn: number): void {
    expect(this.open.delete(conn)).toBe(true);
  }
  closeOne(): void {
    for (const conn of this.open) {
      this.node.close(conn);
      this.open.delete(conn);
      return;
    }
  }
  override stateHash(): number {
    return this.messages * 64 + this.open.size;
  }
}

const checked = (world: World<string>, id: number) => world.node(id).program as Checked | undefined;

function inflict(world: World<string>, rules: number[], { fault, node: id, other }: Step): void {
  const node = world.node(id);
  const to = ((id + other - 1) % 3) + 1;
  const { network } = world;
  const verdictRule = (kind: "drop" | "hold" | "reset") =>
    rules.push(network.addRule(createRule<string>((_message, from) => from === id, { kind }, 2)));
  switch (fault) {
    case "cut":
    case "heal":
    case "clog":
    case "unclog":
      network[fault](id, to);
      break;
    case "reset":
      network.resetConnection([...(checked(world, id)?.open ?? [0])][0] ?? 0);
      break;
    case "drop rule":
      verdictRule("drop");
      break;
    case "hold rule":
      verdictRule("hold");
      break;
    case "reset rule":
      verdictRule("reset");
      break;
    case "delay rule":
      network.addRule(createRule<string>(() => true, { kind: "delay", byUs: 700 }, 3));
      break;
    case "release":
      for (const rule of rules) network.releaseRule(rule);
      break;
    case "crash":
      if (node.up) node.crash({ unsynced: "torn", tmp: true });
      break;
    case "power":
      node.crash({ power: true });
      break;
    case "stop":
      if (node.up) node.stop();
      break;
    case "start":
      begin(world, id);
      break;
    case "pause":
    case "resume":
      node[fault]();
      break;
    case "stall":
    case "unstall":
      node.disk[fault]();
      break;
    case "close":
      checked(world, id)?.closeOne();
      break;
    case "connect":
      checked(world, id)?.call(to);
      break;
    case "write":
      node.disk.replaceFile("value", world.nowUs, 1, 1);
      break;
  }
}

function begin(world: World<string>, id: number): void {
  const node = world.node(id);
  if (node.up) return;
  const program = new Checked(node);
  node.start(program);
  node.listen(1);
  program.call((id % 3) + 1);
}

function chaos(seed: number, steps: readonly Step[]): World<string> {
  const { world } = testBed(3, { seed, link: { latencyMinUs: 50, latencyMaxUs: 250, lossRate: 0.01 } });
  for (const node of world.nodes) {
    node.stop();
    begin(world, node.id);
  }
  const rules: number[] = [];
  let atUs = 0;
  for (const entry of steps) {
    atUs += entry.thenUs;
    world.at(atUs, () => inflict(world, rules, entry), entry.fault);
  }
  world.at(atUs, () => undoFaults(world, rules), "undo faults");
  return world;
}

function undoFaults(world: World<string>, rules: readonly number[]): void {
  for (const rule of rules) world.network.removeRule(rule);
  for (const rule of rules) world.network.releaseRule(rule);
  world.network.healAll();
  for (const node of world.nodes) {
    for (const other of world.nodes) if (other !== node) world.network.unclog(node.id, other.id);
    node.disk.unstall();
    node.resume();
    begin(world, node.id);
  }
}

test("after any faults on 3 nodes are undone, streams have kept their guarantees and new connections work", () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { maxLength: 40 }), (seed, steps) => {
      const world = chaos(seed, steps);
      expect(world.run({ untilUs: Number.POSITIVE_INFINITY, maxEvents: 100_000 }).reason).toBe("idle");
      // Without rules that hold messages, every message has arrived or is lost.
      expect(world.network.inFlight()).toEqual([]);
      for (const node of world.nodes) {
        expect(node.disk.pending()).toEqual([]);
        expect(checked(world, node.id)?.calling.size).toBe(0);
      }
      const before = world.nodes.map((node) => checked(world, node.id)?.open.size ?? 0);
      checked(world, 1)?.call(2);
      world.run({ untilUs: Number.POSITIVE_INFINITY });
      expect(checked(world, 1)?.open.size).toBe((before[0] ?? 0) + 1);
      expect(checked(world, 2)?.open.size).toBe((before[1] ?? 0) + 1);
    }),
    { seed: 1, numRuns: inputs(100, 1000) },
  );
});

test("two runs with the same seed and any faults agree event by event", () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(step, { maxLength: 30 }), (seed, steps) => {
      const result = checkDeterminism(() => {
        const world = chaos(seed, steps);
        return { step: () => world.step(), digest: () => world.digestHex(), describe: () => world.describe() };
      }, 20_000);
      expect(result).toMatchObject({ same: true });
    }),
    { seed: 2, numRuns: inputs(30, 300) },
  );
});
