// Gives mutated packets, snapshots and election messages to the decoders of wire/. Fails if a decoder throws, decodes
// other messages when the bytes arrive in other cuts, needs more than 128 MB of memory, or makes no progress in 60 s of
// CPU time.
//
//   node scripts/fuzz-wire.mjs [--seed N] [--packets N] [--jobs N]
//
// The same seed gives the same inputs. An input that fails is printed in hex.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/** The number of messages that a thread checks between two reports. */
const BATCH = 20_000;
/** CPU time, so that a busy machine changes no result. */
const STUCK_CPU_MS = 60_000;
const HEAP_MB_MAX = 128;

if (isMainThread) await main();
else await work(workerData);

async function main() {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      packets: { type: "string", default: "1000000" },
      jobs: { type: "string", default: String(availableParallelism()) },
    },
  });
  const [seed, packets, jobs] = ["seed", "packets", "jobs"].map((name) => whole(name, values[name]));
  const root = fileURLToPath(new URL("..", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "zabsim-fuzz-wire-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const bundle = join(folder, "wire-fuzz.mjs");
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: root,
    entryPoints: ["test/wire/wire-fuzz.ts"],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "warning",
  });
  const batches = Array.from({ length: Math.ceil(packets / BATCH) }, (_, i) => ({
    seed: seed * 1_000_000 + i,
    packets: Math.min(BATCH, packets - i * BATCH),
  }));
  const shared = { bundle, batches, totals: {}, failed: 0, peakBytes: 0 };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, () => worker(shared)));
  const seconds = (performance.now() - startedMs) / 1000;
  const { decoded = 0, dropped = 0, malformed = 0, snapshots = 0, unreadablePayloads = 0 } = shared.totals;
  console.log(
    `fuzz-wire: ${shared.totals.packets ?? 0} mutated packets: ${decoded} messages decoded, ${snapshots} of them ` +
      `snapshots, ${unreadablePayloads} with unreadable data, ${dropped} dropped, ${malformed} connections closed, ` +
      `${shared.failed} failed`,
  );
  console.log(
    `fuzz-wire: ${seconds.toFixed(1)} s, ${Math.round((shared.totals.packets ?? 0) / seconds)} packets/s, ` +
      `at most ${Math.round(shared.peakBytes / 1e6)} MB resident`,
  );
  process.exit(shared.failed === 0 ? 0 : 1);
}

function whole(name, text) {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  console.error(`fuzz-wire: --${name} ${text}: accepted are whole numbers`);
  process.exit(2);
}

/** Gives batches to one thread until none is left. */
function worker(shared) {
  return new Promise((resolve) => {
    let current;
    let reported = process.cpuUsage();
    const thread = new Worker(fileURLToPath(import.meta.url), {
      workerData: { bundle: shared.bundle },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    });
    const fail = (problem) => {
      shared.failed++;
      console.error(`fuzz-wire: ${problem}\n  in the batch ${JSON.stringify(current)}`);
    };
    const next = () => {
      current = shared.batches.shift();
      reported = process.cpuUsage();
      if (current === undefined) thread.terminate();
      else thread.postMessage(current);
    };
    const watchdog = setInterval(() => {
      const { system, user } = process.cpuUsage(reported);
      if ((user + system) / 1000 < STUCK_CPU_MS) return;
      fail(`no progress in ${STUCK_CPU_MS / 1000} s of CPU time`);
      shared.batches.length = 0;
      thread.terminate();
    }, 1000);
    thread.on("message", ({ problem, totals }) => {
      shared.peakBytes = Math.max(shared.peakBytes, process.memoryUsage.rss());
      for (const [name, value] of Object.entries(totals)) shared.totals[name] = (shared.totals[name] ?? 0) + value;
      if (problem !== undefined) fail(problem);
      next();
    });
    thread.on("error", (error) => fail(error.stack));
    thread.on("exit", () => {
      clearInterval(watchdog);
      resolve();
    });
    next();
  });
}

async function work({ bundle }) {
  const { noTotals, WireFuzzer } = await import(pathToFileURL(bundle));
  const fuzzer = new WireFuzzer();
  parentPort.on("message", ({ packets, seed }) => {
    const totals = noTotals();
    let current;
    try {
      fuzzer.run(seed, packets, totals, (input) => {
        current = input;
      });
      parentPort.postMessage({ totals });
    } catch (error) {
      const { bytes, connection, release } = current ?? {};
      const hex = Buffer.from(bytes ?? []).toString("hex");
      parentPort.postMessage({ totals, problem: `${error.stack}\n  ${release} ${connection} ${hex}` });
    }
  });
}
