// Compares the speed of commits: `npm run bench:pair -- BEFORE [AFTER ...]`. Without AFTER, compares with the files of
// the checkout. The programs run in turns, piece by piece, so that whatever disturbs the machine disturbs all of them.
// V8 compiles the same program differently from process to process, so each program starts several times. The figures
// are CPU time: the ratio of each program to BEFORE is the median over the starts.
//
// A commit needs bench/pieces.ts. `--starts N` and `--rounds N` change how much is measured.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const KINDS = ["watched", "bare", "chaos"];
const WARM_UPS = 4;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { starts: { type: "string", default: "6" }, rounds: { type: "string", default: "8" } },
});
if (positionals.length === 0) {
  console.error("bench:pair: name the commit to compare with: npm run bench:pair -- BEFORE [AFTER ...]");
  process.exit(2);
}

const root = fileURLToPath(new URL("..", import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), "zabsim-bench-"));
process.on("exit", () => rmSync(temporary, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

const commits = positionals.length === 1 ? [...positionals, undefined] : positionals;
const programs = [];
for (const commit of commits) programs.push({ name: commit ?? "checkout", file: await bundle(commit) });
for (const kind of KINDS) for (const line of await compare(kind)) console.log(line);

/** Bundles bench/pieces.ts of a commit, or of the checkout. Returns the path of the bundle. */
async function bundle(commit) {
  const folder = commit === undefined ? root : join(temporary, commit.replaceAll("/", "-"));
  if (commit !== undefined) {
    const git = spawnSync("git", ["archive", "--format=tar", commit], { cwd: root, maxBuffer: 2 ** 30 });
    if (git.status !== 0) throw new Error(`bench:pair: ${git.stderr}`);
    mkdirSync(folder, { recursive: true });
    spawnSync("tar", ["-x", "-C", folder], { input: git.stdout });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  }
  const outfile = join(temporary, `${programs.length}.mjs`);
  await build({
    entryPoints: [join(folder, "bench/pieces.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    minifySyntax: true,
    alias: { yaml: join(root, "node_modules", "yaml", "browser", "index.js") },
    banner: { js: "const require = (name) => process.getBuiltinModule(name);" },
    logLevel: "warning",
  });
  return outfile;
}

/** Measures one kind of work. Returns one line for each program. */
async function compare(kind) {
  const medians = programs.map(() => []);
  const ratios = programs.map(() => []);
  for (let start = 0; start < Number(values.starts); start++) {
    const running = programs.map(({ file }) => startProgram(file, kind));
    const times = running.map(() => []);
    for (let round = -WARM_UPS; round < Number(values.rounds); round++) {
      // Every second round has the reverse order.
      for (const i of round % 2 === 0 ? running.keys() : [...running.keys()].reverse()) {
        const ms = await running[i].runPiece();
        if (round >= 0) times[i].push(ms);
      }
    }
    for (const [i, program] of running.entries()) {
      program.end();
      medians[i].push(median(times[i]));
      ratios[i].push(median(times[i].map((ms, round) => ms / times[0][round])));
    }
  }
  return programs.map(({ name }, i) => {
    const each = ratios[i].map((ratio) => ratio.toFixed(2)).join(" ");
    const figures = `${median(medians[i]).toFixed(0).padStart(6)} ms, ratio ${median(ratios[i]).toFixed(3)}`;
    return `${kind.padEnd(8)} ${name.padEnd(12)} ${figures} (${each})`;
  });
}

function startProgram(file, kind) {
  const program = spawn(process.execPath, [file, kind], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  return {
    runPiece: async () => {
      program.stdin.write("\n");
      const { done, value } = await lines.next();
      if (done) throw new Error(`bench:pair: ${file} ended`);
      return Number(value);
    },
    end: () => program.stdin.end(),
  };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
