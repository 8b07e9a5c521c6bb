// How long the search of test/mutants/search.ts takes to find each of the deliberate defects of test/mutants/mutants.ts.
//
//   node scripts/mutants.mjs [--runs N] [--seed N] [--jobs N] [--count] [--json] [NAME...]
//
// Without names it measures all; the core as it is comes first: it has bugs of ZooKeeper, which are found now and then. The seeds
// that find those are no use against a mutant. A mutant can still meet the same bugs with other seeds: --count makes all runs of
// each instead of stopping at the first finding, and believes only what is found clearly more often than without the mutant.
// Exit code 1 when a mutant survives that is not masked.
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
const hunters = await Promise.all(
  chosen.map((mutant) => bundle("test/mutants/hunt.ts", mutant.name, [mutate(mutant)])),
);
const options = { runs, firstSeed: Number(values.seed), countAll: values.count };
const baseline = await hunt(await bundle("test/mutants/hunt.ts", "baseline"), { ...options, countAll: true });
const waiting = chosen.map(({ name }, i) => ({ name, hunter: hunters[i] }));
const results = new Map();
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
const rows = [{ name: BASELINE, ...baseline }, ...chosen.map(({ name }) => ({ name, ...results.get(name) }))];
const survivors = rows.filter((row) => row.name !== BASELINE && killer(row) === undefined);

if (values.json) console.log(JSON.stringify(rows, null, 2));
else print();
process.exitCode = survivors.some(({ name }) => !masked(name)) ? 1 : 0;

async function work() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    results.set(next.name, await hunt(next.hunter, { ...options, known: baseline.seeds }));
    console.error(`${results.size} of ${chosen.length}: ${next.name}`);
  }
}

/** The search in a process of its own: what a mutant leaves behind is gone with it. */
function hunt(hunter, search) {
  return new Promise((resolve) => {
    const limits = { maxBuffer: 1 << 24, timeout: 60 * 60_000 };
    const child = execFile(process.execPath, [fileURLToPath(hunter)], limits, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout));
      else resolve({ runs: 0, seconds: 0, seeds: [], byKind: {}, first: { what: "process", text: error.message } });
    });
    child.stdin.end(JSON.stringify(search));
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
    head: ["mutant", "runs to kill", "seconds", "found by", "ensemble", "seed", "how often"],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    const { name, runs: made, seconds, byKind } = row;
    const first = killer(row);
    const counted = name === BASELINE || values.count ? `${made} runs: ${kinds(name, byKind)}` : "";
    const { run, what, ensemble, seed } = first ?? { run: `survives ${made}`, what: "", ensemble: "", seed: "" };
    table.push([name, run, (first?.seconds ?? seconds).toFixed(1), what, ensemble, seed, counted]);
  }
  console.log(table.toString());
  for (const { name } of survivors) console.log(`survives: ${name}${masked(name) ? `. ${masked(name)}` : ""}`);
  console.log(`${chosen.length - survivors.length} of ${chosen.length} mutants killed`);
}

/** Why no search is asked to find it. */
function masked(name) {
  return MUTANTS.find((mutant) => mutant.name === name).masked;
}

/** The first finding that is the mutant's own. Without a count: with a seed that finds nothing without the mutant. */
function killer({ name, byKind, first, firsts }) {
  if (!values.count || name === BASELINE || first?.what === "process") return first;
  const own = Object.keys(byKind).filter((kind) => isOwn(kind, byKind[kind]) && firsts[kind] !== undefined);
  return own.map((kind) => firsts[kind]).sort((a, b) => a.run - b.run)[0];
}

/** Whether a kind is never found in the core as it is, or clearly less often: by three standard deviations. */
function isOwn(kind, times) {
  const without = baseline.byKind[kind] ?? 0;
  return without === 0 || times - without > 3 * Math.sqrt(without + times);
}

/** `I-1 14! (0), liveness 11 (10)`: what was found in how many runs, and in brackets without the mutant; ! is its own. */
function kinds(name, byKind) {
  return Object.entries(byKind)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, times]) => {
      if (name === BASELINE) return `${kind} ${times}`;
      const mark = isOwn(kind, times) ? "!" : "";
      return `${kind} ${times}${mark} (${baseline.byKind[kind] ?? 0})`;
    })
    .join(", ");
}
