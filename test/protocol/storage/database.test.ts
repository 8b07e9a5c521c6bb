import { describe, expect, it } from "vitest";
import type { DiskImage } from "../../../protocol/effects.ts";
import { NEWEST } from "../../../protocol/releases.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../../protocol/settings.ts";
import { Database } from "../../../protocol/storage/database.ts";
import { History, makeTxn, type Txn } from "../../../protocol/storage/history.ts";
import { asEpoch, formatZxid, parseZxid, type Zxid } from "../../../protocol/zxid.ts";

const z = (text: string): Zxid => parseZxid(text) as Zxid;
const txn = (zxid: string): Txn => makeTxn(z(zxid), "x");
const empty = History.empty();
const history = (...zxids: string[]): History => zxids.reduce((sum, zxid) => sum.extend(txn(zxid)), empty);

function image(snapshots: readonly string[][], ...files: string[][]): DiskImage {
  return {
    acceptedEpoch: asEpoch(1),
    currentEpoch: asEpoch(1),
    currentEpochTmp: undefined,
    updatingEpoch: false,
    snapshots: snapshots.map((zxids) => ({ zxid: history(...zxids).zxid, history: history(...zxids) })),
    logFiles: files.map((zxids) => ({ name: z(zxids[0] as string), txns: zxids.map(txn) })),
  };
}

const database = (settings: Partial<Settings> = {}): Database =>
  new Database({ ...DEFAULT_SETTINGS, ...settings }, NEWEST, empty);
const committed = (db: Database): string[] => db.committedLog.map((one) => formatZxid(one.zxid));

describe("restore", () => {
  it("loads the newest snapshot and all later log records, committed or not, which also enter committedLog", () => {
    const db = database();
    expect(db.restore(image([[], ["1:1", "1:2"]], ["1:1", "1:2"], ["1:3", "2:1"]))).toBeUndefined();
    expect(db.history.equals(history("1:1", "1:2", "1:3", "2:1"))).toBe(true);
    expect(db.lastProcessedZxid).toBe(z("2:1"));
    expect(committed(db)).toEqual(["1:3", "2:1"]);
    expect(db.logHistory).toBe(db.history);
  });

  it("loads nothing from a log that ends before the newest snapshot", () => {
    const db = database();
    db.restore(image([["1:1", "1:2", "1:3"]], ["1:1", "1:2"]));
    expect([db.lastProcessedZxid, committed(db)]).toEqual([z("1:3"), []]);
  });

  it("rejects a gap inside an epoch (ZKDatabase#addCommittedProposal), but not a gap between epochs", () => {
    expect(database().restore(image([[]], ["1:1", "1:3"]))).toBe("proposal-gap");
    expect(database().restore(image([[]], ["1:1", "2:5"]))).toBeUndefined();
  });

  it("rejects a log without a snapshot, unless snapshot.trust.empty is set", () => {
    expect(database().restore(image([], ["1:1"]))).toBe("log-without-snapshot");
    const db = database({ trustEmptySnapshot: true });
    expect(db.restore(image([], ["1:1"]))).toBeUndefined();
    expect(db.lastProcessedZxid).toBe(z("1:1"));
  });

  it("of an empty disk leaves zxid 0, or -1 without db.autocreate", () => {
    const [auto, none] = [database(), database({ dbAutocreate: false })];
    auto.restore(image([]));
    none.restore(image([]));
    expect([auto.lastProcessedZxid, none.lastProcessedZxid]).toEqual([0, -1]);
  });
});

describe("committedLog", () => {
  it("keeps the last commitLogCount transactions", () => {
    const db = database({ commitLogCount: 3 });
    db.restore(image([[]]));
    for (let i = 1; i <= 200; i++) db.apply(txn(`1:${i}`));
    expect(committed(db)).toEqual(["1:198", "1:199", "1:200"]);
  });
});

describe("log and memory", () => {
  it("fastForward applies the log records that the tree lacks", () => {
    const db = database();
    db.restore(image([[]], ["1:1"]));
    db.append(txn("1:2"));
    db.append(txn("1:3"));
    expect(db.history.zxid).toBe(z("1:1"));
    db.fastForward();
    expect([db.history.zxid, db.history === db.logHistory]).toEqual([z("1:3"), true]);
  });

  it("a SNAP replaces the tree, not the log; after it is saved, the history on disk is that of the SNAP", () => {
    const db = database();
    db.restore(image([[]], ["1:1"]));
    const snapshot = { zxid: z("2:0"), history: history("1:1", "1:2", "1:3") };
    db.install(snapshot, z("2:0"));
    expect([db.history.zxid, db.lastProcessedZxid, db.logHistory.zxid]).toEqual([z("1:3"), z("2:0"), z("1:1")]);
    db.snapshotSaved(snapshot);
    expect(db.logHistory.equals(db.history)).toBe(true);
    expect(db.logFiles).toHaveLength(1);
  });

  it("a snapshot below the newest one does not change what a restart loads", () => {
    const db = database();
    db.restore(image([["1:1", "1:2"]]));
    db.snapshotSaved({ zxid: z("1:1"), history: history("1:1") });
    expect([db.snapshots.length, db.logHistory.zxid]).toEqual([2, z("1:2")]);
  });

  it("after rollLog, append opens a new file that is named after its first record", () => {
    const db = database();
    db.restore(image([[]], ["1:1"]));
    db.append(txn("1:2"));
    db.rollLog();
    db.append(txn("1:3"));
    expect(db.logFiles.map((file) => file.name)).toEqual([z("1:1"), z("1:2"), z("1:3")]);
  });
});

describe("the size limit of the log", () => {
  const db = (settings: Partial<Settings>): Database => {
    const one = database(settings);
    one.restore(image([["1:1", "1:2", "1:3"]], ["1:1"], ["1:2"], ["1:3"]));
    return one;
  };

  it("counts the files after the first one read, with their preallocated size", () => {
    const { preAllocSizeBytes, txnBytes } = DEFAULT_SETTINGS;
    expect(db({}).txnLogSizeAboveLimit(z("1:1"))).toEqual({
      bytes: 2 * preAllocSizeBytes,
      limitBytes: Math.floor(3 * txnBytes * 0.33),
    });
    expect(db({}).txnLogSizeAboveLimit(z("1:9"))).toBeUndefined();
    const small = db({ preAllocSizeBytes: 0, txnBytes: 10, snapshotSizeFactor: 1 });
    expect(small.txnLogSizeAboveLimit(z("1:1"))).toBeUndefined();
  });

  it("is not 0 for the snapshot of an empty tree, which is not an empty file", () => {
    const empty = database();
    empty.restore(image([[]], ["1:1", "1:2"], ["1:3"]));
    expect(empty.txnLogSizeAboveLimit(z("1:2"))).toBeDefined();
  });

  it("is not exceeded without a snapshot, because the snapshot's size determines the limit", () => {
    const one = database({ trustEmptySnapshot: true });
    one.restore(image([], ["1:1"], ["1:2"], ["1:3"]));
    expect(one.txnLogSizeAboveLimit(z("1:1"))).toBeUndefined();
  });

  it("does not exist with a factor of 0", () => {
    expect(db({ snapshotSizeFactor: 0 }).txnLogSizeAboveLimit(z("1:1"))).toBeUndefined();
  });
});

describe("the log of a server that installs fixes", () => {
  it("forgetLogBelowSnapshot drops a log that ends below the newest snapshot", () => {
    const db = database();
    db.restore(image([["1:1", "1:2", "1:3"]], ["1:1", "1:2"]));
    expect([db.forgetLogBelowSnapshot(), db.logFiles]).toEqual([true, []]);
    expect(db.forgetLogBelowSnapshot()).toBe(false);
    const fitting = database();
    fitting.restore(image([["1:1"]], ["1:1", "1:2"]));
    expect(fitting.forgetLogBelowSnapshot()).toBe(false);
    const withoutSnapshot = database({ trustEmptySnapshot: true });
    withoutSnapshot.restore(image([], ["1:1"]));
    expect([withoutSnapshot.forgetLogBelowSnapshot(), withoutSnapshot.logFiles.length]).toEqual([false, 1]);
  });

  it("forgetAllBut drops the log and later snapshots", () => {
    const db = database();
    db.restore(image([["1:1"], ["1:1", "1:2"]], ["1:1", "1:2", "1:3"]));
    db.forgetAllBut(z("1:1"));
    expect([db.snapshots.length, db.logFiles.length, db.logHistory.zxid]).toEqual([1, 0, z("1:1")]);
    db.forgetAllBut(z("0:0"));
    expect(db.logHistory.length).toBe(0);
  });

  it("canTruncateTo needs a snapshot at or below the zxid whose log covers the rest", () => {
    const db = database();
    db.restore(image([["1:1", "1:2"]], ["1:1", "1:2", "1:3"]));
    expect([db.canTruncateTo(z("1:1")), db.canTruncateTo(z("1:2")), db.canTruncateTo(z("1:9"))]).toEqual([
      ...[false, true, true],
    ]);
  });

  it("a file with the name of a new log file is overwritten", () => {
    const db = database();
    db.restore(image([[]], ["1:1"], ["1:2"]));
    db.append(txn("1:2"));
    expect(db.logFiles.map((file) => file.txns.length)).toEqual([1, 1]);
  });

  it("a transaction is applied whatever its zxid (DataTree#processTxn)", () => {
    const db = database();
    db.restore(image([[]], ["1:1", "1:2"]));
    // A server that has led epoch 1 twice gives another transaction the zxid 1:1 again.
    const again = makeTxn(z("1:1"), "y");
    db.apply(again);
    expect([db.history.length, db.history.contains(again), db.history.contains(txn("1:1"))]).toEqual([3, true, true]);
  });

  it("a restart loads one or two transactions with one zxid, depending on what the log has", () => {
    const again = makeTxn(z("1:1"), "y");
    const lengths = [[txn("1:1"), again], [again]].map((txns) => {
      const db = database();
      db.restore({ ...image([[]]), logFiles: [{ name: z("1:1"), txns }] });
      return db.history.length;
    });
    expect(lengths).toEqual([2, 1]);
  });

  it("a transaction that the tree or committedLog already contains changes nothing", () => {
    const db = database();
    db.restore(image([[]], ["1:1", "1:2"]));
    db.apply(txn("1:1"));
    db.append(txn("1:1"));
    expect([db.history.length, committed(db), db.logHistory.length]).toEqual([2, ["1:1", "1:2"], 2]);
  });
});
