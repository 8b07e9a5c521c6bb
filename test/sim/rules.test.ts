import { expect, test } from "vitest";
import { createRule, type NetworkRule, RuleList } from "../../sim/rules.ts";
import { connectedBed, delivered } from "./probe.ts";

const isText = (text: string) => (message: string) => message === text;

test("after a rule drops a stream message, no later one arrives, and the other direction works", () => {
  const { world, logs, run, conn } = connectedBed();
  const rule = createRule<string>(isText("b"), { kind: "drop" });
  world.network.addRule(rule);
  for (const message of ["a", "b", "c"]) world.node(1).send(conn, message);
  world.node(2).send(conn, "back");
  run(1000);
  world.node(1).close(conn);
  run(5000);
  expect([delivered(logs[2]), delivered(logs[1])]).toEqual([["a"], ["back"]]);
  expect(logs[2]?.some((line) => line.includes("closed"))).toBe(false);
  expect([rule.hits, rule.affected]).toEqual([1, 3]);
});

test("a node that writes to a closed connection gets a reset, even if a dropped message stalled the close", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.addRule(createRule<string>(isText("b"), { kind: "drop" }));
  world.node(1).send(conn, "b");
  world.node(1).close(conn);
  world.node(2).send(conn, "anyone?");
  run(1000);
  expect(logs[2]).toEqual(["400 reset 1"]);
});

test("a held message and all later ones wait for the release, and earlier ones arrive", () => {
  const { world, logs, run, conn } = connectedBed();
  const id = world.network.addRule(createRule<string>(isText("b"), { kind: "hold" }, 1));
  for (const message of ["a", "b", "c"]) world.node(1).send(conn, message);
  run(1000);
  expect(delivered(logs[2])).toEqual(["a"]);
  world.network.releaseRule(id);
  run(2000);
  expect(logs[2]?.slice(1)).toEqual(["1100 message b on 1 from 1", "1100 message c on 1 from 1"]);
  expect(world.network.effects.heldByRule).toBe(1);
});

test("a message that a rule holds stays held when a cut of its link heals", () => {
  const { world, logs, run, conn } = connectedBed();
  const id = world.network.addRule(createRule<string>(isText("b"), { kind: "hold" }));
  world.node(1).send(conn, "a");
  world.node(1).send(conn, "b");
  world.network.cut(1, 2);
  run(1000);
  world.network.heal(1, 2);
  run(2000);
  expect(delivered(logs[2])).toEqual(["a"]);
  world.network.releaseRule(id);
  run(3000);
  expect(delivered(logs[2])).toEqual(["a", "b"]);
});

test("a delayed message delays the later messages of its stream", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.addRule(createRule<string>(isText("a"), { kind: "delay", byUs: 500 }));
  world.node(1).send(conn, "a");
  world.node(1).send(conn, "b");
  run(2000);
  expect(logs[2]).toEqual(["800 message a on 1 from 1", "800 message b on 1 from 1"]);
});

test("a rule with the verdict reset notifies both ends, and the message does not arrive", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.addRule(createRule<string>(isText("a"), { kind: "reset" }));
  world.node(1).send(conn, "a");
  run(2000);
  expect([logs[1], logs[2]]).toEqual([["300 reset 1"], ["300 reset 1"]]);
});

test("the receiver gets the message that a rule puts in place of the original", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.addRule(createRule<string>(isText("a"), { kind: "replace", make: (message) => `${message}!` }));
  world.node(1).send(conn, "a");
  run(2000);
  expect(delivered(logs[2])).toEqual(["a!"]);
});

test("the first matching rule decides, and an exhausted or removed rule never matches", () => {
  const { world, logs, run, conn } = connectedBed();
  const replace = (by: string): NetworkRule<string> =>
    createRule<string>(() => true, { kind: "replace", make: (message) => message + by }, by === "1" ? 1 : 99);
  const [first, second] = [replace("1"), replace("2")];
  world.network.addRule(first);
  const secondId = world.network.addRule(second);
  world.node(1).send(conn, "a");
  world.node(1).send(conn, "b");
  world.network.removeRule(secondId);
  world.node(1).send(conn, "c");
  run(2000);
  expect(delivered(logs[2])).toEqual(["a1", "b2", "c"]);
  expect([first.hits, first.remaining, second.hits]).toEqual([1, 0, 1]);
});

test("a dropped datagram does not affect others, and a held one waits for the release", () => {
  const { world, logs, run } = connectedBed();
  world.network.addRule(createRule<string>(isText("a"), { kind: "drop" }));
  const id = world.network.addRule(createRule<string>(isText("b"), { kind: "hold" }));
  for (const message of ["a", "b", "c"]) world.node(1).datagram(2, 5, message);
  run(1000);
  expect(delivered(logs[2])).toEqual(["c"]);
  expect(world.network.inFlight().map(({ message }) => message)).toEqual(["b"]);
  world.network.releaseRule(id);
  run(2000);
  expect(delivered(logs[2])).toEqual(["c", "b"]);
});

test("a rule delays one datagram, and a later one overtakes it", () => {
  const { world, logs, run } = connectedBed();
  world.network.addRule(createRule<string>(isText("a"), { kind: "delay", byUs: 500 }));
  for (const message of ["a", "b"]) world.node(1).datagram(2, 5, message);
  run(2000);
  expect(logs[2]).toEqual(["300 datagram b from 1 on 5", "800 datagram a from 1 on 5"]);
  expect(world.network.effects.delayedByRule).toBe(1);
});

test("a rule replaces one datagram, and the receiver gets only the replacement", () => {
  const { world, logs, run } = connectedBed();
  world.network.addRule(createRule<string>(isText("a"), { kind: "replace", make: (message) => `${message}!` }));
  for (const message of ["a", "b"]) world.node(1).datagram(2, 5, message);
  run(2000);
  expect([delivered(logs[2]), world.network.effects.replacedByRule]).toEqual([["a!", "b"], 1]);
});

test("a rule with the verdict reset loses a datagram, because there is no connection to reset", () => {
  const { world, logs, run, conn } = connectedBed();
  world.network.addRule(createRule<string>(isText("a"), { kind: "reset" }));
  world.node(1).datagram(2, 5, "a");
  world.node(1).send(conn, "b");
  run(2000);
  expect([delivered(logs[2]), world.network.effects.lostByRule]).toEqual([["b"], 1]);
});

test("a rule list knows the ids of removed rules, because a removed rule may still hold messages", () => {
  const rules = new RuleList<string>();
  for (let count = 0; count < 3; count++) rules.add(createRule<string>(() => true, { kind: "drop" }));
  rules.remove(2);
  expect([rules.ids(), rules.active]).toEqual([[1, 2, 3], 2]);
});
