/**
 * Tests, for each invariant, the two facts that contradict each other. The tests add a violation to the end of a run
 * that violated no invariant.
 */
import { describe, expect, it } from "vitest";
import { INVARIANT_IDS, type Violation } from "../../../invariants/index.ts";
import { asEpoch } from "../../../protocol/zxid.ts";
import { conflictOf, subjectOf } from "../../../reports/why/conflicts.ts";
import { FactFinder } from "../../../reports/why/facts.ts";
import { runOf, sid, zxid } from "../records.ts";

const run = runOf("servers: 3\nsteps:\n  - { at: 1s, write: 2 }\n");

function violation(fields: Partial<Violation>): Violation {
  return {
    id: "agreement",
    server: sid(1),
    role: "following",
    atUs: run.endUs,
    text: "",
    facts: {},
    count: 1,
    ...fields,
  };
}

function factTexts(fields: Partial<Violation>): string[] {
  const one = violation(fields);
  return conflictOf(one, new FactFinder(run, one)).map(({ text }) => text);
}

const [first, second, absent] = [zxid("1:1"), zxid("1:2"), zxid("1:9")];
const epoch = asEpoch(1);

describe("conflictOf", () => {
  it.each(INVARIANT_IDS)("%s: has two facts in words, even if no fact is given", (id) => {
    for (const text of factTexts({ id })) expect(text).not.toMatch(/NaN|null/);
  });

  it.each<[string, Partial<Violation>, string[]]>([
    [
      "agreement",
      { facts: { here: first, there: second } },
      ["server 1 delivers 1:1 (w1)", expect.stringMatching(/^server \d delivered 1:2 \(w2\) first$/) as never],
    ],
    [
      "agreement, with a history that ends",
      { facts: { here: undefined, there: absent } },
      ["server 1 never had 1:9", "1:9 is committed"],
    ],
    [
      "follower-is-prefix",
      { id: "follower-is-prefix", other: sid(3), facts: { here: absent, there: first } },
      ["server 1 has 1:9", "server 3 has 1:1 (w1)"],
    ],
    [
      "process-consistency, with an opponent to find",
      { id: "process-consistency", facts: { here: undefined, there: first } },
      ["server 1 never had 1:1 (w1)", "server 2 has 1:1 (w1)"].map((text) =>
        text.startsWith("server 1") ? (expect.any(String) as never) : text,
      ),
    ],
    [
      "integrity",
      { id: "integrity", facts: { zxid: absent } },
      ["server 1 has 1:9", "no primary broadcast 1:9, and no disk held it before the run"],
    ],
    [
      "integrity of a proposed transaction",
      { id: "integrity", facts: { zxid: first } },
      ["server 1 delivers 1:1 (w1)", "server 3 proposed 1:1 (w1)"],
    ],
    [
      "primary-uniqueness",
      { id: "primary-uniqueness", server: sid(3), facts: { epoch } },
      ["server 3 was established in epoch 1 at 0:0", "server 3 was established in epoch 1 at 0:0"],
    ],
    [
      "initial-history-agreement",
      { id: "initial-history-agreement", server: sid(3), facts: { epoch, otherEpoch: asEpoch(7), there: absent } },
      ["server 3 was established in epoch 1 at 0:0 without 1:9", "epoch 7 was established"],
    ],
    [
      "memory-equals-disk",
      { id: "memory-equals-disk", facts: { here: undefined, there: first, memory: second } },
      ["server 1 has 1:1 (w1) on its disk", "the memory of server 1 ends at 1:2"],
    ],
    [
      "memory-equals-disk, with more in memory",
      { id: "memory-equals-disk", facts: { here: first, memory: second } },
      ["server 1 has 1:1 (w1) in memory", "server 1 never wrote 1:1 (w1) to its disk"],
    ],
    [
      "no-bad-state",
      { id: "no-bad-state", facts: { packet: 3, zxid: first, detail: "illegal" } },
      ["server 1 reads ACK 1:1", "server 1 is FOLLOWING in BROADCAST since"],
    ],
  ])("%s", (_name, fields, texts) => {
    expect(factTexts(fields)).toEqual(texts);
  });
});

describe("subjectOf", () => {
  it("prefers the transaction where histories diverge", () => {
    expect(subjectOf(violation({ facts: { zxid: absent, here: first, there: second } }))).toBe(second);
    expect(subjectOf(violation({ facts: { zxid: absent, there: undefined, truncated: first } }))).toBe(first);
    expect(subjectOf(violation({ facts: { epoch } }))).toBeUndefined();
  });
});
