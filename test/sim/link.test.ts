import { expect, test } from "vitest";
import { DEFAULT_LINK, LinkTable } from "../../sim/link.ts";
import { RandomStreams } from "../../sim/random.ts";

const table = (character = {}) => new LinkTable([1, 2, 3], { ...DEFAULT_LINK, ...character }, new RandomStreams(1));

test("a fixed latency draws nothing", () => {
  const link = table({ latencyMinUs: 70, latencyMaxUs: 70 }).between(1, 2);
  expect([link.drawLatencyUs(), link.drawLatencyUs()]).toEqual([70, 70]);
  expect(link.random.u32()).toBe(new RandomStreams(1).stream("link", 1, 2).u32());
});

test("random latencies cover the whole range, and slow ones exceed it", () => {
  const link = table({ latencyMinUs: 10, latencyMaxUs: 12 }).between(1, 2);
  expect(new Set(Array.from({ length: 100 }, () => link.drawLatencyUs()))).toEqual(new Set([10, 11, 12]));
  const slow = table({ latencyMinUs: 10, latencyMaxUs: 10, slowRate: 0.5, slowExtraUs: 1000 }).between(1, 2);
  const drawn = Array.from({ length: 200 }, () => slow.drawLatencyUs());
  const slowOnes = drawn.filter((latencyUs) => latencyUs > 10).length;
  expect(slowOnes).toBeGreaterThan(60);
  expect(slowOnes).toBeLessThan(140);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(1010);
});

test("a new default character applies to every link without its own, whether used before or not", () => {
  const links = table();
  links.between(1, 2);
  links.setCharacter(2, 1, { latencyMinUs: 1, latencyMaxUs: 1 });
  links.setDefaultCharacter({ latencyMinUs: 5, latencyMaxUs: 5 });
  expect(
    [
      [1, 2],
      [2, 1],
      [1, 3],
    ].map(([from, to]) => links.between(from as number, to as number).drawLatencyUs()),
  ).toEqual([5, 1, 5]);
});

test("an impossible character or an unknown node is an error that names the value", () => {
  expect(() => table({ latencyMinUs: 5, latencyMaxUs: 4 })).toThrow(/latencyMaxUs 4 is below latencyMinUs 5/);
  expect(() => table({ latencyMinUs: 0.5 })).toThrow(/latencyMinUs is 0.5/);
  expect(() => table().between(1, 9)).toThrow(/no link 1 -> 9/);
});
