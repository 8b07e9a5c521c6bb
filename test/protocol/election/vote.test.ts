/** The order of votes, and which votes count as equal. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isBetterVote, sameVote, type Vote } from "../../../protocol/election/vote.ts";
import { FOLLOWING, LEADING, LOOKING, type ServerState } from "../../../protocol/packets.ts";
import { hierarchical, majority } from "../../../protocol/quorum.ts";
import { asEpoch, asServerId, asZxid, type Epoch, type ServerId, type Zxid } from "../../../protocol/zxid.ts";

type Candidate = readonly [id: ServerId, zxid: Zxid, epoch: Epoch];

const candidate = (id: number, zxid: number, epoch: number): Candidate => [
  asServerId(id),
  asZxid(zxid),
  asEpoch(epoch),
];
const THREE = majority([1, 2, 3].map(asServerId));
const isBetter = (a: Candidate, b: Candidate, verifier = THREE): boolean => isBetterVote(verifier, ...a, ...b);

describe("isBetterVote", () => {
  it.each([
    ["a later epoch, although its zxid and id are lower", candidate(1, 0, 2), candidate(3, 9, 1), true],
    ["a higher zxid of the same epoch, although its id is lower", candidate(1, 9, 1), candidate(3, 8, 1), true],
    ["a higher id if epoch and zxid are equal", candidate(3, 8, 1), candidate(2, 8, 1), true],
    ["not an equal vote", candidate(2, 8, 1), candidate(2, 8, 1), false],
    ["not an earlier epoch with a higher zxid", candidate(3, 9, 1), candidate(1, 0, 2), false],
  ])("prefers %s", (_what, a, b, better) => {
    expect(isBetter(a, b)).toBe(better);
  });

  it("never prefers a server without weight", () => {
    const ids = [1, 2, 3].map(asServerId);
    const weights = new Map(ids.map((id) => [id, id === 3 ? 0 : 1]));
    const verifier = hierarchical([ids], weights);
    expect(isBetter(candidate(3, 9, 9), candidate(1, 0, 0), verifier)).toBe(false);
    expect(isBetter(candidate(2, 9, 9), candidate(1, 0, 0), verifier)).toBe(true);
  });

  it("is a strict total order of candidates with different ids", () => {
    const any = (id: number): fc.Arbitrary<Candidate> =>
      fc.tuple(fc.nat(3), fc.nat(3)).map(([zxid, epoch]) => candidate(id, zxid, epoch));
    fc.assert(
      fc.property(any(1), any(2), any(3), (a, b, c) => {
        expect(isBetter(a, b)).toBe(!isBetter(b, a));
        if (isBetter(a, b) && isBetter(b, c)) expect(isBetter(a, c)).toBe(true);
      }),
    );
  });
});

describe("sameVote", () => {
  const vote = (state: ServerState, fields: Partial<Vote> = {}): Vote => ({
    id: asServerId(3),
    zxid: asZxid(5),
    electionEpoch: 1,
    peerEpoch: asEpoch(2),
    state,
    version: 2,
    ...fields,
  });

  it.each([
    ["id", { id: asServerId(2) }],
    ["zxid", { zxid: asZxid(6) }],
    ["electionEpoch", { electionEpoch: 2 }],
    ["peerEpoch", { peerEpoch: asEpoch(3) }],
  ] as const)("while a server is LOOKING, votes with different %s differ", (_name, change) => {
    expect(sameVote(vote(LOOKING), vote(LOOKING))).toBe(true);
    expect(sameVote(vote(LOOKING), vote(LOOKING, change))).toBe(false);
    expect(sameVote(vote(FOLLOWING), vote(LOOKING, change))).toBe(false);
  });

  it("between settled servers, the zxid and the round do not matter (ZOOKEEPER-1805)", () => {
    expect(sameVote(vote(FOLLOWING), vote(LEADING, { zxid: asZxid(9), electionEpoch: 7 }))).toBe(true);
    expect(sameVote(vote(FOLLOWING), vote(LEADING, { peerEpoch: asEpoch(3) }))).toBe(false);
    expect(sameVote(vote(FOLLOWING), vote(LEADING, { id: asServerId(1) }))).toBe(false);
  });

  it("the epoch does not matter if exactly one server is from before ZOOKEEPER-1732", () => {
    const old = vote(LEADING, { peerEpoch: asEpoch(3), version: 0 });
    expect(sameVote(vote(FOLLOWING), old)).toBe(true);
    expect(sameVote(old, vote(FOLLOWING))).toBe(true);
    expect(sameVote(vote(FOLLOWING, { version: 0 }), old)).toBe(false);
    expect(sameVote(vote(FOLLOWING, { id: asServerId(1) }), old)).toBe(false);
  });
});
