// How long the search of test/mutants/search.ts takes to find each of the deliberate defects of test/mutants/mutants.ts.
//
//   node scripts/mutants.mjs [--runs N] [--seed N] [--jobs N] [--count] [--json] [NAME...]
//
// Without names it measures all, and the core as it is: that one has bugs of ZooKeeper, which are found now and then. A mutant
// is told from them by how often: --count makes all runs of each instead of stopping at the first finding.
// Exit code 1 when a mutant survives.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "zabsim-mutants-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: String(availableParallelism()) },
    count: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const runs = Number(values.runs);
const { MUTANTS, mutate } = await import(await bundle("test/mutants/mutants.ts", "mutants"));
const unknown = positionals.filter((name) => !MUTANTS.some((mutant) => mutant.name === name));
if (unknown.length > 0) {
  console.error(`mutants: no such mutant: ${unknown.join(", ")}`);
  process.exit(2);
}
const chosen = positionals.length === 0 ? MUTANTS : MUTANTS.filter(({ name }) => positionals.includes(name));

const BASELINE = "(the core as it is)";
const waiting = [{ name: BASELINE }, ...chosen];
const results = new Map();
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
const rows = [BASELINE, ...chosen.map(({ name }) => name)].map((name) => ({ name, ...results.get(name) }));
const survivors = rows.filter(({ name, first }) => name !== BASELINE && first === undefined);

if (values.json) console.log(JSON.stringify(rows, null, 2));
else print();
process.exitCode = survivors.length > 0 ? 1 : 0;

async function work() {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const { name } = mutant;
    const baseline = name === BASELINE;
    const file = await bundle("test/mutants/hunt.ts", baseline ? "baseline" : name, baseline ? [] : [mutate(mutant)]);
    const options = { runs, firstSeed: Number(values.seed), countAll: values.count || baseline };
    results.set(name, await hunt(fileURLToPath(file), options));
    console.error(`${results.size} of ${chosen.length + 1}: ${name}`);
  }
}

/** The search in a process of its own: what a mutant leaves behind is gone with it. */
function hunt(file, options) {
  return new Promise((resolve) => {
    const limits = { maxBuffer: 1 << 24, timeout: 30 * 60_000 };
    execFile(process.execPath, [file, JSON.stringify(options)], limits, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout));
      else resolve({ runs: 0, seconds: 0, killing: 0, byKind: {}, first: { what: "process", text: error.message } });
    });
  });
}

async function bundle(entry, name, plugins = []) {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    plugins,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    logLevel: "warning",
    external: ["esbuild"],
    alias: { yaml: join(root, "node_modules", "yaml", "browser", "index.js") },
    // Some packages are CommonJS and require Node's own modules.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module";const require = __createRequire(import.meta.url);',
    },
  });
  return pathToFileURL(outfile).href;
}

function print() {
  const table = new Table({
    head: ["mutant", "runs to kill", "seconds", "found by", "ensemble", "seed", "runs with a finding"],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, first, runs: made, seconds, killing, byKind } of rows) {
    const kinds = Object.entries(byKind).sort(([, a], [, b]) => b - a);
    const counted = killing > 1 || made > (first?.run ?? made);
    const often = counted ? `${killing} of ${made}: ${kinds.map(([kind, times]) => `${kind} ${times}`).join(", ")}` : "";
    const { run, what, ensemble, seed } = first ?? { run: `survives ${made}`, what: "", ensemble: "", seed: "" };
    table.push([name, run, (first?.seconds ?? seconds).toFixed(1), what, ensemble, seed, often]);
  }
  console.log(table.toString());
  console.log(`${chosen.length - survivors.length} of ${chosen.length} mutants killed`);
}
