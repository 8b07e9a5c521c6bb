import { describe, expect, test } from "vitest";
import { parseHistory } from "../../cluster/zxid-range.ts";
import type { DataDirectory, LogFile, SnapshotFile } from "../../doctor/data-directory.ts";
import { diskRulesOf } from "../../doctor/disk-rules.ts";
import { compareDisks } from "../../doctor/ensemble.ts";
import type { ServerDisk } from "../../doctor/histories.ts";
import { predictStart } from "../../doctor/predict-start.ts";
import { TxnRuns } from "../../doctor/txn-runs.ts";
import { setOf, textOf } from "../../doctor/zxid-set.ts";
import { asServerId, parseZxid, type Zxid } from "../../protocol/zxid.ts";

const NO_FILE = "missing" as const;

/** A log file with the transactions of a history such as `1:1..1:3`. `salt` makes them different transactions. */
function log(history: string, salt = 0): LogFile {
  const zxids = parseHistory(history);
  const txns = new TxnRuns();
  for (const zxid of zxids) txns.add(zxid, (zxid + salt) >>> 0);
  const stop = { kind: "stop", offset: 0, reason: "padding", isDamage: false } as const;
  return { name: `log.${zxids[0]}`, zxid: zxids[0] as Zxid, bytes: 1, txns, unread: new TxnRuns(), stop };
}

function snapshot(text: string): SnapshotFile {
  const zxid = parseZxid(text) as Zxid;
  const counts = { sessions: 0, aclLists: 0, nodes: 1, dataBytes: 0, maxZxid: zxid };
  const content = {
    kind: "snapshot",
    ...counts,
    digest: undefined,
    lastZxid: undefined,
    config: undefined,
  } as const;
  return { name: `snapshot.${zxid}`, zxid, bytes: 1, compression: "none", looksValid: true, content };
}

function disk(sid: number, snapshots: readonly string[], logs: readonly LogFile[]): ServerDisk {
  const directory: DataDirectory = {
    path: `zk${sid}`,
    logPath: `zk${sid}`,
    rules: diskRulesOf("3.8.4"),
    myid: asServerId(sid),
    badMyid: undefined,
    logs,
    snapshots: snapshots.map(snapshot),
    acceptedEpoch: { epoch: 9 },
    currentEpoch: { epoch: 9 },
    acceptedEpochTmp: NO_FILE,
    currentEpochTmp: NO_FILE,
    hasUpdatingEpoch: false,
    hasInitialize: false,
    misplaced: [],
    otherFiles: [],
  };
  return { sid: asServerId(sid), directory, start: predictStart(directory) };
}

const compare = (...disks: ServerDisk[]): ReturnType<typeof compareDisks> =>
  compareDisks(disks, { voters: [1, 2, 3].map(asServerId), observers: [] }, "3.8.4");

const statusesOf = ({ groups }: ReturnType<typeof compareDisks>): string[] =>
  groups.map(({ holders, range, status }) => `${textOf([range])} ${status} ${holders.join()}`);

describe("the transactions of each server", () => {
  test("a tail in the log below a newer snapshot is stale if another log shows the end of its epoch", () => {
    const { histories } = compare(
      disk(1, ["0:0", "2:3"], [log("1:1..1:5"), log("2:4")]),
      disk(2, ["0:0"], [log("1:1..1:3, 2:1..2:4")]),
    );
    expect(histories.map(({ tree }) => textOf(tree))).toEqual(["1:1..1:3, 2:1..2:4", "1:1..1:3, 2:1..2:4"]);
    expect(textOf(histories[0]?.stale ?? [])).toBe("1:4..1:5");
  });

  test("purged logs are no holes, also if a server that lags still has older ones", () => {
    const { histories } = compare(
      disk(1, ["5:60"], [log("5:50..5:90")]),
      disk(2, ["5:60"], [log("5:50..5:90")]),
      disk(3, ["0:0"], [log("3:1..3:10")]),
    );
    expect(histories.flatMap(({ holes }) => holes)).toEqual([]);
  });

  test("missing records between the snapshot and the log, and inside the log, are holes", () => {
    const { histories } = compare(disk(1, ["1:3"], [log("1:6..1:7"), log("1:9, 2:3")]));
    expect(textOf(histories[0]?.holes ?? [])).toBe("1:4..1:5, 1:8, 2:1..2:2");
  });
});

describe("whether transactions were committed", () => {
  test.each<[string, ServerDisk[], string[]]>([
    [
      "a quorum has the newest ones",
      [disk(1, ["0:0"], [log("1:1..1:2")]), disk(2, ["0:0"], [log("1:1..1:2")]), disk(3, ["0:0"], [log("1:1")])],
      ["1:1 committed 1,2,3", "1:2 committed 1,2"],
    ],
    [
      "one server has them, and the others are known",
      [disk(1, ["0:0"], [log("1:1..1:2")]), disk(2, ["0:0"], [log("1:1")]), disk(3, ["0:0"], [log("1:1")])],
      ["1:1 committed 1,2,3", "1:2 not-committed 1"],
    ],
    [
      "one server has them, and one disk is empty",
      [disk(1, ["0:0"], [log("1:1..1:2")]), disk(2, ["0:0"], [log("1:1")]), disk(3, [], [])],
      ["1:1 committed 1,2", "1:2 possibly-committed 1"],
    ],
    [
      "one server has them, and one directory is not given",
      [disk(1, ["0:0"], [log("1:1..1:2")]), disk(2, ["0:0"], [log("1:1")])],
      ["1:1 committed 1,2", "1:2 possibly-committed 1"],
    ],
    [
      "a later epoch lacks what a quorum has logged",
      [disk(1, ["0:0"], [log("1:1..1:2")]), disk(2, ["0:0"], [log("1:1..1:2")]), disk(3, ["0:0"], [log("1:1, 2:1")])],
      ["1:1 committed 1,2,3", "1:2 lost 1,2", "2:1 not-committed 3"],
    ],
  ])("%s", (_name, disks, expected) => {
    expect(statusesOf(compare(...disks))).toEqual(expected);
  });
});

describe("contradictions", () => {
  test("two servers have later transactions in common, and one lacks an earlier one (ZOOKEEPER-2845)", () => {
    const { contradictions } = compare(disk(1, ["0:0"], [log("1:1..1:2, 2:1")]), disk(2, ["0:0"], [log("1:1, 2:1")]));
    expect(contradictions.map(({ onlyFirst, servers }) => [servers, textOf(onlyFirst)])).toEqual([[[1, 2], "1:2"]]);
  });

  test("two servers have different transactions with the same zxid", () => {
    const { contradictions } = compare(disk(1, ["0:0"], [log("1:1..1:3")]), disk(2, ["0:0"], [log("1:1..1:3", 5)]));
    expect(contradictions.map(({ different }) => textOf(different))).toEqual(["1:1..1:3"]);
  });

  test("an uncommitted tail is none", () => {
    const { contradictions } = compare(disk(1, ["0:0"], [log("1:1..1:2")]), disk(2, ["0:0"], [log("1:1, 2:1")]));
    expect(contradictions).toEqual([]);
  });
});

test("sets of zxids are written in ranges of one epoch", () => {
  const [a, b, c] = ["1:1", "1:4", "2:1"].map((text) => parseZxid(text) as Zxid) as [Zxid, Zxid, Zxid];
  expect(
    textOf(
      setOf([
        { first: c, last: c },
        { first: a, last: b },
      ]),
    ),
  ).toBe("1:1..1:4, 2:1");
});
