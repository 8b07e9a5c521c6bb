/**
 * Compiles native/kernel.cpp with g++ into a temporary directory, which is removed when this process exits. If there is
 * no compiler, the comparison is skipped, and the benchmark does not fail.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { KernelRun } from "./kernel-workload.ts";

/** This URL is right for the source in bench/ and for the bundle dist/bench.js. */
const SOURCE = fileURLToPath(new URL("../bench/native/kernel.cpp", import.meta.url));

export type NativeKernel = (outstanding: number, events: number) => KernelRun;

/** Returns the kernel as a function. Returns undefined if there is no g++. */
export function compileNativeKernel(): NativeKernel | undefined {
  if (spawnSync("g++", ["--version"]).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "zabsim-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "kernel");
  const compiled = spawnSync("g++", ["-O2", "-o", program, SOURCE], { encoding: "utf8" });
  if (compiled.status !== 0) throw new Error(`bench: g++ cannot compile ${SOURCE}\n${compiled.stderr}`);
  return (outstanding, events) => {
    const { status, stdout } = spawnSync(program, [String(outstanding), String(events)], { encoding: "utf8" });
    if (status !== 0) throw new Error(`bench: the native kernel ended with ${status}`);
    const [nanoseconds, checksum] = stdout.trim().split(" ").map(Number);
    return { nanoseconds: nanoseconds as number, checksum: checksum as number };
  };
}
