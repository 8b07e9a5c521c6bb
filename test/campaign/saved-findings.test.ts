/** Tests which findings of earlier campaigns still fail. */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { runSavedFindings } from "../../campaign/saved-findings.ts";
import { ScenarioError } from "../../scenarios/load.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const folder = temporaryFolder();
const BUG = fileURLToPath(new URL("../../scenarios/bugs/open-trunc-keeps-one-txn-too-many.yaml", import.meta.url));
const SETTLE = "steps: [{ at: 1s, settle: [1, 2, 3] }]\n";
const STUCK = "steps: [{ settle: [1] }]\n";

it("a finding fails if it violates an invariant or leaves servers stuck; other files are not findings", () => {
  copyFileSync(BUG, join(folder, "c-violation.yaml"));
  writeFileSync(join(folder, "b-live.yaml"), `servers: 3\n${SETTLE}expect: { live: 20s }\n`);
  writeFileSync(join(folder, "a-stuck.yaml"), `servers: 3\n${STUCK}expect: { live: 20s }\n`);
  writeFileSync(join(folder, "d.unshrunk.yaml"), "not a scenario");
  writeFileSync(join(folder, "campaign.jsonl"), "{}\n");
  writeFileSync(join(folder, "e-holds.yaml"), "servers: 3\n");
  const found = [...runSavedFindings(folder)].map(({ file, finding }) => [file, finding?.signature, finding?.known]);
  expect(found).toEqual([
    ["a-stuck.yaml", "stuck (silence)", []],
    ["b-live.yaml", undefined, undefined],
    ["c-violation.yaml", "follower-is-prefix (following, leading)", [expect.stringMatching(/^open-/)]],
    ["e-holds.yaml", undefined, undefined],
  ]);
  const others = [...runSavedFindings(folder, [join(folder, "a-stuck.yaml"), join(folder, "c-violation.yaml")])];
  expect(others.map(({ file }) => file)).toEqual(["b-live.yaml", "e-holds.yaml"]);
});

it("a folder that does not exist has no findings", () => {
  expect([...runSavedFindings(join(folder, "missing"))]).toEqual([]);
});

it("a file that is not a scenario is an error", () => {
  writeFileSync(join(folder, "0.yaml"), "servers: none\n");
  expect(() => [...runSavedFindings(folder)]).toThrow(ScenarioError);
});
