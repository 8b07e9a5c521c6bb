import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History, makeTxn, sameTxn, type Txn } from "../../../protocol/storage/history.ts";
import { asZxid } from "../../../protocol/zxid.ts";

const txn = (zxid: number, value: string | number): Txn => makeTxn(asZxid(zxid), value);
const values = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 12 });
const build = (from: History, written: readonly number[]): History =>
  written.reduce((history, value, i) => history.extend(txn(from.length + i + 1, value)), from);

describe("History", () => {
  it("is a prefix of another history exactly if the other starts with its transactions", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const empty = History.empty();
        const one = build(empty, a);
        const other = build(empty, b);
        const expected = a.length <= b.length && a.every((value, i) => value === b[i]);
        expect(one.isPrefixOf(other)).toBe(expected);
        // isPrefixOf returns the same result if the two histories share no objects.
        expect(build(History.empty(), a).isPrefixOf(build(History.empty(), b))).toBe(expected);
      }),
    );
  });

  it("returns the same object when it is extended twice by equal transactions", () => {
    const empty = History.empty();
    expect(empty.extend(txn(1, "x"))).toBe(empty.extend(txn(1, "x")));
    expect(empty.extend(txn(1, "y"))).not.toBe(empty.extend(txn(1, "x")));
  });

  it("returns prefixes by length and by zxid, and its transactions from a position on", () => {
    const history = build(History.empty(), [1, 1, 2, 3]);
    expect(history.prefix(2).length).toBe(2);
    expect(history.prefix(9)).toBe(history);
    expect(history.upTo(asZxid(3)).zxid).toBe(3);
    expect(history.upTo(asZxid(0)).length).toBe(0);
    expect(history.txns(2).map(({ zxid }) => zxid)).toEqual([3, 4]);
  });
});

it("transactions with the same zxid and different values are different", () => {
  expect(sameTxn(txn(7, "a"), txn(7, "a"))).toBe(true);
  expect(sameTxn(txn(7, "a"), txn(7, "b"))).toBe(false);
  expect(sameTxn(txn(7, 1), txn(7, "1"))).toBe(false);
});
