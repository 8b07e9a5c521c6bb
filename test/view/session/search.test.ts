import { expect, test } from "vitest";
import { parseSearch } from "../../../view/session/search.ts";

test.each([
  ["TRUNC", { pattern: { type: "TRUNC" } }],
  ["newleader to 1", { pattern: { type: "NEWLEADER", to: 1 } }],
  ["PROPOSAL 1:4 from 3 to 2", { pattern: { type: "PROPOSAL", zxid: "1:4", from: 3, to: 2 } }],
  ["ACK to 2 from 3", { pattern: { type: "ACK", from: 3, to: 2 } }],
  [
    "NEWLEADER to 1 without an ACK from 1",
    { pattern: { type: "NEWLEADER", to: 1 }, without: { type: "ACK", from: 1 } },
  ],
  ["PING without PING", { pattern: { type: "PING" }, without: { type: "PING" } }],
  ["1:4", { text: "1:4" }],
  ["server 1 crashes", { text: "server 1 crashes" }],
  ["TRUNC without reason", { text: "TRUNC without reason" }],
])("%s", (text, query) => {
  expect(parseSearch(text)).toEqual(query);
});
