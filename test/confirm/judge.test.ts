/** Tests the verdict of one try. */
import { describe, expect, it } from "vitest";
import { type Comparison, type FoundViolation, isShowable, judge } from "../../confirm/judge.ts";

const prefix: FoundViolation = { invariant: "follower-is-prefix", server: 3, text: "acknowledges" };
const complete: FoundViolation = { invariant: "leader-is-complete", server: 2, text: "lacks 1:6" };
const quorums: FoundViolation = { invariant: "claimed-quorums", server: 2, text: "claims a quorum" };
const badAck: FoundViolation = { invariant: "no-bad-ack", server: 2, text: "gets an ACK" };

const nothing: Comparison = { simulated: [], real: [], differences: [], expected: [], release: "3.9.5" };

describe("judge", () => {
  it("confirms a run that violates nothing if the real servers do the same", () => {
    expect(judge(nothing)).toEqual({ verdict: "confirmed", invariants: [], difference: null });
  });

  it("refutes a run that violates nothing at the first difference", () => {
    const differences = ["server 1 never starts", "server 2 leads"];
    expect(judge({ ...nothing, differences })).toMatchObject({ verdict: "refuted", difference: differences[0] });
  });

  it("refutes a run that violates nothing if the real servers violate an invariant", () => {
    const { difference, verdict } = judge({ ...nothing, real: [complete] });
    expect(verdict).toBe("refuted");
    expect(difference).toMatch(/^server 2 lacks 1:6, and so violates leader-is-complete, which the simulated run/);
  });

  it("says of each invariant whether it is shown, not shown or unchecked", () => {
    const judgment = judge({ ...nothing, simulated: [prefix, complete, quorums], real: [complete] });
    expect(judgment.verdict).toBe("confirmed");
    expect(judgment.invariants).toEqual([
      { invariant: "follower-is-prefix", showing: "not shown" },
      { invariant: "leader-is-complete", showing: "shown" },
      { invariant: "claimed-quorums", showing: "unchecked" },
    ]);
  });

  it("keeps the first difference of a confirmed violation", () => {
    const judgment = judge({ ...nothing, simulated: [prefix], real: [prefix], differences: ["server 1 never starts"] });
    expect(judgment).toMatchObject({ verdict: "confirmed", difference: "server 1 never starts" });
  });

  it("refutes a violation if the real servers only violate another invariant", () => {
    expect(judge({ ...nothing, simulated: [prefix], real: [complete] }).verdict).toBe("refuted");
  });

  it("refutes a violation that the real servers do not show, even if they do the same", () => {
    const { difference, verdict } = judge({ ...nothing, simulated: [prefix] });
    expect(verdict).toBe("refuted");
    expect(difference).toMatch(/violate none of these invariants$/);
  });

  it("takes a synchronization that ends as shown only if the real servers do the same", () => {
    const same = judge({ ...nothing, simulated: [badAck, quorums] });
    expect(same.verdict).toBe("confirmed");
    expect(same.invariants.map(({ showing }) => showing)).toEqual(["shown", "unchecked"]);
    const other = judge({ ...nothing, simulated: [badAck], differences: ["server 1 never starts"] });
    expect(other).toMatchObject({ verdict: "refuted", difference: "server 1 never starts" });
  });

  it("refutes a scenario that expects a violation if its simulated run has none", () => {
    const { difference, verdict } = judge({ ...nothing, expected: ["follower-is-prefix"] });
    expect(verdict).toBe("refuted");
    expect(difference).toBe(
      "the scenario expects violations of follower-is-prefix, but its simulated run in 3.9.5 violates no invariant",
    );
  });
});

describe("isShowable", () => {
  it("excludes invariants that need the memory of a server", () => {
    expect([prefix, badAck, quorums].map(({ invariant }) => isShowable(invariant))).toEqual([true, true, false]);
  });
});
