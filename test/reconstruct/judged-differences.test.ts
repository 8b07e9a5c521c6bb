/** Checks which differences between the logs and a run make the run another incident. */
import { describe, expect, it } from "vitest";
import type { LogEventName, LogEvents } from "../../logs/index.ts";
import { compare } from "../../reconstruct/distance.ts";
import { judgedDifferences } from "../../reconstruct/judged-differences.ts";
import { type Observation, ServerObserver } from "../../reconstruct/observation.ts";

type LoggedAt = { [E in LogEventName]: readonly [number, E, LogEvents[E], string?] }[LogEventName];

/** Returns what a log of one server with these events shows. */
function observed(...events: readonly LoggedAt[]): Observation[] {
  const observer = new ServerObserver(1);
  return events.flatMap(
    ([atMs, event, fields, exception]) =>
      observer.observe(event, fields as never, exception === undefined ? [] : [exception], atMs) ?? [],
  );
}

/** Returns the differences of two logs of one server as `<side> <text> <reason or !>`. */
function judged(logs: readonly LoggedAt[], run: readonly LoggedAt[], endMs = 10_000): string[] {
  const comparison = compare(new Map([[1, observed(...logs)]]), new Map([[1, observed(...run)]]));
  return judgedDifferences(comparison, endMs).map(
    ({ decisive, in: side, reason = "-", text }) => `${side} ${text} ${decisive ? "!" : reason}`,
  );
}

const start: LoggedAt = [0, "config-read", { path: "zoo.cfg" }];
const logFile = (atMs: number, zxid: bigint): LoggedAt => [atMs, "log-file-created", { zxid }];
const registered = (atMs: number, sid: number): LoggedAt => [
  atMs,
  "learner-registered",
  { sid, info: "org.apache.zookeeper.server.quorum.QuorumPeer$QuorumServer@1", kind: "Follower" } as never,
];

describe("a difference", () => {
  it("in the first log file of a process decides, and one in the name of a later file does not", () => {
    const logs = [start, logFile(10, 1n), logFile(20, 5n)];
    expect(judged(logs, [start, logFile(10, 2n), logFile(20, 5n)])).toEqual([
      "logs log-file-created 0:1 !",
      "run log-file-created 0:2 !",
    ]);
    expect(judged(logs, [start, logFile(10, 1n), logFile(20, 6n)])).toEqual([
      "logs log-file-created 0:5 log-roll",
      "run log-file-created 0:6 log-roll",
    ]);
  });

  it("in the log file after a TRUNC decides", () => {
    const truncated: LoggedAt = [20, "got-trunc", { zxid: 1n }];
    const logs = [start, logFile(10, 1n), truncated, logFile(30, 2n)];
    expect(judged(logs, [start, logFile(10, 1n), truncated, logFile(30, 3n)])).toEqual([
      "logs log-file-created 0:2 !",
      "run log-file-created 0:3 !",
    ]);
  });

  it("in the order of two learners that register at almost the same time does not decide", () => {
    const reordered = judged(
      [start, registered(500, 2), registered(501, 3)],
      [start, registered(520, 3), registered(521, 2)],
    );
    expect(reordered).toHaveLength(2);
    expect(reordered.every((line) => line.endsWith(" order"))).toBe(true);
    const late = judged(
      [start, registered(500, 2), registered(900, 3)],
      [start, registered(500, 3), registered(900, 2)],
    );
    expect(late.every((line) => line.endsWith(" !"))).toBe(true);
  });

  it("in an election that has only begun at the end does not decide, and an earlier one does", () => {
    const election: LoggedAt = [990, "election-started", { zxid: 7n } as never];
    expect(judged([start], [start, election], 1000)).toEqual(["run election-started 0:7 end"]);
    expect(judged([start], [start, election], 1100)).toEqual(["run election-started 0:7 !"]);
  });

  it("in a log thread that fails decides, except if it only sends an ACK too late", () => {
    const failed = (exception: string): LoggedAt => [10, "fatal-thread", { thread: "SyncThread:1" }, exception];
    const late = failed(
      'java.lang.NullPointerException: Cannot invoke "java.net.Socket.isClosed()" because it is null',
    );
    expect(judged([start, late], [start])).toEqual(["logs fatal-thread late-ack"]);
    expect(judged([start, failed("java.io.IOException: No space left on device")], [start])).toEqual([
      "logs fatal-thread !",
    ]);
  });
});
