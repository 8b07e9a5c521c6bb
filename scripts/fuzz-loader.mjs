// Loads and runs changed scenario files. Fails if one of them ends with an unexpected exception or takes longer than
// 30 s of CPU time.
//
//   node scripts/fuzz-loader.mjs [--seed N] [--runs N] [--jobs N]
//
// The same seed gives the same inputs. An input that fails is printed as JSON.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const SLOW_MS = 30_000;
/** A larger young generation saves a tenth of the time. */
const YOUNG_GENERATION_MB = 64;
/** Number of inputs that one worker draws at a time. */
const BATCH = 500;

if (isMainThread) await main();
else await work(workerData);

async function main() {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      runs: { type: "string", default: "20000" },
      jobs: { type: "string", default: String(availableParallelism()) },
    },
  });
  const root = fileURLToPath(new URL("..", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "zabsim-fuzz-loader-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const { build } = await import("esbuild");
  const bundle = join(folder, "loader-fuzz.mjs");
  await build({
    absWorkingDir: root,
    entryPoints: ["test/scenarios/bad/loader-fuzz.ts"],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
    alias: { yaml: join(root, "node_modules", "yaml", "browser", "index.js") },
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  const files = ["scenarios/shipped", "scenarios/bugs"].flatMap((one) =>
    readdirSync(join(root, one))
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => readFileSync(join(root, one, name), "utf8")),
  );
  const runs = Number(values.runs);
  const batches = Array.from({ length: Math.ceil(runs / BATCH) }, (_, i) => ({
    seed: Number(values.seed) * 1_000_000 + i,
    count: Math.min(BATCH, runs - i * BATCH),
  }));
  const totals = { refused: 0, ran: 0, failed: 0, slowest: 0 };
  await Promise.all(Array.from({ length: Number(values.jobs) }, () => worker({ bundle, files, batches, totals })));
  const { failed, ran, refused, slowest } = totals;
  console.log(
    `fuzz-loader: ${ran + refused + failed} changed files: ${refused} refused, ${ran} ran, ${failed} failed; ` +
      `the slowest took ${(slowest / 1000).toFixed(1)} s`,
  );
  process.exit(failed === 0 ? 0 : 1);
}

/** Gives batches to one thread until no batch is left. If the thread makes no progress, a new thread replaces it. */
async function worker(shared) {
  while (shared.batches.length > 0) {
    await new Promise((resolve) => {
      const thread = new Worker(fileURLToPath(import.meta.url), {
        workerData: { bundle: shared.bundle, files: shared.files, batch: shared.batches.shift() },
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      });
      let current;
      let elapsedMs = stopwatch();
      const fail = (problem) => {
        shared.totals.failed++;
        console.error(`fuzz-loader: ${problem}\n  ${JSON.stringify(current)}`);
      };
      const watchdog = setInterval(() => {
        if (elapsedMs() < 4 * SLOW_MS) return;
        fail(`no answer after ${(4 * SLOW_MS) / 1000} s`);
        thread.terminate();
      }, 1000);
      thread.on("message", ({ input, outcome, problem, ms }) => {
        elapsedMs = stopwatch();
        if (input !== undefined) {
          current = input;
          return;
        }
        shared.totals.slowest = Math.max(shared.totals.slowest, ms);
        if (problem !== undefined) fail(problem);
        else if (ms > SLOW_MS) fail(`took ${(ms / 1000).toFixed(1)} s`);
        else shared.totals[outcome]++;
      });
      thread.on("error", (error) => fail(error.stack));
      thread.on("exit", () => {
        clearInterval(watchdog);
        resolve();
      });
    });
  }
}

async function work({ batch, bundle, files }) {
  const { fuzzInputs, fuzzOne } = await import(pathToFileURL(bundle));
  // The yaml package creates an error for each mistake in a file. Their stack traces would take a tenth of the time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  for (const input of fuzzInputs(files, batch.seed, batch.count)) {
    parentPort.postMessage({ input });
    const elapsedMs = stopwatch();
    try {
      const outcome = fuzzOne(input);
      parentPort.postMessage({ outcome, ms: elapsedMs() });
    } catch {
      const ms = elapsedMs();
      Error.stackTraceLimit = stackTraceLimit;
      parentPort.postMessage({ problem: problemOf(fuzzOne, input), ms });
      Error.stackTraceLimit = 0;
    }
  }
}

/** Runs an input that fails once more. Returns the stack trace of its exception. */
function problemOf(fuzzOne, input) {
  try {
    fuzzOne(input);
  } catch (error) {
    return error.stack;
  }
  return "failed, but not when it ran again";
}

/**
 * Returns a function that returns an upper limit of the CPU time of this thread since this call, in milliseconds: the
 * CPU time of the process, or the real time if it is shorter.
 */
function stopwatch() {
  const before = process.cpuUsage();
  const startedMs = performance.now();
  return () => {
    const { system, user } = process.cpuUsage(before);
    return Math.min(performance.now() - startedMs, (system + user) / 1000);
  };
}
