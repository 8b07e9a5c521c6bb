import { expect, test } from "vitest";
import { DiskFile } from "../../sim/disk-file.ts";

function recordFile(...records: string[]): DiskFile {
  const file = new DiskFile("log", true);
  for (const record of records) {
    file.records.push(record);
    file.stamps.push(file.stamps.length + 1);
  }
  return file;
}

test("a new file has unsynced content, even while it is empty", () => {
  const file = recordFile();
  expect([file.existsDurably, file.hasUnsynced]).toEqual([false, true]);
  file.persist(0, undefined, 0);
  expect([file.existsDurably, file.hasUnsynced]).toEqual([true, false]);
});

test("a sync makes the records durable that were visible when it started", () => {
  const file = recordFile("a", "b", "c");
  file.persist(2, undefined, 0);
  expect([file.durableRecords, file.hasUnsynced]).toEqual([2, true]);
  file.persist(3, undefined, 0);
  expect([file.durableRecords, file.hasUnsynced]).toEqual([3, false]);
});

test("a sync that completes after a later one does not make records unsynced again", () => {
  const file = recordFile("a", "b", "c");
  file.persist(3, undefined, 0);
  file.persist(1, undefined, 0);
  expect(file.durableRecords).toBe(3);
});

test("a sync that started before a truncation covers only the records that are left", () => {
  const file = recordFile("a", "b", "c");
  file.keepRecords(1);
  file.persist(3, undefined, 0);
  expect([file.records, file.durableRecords]).toEqual([["a"], 1]);
});

test("a truncation cuts off durable records, too", () => {
  const file = recordFile("a", "b", "c");
  file.persist(2, undefined, 0);
  file.keepRecords(1);
  expect([file.records, file.stamps, file.durableRecords]).toEqual([["a"], [1], 1]);
});

test("a truncation of unsynced records keeps the durable ones", () => {
  const file = recordFile("a", "b", "c");
  file.persist(1, undefined, 0);
  file.keepRecords(2);
  expect([file.records, file.durableRecords]).toEqual([["a", "b"], 1]);
});

test("a truncation beyond the end changes nothing", () => {
  const file = recordFile("a", "b");
  file.persist(2, undefined, 0);
  file.keepRecords(5);
  expect([file.records, file.durableRecords]).toEqual([["a", "b"], 2]);
});

test("a sync of an older value does not replace a newer durable value", () => {
  const file = new DiskFile("epoch", false);
  file.persist(0, "first", 1);
  file.persistValue("second", 2);
  file.persist(0, "first", 1);
  expect([file.durableValue, file.durableStamp]).toEqual(["second", 2]);
});

test("a value that is newer than the durable one is unsynced", () => {
  const file = new DiskFile("epoch", false);
  file.persistValue("first", 1);
  file.value = "second";
  file.valueStamp = 2;
  expect(file.hasUnsynced).toBe(true);
  file.persist(0, file.value, file.valueStamp);
  expect([file.hasUnsynced, file.durableValue]).toEqual([false, "second"]);
});
