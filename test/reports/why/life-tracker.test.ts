/** Tests what each server did with one transaction, as derived from records. */
import { describe, expect, it } from "vitest";
import type { ProtocolRecord } from "../../../cluster/records.ts";
import { History, makeTxn } from "../../../protocol/storage/history.ts";
import { asEpoch } from "../../../protocol/zxid.ts";
import { LifeTracker } from "../../../reports/why/life-tracker.ts";
import { record, sid, zxid } from "../records.ts";

const SUBJECT = zxid("1:2");

function historyOf(...zxids: string[]): History {
  return zxids.reduce((history, text) => history.extend(makeTxn(zxid(text), "before")), History.empty());
}

const loads = (history: History, server = 1): ProtocolRecord =>
  record({ event: "loaded", zxid: history.zxid, history }, { server });
const txn = (event: "proposed" | "logged" | "committed" | "delivered", text = "1:2", server = 1): ProtocolRecord =>
  record({ event, zxid: zxid(text), value: "w2" }, { server });
const syncs = (text: string): ProtocolRecord => record({ event: "synced", zxid: zxid(text) });
const truncates = (end: string): ProtocolRecord =>
  record({ event: "truncated", zxid: zxid(end), removed: [zxid("1:2")], end: zxid(end) });
const crashes = (...lost: string[]): ProtocolRecord =>
  record({ event: "crashed", exitCode: undefined, lost: lost.map(zxid) });
const decides = (decision: "SNAP" | "DIFF", learner: number, server: number): ProtocolRecord =>
  record({ event: "sync-decided", learner: sid(learner), decision } as never, { server });

/** Returns the server and the kind of each event in the life of a transaction, as in `1 logged`. */
function eventsOf(...records: ProtocolRecord[]): string[] {
  const tracker = new LifeTracker(SUBJECT);
  for (const [index, one] of records.entries()) tracker.read(one, index);
  return tracker.events.map(({ kind, server }) => `${server} ${kind}`);
}

describe("LifeTracker", () => {
  it("finds a transaction on the disk that a server loads first", () => {
    expect(eventsOf(loads(historyOf("1:1", "1:2", "1:3")))).toEqual(["1 before"]);
    expect(eventsOf(loads(historyOf("1:1", "1:3")))).toEqual([]);
    expect(eventsOf(loads(historyOf()))).toEqual([]);
  });

  it("follows a transaction from its proposal to its delivery, and ignores others", () => {
    const others = [txn("logged", "1:3"), syncs("1:1")];
    const own = [txn("proposed"), txn("logged"), syncs("1:3"), syncs("1:4"), txn("committed"), txn("delivered")];
    expect(eventsOf(...others, ...own)).toEqual(["1 proposed", "1 logged", "1 synced", "1 committed", "1 delivered"]);
  });

  it("distinguishes a TRUNC that removes the transaction from a TRUNC that leaves it", () => {
    expect(eventsOf(txn("logged"), truncates("1:2"), truncates("1:1"), truncates("1:1"))).toEqual([
      "1 logged",
      "1 kept",
      "1 truncated",
    ]);
  });

  it("names a wipe as the loss, and only if the server had the transaction", () => {
    const wipes = (server: number): ProtocolRecord =>
      record({ event: "script", step: 0, moment: "start", verb: "wipe", argument: sid(server), duration: undefined });
    const restart = [loads(historyOf("1:1", "1:2")), crashes(), wipes(1), loads(historyOf())];
    expect(eventsOf(...restart)).toEqual(["1 before", "1 wiped"]);
    expect(eventsOf(txn("logged"), wipes(2))).toEqual(["1 logged"]);
    expect(eventsOf(txn("logged"), wipes(1), wipes(1))).toEqual(["1 logged", "1 wiped"]);
  });

  it("names a deleted or replaced file as the loss, if the server then starts without the transaction", () => {
    const damages = (fault: object): ProtocolRecord =>
      record({ event: "script", step: 0, moment: "start", verb: "disk", argument: fault, duration: undefined });
    const restart = (fault: object, ...zxids: string[]): string[] =>
      eventsOf(loads(historyOf("1:1", "1:2")), crashes(), damages(fault), loads(historyOf(...zxids)));
    expect(restart({ server: 1, delete: "log" }, "1:1")).toEqual(["1 before", "1 deleted"]);
    expect(restart({ server: 1, copyFrom: 2 })).toEqual(["1 before", "1 deleted"]);
    expect(restart({ server: 1, delete: "snapshot" }, "1:1", "1:2")).toEqual(["1 before"]);
    expect(restart({ server: 1, sync: "1s" })).toEqual(["1 before", "1 lost"]);
  });

  it("distinguishes a loss from the log, a loss from memory, and a record that is read back without a sync", () => {
    expect(eventsOf(txn("logged"), crashes("1:2"))).toEqual(["1 logged", "1 lost"]);
    expect(eventsOf(txn("delivered"), crashes())).toEqual(["1 delivered", "1 forgotten"]);
    const restart = [loads(historyOf()), txn("logged"), crashes(), loads(historyOf("1:1", "1:2"))];
    expect(eventsOf(...restart)).toEqual(["1 logged", "1 read-back"]);
  });

  it("finds a loss when the server loads its disk again", () => {
    const records = [loads(historyOf("1:1", "1:2")), crashes(), loads(historyOf("1:1"))];
    expect(eventsOf(...records)).toEqual(["1 before", "1 lost"]);
    expect(eventsOf(loads(historyOf("1:2")), loads(historyOf("1:1")))).toEqual(["1 before"]);
  });

  it("follows a snapshot from the leader's memory to the learner's disk", () => {
    const leader = loads(historyOf("1:1", "1:2"), 2);
    const saved = record({ event: "snapshot-saved", zxid: zxid("1:2") });
    const received = [leader, decides("SNAP", 1, 2), loads(historyOf("1:1", "1:2")), saved];
    expect(eventsOf(...received)).toEqual(["2 before", "1 snapshot", "1 saved"]);
    const replaced = [loads(historyOf("1:2")), decides("SNAP", 1, 2), loads(historyOf("1:1", "1:3"))];
    expect(eventsOf(...replaced)).toEqual(["1 before", "1 replaced"]);
  });

  it("keeps a transaction in the log if a SNAP without it ends at a lower zxid", () => {
    const kept = [loads(historyOf("1:2")), decides("SNAP", 1, 2), loads(historyOf("1:1")), truncates("1:1")];
    expect(eventsOf(...kept)).toEqual(["1 before", "1 left-in-log", "1 truncated"]);
  });

  it("treats a load after LOOKING or after a DIFF as a load from the server's own disk", () => {
    const looking = record({ event: "looking", phase: "ELECTION" });
    expect(eventsOf(decides("SNAP", 1, 2), looking, loads(historyOf("1:2")))).toEqual(["1 before"]);
    expect(eventsOf(decides("SNAP", 1, 2), decides("DIFF", 1, 2), loads(historyOf("1:2")))).toEqual(["1 before"]);
  });

  it("has the transaction in memory after a fast-forward over its log", () => {
    const forwards = record({ event: "fast-forwarded", zxid: zxid("1:2") });
    expect(eventsOf(txn("logged"), crashes("1:2"), forwards, crashes())).toEqual(["1 logged", "1 lost"]);
    const saved = record({ event: "snapshot-saved", zxid: zxid("1:2") });
    expect(eventsOf(txn("logged"), forwards, saved)).toEqual(["1 logged"]);
  });

  it("ignores the script and other records", () => {
    const step = { step: 0, moment: "start", verb: "heal", argument: "all", duration: undefined } as const;
    const script = record({ event: "script", ...step }, { server: -1 });
    expect(eventsOf(script, record({ event: "epoch-current", epoch: asEpoch(1) }))).toEqual([]);
  });
});
