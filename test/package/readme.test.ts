import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";

it("the outputs in README.md and the pages of docs are up to date (to update them: npm run golden)", () => {
  const script = fileURLToPath(new URL("../../scripts/readme.mjs", import.meta.url));
  expect(spawnSync(process.execPath, [script, "--check"]).status).toBe(0);
}, 180_000);

it("the scenario in docs/jobs.md meets its expectations", () => {
  const page = readFileSync(new URL("../../docs/jobs.md", import.meta.url), "utf8");
  const text = /```yaml\n(# late-follower[\s\S]*?)```/.exec(page)?.[1] ?? "";
  const scenario = loadScenario(text, "late-follower.yaml");
  for (const seed of [1, 2, 3, 4, 5]) expect(runScenario(scenario, { seed }).unmet).toEqual([]);
});
