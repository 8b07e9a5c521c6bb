/** A server's dataDir on a simulated disk: logs, snapshots and epoch files, truncation and corruption. */
import { describe, expect, it } from "vitest";
import { ServerDisk } from "../../cluster/server-disk.ts";
import {
  asEpoch,
  asZxid,
  DISK_BACKGROUND_SNAPSHOT,
  DISK_LOAD,
  DISK_SNAPSHOT,
  DISK_SYNC_LOG,
  type DiskImage,
  formatZxid,
  History,
  makeTxn,
  makeZxid,
  type Snapshot,
  type Truncation,
  type Txn,
  type Zxid,
} from "../../protocol/index.ts";
import type { NodeCrash } from "../../sim/node.ts";
import { testBed } from "../sim/probe.ts";

const zxid = (counter: number): Zxid => makeZxid(asEpoch(1), counter);
const txn = (counter: number): Txn => makeTxn(zxid(counter), "x");
const PLAIN: Truncation = { truncRemovesEverythingAbove: false, truncDeletesNewestFirst: false };
const REMOVES_ALL: Truncation = { ...PLAIN, truncRemovesEverythingAbove: true };

/** Makes an empty disk. A write takes 100 us and a sync 1000 us. The function `run` completes all operations. */
function diskBed() {
  const { run, world } = testBed(1);
  const { disk } = world.node(1);
  const serverDisk = new ServerDisk(disk);
  const crash = (how: NodeCrash) => world.node(1).crash(how);
  const runFor = (durationUs: number): void => run(world.nowUs + durationUs);
  return { serverDisk, crash, runFor, run: () => runFor(50_000) };
}

/**
 * Makes a disk with these log files and snapshots. A log file is a list of counters of epoch 1, a snapshot is one
 * counter.
 */
function diskWith(logFiles: readonly (readonly number[])[], snapshots: readonly number[] = [0]) {
  const bed = diskBed();
  bed.serverDisk.preset({
    acceptedEpoch: asEpoch(1),
    currentEpoch: asEpoch(1),
    currentEpochTmp: undefined,
    updatingEpoch: false,
    snapshots: snapshots.map((counter) => snapshot(counter)),
    logFiles: logFiles.map((counters) => ({ name: zxid(counters[0] as number), txns: counters.map(txn) })),
  });
  return bed;
}

function snapshot(counter: number): Snapshot {
  return { zxid: counter === 0 ? asZxid(0) : zxid(counter), history: History.empty() };
}

const logsOf = ({ logFiles }: DiskImage): string[] =>
  logFiles.map(({ txns }) => txns.map((one) => one.zxid - zxid(0)).join(" "));
const snapshotsOf = ({ snapshots }: DiskImage): string[] => snapshots.map((one) => formatZxid(one.zxid));

describe("the log", () => {
  it("an append after a roll starts a file with the zxid of its first record", () => {
    const { serverDisk } = diskBed();
    for (const counter of [1, 2]) serverDisk.append(txn(counter));
    serverDisk.rollLog();
    serverDisk.append(txn(3));
    expect(logsOf(serverDisk.image())).toEqual(["1 2", "3"]);
    expect(serverDisk.image().logFiles.map(({ name }) => name)).toEqual([zxid(1), zxid(3)]);
  });

  it("a power loss removes exactly the records that unsyncedLog returns", () => {
    const { crash, run, serverDisk } = diskBed();
    serverDisk.append(txn(1));
    serverDisk.syncLog();
    run();
    serverDisk.append(txn(2));
    const [unsynced] = serverDisk.unsyncedLog();
    expect([unsynced?.from, unsynced?.txns.map((one) => one.zxid)]).toEqual([1, [zxid(2)]]);
    crash({ unsynced: "lost", power: true });
    expect(logsOf(serverDisk.image())).toEqual(["1"]);
  });
});

describe("truncateLog (FileTxnLog#truncate)", () => {
  const truncated = (logFiles: readonly (readonly number[])[], to: number, how = PLAIN) => {
    const { run, serverDisk } = diskWith(logFiles);
    const done = serverDisk.truncateLog(zxid(to), how);
    run();
    return [done, ...logsOf(serverDisk.image())];
  };

  it("1 file that holds the zxid: the file ends with it", () => {
    expect(truncated([[1, 2, 3, 4]], 2)).toEqual([true, "1 2"]);
  });

  it("1 file without the zxid: the next higher record remains", () => {
    expect(truncated([[1, 2, 3, 5, 8]], 4)).toEqual([true, "1 2 3 5"]);
  });

  it("3 files, the zxid is in the first one: the later files are deleted", () => {
    expect(truncated([[1, 2], [3], [4, 5]], 1)).toEqual([true, "1"]);
  });

  it("the zxid is beyond the end: it fails and removes nothing", () => {
    expect(truncated([[1, 2]], 7)).toEqual([false, "1 2"]);
  });

  it("no log: it fails", () => {
    expect(truncated([], 1)).toEqual([false]);
  });

  it("truncRemovesEverythingAbove, the zxid is absent: no higher record remains", () => {
    expect(truncated([[1, 2, 3, 5, 8]], 4, REMOVES_ALL)).toEqual([true, "1 2 3"]);
  });

  it("truncRemovesEverythingAbove, the zxid is beyond the end: it succeeds and removes nothing", () => {
    expect(truncated([[1, 2]], 7, REMOVES_ALL)).toEqual([true, "1 2"]);
  });

  it("truncRemovesEverythingAbove, a snapshot above the zxid: it is removed", () => {
    const { run, serverDisk } = diskWith([[1, 2, 3]], [0, 1, 3]);
    serverDisk.truncateLog(zxid(2), REMOVES_ALL);
    run();
    expect(snapshotsOf(serverDisk.image())).toEqual(["0:0", "1:1"]);
  });

  it.each([
    [false, ["1", "3", "4 5"]],
    [true, ["1 2", "3"]],
  ])("3 files, truncDeletesNewestFirst %j, killed after the first step: %j remain", (newestFirst, remaining) => {
    const { crash, runFor, serverDisk } = diskWith([[1, 2], [3], [4, 5]]);
    serverDisk.truncateLog(zxid(1), { ...PLAIN, truncDeletesNewestFirst: newestFirst });
    runFor(150);
    crash({ unsynced: "kept" });
    expect(logsOf(serverDisk.image())).toEqual(remaining);
  });
});

describe("snapshots and epoch files", () => {
  it("saves of snapshots complete in the order of their requests; a background snapshot completes separately", () => {
    const { serverDisk } = diskBed();
    serverDisk.saveSnapshot(snapshot(1), true);
    serverDisk.saveSnapshot(snapshot(2), false);
    serverDisk.saveSnapshotInBackground(snapshot(3));
    expect(serverDisk.resultOf(DISK_SNAPSHOT)).toEqual(snapshot(1));
    expect(serverDisk.resultOf(DISK_SNAPSHOT)).toEqual(snapshot(2));
    expect(serverDisk.resultOf(DISK_SNAPSHOT)).toBeNull();
    expect(serverDisk.resultOf(DISK_BACKGROUND_SNAPSHOT)).toEqual(snapshot(3));
    expect(serverDisk.resultOf(DISK_SYNC_LOG)).toBeNull();
  });

  it("epoch files and the updatingEpoch marker are in the loaded image once they are written", () => {
    const { run, serverDisk } = diskBed();
    serverDisk.markUpdatingEpoch(true);
    serverDisk.writeAcceptedEpoch(asEpoch(3));
    serverDisk.writeCurrentEpoch(asEpoch(2));
    run();
    const image = { acceptedEpoch: 3, currentEpoch: 2, updatingEpoch: true };
    expect(serverDisk.resultOf(DISK_LOAD)).toMatchObject(image);
    serverDisk.markUpdatingEpoch(false);
    run();
    expect(serverDisk.image()).toMatchObject({ ...image, updatingEpoch: false });
  });

  it("dropAllBut keeps the snapshot and older ones, and removes newer snapshots and all logs", () => {
    const { run, serverDisk } = diskWith([[1, 2], [3]], [0, 2, 3]);
    serverDisk.dropAllBut(zxid(2));
    run();
    expect([snapshotsOf(serverDisk.image()), logsOf(serverDisk.image())]).toEqual([["0:0", "1:2"], []]);
  });
});

/** The behaviors of a release that refuses to start with an empty log file. */
const OLD = { corruptSnapshotExits: false, deletesEmptyLog: false };

describe("corrupt", () => {
  it("an empty newest log file stops the server, or is deleted (ZOOKEEPER-2332)", () => {
    const { serverDisk } = diskWith([[1], [2]]);
    expect(serverDisk.corrupt("log-empty")).toBe(true);
    expect(serverDisk.unreadable(OLD)).toBe("log.100000002");
    expect(serverDisk.unreadable({ ...OLD, deletesEmptyLog: true })).toBe(undefined);
    serverDisk.deleteEmptyLog();
    expect(serverDisk.image().logFiles.map(({ name }) => name)).toEqual([zxid(1)]);
    serverDisk.deleteEmptyLog();
    expect(serverDisk.image().logFiles).toHaveLength(1);
  });

  it("a log file with an incomplete header stops the server in every release", () => {
    const { serverDisk } = diskWith([[1], [2]]);
    serverDisk.corrupt("log-header");
    expect(serverDisk.unreadable({ ...OLD, deletesEmptyLog: true })).toBe("log.100000002");
  });

  it("a wrong end mark ends the file before its last record, and stops no server", () => {
    const { serverDisk } = diskWith([[1, 2]]);
    serverDisk.corrupt("log-end");
    expect(serverDisk.unreadable(OLD)).toBe(undefined);
    expect(serverDisk.image().logFiles[0]?.txns.map((one) => one.zxid)).toEqual([zxid(1)]);
  });

  it("delete removes the newest file of a kind", () => {
    const { serverDisk } = diskWith([[1], [2]]);
    expect([serverDisk.delete("log"), serverDisk.delete("log"), serverDisk.delete("log")]).toEqual([1, 1, 0]);
    expect([serverDisk.delete("accepted-epoch"), serverDisk.delete("accepted-epoch")]).toEqual([1, 0]);
  });

  it.each(["log", "snapshot", "accepted-epoch", "current-epoch"] as const)("%s on an empty disk: false", (kind) => {
    expect(diskBed().serverDisk.corrupt(kind)).toBe(false);
  });

  it.each([
    ["log", "log.100000003"],
    ["accepted-epoch", "acceptedEpoch"],
    ["current-epoch", "currentEpoch"],
  ] as const)("%s: the newest file keeps the server from starting", (kind, file) => {
    const { serverDisk } = diskWith([[1, 2], [3]]);
    expect(serverDisk.unreadable(OLD)).toBeUndefined();
    expect(serverDisk.corrupt(kind)).toBe(true);
    expect(serverDisk.unreadable(OLD)).toBe(file);
  });

  it("snapshot: the image has only the older snapshot, and a release that then exits cannot start", () => {
    const { serverDisk } = diskWith([[1, 2]], [0, 2]);
    expect(serverDisk.corrupt("snapshot")).toBe(true);
    expect(snapshotsOf(serverDisk.image())).toEqual(["0:0"]);
    expect([serverDisk.unreadable(OLD), serverDisk.unreadable({ ...OLD, corruptSnapshotExits: true })]).toEqual([
      undefined,
      "snapshot.100000002",
    ]);
  });

  it("a snapshot without its end counts as missing, and one with a wrong format stops the server", () => {
    const { serverDisk } = diskWith([[1, 2]], [0, 2]);
    serverDisk.corrupt("snapshot-cut");
    expect([snapshotsOf(serverDisk.image()), serverDisk.unreadable(OLD)]).toEqual([["0:0"], undefined]);
    serverDisk.corrupt("snapshot-format");
    expect(serverDisk.unreadable(OLD)).toBe("snapshot.100000002");
    serverDisk.corrupt("snapshot-format", asZxid(0));
    serverDisk.corrupt("snapshot-cut");
    expect(serverDisk.unreadable(OLD)).toBe("snapshot.0");
  });

  it("an older snapshot with a wrong format is not read", () => {
    const { serverDisk } = diskWith([[1, 2]], [0, 2]);
    expect(serverDisk.corrupt("snapshot-format", asZxid(0))).toBe(true);
    expect(serverDisk.unreadable(OLD)).toBeUndefined();
  });

  it("a log file that ends below the snapshot is not read at the start, but a running leader reads it", () => {
    const { serverDisk } = diskWith([[1, 2], [3, 4], [5]], [0, 4]);
    expect(serverDisk.corrupt("log", zxid(1))).toBe(true);
    expect(serverDisk.unreadable(OLD)).toBeUndefined();
    expect(serverDisk.readLog(false).map(({ unreadableFrom }) => unreadableFrom)).toEqual([1, undefined, undefined]);
    expect(serverDisk.corrupt("log", zxid(3))).toBe(true);
    expect(serverDisk.unreadable(OLD)).toBe("log.100000003");
    expect(serverDisk.corrupt("log", zxid(4))).toBe(false);
  });

  it("an unreadable currentEpoch.tmp counts as missing, and stops only a server that needs it", () => {
    const { serverDisk } = diskWith([[1, 2]]);
    expect(serverDisk.corrupt("current-epoch-tmp")).toBe(false);
    serverDisk.preset({ ...serverDisk.image(), currentEpochTmp: asEpoch(2) });
    expect(serverDisk.image().currentEpochTmp).toBe(2);
    expect(serverDisk.corrupt("current-epoch-tmp")).toBe(true);
    expect([serverDisk.image().currentEpochTmp, serverDisk.unreadable(OLD)]).toEqual([undefined, undefined]);
  });

  it("the loss of dataLogDir or of dataDir removes all files of the directory", () => {
    const log = diskWith([[1, 2], [3]], [0, 2]).serverDisk;
    expect([log.delete("data-log-dir"), logsOf(log.image()), snapshotsOf(log.image())]).toEqual([
      2,
      [],
      ["0:0", "1:2"],
    ]);
    const data = diskWith([[1, 2], [3]], [0, 2]).serverDisk;
    expect([data.delete("data-dir"), snapshotsOf(data.image()), data.image().currentEpoch]).toEqual([4, [], undefined]);
    expect(data.image().logFiles).toHaveLength(2);
  });

  it("the only snapshot: no release can start", () => {
    const { serverDisk } = diskWith([[1, 2]], [0]);
    expect(serverDisk.corrupt("snapshot")).toBe(true);
    expect(serverDisk.unreadable(OLD)).toBe("snapshot.0");
  });
});

describe("a server with a small jute.maxbuffer", () => {
  const LIMIT = { juteMaxBuffer: 500, extraBytes: 100, maxBytes: 600 };
  const FILES = { corruptSnapshotExits: false, deletesEmptyLog: true };
  const small = (snapshots: readonly Snapshot[], txns: readonly Txn[]) => {
    const serverDisk = new ServerDisk(testBed(1).world.node(1).disk, LIMIT);
    const epochs = { acceptedEpoch: asEpoch(1), currentEpoch: asEpoch(1), currentEpochTmp: undefined };
    const logFiles = txns.length === 0 ? [] : [{ name: txns[0]?.zxid as Zxid, txns }];
    serverDisk.preset({ ...epochs, updatingEpoch: false, snapshots, logFiles });
    return serverDisk;
  };
  const large = makeTxn(zxid(2), "x", 601);

  it("cannot start from a log record above the limit", () => {
    const serverDisk = small([snapshot(0)], [txn(1), large, txn(3)]);
    expect(serverDisk.unreadable(FILES)).toBe("log.100000001");
    expect(serverDisk.tooLarge("log.100000001")).toBe(
      "transaction 1:2 has 601 bytes, but jute.maxbuffer permits 500 + 100",
    );
    expect(serverDisk.readLog(true).map(({ unreadableFrom }) => unreadableFrom)).toEqual([1]);
  });

  it("stops at the first of two unreadable records", () => {
    const serverDisk = small([snapshot(0)], [large, txn(3)]);
    serverDisk.corrupt("log");
    expect(serverDisk.readLog(true).map(({ unreadableFrom }) => unreadableFrom)).toEqual([0]);
  });

  it("uses an older snapshot if a znode of the newest is above the limit", () => {
    const withLarge = { zxid: zxid(2), history: History.empty().extend(large) };
    expect(snapshotsOf(small([snapshot(0), withLarge], []).image())).toEqual(["0:0"]);
    const only = small([withLarge], []);
    expect(only.unreadable(FILES)).toBe("snapshot.100000002");
    expect(only.tooLarge("snapshot.100000002")).toBe("a znode has 601 bytes, but jute.maxbuffer permits 500 + 100");
  });

  it("reads buffers at the limit", () => {
    const serverDisk = small([snapshot(0)], [makeTxn(zxid(1), "x", 600)]);
    expect([serverDisk.unreadable(FILES), serverDisk.tooLarge("log.100000001")]).toEqual([undefined, undefined]);
  });
});
