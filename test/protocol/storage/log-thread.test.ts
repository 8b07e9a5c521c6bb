import { describe, expect, it } from "vitest";
import { DISK_BACKGROUND_SNAPSHOT, DISK_SYNC_LOG } from "../../../protocol/index.ts";
import { ack, ackEpoch, BarePeer, info } from "../../conformance/bare-peer.ts";

/** Makes a serving leader of three servers with one follower. The test completes the leader's disk operations. */
function serving(settings = {}): BarePeer {
  const bare = new BarePeer({ settings }).becomeLeader();
  bare.accept(1).packet(1, info(1, 0)).packet(1, ackEpoch(0, "0:0")).packet(1, ack("1:0"));
  bare.slowDisk = true;
  return bare;
}

describe("the log thread", () => {
  it("syncs once for all transactions that arrived during the previous sync", () => {
    const bare = serving();
    for (const value of ["a", "b", "c"]) bare.input(() => void bare.peer.write(value));
    expect([bare.log.length, bare.pendingDisk]).toEqual([1, ["sync log"]]);
    bare.disk(1);
    expect([bare.log.length, bare.syncedTxns, bare.pendingDisk]).toEqual([3, 1, ["sync log"]]);
    bare.disk(1);
    expect([bare.syncedTxns, bare.pendingDisk]).toEqual([3, []]);
  });

  it("appends at most maxBatchSize transactions before it syncs", () => {
    const bare = serving({ maxBatchSize: 2 });
    for (let i = 0; i < 6; i++) bare.input(() => void bare.peer.write(i));
    bare.disk(1);
    expect(bare.log).toHaveLength(3);
    bare.disk(1);
    expect(bare.log).toHaveLength(5);
  });

  it("rolls the log and saves a snapshot in the background after more than snapCount / 2 transactions", () => {
    const bare = serving({ snapCount: 6 });
    for (let i = 0; i < 5; i++) {
      bare.input(() => void bare.peer.write(i));
      bare.disk();
    }
    // The last snapshot ends at 1:0, because the server has not yet applied any transaction to its tree.
    expect(bare.snapshots.map(({ zxid }) => zxid)).toEqual([0, 0, 2 ** 32]);
  });

  it("rolls the log without a second snapshot while one is being saved", () => {
    const bare = serving({ snapCount: 2 });
    for (let i = 0; i < 8; i++) bare.input(() => void bare.peer.write(i));
    bare.disk(1);
    // The second batch has seven transactions, and every second transaction rolls the log.
    expect(bare.pendingDisk).toEqual(["save snapshot in background", "sync log"]);
    expect(bare.peer.database.logFiles.map(({ txns }) => txns.length)).toEqual([2, 2, 2, 2]);
    bare.disk();
    expect(bare.log).toHaveLength(8);
  });

  it("saves a snapshot at the next roll if the last one could not be written", () => {
    const bare = serving({ snapCount: 2 });
    const write = (count: number): void => {
      for (let i = 0; i < count; i++) bare.input(() => void bare.peer.write(i));
      bare.disk();
    };
    const { database } = bare.peer;
    const { length } = database.snapshots;
    bare.failNext = DISK_BACKGROUND_SNAPSHOT;
    write(2);
    expect(database.snapshots).toHaveLength(length);
    write(2);
    expect(database.snapshots).toHaveLength(length + 1);
    expect(bare.failures).toEqual([]);
  });

  it("takes a snapshot on request, but none after a failed sync has ended it", () => {
    const bare = serving();
    const { database } = bare.peer;
    const { length } = database.snapshots;
    expect(bare.peer.takeSnapshot()).toBe(true);
    bare.disk();
    expect(database.snapshots).toHaveLength(length + 1);
    bare.input(() => void bare.peer.write("a"));
    bare.failNext = DISK_SYNC_LOG;
    bare.disk();
    expect(bare.peer.takeSnapshot()).toBe(false);
    expect(database.snapshots).toHaveLength(length + 1);
  });

  it("a leader commits a transaction when it has synced it and one of two followers has acknowledged it", () => {
    const bare = serving();
    bare.input(() => void bare.peer.write("a"));
    bare.packet(1, ack("1:1"));
    expect(bare.sentOn(1)).not.toContain("COMMIT 1:1");
    bare.disk();
    expect(bare.sentOn(1).slice(-2)).toEqual(["PROPOSAL 1:1", "COMMIT 1:1"]);
    expect(bare.peer.database.history.length).toBe(1);
  });
});
