/** Which fields of a message an `alter` step changes, and which it keeps. */
import { describe, expect, it } from "vitest";
import type { Message } from "../../cluster/server.ts";
import { ACK, ACKEPOCH, asZxid, FOLLOWERINFO, UPTODATE } from "../../protocol/index.ts";
import { alterMessage } from "../../scenarios/alter-message.ts";

const zxid = asZxid(2 ** 32 + 1);
const altered = (message: object, set: Parameters<typeof alterMessage>[1]): unknown =>
  alterMessage(message as Message, set);

describe("alterMessage changes", () => {
  it("type and zxid of a packet, and keeps its data", () => {
    const packet = { type: ACK, zxid, data: null };
    expect(altered(packet, { type: "UPTODATE", zxid: "3:7" })).toEqual({
      type: UPTODATE,
      zxid: 3 * 2 ** 32 + 7,
      data: null,
    });
  });

  it("the epoch in the data of ACKEPOCH", () => {
    expect(altered({ type: ACKEPOCH, zxid, data: 1 }, { epoch: 9 })).toEqual({ type: ACKEPOCH, zxid, data: 9 });
  });

  it("the versions in FOLLOWERINFO, and keeps the server id", () => {
    const info = { type: FOLLOWERINFO, zxid, data: { serverId: 2, protocolVersion: 0x10000, configVersion: 0 } };
    expect(altered(info, { protocolVersion: 1 })).toMatchObject({
      data: { serverId: 2, protocolVersion: 1, configVersion: 0 },
    });
    expect(altered(info, { configVersion: 5 })).toMatchObject({
      data: { serverId: 2, protocolVersion: 0x10000, configVersion: 5 },
    });
  });

  it("the zxid of a notification", () => {
    const notification = { leader: 1, zxid, round: 1 };
    expect(altered(notification, { zxid: "2:2" })).toEqual({ leader: 1, zxid: 2 * 2 ** 32 + 2, round: 1 });
    expect(altered(notification, { epoch: 4 })).toEqual(notification);
  });

  it("the length and the configuration text of a notification, in wire format", () => {
    const notification = { state: 0, leader: 1, zxid, electionEpoch: 1, peerEpoch: 1, version: 2 };
    const text = altered(notification, { configText: "abc", configLength: -1 }) as Uint8Array;
    expect([text.length, new DataView(text.buffer).getInt32(40), String.fromCharCode(...text.slice(44))]).toEqual([
      47,
      -1,
      "abc",
    ]);
    const lengths = [12, 100].map((bytes) => (altered(notification, { bytes }) as Uint8Array).length);
    expect(lengths).toEqual([12, 100]);
  });

  it("nothing of a packet without the field", () => {
    const packet = { type: ACK, zxid, data: null };
    expect(altered(packet, { epoch: 4, protocolVersion: 1 })).toEqual(packet);
  });
});
