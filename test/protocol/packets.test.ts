/** The messages between servers, and their codes on the wire. */
import { expect, it } from "vitest";
import * as packets from "../../protocol/packets.ts";
import { isHello, type Notification, PACKET_NAMES, packet, SERVER_STATE_NAMES } from "../../protocol/packets.ts";
import { asEpoch, asServerId, asZxid } from "../../protocol/zxid.ts";

it("each packet type has the code of ZooKeeper's Leader, and its name", () => {
  const codes = Object.entries(packets).filter(([name]) => PACKET_NAMES.includes(name));
  expect(codes).toHaveLength(PACKET_NAMES.length - 1);
  for (const [name, code] of codes) expect(PACKET_NAMES[code as number], name).toBe(name);
  expect([packets.REQUEST, packets.NEWLEADER, packets.DIFF, packets.INFORMANDACTIVATE]).toEqual([1, 10, 13, 19]);
});

it("each server state has the code of ServerState, and its name", () => {
  const { FOLLOWING, LEADING, LOOKING, OBSERVING } = packets;
  expect([LOOKING, FOLLOWING, LEADING, OBSERVING].map((state) => SERVER_STATE_NAMES[state])).toEqual([
    "LOOKING",
    "FOLLOWING",
    "LEADING",
    "OBSERVING",
  ]);
});

it("a packet has a type, a zxid and data, in this order", () => {
  const one = packet(packets.ACKEPOCH, asZxid(7), asEpoch(2));
  expect(Object.entries(one)).toEqual([
    ["type", packets.ACKEPOCH],
    ["zxid", 7],
    ["data", 2],
  ]);
});

it("only the first message of an election connection is a hello", () => {
  const notification: Notification = {
    state: packets.LOOKING,
    leader: asServerId(1),
    zxid: asZxid(0),
    electionEpoch: 1,
    peerEpoch: asEpoch(0),
    version: 2,
  };
  expect(isHello({ hello: asServerId(1) })).toBe(true);
  expect(isHello(notification)).toBe(false);
  expect(isHello(new Uint8Array(4))).toBe(false);
});
