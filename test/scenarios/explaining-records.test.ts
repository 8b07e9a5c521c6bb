/** The records that explain a run, in every scenario that ships with zabsim. */
import { describe, expect, it } from "vitest";
import { bugPaths, readScenario, shippedPaths } from "../../cli/scenario-files.ts";
import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import type { FailureReason } from "../../protocol/notes.ts";
import { runScenario } from "../../scenarios/run.ts";
import { recordsOf } from "../../scenarios/scenario-run.ts";

const RUNS = [...shippedPaths(), ...bugPaths()].map((path) => {
  const { scenario } = readScenario(path, []);
  return runScenario(scenario, { seed: BigInt(scenario.seed ?? 1) });
});

/** The reasons of failures in which a wait reached its time limit. */
const TIMEOUTS: readonly FailureReason[] = [
  "epoch-timeout",
  "epoch-ack-timeout",
  "newleader-ack-timeout",
  "read-timeout",
  "txn-timeout",
  "not-enough-followers",
];

describe("a timeout", () => {
  it.each(TIMEOUTS)("names its limit and the length of the limit: %s", (reason) => {
    const details = RUNS.flatMap(({ records }) => recordsOf(records, "failed"))
      .filter((failed) => failed.reason === reason)
      .map(({ detail }) => detail);
    expect(details.length).toBeGreaterThan(0);
    expect(details.filter((text) => !/ (init|sync)Limit \(\d+ ticks? of \d+ ms = [\d.]+ s\)$/.test(text))).toEqual([]);
  });

  it("of the leader's wait for a quorum occurs initLimit after the wait began", () => {
    for (const { records } of RUNS) {
      for (const { atUs, detail, learner, reason, server } of recordsOf(records, "failed")) {
        if (reason !== "epoch-timeout" || learner !== undefined) continue;
        const earlier = records.filter((one) => one.server === server && one.atUs < atUs);
        // The wait begins after the start-up snapshot.
        const begins = earlier.findLast(
          (one) => one.event === "snapshot-saved" || (one.event === "leading" && one.phase === "DISCOVERY"),
        );
        const [, seconds] = / = ([\d.]+) s\)$/.exec(detail) ?? [];
        expect((atUs - (begins?.atUs ?? 0)) / 1_000_000).toBeCloseTo(Number(seconds), 1);
      }
    }
  });
});

const ENDS_SNAPSHOT: ReadonlySet<ProtocolRecord["event"]> = new Set(["snapshot-saved", "snapshot-failed", "crashed"]);

describe("a snapshot", () => {
  it("begins before it ends, unless the process or the run ends first", () => {
    const wrong: string[] = [];
    for (const { endUs, records, scenario } of RUNS) {
      const open = new Map<number, RecordOf<"snapshot-started">[]>();
      for (const record of records) {
        const mine = open.get(record.server) ?? [];
        open.set(record.server, mine);
        if (record.event === "snapshot-started") mine.push(record);
        else if (record.event === "crashed") mine.length = 0;
        else if (ENDS_SNAPSHOT.has(record.event) && mine.shift() === undefined) {
          wrong.push(`${scenario.name}: a snapshot of server ${record.server} ended at ${record.atUs}`);
        }
      }
      for (const { atUs, server } of [...open.values()].flat()) {
        if (endUs - atUs > 1_000_000) wrong.push(`${scenario.name}: a snapshot of server ${server} began at ${atUs}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("an election", () => {
  const blocked = RUNS.find(({ scenario }) => scenario.name.startsWith("zookeeper-3756-"));
  const records = blocked?.records ?? [];

  it("shows votes that wait for a connection, and connections that time out", () => {
    expect(recordsOf(records, "notification-delayed")).toContainEqual(
      expect.objectContaining({ server: 1, to: 3, dialing: 2 }),
    );
    expect(recordsOf(records, "election-link")).toContainEqual(
      expect.objectContaining({ server: 1, peer: 2, change: "timed-out", limitMs: 5000 }),
    );
  });

  it("shows notifications that a server does not count", () => {
    expect(recordsOf(records, "notification-ignored")).toContainEqual(
      expect.objectContaining({ server: 1, from: 3, round: 1, reason: "earlier-round" }),
    );
  });
});
