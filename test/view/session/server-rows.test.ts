import { expect, test } from "vitest";
import { asServerId } from "../../../protocol/index.ts";
import { Recording } from "../../../view/session/recording.ts";
import { roleText, serverRows } from "../../../view/session/server-rows.ts";
import { shipped } from "../scenarios.ts";

const recording = new Recording(shipped("zookeeper-4643-current-epoch-before-diff-is-logged"), { seed: 1n }).finish();

function rowsOf(sid: number, event: number): ReadonlyMap<string, string> {
  return new Map(serverRows(recording.serverAt(asServerId(sid), event)).map(({ name, value }) => [name, value]));
}

test("a leader shows its sets", () => {
  const rows = rowsOf(1, 144);
  expect(rows.get("role")).toBe("LEADING · DISCOVERY");
  expect(rows.get("quorum of ACKEPOCH")).toBe("1, 2");
  expect(rows.get("ACKs of NEWLEADER")).toBe("none");
});

test("a learner shows its leader, its step and its disk operations", () => {
  const rows = rowsOf(2, 145);
  expect(rows.get("learner")).toBe("of 1, truncating");
  expect(rows.get("disk operations")).toBe("truncate log.100000001");
});

test("epochs in memory that are not on disk are shown with those on disk", () => {
  const written = recording.records.findIndex(({ event, server }) => event === "epoch-current" && server === 1);
  const before = recording.eventOfRecord(written);
  expect(rowsOf(1, before).get("epochs")).toMatch(/current/);
});

test("a server that is down shows only its disk", () => {
  expect(roleText(recording.serverAt(asServerId(3), 144))).toBe("down");
  expect([...rowsOf(3, 144).keys()]).toEqual(["role", "epochs", "snapshots"]);
});

test("a row explains its name", () => {
  const rows = serverRows(recording.serverAt(asServerId(1), 144));
  const without = rows.filter(({ about }) => about === undefined).map(({ name }) => name);
  expect(without).toEqual(["role", "election", "last proposed", "disk operations", "timers"]);
});

test("a server that has applied more than its disk has is marked", () => {
  const view = recording.serverAt(asServerId(1), 0);
  expect(serverRows(view).filter(({ isOdd }) => isOdd)).toEqual([]);
  const odd = serverRows({ ...view, disk: { ...view.disk, log: [], snapshots: [] } }).filter(({ isOdd }) => isOdd);
  expect(odd.map(({ name }) => name)).toEqual(["last processed"]);
  expect(odd[0]?.value).toContain("the disk ends at 0:0");
});
