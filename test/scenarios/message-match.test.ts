/** Which messages the fields `type`, `from`, `to` and `zxid` select. */
import { describe, expect, it } from "vitest";
import type { Message } from "../../cluster/server.ts";
import { ACK, asServerId, asZxid } from "../../protocol/index.ts";
import { matcher, messageName } from "../../scenarios/message-match.ts";
import type { MessageMatch } from "../../scenarios/scenario.ts";

const ONE = asServerId(1);
const TWO = asServerId(2);
const ack = { type: ACK, zxid: asZxid(2 ** 32 + 3), data: null } as Message;
const notification = new Uint8Array(4) as unknown as Message;

/** Returns whether a match selects an ACK with zxid 1:3 that server 1 sends to server 2. */
const selects = (match: MessageMatch): boolean => matcher(match)(ack, ONE, TWO);

describe("matcher", () => {
  it.each<[MessageMatch, boolean]>([
    [{}, true],
    [{ type: "ACK" }, true],
    [{ type: "PING" }, false],
    [{ from: ONE }, true],
    [{ from: TWO }, false],
    [{ to: TWO }, true],
    [{ to: ONE }, false],
    [{ zxid: "1:3" }, true],
    [{ zxid: "1:4" }, false],
    [{ type: "ACK", from: ONE, to: TWO, zxid: "1:3" }, true],
    [{ type: "ACK", from: ONE, to: ONE, zxid: "1:3" }, false],
  ])("%j selects an ACK of 1:3 from 1 to 2: %s", (match, expected) => {
    expect(selects(match)).toBe(expected);
  });

  it("selects no message without a zxid if the match has one", () => {
    expect(matcher({ zxid: "1:3" })(notification, ONE, TWO)).toBe(false);
    expect(matcher({ type: "NOTIFICATION" })(notification, ONE, TWO)).toBe(true);
  });
});

it("messageName returns the packet's name, NOTIFICATION or HELLO", () => {
  expect(messageName(ack)).toBe("ACK");
  expect(messageName(notification)).toBe("NOTIFICATION");
});
