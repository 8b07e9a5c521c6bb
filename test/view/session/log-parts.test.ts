import { expect, test } from "vitest";
import { asServerId } from "../../../protocol/index.ts";
import { CommittedTxns, logEntries } from "../../../view/session/log-parts.ts";
import { zxidText } from "../../../view/session/message-text.ts";
import { Recording } from "../../../view/session/recording.ts";
import { shipped } from "../scenarios.ts";

function partsOf(name: string, sid: number, event: (recording: Recording) => number, limit = 20): string[] {
  const recording = new Recording(shipped(name), { seed: 1n }).finish();
  const committed = new CommittedTxns(recording);
  const { entries } = logEntries(recording, committed, asServerId(sid), event(recording), limit);
  return entries.map(({ part, place, zxid }) => `${zxidText(zxid)} ${part}${place === "log" ? "" : ` ${place}`}`);
}

test("a transaction that only one server has logged before the run is synced, not committed", () => {
  const parts = partsOf("follower-ahead-trunc", 1, () => 1);
  expect(parts.at(-1)).toBe("1:6 synced");
  expect(parts.slice(0, -1)).toEqual(["1:1", "1:2", "1:3", "1:4", "1:5"].map((zxid) => `${zxid} committed`));
});

test("after the TRUNC, the log lacks the transaction", () => {
  expect(partsOf("follower-ahead-trunc", 1, ({ length }) => length).at(-1)).toBe("1:5 committed");
});

test("a server that is down shows what its crash lost", () => {
  const name = "three-servers-follower-crash-loses-unsynced-tail";
  const recording = new Recording(shipped(name), { seed: 1n }).finish();
  const index = recording.records.findIndex((record) => record.event === "crashed" && record.lost.length > 0);
  const { server } = recording.records[index] as (typeof recording.records)[number];
  const parts = partsOf(name, server, () => recording.eventOfRecord(index));
  expect(parts.filter((part) => part.endsWith("lost"))).not.toEqual([]);
});

test("a long log shows its end", () => {
  expect(partsOf("follower-ahead-trunc", 1, () => 1, 2)).toEqual(["1:5 committed", "1:6 synced"]);
});

test("the event of a TRUNC shows the transactions that it removes, and the next event does not", () => {
  const recording = new Recording(shipped("follower-ahead-trunc"), { seed: 1n }).finish();
  const index = recording.records.findIndex(({ event }) => event === "truncated");
  const at = recording.eventOfRecord(index);
  const removed = (event: number) =>
    partsOf("follower-ahead-trunc", 1, () => event).filter((part) => part.endsWith("removed"));
  const events = Array.from({ length: at + 3 }, (_, event) => event).filter((event) => removed(event).length > 0);
  expect(events.map(removed)).toEqual([["1:6 removed"]]);
});

test("transactions that are only in memory or in a snapshot are shown, in the order of their zxids", () => {
  const name = "open-snapshot-survives-trunc";
  const recording = new Recording(shipped(name), { seed: 1n }).finish();
  const truncated = recording.eventOfRecord(recording.records.findIndex(({ event }) => event === "truncated"));
  expect(partsOf(name, 3, () => truncated)).toEqual([
    ...["1:1", "1:2", "1:3", "1:4", "1:5"].map((zxid) => `${zxid} committed`),
    ...["1:6", "1:7"].map((zxid) => `${zxid} synced snapshot`),
  ]);
});

test("after a SNAP, a server holds transactions only in memory, and then in the snapshot that it saves", () => {
  const name = "follower-below-purged-log-snap";
  const recording = new Recording(shipped(name), { seed: 1n }).finish();
  const last = (event: number): string => partsOf(name, 1, () => event).at(-1) ?? "";
  const parts = new Set(Array.from({ length: recording.length + 1 }, (_, event) => last(event)));
  expect([...parts]).toEqual(["1:3 committed", "1:8 committed memory", "1:8 committed snapshot"]);
});

test("what a snapshot holds below the start of the log comes first", () => {
  const parts = partsOf("follower-below-purged-log-snap", 2, () => 1);
  expect([parts[0], parts[4], parts[5]]).toEqual(["1:1 committed snapshot", "1:5 committed snapshot", "1:6 committed"]);
});
