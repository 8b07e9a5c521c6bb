import { expect, test } from "vitest";
import { History } from "../../../protocol/index.ts";
import { share } from "../../../view/session/share.ts";

test("an equal value is replaced by the old one", () => {
  const before = { a: 1, list: [{ b: 2 }], none: undefined };
  expect(share(before, { a: 1, list: [{ b: 2 }], none: undefined })).toBe(before);
});

test("a changed value keeps its unchanged parts", () => {
  const before = { same: { a: 1 }, list: [{ a: 1 }, { b: 1 }] };
  const after = share(before, { same: { a: 1 }, list: [{ a: 1 }, { b: 2 }] });
  expect(after).toEqual({ same: { a: 1 }, list: [{ a: 1 }, { b: 2 }] });
  expect(after.same).toBe(before.same);
  expect(after.list[0]).toBe(before.list[0]);
});

test("a list of another length is not the old one", () => {
  const before = { list: [1, 2] };
  expect(share(before, { list: [1] }).list).toEqual([1]);
  expect(share({ list: [1] }, { list: [1, 2] }).list).toEqual([1, 2]);
});

test("histories are compared by identity", () => {
  const [one, other] = [History.empty(), History.empty()];
  expect(share<{ h: History }>({ h: one }, { h: other }).h).toBe(other);
});
