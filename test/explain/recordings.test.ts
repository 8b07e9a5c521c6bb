/**
 * Compares what zabsim reads from the logs of real ensembles with the truth of what was done to them: roles, epochs,
 * every sync decision with its inputs, and the decision of the core for the leader's release.
 */
import { describe, expect, it } from "vitest";
import type { ExplainedHandshake } from "../../explain/ensemble.ts";
import { findingsOf, isFault } from "../../explain/findings.ts";
import type { ServerHistory } from "../../explain/history.ts";
import { ensembleIn, RECORDINGS, SERVERS, type TrueJoin, truthOf } from "./recording.ts";

const hex = (zxid: bigint | undefined): string | undefined =>
  zxid === undefined ? undefined : `0x${BigInt.asUintN(64, zxid).toString(16)}`;

/** The recording in which a bug of the release loses data (ZOOKEEPER-2845). */
const FAULTY = "3.4.10";

describe.each(RECORDINGS)("the logs of %s", (name) => {
  const truth = truthOf(name);
  const ensemble = ensembleIn(name);
  const joins = truth.steps.flatMap((step) => step.joins);

  const handshakeOf = (join: TrueJoin): ExplainedHandshake | undefined =>
    ensemble.handshakes.find(
      ({ leader, leaderSide }) => leader === join.leader && leaderSide?.at.line === join.leaderLines[0]?.[0],
    );

  it("contain every synchronization with its inputs, its decision, and the learner's line", () => {
    expect(ensemble.handshakes).toHaveLength(joins.length);
    for (const join of joins) {
      const handshake = handshakeOf(join);
      expect({
        learner: handshake?.learner,
        max: hex(handshake?.facts?.maxCommittedLog),
        min: hex(handshake?.facts?.minCommittedLog),
        last: hex(handshake?.facts?.lastProcessedZxid),
        peer: hex(handshake?.peerLastZxid),
        decided: handshake?.operation,
        // 3.4.10 does not log the zxid of a SNAP at the learner; the leader's line has it.
        zxid: join.zxid === null ? null : hex(handshake?.zxid),
        learnerLine: handshake?.learnerSide?.at.line,
      }).toEqual({
        learner: join.learner,
        max: join.maxCommittedLog,
        min: join.minCommittedLog,
        last: join.lastProcessedZxid,
        peer: join.peerLastZxid,
        decided: join.decided,
        zxid: join.zxid,
        learnerLine: join.learnerLines[0]?.[0],
      });
    }
  });

  it("contain only decisions that the core makes in the release of the leader", () => {
    for (const join of joins) {
      const { check, leaderRelease } = handshakeOf(join) as ExplainedHandshake;
      expect(leaderRelease).toBe(truth.releases[join.leader]);
      expect(["agrees", "possible"]).toContain(check.verdict);
      expect(check.rules.length).toBeGreaterThan(0);
      if (join.decided !== "DIFF") continue;
      const fromTxnLog = join.txnsFrom === "txnlog and committedLog";
      expect([join.txnsFrom, check.rules.every((rule) => rule.startsWith("txn-log"))]).toEqual([
        join.txnsFrom,
        fromTxnLog,
      ]);
    }
  });

  it("contain the leader and the supporters of every epoch", () => {
    const epochs = ensemble.epochs.map(({ epoch, leader, period, supporters }) => ({
      ...{ epoch, leader, supporters },
      line: period.established?.line,
    }));
    const expected = truth.epochs.map(({ epoch, leader, line, supporters }) => ({
      ...{ epoch, leader, line },
      supporters: (/[\d, ]+/.exec(supporters.replace(/^\[+ */, ""))?.[0] ?? "").split(",").map(Number),
    }));
    expect(epochs).toEqual(expected);
  });

  it("contain the role of each server at the end of each step, and the leader that it follows", () => {
    for (const { after, lastLine, step } of truth.steps) {
      // No line says that a server was stopped.
      if (step === "end") continue;
      const leader = SERVERS.find((server) => after[server]?.mode === "leader");
      for (const server of SERVERS) {
        const history = ensemble.histories.find((one) => one.server === server) as ServerHistory;
        const role = roleAt(history, lastLine[server] as number);
        expect([step, server, role.mode]).toEqual([step, server, after[server]?.mode]);
        if (role.mode === "follower") expect([step, server, role.leader]).toEqual([step, server, leader]);
      }
    }
  });

  it("contain the release and the settings of each server", () => {
    for (const { processes, server } of ensemble.histories) {
      for (const { hasStart, release, settings } of processes) {
        expect([hasStart, release]).toEqual([true, truth.releases[server]]);
        const { initLimit, tickTime } = truth.settings;
        expect(settings.tickTimeMs).toBe(tickTime);
        expect(settings.initLimit ?? initLimit).toBe(initLimit);
      }
    }
  });

  it("come from clocks that may be equal, which the messages bound from both sides", () => {
    for (const { changes, maxMs = Number.NaN, minMs = Number.NaN, offsetMs } of ensemble.clocks) {
      expect([offsetMs, changes]).toEqual([0, false]);
      expect(minMs).toBeLessThanOrEqual(0);
      expect(maxMs).toBeGreaterThanOrEqual(0);
    }
  });

  it("lead to no false fault", () => {
    const faults = findingsOf(ensemble).filter(isFault);
    expect(faults.filter(({ bug }) => name !== FAULTY || bug?.name !== "ZOOKEEPER-2845")).toEqual([]);
  });
});

function roleAt({ elections, periods, processes }: ServerHistory, line: number): { mode: string; leader?: number } {
  const period = periods.findLast(({ at }) => at.line <= line);
  const run = processes.findLast(({ at }) => at.line <= line);
  const election = elections.findLast(({ at }) => at.line <= line);
  if (period === undefined || period.process !== run) return { mode: "stopped" };
  if (election !== undefined && election.at.line > period.at.line) return { mode: "looking" };
  const leader = period.leader === undefined ? {} : { leader: period.leader };
  return { mode: period.role === "LEADING" ? "leader" : "follower", ...leader };
}
