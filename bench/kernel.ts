/**
 * Compares the speed of sim/event-queue.ts with that of kernels in C++ and in JavaScript libraries. All kernels do the
 * same job. A figure is a ratio of events per second: 0.5 means half as fast as C++, and 5 means five times as fast as
 * the library.
 */
import {
  atEffort,
  type Effort,
  type FamilyResult,
  type FigureValue,
  type Row,
  ratioOf,
  rowOf,
  type Sample,
  takeTurns,
} from "./harness.ts";
import { compileNativeKernel } from "./kernel-native.ts";
import { fakeTimersKernel, simjsKernel } from "./kernel-peers.ts";
import { type KernelRun, runEventQueue } from "./kernel-workload.ts";

const NATIVE_EVENTS = 2_000_000;
const LIBRARY_EVENTS = 400_000;

type Kernel = (outstanding: number, events: number) => KernelRun;

/** One comparison: the other kernel, and the workload that both kernels run. */
interface Comparison {
  readonly figure: string;
  readonly kernel: Kernel | undefined;
  readonly outstanding: number;
  readonly events: number;
  readonly target?: string;
  readonly what: string;
  /** The text to print if the kernel is not available. */
  readonly absent: string;
}

export async function measureKernel(effort: Effort): Promise<FamilyResult> {
  const figures: Record<string, FigureValue> = {};
  const rows: Row[] = [];
  for (const comparison of await comparisons()) {
    const measured = compare(comparison, effort);
    figures[comparison.figure] = measured[0]?.value ?? null;
    rows.push(...measured);
  }
  return { figures, rows };
}

async function comparisons(): Promise<Comparison[]> {
  const native = compileNativeKernel();
  const versusNative = (figure: string, outstanding: number): Comparison => ({
    figure,
    kernel: native,
    outstanding,
    events: NATIVE_EVENTS,
    target: ">= 0.45",
    what: "the same job in C++ (bench/native/kernel.cpp, g++ -O2)",
    absent: "there is no g++ here",
  });
  const versusLibrary = (figure: string, name: string, kernel: Kernel | undefined): Comparison => ({
    figure,
    kernel,
    outstanding: 64,
    events: LIBRARY_EVENTS,
    what: `the same job on ${name}`,
    absent: `${name} is not installed`,
  });
  return [
    versusNative("kernelVsNative64", 64),
    versusNative("kernelVsNative1k", 1024),
    versusNative("kernelVsNative64k", 65_536),
    versusLibrary("kernelVsSimjs", "simjs", await simjsKernel()),
    versusLibrary("kernelVsFakeTimers", "@sinonjs/fake-timers", await fakeTimersKernel()),
  ];
}

/** Returns one row with the ratio, and one row for each of the two measurements. */
function compare({ figure, kernel, outstanding, events, target, what, absent }: Comparison, effort: Effort): Row[] {
  const count = atEffort(events, effort);
  if (kernel === undefined) return [{ figure, value: null, unit: "x", spread: null, what: `${what}: ${absent}` }];
  const { ours, theirs } = takeRatedTurns(runEventQueue, kernel, outstanding, count, effort);
  const row = { figure, unit: "x", what: `${what}, ${outstanding} events outstanding` };
  return [
    rowOf(ratioOf(ours, theirs), target === undefined ? row : { ...row, target }),
    rowOf(ours, { figure: "  ours", unit: "events/s", what: "sim/event-queue.ts alone" }),
    rowOf(theirs, { figure: "  theirs", unit: "events/s", what: "" }),
  ];
}

/** Measures the events per second of both kernels. Throws if their checksums differ. */
function takeRatedTurns(
  ours: Kernel,
  theirs: Kernel,
  outstanding: number,
  events: number,
  effort: Effort,
): { readonly ours: Sample; readonly theirs: Sample } {
  let checksum: number | undefined;
  const rated = (kernel: Kernel) => (): number => {
    const run = kernel(outstanding, events);
    checksum ??= run.checksum;
    if (run.checksum !== checksum) throw new Error(`bench: checksums differ: ${run.checksum} and ${checksum}`);
    return (events / run.nanoseconds) * 1e9;
  };
  return takeTurns({ ours: rated(ours), theirs: rated(theirs) }, effort);
}
