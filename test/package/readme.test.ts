import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";

it("README.md shows what its commands print (npm run golden brings it up to date)", () => {
  const script = fileURLToPath(new URL("../../scripts/readme.mjs", import.meta.url));
  expect(spawnSync(process.execPath, [script, "--check"]).status).toBe(0);
});

it("the scenario that README.md shows goes as it expects", () => {
  const page = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const text = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const scenario = loadScenario(text, "README.md");
  for (const seed of [1, 2, 3, 4, 5]) expect(runScenario(scenario, { seed }).unmet).toEqual([]);
});
