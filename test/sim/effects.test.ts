import { expect, test } from "vitest";
import { NetworkEffects } from "../../sim/effects.ts";
import { createRule } from "../../sim/rules.ts";
import { connectedBed, testBed } from "./probe.ts";

test("a run without faults counts no effect", () => {
  const { world, run, conn } = connectedBed();
  world.node(1).send(conn, "a");
  world.node(2).datagram(1, 5, "b");
  world.node(1).close(conn);
  run(1000);
  expect(world.network.effects).toEqual(new NetworkEffects());
});

test("a message that a rule and a cut hold counts for both", () => {
  const { world, run, conn } = connectedBed();
  world.network.addRule(createRule<string>(() => true, { kind: "hold" }));
  world.network.cut(1, 2);
  world.node(1).send(conn, "a");
  run(1000);
  expect([world.network.effects.heldByRule, world.network.effects.heldByCut]).toEqual([1, 1]);
});

test("on a link that is cut and clogged, a stream message counts for the cut only", () => {
  const { world, conn } = connectedBed();
  const [clog, cut] = [world.network.clog(1, 2), world.network.cut(1, 2)];
  world.node(1).send(conn, "a");
  expect([cut.held, clog.held]).toEqual([1, 0]);
  expect([world.network.effects.heldByCut, world.network.effects.heldByClog]).toEqual([1, 0]);
});

test("blocks are listed in the order of their starts, with the times of start and end", () => {
  const { world, run } = testBed(2);
  world.network.cut(2, 1);
  run(100);
  world.network.clog(1, 2);
  run(300);
  world.network.heal(2, 1);
  expect(world.network.effects.blocks).toEqual([
    { kind: "cut", from: 2, to: 1, sinceUs: 0, untilUs: 300, held: 0, lost: 0 },
    { kind: "clog", from: 1, to: 2, sinceUs: 100, untilUs: undefined, held: 0, lost: 0 },
  ]);
});
