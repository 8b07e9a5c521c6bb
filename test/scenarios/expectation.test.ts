/** The sentences that describe how a run differs from its expectations. */
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";

const SERVERS = "{ 1: { history: 1:1..1:3 }, 2: { history: 1:1..1:3 }, 3: { history: 1:1..1:2 } }";

/** Returns how a normal start of three servers differs from an expectation. */
function unmet(expectation: string, more = "", records = true): readonly string[] {
  const text = `{ servers: ${SERVERS}, ${more} expect: ${expectation} }`;
  return runScenario(loadScenario(text, "expectation.yaml"), { seed: 1n, records }).unmet;
}

describe("an expectation that the run meets", () => {
  it.each(["{ leader: 2, epoch: 2, active: [1, 2, 3] }", "{ histories: { 1: 1:1..1:3 } }", "{ violates: [] }"])(
    "%s gives no sentence",
    (expectation) => {
      const [leader] = unmet("{ leader: none }").map((text) => /got (\d)/.exec(text)?.[1]);
      expect(unmet(expectation.replace("leader: 3", `leader: ${leader}`))).toEqual([]);
    },
  );
});

describe("an expectation that the run does not meet", () => {
  it.each([
    ["{ leader: none }", /^leader at the end: expected none, got \d$/],
    ["{ epoch: 9 }", /^epoch at the end: expected 9, got 2$/],
    ["{ active: [1] }", /^active servers at the end: expected 1, got 1, 2, 3$/],
    ["{ active: [] }", /^active servers at the end: expected none, got 1, 2, 3$/],
    ["{ histories: { 1: 1:1 } }", /^history of server 1 at the end: expected 1:1, got 1:1\.\.1:3$/],
    ["{ failures: [{ 2: read-timeout }] }", /^failure read-timeout did not happen at server 2$/],
    ["{ violates: agreement }", /^agreement should be violated, but it holds$/],
  ])("%s gives one sentence", (expectation, sentence) => {
    const sentences = unmet(expectation);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(sentence);
  });

  it("gives one sentence for each sync decision that is missing, unexpected or different", () => {
    expect(unmet("{ decisions: [] }")).toEqual([
      expect.stringMatching(/^sync decision 1 was not expected: \d: \w+ \S+ from \d by [\w-]+$/),
      expect.stringMatching(/^sync decision 2 was not expected: /),
    ]);
    const three = "{ decisions: [{ 1: SNAP }, { 1: SNAP }, { learner: 1, leader: 2, decision: TRUNC, zxid: 1:1 }] }";
    expect(unmet(three)).toEqual([
      expect.stringMatching(/^sync decision 1: expected 1: SNAP, got /),
      expect.stringMatching(/^sync decision 2: expected 1: SNAP, got /),
      "sync decision 3 (1: TRUNC 1:1 from 2) was not made",
    ]);
  });

  it("is not checked for decisions and failures in a run without records", () => {
    expect(unmet("{ decisions: [], failures: [{ 2: read-timeout }] }", "", false)).toEqual([]);
  });
});

describe("steps", () => {
  it("whose trigger never occurred are reported", () => {
    expect(unmet("{}", "steps: [{ when: { event: truncated }, crash: 1 }],")).toEqual([
      "step 1 (crash) was not performed: its trigger never came",
    ]);
  });

  it("with `from` need not be performed", () => {
    expect(unmet("{}", "steps: [{ from: 0, when: { event: truncated }, crash: 1 }],")).toEqual([]);
  });
});

describe("liveness", () => {
  it("is reported if settled servers are live but should be stuck", () => {
    expect(unmet("{ stuck: 20s }", "steps: [{ at: 1s, settle: [1, 2, 3] }],")).toEqual([
      expect.stringMatching(/^servers 1, 2, 3 should be stuck for 20s, but are live [\d.]+ s after settling$/),
    ]);
  });

  it("is reported if settled servers are stuck but should be live", () => {
    expect(unmet("{ live: 20s }", "steps: [{ at: 1s, settle: [3] }],")).toEqual([
      "stuck: servers 3 are not live within 20s after settling",
    ]);
  });

  it("meets the expectation otherwise", () => {
    expect(unmet("{ live: 20s }", "steps: [{ at: 1s, settle: [1, 2, 3] }],")).toEqual([]);
  });
});
