/** Tests which scenarios and releases `npm run verdicts` asks. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { VerdictRow } from "../../reports/verdicts.ts";
import { pairOf, verdictPairs } from "./verdict-pairs.ts";

const FIXED = "zookeeper-4643-current-epoch-before-diff-is-logged";

it("asks open bugs on the newest releases, fixed ones with and without the bug, and the rest on the newest", () => {
  const pairs = verdictPairs([FIXED, "open-snapshot-survives-trunc", "no-bug"], ["follower-behind-diff"]);
  expect(pairs.map(({ release, role, scenario }) => [scenario, release, role])).toEqual([
    [FIXED, "3.9.1", "affected"],
    [FIXED, "3.9.2", "free"],
    ["open-snapshot-survives-trunc", "3.9.4", "affected"],
    ["open-snapshot-survives-trunc", "3.9.5", "affected"],
    ["follower-behind-diff", "3.9.5", "conformance"],
  ]);
});

it("asks no release in which the scenario fails because of another bug", () => {
  const name = "zookeeper-4785-queue-not-read-back-higher-epoch-wins";
  expect(verdictPairs([name], []).map(({ release }) => release)).toEqual(["3.9.1", "3.9.3"]);
});

it("docs/verdicts.json has the roles that the known bugs give its rows now", () => {
  const rows = JSON.parse(readFileSync(new URL("../../docs/verdicts.json", import.meta.url), "utf8")) as VerdictRow[];
  const stale = rows.filter(({ release, role, scenario }) => pairOf(scenario, release).role !== role);
  expect(stale.map(({ release, scenario }) => `${scenario}@${release}`)).toEqual([]);
});
