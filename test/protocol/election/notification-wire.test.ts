import { describe, expect, it } from "vitest";
import { decodeNotification, encodeNotification } from "../../../protocol/election/notification-wire.ts";
import { configText, majority } from "../../../protocol/quorum.ts";
import { asServerId } from "../../../protocol/zxid.ts";
import { vote, z } from "../../conformance/bare-peer.ts";

const full = vote(3, { zxid: z("2:5"), electionEpoch: 7, peerEpoch: 4 });
const bytes = encodeNotification(full);

function withVersion(version: number, length = 44): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setInt32(36, version);
  return copy.slice(0, length);
}

describe("decodeNotification", () => {
  it("reads back what encodeNotification wrote", () => {
    expect(decodeNotification(bytes)).toEqual(full);
  });

  it("reads the older forms: 28 bytes without peer epoch, 40 bytes without version", () => {
    expect(decodeNotification(bytes.slice(0, 28))).toEqual({ ...full, peerEpoch: 2, version: 0 });
    expect(decodeNotification(bytes.slice(0, 40))).toEqual({ ...full, version: 0 });
  });

  it("does not read a configuration in version 1", () => {
    expect(decodeNotification(withVersion(1))).toEqual({ ...full, version: 1 });
    expect(decodeNotification(withVersion(1, 42))).toEqual({ ...full, version: 1 });
  });

  it("reads back a configuration", () => {
    const config = majority([1, 2].map(asServerId), [asServerId(3)], 7);
    const read = decodeNotification(encodeNotification({ ...full, config }));
    expect(read?.config && configText(read.config)).toBe(configText(config));
  });

  it("ignores a text that is no configuration, and skips a message with a wrong length of the text", () => {
    const malformed = encodeNotification(full, "n0t p4rsable");
    expect(decodeNotification(malformed)).toEqual(full);
    for (const length of [-123, 13, 10_000]) {
      new DataView(malformed.buffer).setInt32(40, length);
      expect(decodeNotification(malformed)).toBeUndefined();
    }
  });

  it.each([0, 27, 29, 35, 36, 39, 41, 43])("returns undefined for %i bytes, which cut off a field", (length) => {
    expect(decodeNotification(bytes.slice(0, length))).toBeUndefined();
  });
});
