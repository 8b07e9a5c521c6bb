import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History, makeTxn, sameTxn } from "../../protocol/storage/history.ts";

const words = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 12 });
const build = (from: History, values: readonly number[]): History =>
  values.reduce((history, value, i) => history.extend(makeTxn(from.length + i + 1, value)), from);

describe("History", () => {
  it("one is a prefix of another just when its txns are the first of the other's", () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const empty = History.empty();
        const one = build(empty, a);
        const other = build(empty, b);
        const expected = a.length <= b.length && a.every((value, i) => value === b[i]);
        expect(one.isPrefixOf(other)).toBe(expected);
        // The same for histories that share no object.
        expect(build(History.empty(), a).isPrefixOf(build(History.empty(), b))).toBe(expected);
      }),
    );
  });

  it("servers that extend the same history by the same txn hold the same object", () => {
    const empty = History.empty();
    const txn = makeTxn(1, "x");
    expect(empty.extend(txn)).toBe(empty.extend(makeTxn(1, "x")));
    expect(empty.extend(makeTxn(1, "y"))).not.toBe(empty.extend(txn));
  });

  it("prefix, upTo and txns", () => {
    const history = build(History.empty(), [1, 1, 2, 3]);
    expect(history.prefix(2).length).toBe(2);
    expect(history.prefix(9)).toBe(history);
    expect(history.upTo(3).zxid).toBe(3);
    expect(history.upTo(0).length).toBe(0);
    expect(history.txns(2).map((txn) => txn.zxid)).toEqual([3, 4]);
  });

  it("the same zxid with another value is another txn", () => {
    expect(sameTxn(makeTxn(7, "a"), makeTxn(7, "a"))).toBe(true);
    expect(sameTxn(makeTxn(7, "a"), makeTxn(7, "b"))).toBe(false);
    expect(sameTxn(makeTxn(7, 1), makeTxn(7, "1"))).toBe(false);
  });
});
