/** Tests the rows of docs/verdicts.json and the pages that show them. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Confirmation, Try } from "../../confirm/confirm.ts";
import type { RecordedEnsemble } from "../../reports/ensemble-answers.ts";
import {
  addTries,
  mergeVerdicts,
  triesText,
  type VerdictRow,
  verdictRow,
  verdictsPage,
} from "../../reports/verdicts.ts";

const FACTS = { role: "affected", scenarioDigest: "a", codeDigest: "b" } as const;
const violation = { invariant: "follower-is-prefix", server: 3, text: "acknowledges 1:6" } as const;
const confirmed: Try = {
  ...{ verdict: "confirmed", difference: null, violations: [violation], deviations: [], servers: [], seconds: 4 },
  invariants: [{ invariant: "follower-is-prefix", showing: "shown" }],
};
const refuted: Try = {
  ...{
    verdict: "refuted",
    difference: "server 1 never starts",
    violations: [],
    servers: [],
    seconds: 9,
    invariants: [],
  },
  deviations: [{ server: 1, kind: "missing", text: "server 1 never starts", place: 0, isBeforeViolation: true }],
};

function answer(...tries: Try[]): Confirmation {
  const reason = tries.find(({ difference }) => difference !== null)?.difference ?? null;
  const verdict = reason === null ? "confirmed" : "refuted";
  return { scenario: "open-a", release: "3.9.5", verdict, reason, simulated: [violation], tries };
}

function row(...tries: Try[]): VerdictRow {
  return verdictRow(answer(...tries), FACTS);
}

describe("verdictRow", () => {
  it("counts the tries, and quotes what the real servers do", () => {
    expect(row(confirmed, confirmed)).toMatchObject({
      ...{ verdict: "confirmed", confirmed: 2, tries: 2, inOrder: 2, reason: null, seconds: 4 },
      ...{ shown: ["follower-is-prefix"], evidence: "follower-is-prefix: server 3 acknowledges 1:6" },
    });
  });

  it("confirms with 9 of 10 tries, and not with 8", () => {
    const nine = Array.from({ length: 9 }, () => confirmed);
    expect(row(...nine, refuted)).toMatchObject({ verdict: "confirmed", confirmed: 9, tries: 10, inOrder: 9 });
    expect(row(...nine.slice(1), refuted, refuted)).toMatchObject({
      ...{ verdict: "refuted", confirmed: 8, reason: "server 1 never starts" },
    });
    expect(addTries(row(...nine), row(refuted))).toMatchObject({
      ...{ verdict: "confirmed", confirmed: 9, tries: 10, reason: "server 1 never starts" },
    });
  });

  it("keeps the reason why a scenario cannot be staged", () => {
    const none: Confirmation = { ...answer(), verdict: "not stageable", reason: "step 2 (wipe): disks are not wiped" };
    expect(verdictRow(none, FACTS)).toMatchObject({
      ...{ verdict: "not stageable", tries: 0, evidence: null, reason: "step 2 (wipe): disks are not wiped" },
    });
  });
});

it("merges rows by scenario and release", () => {
  const older = row(refuted);
  const other = { ...older, release: "3.9.4" };
  expect(mergeVerdicts([older], [other, row(confirmed)]).map(({ release, verdict }) => [release, verdict])).toEqual([
    ["3.9.4", "refuted"],
    ["3.9.5", "confirmed"],
  ]);
});

describe("the pages", () => {
  const staged = row(confirmed);
  const unstaged: VerdictRow = { ...row(), verdict: "not stageable", release: "3.9.4", reason: "a | b" };
  const ensemble: RecordedEnsemble = { scenario: "a", release: "3.9.4", results: [], versions: [], servers: {} };
  const cells = (verdicts: readonly VerdictRow[], ensembles: readonly RecordedEnsemble[] = []): string =>
    triesText({ verdicts, ensembles });

  it("group the releases with the same tries", () => {
    expect(cells([unstaged, staged])).toBe("3.9.4: not stageable; 3.9.5: 1 of 1");
    expect(cells([staged, { ...staged, release: "3.9.6" }])).toBe("3.9.5, 3.9.6: 1 of 1");
    expect(cells([])).toBe("·");
  });

  it("use the recorded answers of ensembles of the same release", () => {
    expect(cells([unstaged], [ensemble])).toBe("3.9.4: confirmed (ensembles)");
    expect(cells([unstaged], [{ ...ensemble, release: "3.9.5" }])).toBe("3.9.4: not stageable");
    expect(cells([{ ...unstaged, scenario: "a" }], [ensemble])).toBe("3.9.4: not stageable");
    const page = verdictsPage({ verdicts: [unstaged], ensembles: [ensemble] });
    expect(page).toContain("| open-a | 3.9.4 | confirmed (ensembles) |  |  | a \\| b |");
  });

  it("have evidence and reasons", () => {
    const page = verdictsPage({ verdicts: [unstaged, staged, { ...row(refuted), role: "free" }], ensembles: [] });
    expect(page).toContain("| open-a | 3.9.4 | not stageable |  |  | a \\| b |");
    expect(page).toContain(
      "| open-a | 3.9.5 | confirmed so far | 1 of 1 | 1 | follower-is-prefix: server 3 acknowledges 1:6 |",
    );
    expect(page.split("## Releases without the bug")[1]).toContain(
      "| open-a | 3.9.5 | refuted so far | 0 of 1 | server 1 never starts |",
    );
  });

  it("distinguish fewer than 10 tries from 10", () => {
    const ten = row(...Array.from({ length: 10 }, () => confirmed));
    const page = verdictsPage({ verdicts: [ten, { ...staged, release: "3.9.4" }], ensembles: [] });
    expect(page).toContain("| open-a | 3.9.5 | confirmed | 10 of 10 |");
    expect(page).toContain("| open-a | 3.9.4 | confirmed so far | 1 of 1 |");
    expect(page).toContain("Rows with tries: 2. Rows with 10 tries or more: 1.");
    const shipped = [ten, staged, unstaged].map((one): VerdictRow => ({ ...one, role: "conformance" }));
    expect(verdictsPage({ verdicts: shipped, ensembles: [] })).toContain(
      "Of 3 scenarios: confirmed 2 (1 of them so far), refuted 0, not stageable 1.",
    );
  });
});

describe("docs/verdicts.json", () => {
  const docs = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
  const verdicts = JSON.parse(docs("verdicts.json")) as VerdictRow[];
  const ensembles = JSON.parse(docs("findings/ensembles.json")) as RecordedEnsemble[];

  it("confirms no bug on a release that does not have it", () => {
    expect(verdicts.filter(({ role, verdict }) => role === "free" && verdict === "confirmed")).toEqual([]);
  });

  it("and docs/findings/ensembles.json are what docs/verdicts.md shows", () =>
    expect(docs("verdicts.md")).toBe(verdictsPage({ verdicts, ensembles })));
});
