/** The traces of live servers as runs of one server: records, decisions, invariants, and ZooKeeper logs. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTracedRun, type TracedRun } from "../../live/traced-run.ts";
import { handshakesOf } from "../../reports/handshakes.ts";
import { receivedSyncs } from "../../reports/learner-decisions.ts";
import { zookeeperLines } from "../../reports/zklog/zookeeper-logs.ts";
import { directServers, ProxiedEnsemble, until } from "../proxy/proxied-ensemble.ts";

let ensemble: ProxiedEnsemble;
let lines: ReadonlyMap<number, readonly string[]>;
let startMs = 0;

beforeAll(async () => {
  startMs = Date.now();
  ensemble = new ProxiedEnsemble(await directServers([1, 2, 3]));
  ensemble.start(1, 2);
  await until(() => ensemble.serves(1, 2));
  ensemble.start(3);
  await until(() => ensemble.serves(1, 2, 3));
  ensemble.stop();
  lines = new Map([...ensemble.traces].map(([id, all]) => [id, all.map((line) => line.trimEnd())]));
});
afterAll(() => ensemble.stop());

const runOf = (id: number): TracedRun => readTracedRun(lines.get(id) ?? []);

describe("the trace of a leader", () => {
  it("has its decisions, its received packets and no violation", () => {
    const { difference, records, violations } = runOf(2);
    expect({ difference, violations }).toEqual({ difference: undefined, violations: [] });
    expect(handshakesOf(records).map(({ decision, learner }) => [learner, decision?.decision])).toEqual([
      [1, "DIFF"],
      [3, "SNAP"],
    ]);
    const infos = records.filter((one) => one.event === "received" && one.message === "FOLLOWERINFO");
    expect(infos.map((one) => "from" in one && one.from)).toEqual([1, 3]);
    expect(records[0]).toMatchObject({ event: "started", config: { release: "3.9.4", role: "participant" } });
  });

  it("becomes a log of its release with the time of day", () => {
    const run = runOf(2);
    const log = zookeeperLines(run, run.server.startMs).map(({ line }) => line);
    const [first = ""] = log;
    expect(Math.abs(Date.parse(`${first.slice(0, 23).replace(",", ".").replace(" ", "T")}Z`) - startMs)).toBeLessThan(
      60_000,
    );
    expect(log.some((line) => /LEADING$/.test(line))).toBe(true);
    expect(log.some((line) => /LearnerHandler-\/10\.0\.0\.1:\d+:.*Synchronizing with Learner sid: 1/.test(line))).toBe(
      true,
    );
  });
});

describe("the trace of a learner", () => {
  it("has what the leader sent", () => {
    const [sync, ...more] = receivedSyncs(runOf(3).records);
    expect(more).toEqual([]);
    expect(sync).toMatchObject({ learner: 3, leader: 2, epoch: 1, decision: "SNAP", txns: 0, hasNewLeader: true });
    expect(sync?.activeUs).toBeGreaterThan(sync?.startUs ?? 0);
  });

  it("can end within an input, as after kill -9, and shows a changed input", () => {
    const all = lines.get(3) ?? [];
    const input = all.findIndex((line) => line.startsWith('{"input":"packet"'));
    expect(readTracedRun(all.slice(0, input + 1)).difference).toBeUndefined();
    const without = all.filter((_, i) => i !== input);
    expect(readTracedRun(without).difference).toBeDefined();
  });
});
