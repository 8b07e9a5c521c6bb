// Measures how long the default campaign takes to find each mutant in test/mutants/mutants.ts, and the size of the
// minimal scenario.
//
//   node scripts/mutants.mjs [--seed N] [--runs N] [--time SECONDS] [--jobs N] [--json] [NAME...]
//
// The first search runs on the core without a mutant and must find nothing. The exit code is 1 if it finds something,
// or if a mutant survives.
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
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "1000000" },
    time: { type: "string", default: "120" },
    jobs: { type: "string", default: String(availableParallelism()) },
    json: { type: "boolean", default: false },
  },
});

const { MUTANTS, mutate } = await import(await bundle("test/mutants/mutants.ts", "mutants"));
const unknown = positionals.filter((name) => !MUTANTS.some((mutant) => mutant.name === name));
if (unknown.length > 0) {
  console.error(`mutants: unknown mutant ${unknown.join(", ")}; known: ${MUTANTS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
const chosen = positionals.length === 0 ? MUTANTS : MUTANTS.filter(({ name }) => positionals.includes(name));

const NONE = "(no mutant)";
const waiting = [{ name: NONE }, ...chosen];
const rows = [];
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
const order = new Map([NONE, ...MUTANTS.map(({ name }) => name)].map((name, i) => [name, i]));
rows.sort((a, b) => order.get(a.mutant) - order.get(b.mutant));

const [core, ...mutants] = rows;
const survivors = mutants.filter(({ killed }) => !killed);
if (values.json)
  console.log(
    JSON.stringify(
      mutants.map(({ scenario, ...row }) => row),
      null,
      2,
    ),
  );
else print();
process.exitCode = core.killed || survivors.length > 0 ? 1 : 0;

async function work() {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const hunter = await bundle(
      "test/mutants/hunt.ts",
      mutant.name,
      mutant.name === NONE ? [] : [mutate(() => mutant)],
    );
    const maxSeconds = Number(values.time) / (mutant.name === NONE ? 4 : 1);
    const result = await hunt(hunter, { firstSeed: Number(values.seed), runs: Number(values.runs), maxSeconds });
    rows.push({ mutant: mutant.name, ...result });
    console.error(`${rows.length} of ${chosen.length + 1}: ${mutant.name}`);
  }
}

/**
 * Runs the search in a separate process, so that global state that the mutant changes does not affect the next search.
 */
function hunt(hunter, search) {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [fileURLToPath(hunter)], { maxBuffer: 1 << 24 }, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout));
      else
        resolve({
          killed: true,
          runs: 0,
          seconds: 0,
          steps: null,
          invariant: `process: ${error.message}`,
          scenario: null,
        });
    });
    child.stdin.end(JSON.stringify(search));
  });
}

async function bundle(entry, name, plugins = []) {
  const outfile = join(folder, `${name.replace(/\W+/g, "-")}.mjs`);
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
    // Some packages are CommonJS modules, which load Node's own modules with require().
    banner: {
      js: [
        'import { createRequire as __createRequire } from "node:module";',
        "const require = __createRequire(import.meta.url);",
      ].join(""),
    },
  });
  return pathToFileURL(outfile).href;
}

function print() {
  const table = new Table({
    head: ["mutant", "runs to kill", "seconds", "steps", "found by"],
    colAligns: ["left", "right", "right", "right", "left"],
    style: { head: [], border: [], compact: true },
  });
  for (const { mutant, killed, runs, seconds, steps, invariant } of rows) {
    table.push([mutant, killed ? runs : `survives ${runs}`, seconds.toFixed(2), steps ?? "", invariant ?? ""]);
  }
  console.log(table.toString());
  for (const { mutant } of survivors) console.log(`survives: ${mutant}`);
  const sizes = mutants.flatMap(({ steps }) => (steps === null ? [] : [steps])).sort((a, b) => a - b);
  console.log(
    `${mutants.length - survivors.length} of ${mutants.length} mutants killed; ` +
      `median of ${sizes[sizes.length >> 1]} steps`,
  );
}
