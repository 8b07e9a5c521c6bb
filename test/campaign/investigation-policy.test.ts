/** Tests which failing plans a campaign investigates, in which order, and which findings are duplicates. */
import { describe, expect, it } from "vitest";
import { InvestigationPolicy, investigationRank, soleCandidate } from "../../campaign/investigation-policy.ts";
import type { FailedPlan } from "../../fuzz/block.ts";
import { failedPlan, finding, SIGNATURE } from "./failed-plan.ts";

/** Returns how many of 20 equal failing plans a policy investigates. */
function investigations(changes: Partial<FailedPlan>, policy = new InvestigationPolicy()): number {
  return Array.from({ length: 20 }, () => policy.shouldInvestigate(failedPlan(changes))).filter(Boolean).length;
}

describe("of 20 plans with one signature, the policy investigates", () => {
  it.each<[string, number, Partial<FailedPlan>]>([
    ["with one candidate", 10, { candidates: ["bug-a"] }],
    ["with two candidates", 3, { candidates: ["bug-a", "bug-b"] }],
    ["that only several fixes together explain", 3, { candidates: [] }],
    ["with more candidates than say something", 3, { candidates: ["a", "b", "c", "d", "e", "f"] }],
    ["that no fix explains", 12, { candidates: [], fixedByKnownBugs: false }],
  ])("%s: %i", (_, count, changes) => {
    expect(investigations(changes)).toBe(count);
  });
});

describe("plans look alike", () => {
  it("if they share a candidate, with any signature", () => {
    const policy = new InvestigationPolicy();
    expect(investigations({ signature: "one" }, policy)).toBe(10);
    expect(investigations({ signature: "two" }, policy)).toBe(0);
  });

  it("only if every candidate was investigated often enough", () => {
    const policy = new InvestigationPolicy();
    investigations({ candidates: ["bug-a"] }, policy);
    expect(investigations({ candidates: ["bug-a", "bug-b"] }, policy)).toBe(3);
  });

  it("if they have the same signature, when they have more than five candidates", () => {
    const policy = new InvestigationPolicy();
    const candidates = ["a", "b", "c", "d", "e", "f"];
    expect(investigations({ signature: "one", candidates }, policy)).toBe(3);
    expect(investigations({ signature: "two", candidates }, policy)).toBe(3);
    expect(investigations({ signature: "three", candidates: candidates.slice(1) }, policy)).toBe(3);
    expect(investigations({ signature: "four", candidates: candidates.slice(1) }, policy)).toBe(0);
  });

  it("if they have the same signature and no candidate", () => {
    const policy = new InvestigationPolicy();
    expect(investigations({ signature: "one", candidates: [] }, policy)).toBe(3);
    expect(investigations({ signature: "two", candidates: [] }, policy)).toBe(3);
  });
});

describe("once a known bug has a finding of its own, plans of which it is the candidate", () => {
  const policyWith = (known: readonly string[]): InvestigationPolicy => {
    const policy = new InvestigationPolicy();
    policy.report(finding({ known }));
    return policy;
  };

  it("are investigated once for each signature", () => {
    const policy = policyWith(["bug-a"]);
    expect(investigations({ signature: "one" }, policy)).toBe(1);
    expect(investigations({ signature: "two" }, policy)).toBe(1);
  });

  it("are investigated for their other candidates", () => {
    expect(investigations({ candidates: ["bug-a", "bug-b"] }, policyWith(["bug-a"]))).toBe(3);
  });

  it("are investigated as before if the finding has two bugs", () => {
    expect(investigations({}, policyWith(["bug-a", "bug-b"]))).toBe(10);
  });
});

describe("a finding is a duplicate", () => {
  const policy = new InvestigationPolicy();
  policy.report(finding());

  it.each<[string, Parameters<typeof finding>[0], boolean]>([
    ["with the same signature and the same bugs", { seed: "2" }, true],
    ["with another signature", { signature: "other" }, false],
    ["with another bug", { known: ["bug-b"] }, false],
    ["with one bug more", { known: ["bug-a", "bug-b"] }, false],
    ["with no known bug", { known: [] }, false],
  ])("%s: %s", (_, changes, isReported) => {
    expect(policy.isReported(finding(changes))).toBe(isReported);
  });

  it("only after the first one was reported", () => {
    expect(new InvestigationPolicy().isReported(finding())).toBe(false);
  });
});

it("usual bugs are the only causes of findings, by signature", () => {
  const policy = new InvestigationPolicy();
  policy.report(finding({ known: ["bug-a"] }));
  policy.report(finding({ known: ["bug-b"] }));
  policy.report(finding({ known: ["bug-c", "bug-d"] }));
  policy.report(finding({ known: [] }));
  policy.report(finding({ signature: "other", known: ["bug-a"] }));
  expect(policy.usualBugs).toEqual({ [SIGNATURE]: ["bug-a", "bug-b"], other: ["bug-a"] });
});

it("plans that no fix explains come first, then plans with few candidates, then plans without candidates", () => {
  const plans = {
    none: failedPlan({ candidates: [] }),
    two: failedPlan({ candidates: ["bug-a", "bug-b"] }),
    unexplained: failedPlan({ candidates: [], fixedByKnownBugs: false }),
    one: failedPlan(),
  };
  const byRank = Object.entries(plans).toSorted(([, a], [, b]) => investigationRank(a) - investigationRank(b));
  expect(byRank.map(([name]) => name)).toEqual(["unexplained", "one", "two", "none"]);
});

it.each<[readonly string[], string | undefined]>([
  [[], undefined],
  [["bug-a"], "bug-a"],
  [["bug-a", "bug-b"], undefined],
])("the sole candidate of %j is %s", (candidates, sole) => {
  expect(soleCandidate(failedPlan({ candidates }))).toBe(sole);
});
