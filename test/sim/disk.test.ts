import fc from "fast-check";
import { expect, test } from "vitest";
import { testBed } from "./probe.ts";

function diskBed() {
  const bed = testBed(1);
  return { ...bed, node: bed.world.node(1), disk: bed.world.node(1).disk, log: bed.logs[1] as string[] };
}

test("an appended record is visible immediately and durable only after a later sync", () => {
  const { disk, log, run } = diskBed();
  disk.append("log", "a");
  disk.sync(1);
  disk.append("log", "b");
  expect([disk.records("log"), disk.durableRecords("log")]).toEqual([["a", "b"], 0]);
  run(5000);
  expect([log, disk.durableRecords("log")]).toEqual([["1000 disk 1 ok"], 1]);
});

test("after any appends, syncs and truncations, a power loss keeps exactly the synced prefix of each file", () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant("append" as const), file: fc.constantFrom("x" as const, "y" as const) }),
    fc.record({ what: fc.constant("sync" as const) }),
    fc.record({
      what: fc.constant("truncate" as const),
      file: fc.constantFrom("x" as const, "y" as const),
      keep: fc.nat(5),
    }),
    fc.record({ what: fc.constant("wait" as const), forUs: fc.nat(2500) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { disk, node, log, run, world } = diskBed();
      // The model copies whole files. Operations complete in order, so the model applies them one by one as they
      // complete.
      const visible = { x: [] as number[], y: [] as number[] };
      const durable = { x: [] as number[], y: [] as number[] };
      const pending: (() => void)[] = [];
      let counter = 0;
      const settle = (forUs: number) => {
        run(world.nowUs + forUs);
        for (let done = log.splice(0).length; done > 0; done--) pending.shift()?.();
      };
      for (const entry of steps) {
        if (entry.what === "append") {
          disk.append(entry.file, counter);
          visible[entry.file].push(counter++);
        } else if (entry.what === "sync") {
          disk.sync(0);
          const copy = { x: [...visible.x], y: [...visible.y] };
          pending.push(() => {
            // A truncation completes after an earlier sync of the same queue, so the copy is still a prefix.
            durable.x = copy.x;
            durable.y = copy.y;
          });
        } else if (entry.what === "truncate") {
          const { file, keep } = entry;
          disk.truncate(file, keep, 0);
          // Complete the truncation now. Otherwise, it would remove records that are appended before it completes.
          settle(1_000_000);
          visible[file] = visible[file].slice(0, keep);
          durable[file] = durable[file].slice(0, keep);
        } else settle(entry.forUs);
      }
      expect(disk.records("x")).toEqual(visible.x);
      node.crash({ power: true });
      expect([disk.records("x"), disk.records("y")]).toEqual([durable.x, durable.y]);
    }),
    { seed: 1, numRuns: 200 },
  );
});

test("unsynced records survive the end of the process, and a later power loss loses them", () => {
  const { disk, node } = diskBed();
  disk.append("log", "a");
  expect(node.crash()).toEqual({ lostRecords: 0, lostFiles: 0, tornRecords: 0 });
  expect(disk.records("log")).toEqual(["a"]);
  expect(disk.crash({ unsynced: "lost" })).toEqual({ lostRecords: 1, lostFiles: 1, tornRecords: 0 });
  expect(disk.list()).toEqual([]);
});

test("a crash that keeps 3 unsynced records keeps the 3 oldest over all files", () => {
  const { disk } = diskBed();
  for (const [file, record] of [
    ["x", 1],
    ["y", 2],
    ["x", 3],
    ["x", 4],
    ["y", 5],
  ] as const)
    disk.append(file, record);
  expect(disk.crash({ unsynced: 3 })).toEqual({ lostRecords: 2, lostFiles: 0, tornRecords: 0 });
  expect([disk.records("x"), disk.records("y")]).toEqual([[1, 3], [2]]);
});

test("a torn crash keeps a prefix of the records and tears the next one, if there is one", () => {
  const survivors = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const { world } = testBed(1, { seed });
    const { disk } = world.node(1);
    for (const record of [0, 1, 2]) disk.append("log", record);
    const effect = disk.crash({ unsynced: "torn" });
    const left = disk.records("log");
    expect(left).toEqual([0, 1, 2].slice(0, left.length));
    expect(effect.tornRecords).toBe(left.length === 3 ? 0 : 1);
    survivors.add(left.length);
  }
  expect([...survivors].sort()).toEqual([0, 1, 2, 3]);
});

test("a power loss during replaceFile keeps the old value", () => {
  const { disk, node, run } = diskBed();
  disk.replaceFile("epoch", 1, 1);
  run(2000);
  disk.replaceFile("epoch", 2, 2);
  expect(disk.read("epoch")).toBe(1);
  node.crash({ power: true });
  expect([disk.read("epoch"), disk.list()]).toEqual([1, ["epoch"]]);
});

test("a crash during replaceFile can leave a .tmp file next to the old value", () => {
  const { disk, node, run } = diskBed();
  disk.replaceFile("epoch", 1, 1);
  run(2000);
  disk.replaceFile("epoch", 2, 2);
  run(2500);
  node.crash({ power: true, tmp: true });
  expect([disk.list(), disk.read("epoch"), disk.read("epoch.tmp")]).toEqual([["epoch", "epoch.tmp"], 1, 2]);
});

test("a power loss loses an unsynced writeFile, unless a later sync has completed", () => {
  const { disk, run } = diskBed();
  disk.preset("snapshot", { value: "old" });
  disk.writeFile("snapshot", "new", false, 1);
  run(1000);
  expect(disk.read("snapshot")).toBe("new");
  expect(disk.crash({ unsynced: "lost" }).lostFiles).toBe(1);
  expect(disk.read("snapshot")).toBe("old");
  disk.writeFile("snapshot", "new", false, 2);
  run(2000);
  disk.sync(3);
  disk.writeFile("snapshot", "newer", false, 4, 1);
  run(5000);
  expect(disk.read("snapshot")).toBe("newer");
  disk.crash({ unsynced: "lost" });
  expect(disk.read("snapshot")).toBe("new");
});

test("operations of one queue complete in order, two queues overlap, and a crash cancels pending operations", () => {
  const { disk, node, log, run } = diskBed();
  disk.sync(1);
  disk.sync(2);
  disk.writeFile("f", 0, false, 3, 1);
  run(1500);
  expect(log).toEqual(["100 disk 3 ok", "1000 disk 1 ok"]);
  expect(disk.pending().map(({ operation }) => operation)).toEqual([2]);
  node.crash();
  run(9000);
  expect([log.length, disk.effects.canceled]).toEqual([2, 1]);
});

test("a sync does not cover records that are appended after a truncation in another queue", () => {
  const { disk, run } = diskBed();
  for (const record of [1, 2, 3]) disk.append("log", record);
  disk.sync(1);
  disk.truncate("log", 1, 2, 1);
  run(500);
  disk.append("log", 9);
  run(5000);
  expect([disk.records("log"), disk.durableRecords("log")]).toEqual([[1, 9], 1]);
});

test("a removal is visible and durable at its completion, and not reported without an operation number", () => {
  const { disk, log, run } = diskBed();
  disk.preset("log", { records: [1] });
  disk.remove("log");
  expect(disk.has("log")).toBe(true);
  run(1000);
  disk.crash({ unsynced: "lost" });
  expect([disk.list(), log]).toEqual([[], []]);
});

test("a stalled disk completes nothing until the stall ends, and then continues in order", () => {
  const { disk, log, run } = diskBed();
  disk.stall();
  disk.sync(1);
  disk.sync(2);
  run(1500);
  disk.unstall();
  run(9000);
  expect(log).toEqual(["1500 disk 1 ok", "2000 disk 2 ok"]);
  expect(disk.effects.stalled).toBe(1);
});

test("a planned failure hits one operation, by number or by kind, and the operation has no effect", () => {
  const { disk, log, run } = diskBed();
  disk.append("log", 1);
  disk.failNext((view) => view.kind === "sync", "error");
  disk.failNext(3, "full");
  disk.sync(1);
  disk.sync(2);
  disk.replaceFile("epoch", 1, 3);
  run(1000);
  expect(disk.durableRecords("log")).toBe(0);
  run(9000);
  expect(log).toEqual(["1000 disk 1 error", "2000 disk 2 ok", "3100 disk 3 full"]);
  expect([disk.durableRecords("log"), disk.has("epoch"), disk.effects.failed]).toEqual([1, false, 2]);
});

test("a planned failure can be canceled, and repair() ends every fault that lasts", () => {
  const { disk, log, run } = diskBed();
  const cancel = disk.failNext(1, "error");
  disk.failNext(2, "error");
  cancel();
  disk.sync(1);
  run(1000);
  disk.full = true;
  disk.stall();
  disk.repair();
  disk.sync(2);
  run(9000);
  expect(log).toEqual(["1000 disk 1 ok", "2000 disk 2 ok"]);
});

test("appends, syncs and a crash work on a log of 200000 records", () => {
  const { disk, run } = diskBed();
  for (let record = 0; record < 200_000; record++) disk.append("log", record);
  disk.crash({ unsynced: 150_000 });
  for (let record = 0; record < 1000; record++) {
    disk.append("log", record);
    disk.sync(record);
  }
  run(2_000_000);
  expect(disk.durableRecords("log")).toBe(151_000);
});

test("an append to a file that holds a whole value is an error", () => {
  const { disk } = diskBed();
  disk.preset("value", { value: 1 });
  expect(() => disk.append("value", 1)).toThrow(/whole value/);
});

test("a write of a whole value to a file of records is an error", () => {
  const { disk, run } = diskBed();
  disk.append("log", 1);
  disk.writeFile("log", "value", true, 1);
  expect(() => run(5000)).toThrow(/log is a file of records/);
});

test("a created file is empty, and a loss of power removes it unless a sync came first", () => {
  const { disk, run } = diskBed();
  disk.create("lost");
  expect([disk.list(), disk.records("lost")]).toEqual([["lost"], []]);
  expect(disk.crash({ unsynced: "lost" })).toEqual({ lostRecords: 0, lostFiles: 1, tornRecords: 0 });
  disk.create("kept");
  disk.sync(1);
  run(5000);
  expect(disk.crash({ unsynced: "lost" }).lostFiles).toBe(0);
  expect(disk.list()).toEqual(["kept"]);
});

test("creating a durable file again empties it, and a loss of power keeps its name", () => {
  const { disk } = diskBed();
  disk.preset("log", { records: [1, 2] });
  disk.create("log");
  expect([disk.records("log"), disk.durableRecords("log")]).toEqual([[], 0]);
  disk.append("log", 3);
  expect(disk.crash({ unsynced: "lost" })).toEqual({ lostRecords: 1, lostFiles: 0, tornRecords: 0 });
  expect([disk.list(), disk.records("log")]).toEqual([["log"], []]);
});

test("a read takes the time of a write and changes nothing", () => {
  const { disk, log, run } = diskBed();
  disk.append("log", 1);
  disk.readAll(1);
  disk.readAll(2);
  run(5000);
  expect(log).toEqual(["100 disk 1 ok", "200 disk 2 ok"]);
  expect([disk.records("log"), disk.durableRecords("log")]).toEqual([[1], 0]);
});

test("a file that does not exist has no value, no records and no durable records", () => {
  const { disk, log, run } = diskBed();
  expect([disk.read("none"), disk.records("none"), disk.durableRecords("none")]).toEqual([undefined, [], 0]);
  disk.truncate("none", 0, 1);
  run(1000);
  expect([log, disk.list()]).toEqual([["100 disk 1 ok"], []]);
});

test("a new character applies to later operations and keeps the durations that it does not name", () => {
  const { disk, log, run } = diskBed();
  disk.sync(1);
  disk.setCharacter({ syncMinUs: 3000, syncMaxUs: 3000 });
  disk.sync(2);
  disk.writeFile("value", 1, false, 3, 1);
  run(9000);
  expect(log).toEqual(["100 disk 3 ok", "1000 disk 1 ok", "4000 disk 2 ok"]);
});

test("a disk can have its own duration for writing a whole file", () => {
  const { disk, log, run } = diskBed();
  disk.setCharacter({ fileMinUs: 5000, fileMaxUs: 5000 });
  disk.writeFile("snapshot", 1, false, 1);
  disk.replaceFile("epoch", 1, 2, 1);
  run(9000);
  expect(log).toEqual(["1100 disk 2 ok", "5000 disk 1 ok"]);
});

test("copyFrom replaces the content by a durable copy of another disk, damage included", () => {
  const { world } = testBed(2);
  const [from, to] = [world.node(1).disk, world.node(2).disk];
  from.preset("log", { records: [1, 2] });
  from.preset("epoch", { value: 3 });
  from.corrupt("epoch", "empty");
  to.preset("old", { value: 1 });
  expect(to.copyFrom(from)).toBe(2);
  expect([to.list(), to.records("log"), to.durableRecords("log")]).toEqual([["log", "epoch"], [1, 2], 2]);
  expect([to.read("epoch"), to.damageOf("epoch")]).toEqual([3, "empty"]);
});

test("a corrupt file stays corrupt until a new value replaces it", () => {
  const { disk, run } = diskBed();
  disk.preset("epoch", { value: 1 });
  expect([disk.corrupt("none"), disk.corrupt("epoch")]).toEqual([false, true]);
  expect([disk.damageOf("none"), disk.damageOf("epoch")]).toEqual([undefined, "unreadable"]);
  disk.replaceFile("epoch", 2, 1);
  run(5000);
  expect([disk.damageOf("epoch"), disk.read("epoch")]).toEqual([undefined, 2]);
});

test("on a full disk syncs and writes fail, truncations and removals succeed", () => {
  const { disk, log, run } = diskBed();
  disk.preset("log", { records: [1, 2] });
  disk.preset("old", { value: 0 });
  disk.full = true;
  disk.sync(1);
  disk.replaceFile("epoch", 1, 2);
  disk.writeFile("value", 1, false, 3);
  disk.truncate("log", 1, 4);
  disk.remove("old", 5);
  run(9000);
  expect(log.map((line) => line.replace(/^\d+ disk /, ""))).toEqual(["1 full", "2 full", "3 full", "4 ok", "5 ok"]);
  expect([disk.list(), disk.records("log"), disk.effects.failed]).toEqual([["log"], [1], 3]);
});

test("a planned failure waits until the disk has space again", () => {
  const { disk, log, run } = diskBed();
  disk.failNext(() => true, "error");
  disk.full = true;
  disk.sync(1);
  run(1500);
  disk.full = false;
  disk.sync(2);
  disk.sync(3);
  run(9000);
  expect(log).toEqual(["1000 disk 1 full", "2500 disk 2 error", "3500 disk 3 ok"]);
});

test("a truncation of one file leaves a sync of the other files complete", () => {
  const { disk, run } = diskBed();
  for (const file of ["x", "y"]) for (const record of [1, 2, 3]) disk.append(file, record);
  disk.sync(1);
  disk.truncate("x", 1, 2, 1);
  run(500);
  disk.append("x", 9);
  run(5000);
  expect([disk.durableRecords("x"), disk.durableRecords("y")]).toEqual([1, 3]);
});

test("a crash without unsynced writes loses nothing, however many writes it may keep", () => {
  const { disk } = diskBed();
  disk.preset("log", { records: [1] });
  for (const unsynced of ["lost", "kept", "torn", 3] as const) {
    expect(disk.crash({ unsynced })).toEqual({ lostRecords: 0, lostFiles: 0, tornRecords: 0 });
  }
  expect(disk.records("log")).toEqual([1]);
});

for (const unsynced of ["lost", "torn"] as const) {
  test(`a removed file does not return after a crash, and its unsynced records do not count as ${unsynced}`, () => {
    const { disk, run } = diskBed();
    disk.append("log", 1);
    disk.remove("log");
    run(1000);
    expect(disk.crash({ unsynced })).toEqual({ lostRecords: 0, lostFiles: 0, tornRecords: 0 });
    expect(disk.list()).toEqual([]);
  });
}

test("a crash that keeps one unsynced write makes the older of two values durable", () => {
  const { disk, run } = diskBed();
  disk.writeFile("first", 1, false, 1);
  disk.writeFile("second", 2, false, 2);
  run(1000);
  expect(disk.crash({ unsynced: 1 })).toEqual({ lostRecords: 0, lostFiles: 1, tornRecords: 0 });
  expect(disk.list()).toEqual(["first"]);
  disk.crash({ unsynced: "lost" });
  expect(disk.read("first")).toBe(1);
});

for (const unsynced of ["lost", 1] as const) {
  test(`a synced value that replaced an unsynced one survives a crash (unsynced: ${unsynced})`, () => {
    const { disk, run } = diskBed();
    disk.writeFile("epoch", 1, false, 1);
    disk.writeFile("epoch", 2, true, 2);
    run(5000);
    expect(disk.crash({ unsynced })).toEqual({ lostRecords: 0, lostFiles: 0, tornRecords: 0 });
    expect(disk.read("epoch")).toBe(2);
  });
}

test("a slow sync does not bring back the value that a faster replacement in another queue superseded", () => {
  const { disk, run } = diskBed();
  disk.writeFile("epoch", 1, false, 1);
  run(500);
  disk.sync(2);
  disk.setCharacter({ syncMinUs: 10, syncMaxUs: 10 });
  disk.replaceFile("epoch", 2, 3, 1);
  run(5000);
  disk.crash({ unsynced: "lost" });
  expect(disk.read("epoch")).toBe(2);
});

test("on a read-only disk every operation except a read fails", () => {
  const { disk, log, run } = diskBed();
  disk.preset("log", { records: ["a", "b"] });
  disk.readOnly = true;
  disk.sync(1);
  disk.replaceFile("epoch", 7, 2);
  disk.truncate("log", 1, 3);
  disk.remove("log", 4);
  disk.readAll(5);
  run(50_000);
  expect(log.map((line) => line.replace(/^\d+ disk /, ""))).toEqual([
    "1 error",
    "2 error",
    "3 error",
    "4 error",
    "5 ok",
  ]);
  expect([disk.records("log"), disk.read("epoch"), disk.effects.failed]).toEqual([["a", "b"], undefined, 4]);
});

test("a disk that loses syncs reports them as done, and a later sync makes the same data durable", () => {
  const { disk, log, run } = diskBed();
  disk.losesSyncs = true;
  disk.append("log", "a");
  disk.sync(1);
  disk.replaceFile("epoch", 7, 2);
  run(50_000);
  expect(log.map((line) => line.replace(/^\d+ disk /, ""))).toEqual(["1 ok", "2 ok"]);
  expect([disk.records("log"), disk.durableRecords("log"), disk.read("epoch")]).toEqual([["a"], 0, 7]);
  expect(disk.effects.lostSyncs).toBe(2);
  disk.repair();
  disk.sync(3);
  run(100_000);
  expect(disk.durableRecords("log")).toBe(1);
});
