/** The largest buffer that a server reads (jute.maxbuffer), by release, and what a server does above the limit. */
import { describe, expect, it } from "vitest";
import { bufferLimit, bytesOf, largestIn } from "../../protocol/buffer-limit.ts";
import {
  asZxid,
  DEFAULT_SETTINGS,
  History,
  LOOKING,
  makeTxn,
  NO_ZXID,
  PROFILES,
  packet,
  type QuorumPacket,
  REQUEST,
  type Settings,
} from "../../protocol/index.ts";
import {
  ack,
  ackEpoch,
  asLearner,
  BarePeer,
  diff,
  info,
  leaderInfo,
  newLeader,
  proposal,
  snap,
  upToDate,
} from "../conformance/bare-peer.ts";

const limitOf = (release: string, settings: Partial<Settings> = {}): number =>
  bufferLimit({ ...DEFAULT_SETTINGS, ...settings }, PROFILES[release] as (typeof PROFILES)[string]).maxBytes;

describe("the limit", () => {
  it.each([
    ["3.5.5", {}, 0xfffff + 1024],
    ["3.5.8", {}, 2 * 0xfffff],
    ["3.9.4", { juteMaxBuffer: 5000 }, 10_000],
    ["3.9.4", { juteMaxBuffer: 5000, juteMaxBufferExtraSize: 0 }, 6024],
    ["3.5.5", { juteMaxBuffer: 5000, juteMaxBufferExtraSize: 9000 }, 6024],
    ["3.9.4", { juteMaxBuffer: 5000, juteMaxBufferExtraSize: 9000 }, 14_000],
  ])("of %s with %o is %i", (release, settings, expected) => {
    expect(limitOf(release, settings)).toBe(expected);
  });

  it("has the larger extra size from 3.5.8 on", () => {
    const short = Object.keys(PROFILES).filter((release) => limitOf(release) === 0xfffff + 1024);
    expect(short).toEqual(["3.4.10", "3.4.14", "3.5.5"]);
  });
});

describe("a history", () => {
  const txn = (zxid: number, bytes = 0) => makeTxn(asZxid(zxid), "x", bytes);

  it("has the sizes of its transactions", () => {
    const history = History.empty().extend(txn(1)).extend(txn(2, 5)).extend(txn(3)).extend(txn(4, 700));
    expect([bytesOf(history, 100), largestIn(history)]).toEqual([905, 700]);
    expect([bytesOf(history.prefix(3), 100), largestIn(history.prefix(3))]).toEqual([205, 5]);
  });

  it("without sizes has one size for each transaction", () => {
    expect([bytesOf(History.empty(), 100), largestIn(History.empty())]).toEqual([0, 0]);
    expect(bytesOf(History.empty().extend(txn(1)), 100)).toBe(100);
  });
});

const SMALL = { settings: { juteMaxBuffer: 3000, juteMaxBufferExtraSize: 0 } };
const large = (message: QuorumPacket, bytes: number) =>
  ({ ...message, data: { ...(message.data as object), bytes } }) as QuorumPacket;

describe("a learner", () => {
  it.each([
    ["of the synchronization", [leaderInfo(1), diff("1:1")]],
    ["after UPTODATE", [leaderInfo(1), diff("0:0"), newLeader(1), upToDate()]],
  ])("leaves its leader at a PROPOSAL %s above the limit", (_, packets) => {
    const { bare, send } = asLearner(new BarePeer(SMALL), packets);
    send(large(proposal("1:1"), 4025));
    expect([bare.failures.at(-1), bare.peer.state]).toEqual(["unreasonable-length", LOOKING]);
  });

  it("reads a PROPOSAL at the limit", () => {
    const { bare, send } = asLearner(new BarePeer(SMALL), [leaderInfo(1), diff("1:1")]);
    send(large(proposal("1:1"), 4024));
    expect(bare.failures).toEqual([]);
  });

  it("leaves its leader at a SNAP with a znode above the limit", () => {
    const { bare, send } = asLearner(new BarePeer(SMALL), [leaderInfo(1)]);
    send(snap("1:1", History.empty().extend(makeTxn(asZxid(2 ** 32 + 1), "x", 4025))));
    expect(bare.failures).toEqual(["unreasonable-length"]);
  });
});

describe("a leader", () => {
  it("closes the connection of a learner that sends a REQUEST above the limit", () => {
    const bare = new BarePeer(SMALL).becomeLeader().accept(1);
    for (const message of [info(1, 0), ackEpoch(0, "0:0"), ack("1:0")]) bare.packet(1, message);
    bare.packet(1, packet(REQUEST, NO_ZXID, { value: "x", bytes: 4025 }));
    expect([bare.failures, bare.closed]).toEqual([[expect.stringMatching(/1: unreasonable-length$/)], [1]]);
  });

  it("refuses a write above jute.maxbuffer, without the extra size", () => {
    const bare = new BarePeer(SMALL).becomeLeader().accept(1);
    for (const message of [info(1, 0), ackEpoch(0, "0:0"), ack("1:0")]) bare.packet(1, message);
    expect([bare.peer.write("x", 3001), bare.peer.write("x", 3000)]).toEqual([false, true]);
  });
});
