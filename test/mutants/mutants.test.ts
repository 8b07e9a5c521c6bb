/**
 * Checks that each mutant's patches match the core's source, and that the mutated core bundles and completes a cold
 * start. scripts/mutants.mjs measures whether campaigns find the mutants.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { context } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { readScenario } from "../../cli/scenario-files.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { MUTANTS, type Mutant, mutate, mutatedFiles, mutatedText } from "./mutants.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "zabsim-mutants-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shipped = (name: string): Scenario =>
  readScenario(join(root, "scenarios", "shipped", `${name}.yaml`), []).scenario;
const scenario = shipped("cold-start-of-three-epoch-1");

let mutated: Mutant;
let runMutant: typeof runScenario;

/** Bundles the core with the mutant `mutated`. esbuild reads each unchanged file once for all mutants. */
const bundle = await context({
  absWorkingDir: root,
  entryPoints: ["scenarios/run.ts"],
  write: false,
  plugins: [mutate(() => mutated)],
  bundle: true,
  format: "esm",
  platform: "node",
  logLevel: "silent",
  // seedrandom is CommonJS and requires Node's own modules.
  banner: { js: 'import { createRequire } from "node:module";const require = createRequire(import.meta.url);' },
});
afterAll(() => bundle.dispose());

/** Returns `runScenario` of the mutated core. The tests of one mutant run one after the other and share its bundle. */
async function runsOf(mutant: Mutant): Promise<typeof runScenario> {
  if (mutated === mutant) return runMutant;
  mutated = mutant;
  const { outputFiles } = await bundle.rebuild();
  const outfile = join(folder, `${mutant.name}.mjs`);
  writeFileSync(outfile, outputFiles[0]?.contents ?? "");
  const module = (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as { runScenario: typeof runScenario };
  runMutant = module.runScenario;
  return runMutant;
}

it("there are at least 15 mutants with different names, and canaries of both kinds", () => {
  const names = MUTANTS.map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(15);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  expect(new Set(MUTANTS.map(({ canary }) => canary))).toEqual(new Set([undefined, "liveness", "nondeterminism"]));
});

it("a patch that occurs not at all, or twice, throws an error that names the mutant", () => {
  const mutant: Mutant = { name: "misfit", about: "", file: "protocol/election/vote.ts", find: "b", replace: "c" };
  expect(mutatedText(mutant, "protocol/election/vote.ts", "abd")).toBe("acd");
  expect(mutatedText(mutant, "protocol/zxid.ts", "bb")).toBe("bb");
  expect(() => mutatedText(mutant, "protocol/election/vote.ts", "a")).toThrow(
    "mutant misfit: found 0 times in protocol/election/vote.ts",
  );
  expect(() => mutatedText(mutant, "protocol/election/vote.ts", "bb")).toThrow("mutant misfit: found 2 times");
});

describe.each(MUTANTS)("$name", (mutant) => {
  it("describes the defect, and each patch changes its file", () => {
    expect(mutant.about).toMatch(/^\w.*\.$/);
    for (const { file, before, after } of mutatedFiles(mutant, root)) expect(after, file).not.toBe(before);
  });

  // The tests below bundle the other mutants, too.
  it.skipIf(mutant.shownIn ?? mutant.shownBy)("bundles, and a cold start completes", async () => {
    const run = await runsOf(mutant);
    expect(run(scenario, { seed: 1n }).events).toBeGreaterThan(0);
  });

  it.runIf(mutant.shownBy)("fails in the scenario that shows it", async () => {
    const shown = loadScenario(mutant.shownBy as string, `${mutant.name}.yaml`);
    const runMutated = await runsOf(mutant);
    for (const seed of [1, 2, 3]) {
      expect(runScenario(shown, { seed }).unmet).toEqual([]);
      expect(runMutated(shown, { seed }).unmet).not.toEqual([]);
    }
  });

  it.runIf(mutant.shownIn)("fails in the shipped scenario that shows it", async () => {
    const runMutated = await runsOf(mutant);
    expect(runMutated(shipped(mutant.shownIn as string), { seed: 1 }).unmet).not.toEqual([]);
  });
});
