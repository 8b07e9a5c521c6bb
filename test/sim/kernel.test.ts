import { expect, test } from "vitest";
import { Kernel } from "../../sim/kernel.ts";
import { Trace } from "../../sim/trace.ts";

test("a kernel starts at time 0 without pending events", () => {
  const kernel = new Kernel(1, undefined);
  expect([kernel.nowUs, kernel.queue.size, kernel.trace]).toEqual([0, 0, undefined]);
});

test("a kernel records into a full trace and ignores a trace of level none", () => {
  const full = new Trace();
  expect(new Kernel(1, full).trace).toBe(full);
  expect(new Kernel(1, new Trace({ level: "none" })).trace).toBeUndefined();
});

test("kernels with equal seeds draw equal random numbers", () => {
  const draw = (seed: number | bigint | string) => new Kernel(seed, undefined).random.stream("node", 1).u32();
  expect([draw(7n), draw("7")]).toEqual([draw(7), draw(7)]);
  expect(draw(8)).not.toBe(draw(7));
});
