import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AckSet, hierarchical, majority } from "../../protocol/quorum.ts";

describe("majority", () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [7, 4],
  ])("of %i servers needs %i", (count, needed) => {
    const ids = Array.from({ length: count }, (_, i) => i + 1);
    const verifier = majority(ids);
    expect(verifier.containsQuorum(ids.slice(0, needed))).toBe(true);
    expect(verifier.containsQuorum(ids.slice(0, needed - 1))).toBe(false);
  });

  it("two quorums always meet", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(), fc.nat(), (count, a, b) => {
        const ids = Array.from({ length: count }, (_, i) => i);
        const one = ids.filter((id) => (a >> id) & 1);
        const other = ids.filter((id) => (b >> id) & 1);
        const verifier = majority(ids);
        if (!verifier.containsQuorum(one) || !verifier.containsQuorum(other)) return;
        expect(one.some((id) => other.includes(id))).toBe(true);
      }),
    );
  });
});

describe("hierarchical", () => {
  const groups = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];

  it("needs more than half of the weight in more than half of the groups", () => {
    const verifier = hierarchical(groups, new Map());
    expect(verifier.containsQuorum([1, 2, 4, 5])).toBe(true);
    expect(verifier.containsQuorum([1, 2, 3, 4, 7])).toBe(false);
    expect(verifier.containsQuorum([])).toBe(false);
  });

  it("a group without weight does not count, nor do its servers", () => {
    const verifier = hierarchical(groups, new Map([4, 5, 6, 7, 8, 9].map((sid) => [sid, 0])));
    expect(verifier.containsQuorum([1, 2])).toBe(true);
    expect(verifier.containsQuorum([1, 4, 5, 6, 7, 8, 9])).toBe(false);
    expect(verifier.weightOf(4)).toBe(0);
  });

  it("a heavier server counts for more", () => {
    const verifier = hierarchical([[1, 2, 3]], new Map([[1, 3]]));
    expect(verifier.containsQuorum([1])).toBe(true);
    expect(verifier.containsQuorum([2, 3])).toBe(false);
  });

  it("a server in no group never counts", () => {
    const verifier = hierarchical(groups, new Map(), [10]);
    expect(verifier.isVoter(10)).toBe(false);
    expect(verifier.containsQuorum([10, 1, 4])).toBe(false);
    expect(verifier.members).toContain(10);
  });
});

describe("AckSet", () => {
  it("counts voters once, and nobody else", () => {
    const acks = new AckSet(majority([1, 2, 3], [4]));
    expect([acks.add(4), acks.add(1), acks.add(1)]).toEqual([false, true, false]);
    expect(acks.hasQuorum).toBe(false);
    acks.add(3);
    expect([acks.hasQuorum, acks.has(3), acks.has(4)]).toEqual([true, true, false]);
  });
});
