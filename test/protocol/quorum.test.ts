import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AckSet,
  countingObservers,
  hierarchical,
  majority,
  type QuorumVerifier,
  sameConfig,
} from "../../protocol/quorum.ts";
import { asServerId, type ServerId } from "../../protocol/zxid.ts";

const sid = asServerId;
const sids = (...ids: number[]): ServerId[] => ids.map(asServerId);

describe("majority", () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [7, 4],
  ])("of %i servers, %i are a quorum", (count, needed) => {
    const ids = Array.from({ length: count }, (_, i) => sid(i + 1));
    const verifier = majority(ids);
    expect(verifier.containsQuorum(ids.slice(0, needed))).toBe(true);
    expect(verifier.containsQuorum(ids.slice(0, needed - 1))).toBe(false);
  });

  it("two quorums always have a server in common", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(), fc.nat(), (count, a, b) => {
        const ids = Array.from({ length: count }, (_, i) => sid(i));
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
  const groups = [sids(1, 2, 3), sids(4, 5, 6), sids(7, 8, 9)];
  const weighted = (...entries: [number, number][]): QuorumVerifier =>
    hierarchical(groups, new Map(entries.map(([id, weight]) => [sid(id), weight])));

  it("needs more than half of the weight in more than half of the groups", () => {
    const verifier = weighted();
    expect(verifier.containsQuorum(sids(1, 2, 4, 5))).toBe(true);
    expect(verifier.containsQuorum(sids(1, 2, 3, 4, 7))).toBe(false);
    expect(verifier.containsQuorum([])).toBe(false);
  });

  it("ignores groups of weight 0 and their servers", () => {
    const verifier = weighted([4, 0], [5, 0], [6, 0], [7, 0], [8, 0], [9, 0]);
    expect(verifier.containsQuorum(sids(1, 2))).toBe(true);
    expect(verifier.containsQuorum(sids(1, 4, 5, 6, 7, 8, 9))).toBe(false);
    expect(verifier.weightOf(sid(4))).toBe(0);
  });

  it("counts a server by its weight", () => {
    const verifier = hierarchical([sids(1, 2, 3)], new Map([[sid(1), 3]]));
    expect(verifier.containsQuorum(sids(1))).toBe(true);
    expect(verifier.containsQuorum(sids(2, 3))).toBe(false);
  });

  it("never counts a server that belongs to no group", () => {
    const verifier = hierarchical(groups, new Map(), sids(10));
    expect(verifier.isVoter(sid(10))).toBe(false);
    expect(verifier.containsQuorum(sids(10, 1, 4))).toBe(false);
    expect(verifier.members).toContain(10);
  });
});

it("countingObservers counts observers toward a majority, but not toward groups", () => {
  const flat = countingObservers(majority(sids(1, 2, 3), sids(4)));
  expect([flat.isVoter(sid(4)), flat.containsQuorum(sids(1, 4))]).toEqual([true, true]);
  const grouped = countingObservers(hierarchical([sids(1, 2, 3)], new Map(), sids(4)));
  expect([grouped.isVoter(sid(4)), grouped.containsQuorum(sids(1, 4))]).toEqual([true, false]);
});

describe("AckSet", () => {
  it("counts each voter once, and no other server", () => {
    const acks = new AckSet(majority(sids(1, 2, 3), sids(4)));
    expect([acks.add(sid(4)), acks.add(sid(1)), acks.add(sid(1))]).toEqual([false, true, true]);
    expect(acks.hasQuorum).toBe(false);
    acks.add(sid(3));
    expect([acks.hasQuorum, acks.has(sid(3)), acks.has(sid(4))]).toEqual([true, true, false]);
  });

  it("forgets a server until the quorum is complete", () => {
    const acks = new AckSet(majority(sids(1, 2, 3)));
    acks.add(sid(1));
    acks.forget(sid(1));
    acks.forget(sid(2));
    expect(acks.servers).toEqual([]);
    acks.add(sid(1));
    acks.add(sid(2));
    acks.forget(sid(1));
    expect(acks.servers).toEqual([1, 2]);
  });
});

describe("sameConfig", () => {
  const groups = (version: number): QuorumVerifier => hierarchical([sids(1, 2, 3)], new Map(), [], version);

  it.each<[string, QuorumVerifier, QuorumVerifier, boolean]>([
    ["the same members", majority(sids(1, 2), [], 1), majority(sids(1, 2), [], 2), true],
    ["other roles", majority(sids(1, 2), sids(3), 1), majority(sids(1, 2, 3), [], 2), false],
    ["the same version", majority(sids(1, 2), [], 1), majority(sids(3, 4), [], 1), true],
    ["the same members and groups", groups(1), groups(2), true],
    ["the same version, but only one with groups", majority(sids(1, 2, 3), [], 1), groups(1), false],
  ])("two configurations with %s", (_, a, b, expected) => {
    expect(sameConfig(a, b)).toBe(expected);
    expect(sameConfig(b, a)).toBe(expected);
  });
});
