/** Tests the text of the answer of `zabsim confirm`. */
import { describe, expect, it } from "vitest";
import type { Confirmation, Try } from "../../confirm/confirm.ts";
import { confirmationText } from "../../reports/confirmation.ts";

const violation = { invariant: "follower-is-prefix", server: 3, text: "acknowledges 1:6" } as const;
const base: Try = {
  verdict: "confirmed",
  invariants: [
    { invariant: "follower-is-prefix", showing: "shown" },
    { invariant: "claimed-quorums", showing: "unchecked" },
    { invariant: "leader-is-complete", showing: "not shown" },
  ],
  difference: null,
  violations: [violation],
  deviations: [],
  servers: [{ server: 1, mode: "leader", memory: "1:1..1:5", disk: "nothing" }],
  seconds: 3.14,
};

function textOf(...tries: Try[]): string {
  const answer: Confirmation = {
    ...{ scenario: "x", release: "3.9.5", verdict: "confirmed", reason: null, simulated: [violation], tries },
  };
  return confirmationText(answer, 100);
}

describe("confirmationText", () => {
  it("prints which invariants are shown, and which are not", () => {
    expect(textOf(base).split("\n")).toEqual([
      "x on real servers of ZooKeeper 3.9.5: confirmed (1 of 1 try)",
      "  simulated: follower-is-prefix: server 3 acknowledges 1:6",
      "  try 1: confirmed in 3.1 s, 0 deviations from the order",
      "    shown: follower-is-prefix",
      "    not shown: leader-is-complete",
      "    cannot be checked on real servers: claimed-quorums",
      "    real: follower-is-prefix: server 3 acknowledges 1:6",
      "    server 1 leads, a client reads 1:1..1:5, its disk has nothing",
    ]);
  });

  it("says in the first line if the order deviates before the violation, and only then", () => {
    const deviation = { server: 1, kind: "missing", text: "server 1 never starts", place: 4 } as const;
    const before = { ...base, deviations: [{ ...deviation, isBeforeViolation: true }] };
    const after = { ...base, deviations: [{ ...deviation, isBeforeViolation: false }] };
    expect(textOf(before)).toMatch(/^.*: confirmed, with deviations before the violation \(1 of 1 try\)\n/);
    expect(textOf(before)).toContain("1 deviation from the order (1 before a violation is shown)");
    expect(textOf(before)).toContain("    deviation: server 1 never starts");
    expect(textOf(base, after)).toMatch(/^.*: confirmed \(2 of 2 tries\)\n/);
  });
});
