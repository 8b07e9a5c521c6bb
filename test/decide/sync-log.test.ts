/**
 * Tests the parser of sync decisions with logs of real leaders of 3.4.10 to 3.9.5, which ran in ensembles of three
 * servers.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decideFrom } from "../../decide/decide.ts";
import { highestZxid } from "../../decide/decision-query.ts";
import { readLoggedSettings, readSyncLog } from "../../decide/sync-log.ts";
import { DEFAULT_SYNC_SETTINGS } from "../../decide/zoo-cfg.ts";
import { behaviorOf } from "../../protocol/index.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";

interface RecordedJoin {
  readonly release: string;
  readonly decided: string;
  readonly lines: readonly string[];
}

const JOINS = readFileSync(new URL("recorded-joins.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as RecordedJoin);

const seriesOf = (release: string): string => {
  const minor = Number(release.split(".")[1]);
  return `3.${Math.min(minor, 6)}`;
};

/** 3.9.5 decides like 3.9.4, so it may have no profile of its own. */
const profileOf = (release: string) => behaviorOf(release) ?? behaviorOf("3.9.4");

describe.each([...new Set(JOINS.map(({ release }) => release))])("the log of ZooKeeper %s", (release) => {
  const joins = JOINS.filter((join) => join.release === release);

  it("is read in its own wording, with the decision that the leader made", () => {
    for (const { decided, lines } of joins) {
      const [sync, ...more] = readSyncLog(lines.join("\n"));
      expect(more).toEqual([]);
      expect([sync?.series, sync?.operation ?? decided, lines]).toEqual([seriesOf(release), decided, lines]);
    }
  });

  it("leaves the leader's decision possible, before and after the lines that narrow it down", () => {
    for (const { decided, lines } of joins) {
      const [sync] = readSyncLog(lines.join("\n"));
      if (sync === undefined) throw new Error(`no sync decision in ${lines[0]}`);
      const { committedLog, lastProcessedZxid, peerLastZxid } = sync;
      const known = {
        ...{ source: profileOf(release).syncSource, peerLastZxid, lastProcessedZxid, committedLog },
        ...{ txnLogFiles: undefined, txnLogExceedsSizeLimit: undefined, txnLogSyncEnabled: true, forceSnapSync: false },
        ...{ lastProposed: highestZxid(), toBeApplied: [], outstandingProposals: [], observer: false },
      };
      const before = decideFrom(known, DEFAULT_SYNC_SETTINGS).possible;
      const after = decideFrom(known, DEFAULT_SYNC_SETTINGS, sync).possible;
      expect(before.map(({ operation }) => operation)).toContain(decided);
      expect([...new Set(after.map(({ operation }) => operation)), lines]).toEqual([decided, lines]);
    }
  });
});

describe("a log of several learners", () => {
  const thread = (port: number, text: string, logger = "o.a.z.s.q.LearnerHandler"): string =>
    `2026-11-25 18:14:07,464 [myid:] - INFO  [LearnerHandler-/10.0.0.3:${port}:${logger}@805] - ${text}`;
  const sync = (sid: number, peer: string): string =>
    `Synchronizing with Learner sid: ${sid} maxCommittedLog=0x500000017 minCommittedLog=0x500000001 ` +
    `lastProcessedZxid=0x500000017 peerLastZxid=${peer}`;

  it("gives each learner the lines of its own thread", () => {
    const text = [
      thread(1, sync(2, "0x300000005")),
      thread(2, sync(3, "0x300000009")),
      thread(1, "Unable to find proposals from txnlog for zxid: 0x300000005", "o.a.z.s.ZKDatabase"),
      thread(2, "Txnlog size: 65552 exceeds sizeLimit: 646", "o.a.z.s.ZKDatabase"),
    ].join("\r\n");
    expect(readSyncLog(text).map(({ line, rules, sid, txnLogSize }) => [sid, line, rules, txnLogSize])).toEqual([
      ["2", 1, ["txn-log-starts-later"], undefined],
      ["3", 2, ["txn-log-too-large"], { bytes: 65552, limitBytes: 646 }],
    ]);
  });

  it("reads the zxids of a line", () => {
    const [found] = readSyncLog(thread(1, sync(2, "0x300000005")));
    expect(formatZxid64(found?.peerLastZxid ?? 0n)).toBe("3:5");
    expect(found?.committedLog).toEqual({ min: 0x500000001n, max: 0x500000017n });
  });

  it("takes 0x0 as the ends of an empty committedLog", () => {
    const [found] = readSyncLog(
      "Synchronizing with Follower sid: 2 maxCommittedLog=0x0 minCommittedLog=0x0 peerLastZxid=0x0",
    );
    expect([found?.committedLog, found?.lastProcessedZxid, found?.series]).toEqual([{ txns: [] }, undefined, "3.4"]);
  });

  it("without a sync decision has none", () => {
    expect(readSyncLog("LOOKING\nSynchronizing with Learner sid: two\n")).toEqual([]);
  });
});

describe("the settings in a log", () => {
  it("are the last ones", () => {
    const text = [
      "zookeeper.snapshotSizeFactor = 0.33",
      "zookeeper.commitLogCount=500",
      "zookeeper.commitLogCount=900",
      "On disk txn sync enabled with snapshotSizeFactor 0.5",
      "Forcing snapshot sync is enabled",
    ].join("\n");
    expect(readLoggedSettings(text)).toEqual({ snapshotSizeFactor: 0.5, commitLogCount: 900, forceSnapshotSync: true });
  });

  it("are missing if the log does not have them, and -1 for a sync from the log that is off", () => {
    expect(readLoggedSettings("")).toEqual({});
    expect(readLoggedSettings("On disk txn sync disabled").snapshotSizeFactor).toBe(-1);
  });
});
