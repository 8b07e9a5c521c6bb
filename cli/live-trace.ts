/** Reads the traces that `zabsim join --trace` writes. */
import { readFileSync } from "node:fs";
import { TraceError } from "../live/input-trace.ts";
import { readTracedRun, type TracedRun } from "../live/traced-run.ts";
import { zookeeperLines } from "../reports/zklog/zookeeper-logs.ts";
import { UsageError } from "./usage-error.ts";

/** Reads a trace. Throws a UsageError if it is damaged. */
export function readLiveTrace(path: string): TracedRun {
  // A process that was killed can have written a part of its last line.
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  try {
    return readTracedRun(lines);
  } catch (error) {
    throw error instanceof TraceError ? damaged(path, error.line) : error;
  }
}

function damaged(path: string, line: number): UsageError {
  return new UsageError(
    `${path}:${line}: is not a line of a trace (accepted: a file that zabsim join --trace has written)`,
  );
}

/** Returns the log that a ZooKeeper server of the release would have written, as far as the trace has its facts. */
export function logOfTrace(path: string): string[] {
  const run = readLiveTrace(path);
  return zookeeperLines(run, run.server.startMs).map(({ line }) => line);
}
