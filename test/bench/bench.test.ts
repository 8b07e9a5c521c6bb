/**
 * Checks that each benchmark runs and prints its results. No test checks the speed.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { FAMILIES, figuresOf } from "../../bench/families.ts";
import { QUICK } from "../../bench/harness.ts";
import { compileNativeKernel } from "../../bench/kernel-native.ts";
import { runEventQueue } from "../../bench/kernel-workload.ts";
import { tableOf } from "../../bench/table.ts";

const native = compileNativeKernel();

describe("bench --quick", () => {
  test("the JSON has all figures and nothing else, and the table has a line for each figure", async () => {
    const results = [];
    for (const family of FAMILIES) results.push(await family.measure(QUICK));
    const figures = figuresOf(results);
    const aNumber = expect.toSatisfy((value: unknown) => Number.isFinite(value) && (value as number) > 0);
    const versusNative = native === undefined ? null : aNumber;
    expect(figures).toEqual({
      kernelVsNative64: versusNative,
      kernelVsNative1k: versusNative,
      kernelVsNative64k: versusNative,
      kernelVsSimjs: aNumber,
      kernelVsFakeTimers: aNumber,
      protocolEventsPerS: aNumber,
      protocolEventsPerSBare: aNumber,
      coldStartsPerS: aNumber,
      virtualPerReal: aNumber,
      costPerEventByServers: { 3: aNumber, 7: aNumber, 15: aNumber, 31: aNumber },
      costPerEventByLog: { 100: aNumber, 1000: aNumber, 10000: aNumber, 100000: aNumber },
      chaosPlansPerS: aNumber,
      twoWorkersSpeedup: aNumber,
      residentMb: aNumber,
      explainVsReadline: aNumber,
      explainVsWc: aNumber,
      explainMbPerS: aNumber,
      explainResidentMb: aNumber,
    });
    const table = tableOf(results);
    for (const figure of Object.keys(figures)) expect(table).toContain(figure);
  });

  test("the bundle that `npm run bench` starts finds its files", () => {
    const bundle = fileURLToPath(new URL("../../dist/bench.js", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [bundle, "--quick", "--family", "kernel"], {
      encoding: "utf8",
    });
    expect([status, stderr.slice(-300)]).toEqual([0, ""]);
  });
});

describe.skipIf(native === undefined)("the kernel workload in C++", () => {
  test.each([1, 64, 1024, 65_536])(
    "has the same checksum as sim/event-queue.ts with %i pending events",
    (outstanding) => {
      expect(native?.(outstanding, 20_000).checksum).toBe(runEventQueue(outstanding, 20_000).checksum);
    },
  );
});
