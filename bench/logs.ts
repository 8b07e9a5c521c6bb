/**
 * Measures `zabsim explain` with a large log: the time, as a multiple of that of a program that only reads the lines
 * (node:readline) and of `wc -l`, and the memory, which does not depend on the size of the log.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { atEffort, type Effort, type FamilyResult, ratioOf, rowOf, sampleOf, takeTurns } from "./harness.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FULL_BYTES = 400e6;

/** The lines of clients, which are most of the lines in the log of a busy server. */
const CLIENT_LINES = [
  "INFO  [NIOWorkerThread-2:o.a.z.s.NIOServerCnxn@532] - Processing srvr command from /10.1.2.3:38230",
  "INFO  [CommitProcessor:2:o.a.z.s.q.LeaderSessionTracker@104] - Committing global session 0x200002d8fc50000",
  "INFO  [RequestThrottler:o.a.z.s.q.QuorumZooKeeperServer@156] - Submitting global closeSession request for " +
    "session 0x2",
  "WARN  [NIOWorkerThread-3:o.a.z.s.NIOServerCnxn@366] - Unable to read additional data from client, it closed " +
    "the socket",
].map((line) => `2026-11-25 18:19:53,353 [myid:] - ${line}`);

export function measureLogs(effort: Effort): FamilyResult {
  const folder = mkdtempSync(join(tmpdir(), "zabsim-bench-"));
  try {
    return measure(writeLog(join(folder, "zookeeper.log"), atEffort(FULL_BYTES, effort)), effort);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes the log of a real server, followed by lines of clients up to a size. Returns the path. */
function writeLog(path: string, bytes: number): string {
  const recorded = join(ROOT, "test", "recordings", "3.9.5", "server-2", "zookeeper.log.gz");
  const file = openSync(path, "w");
  let written = writeSync(file, gunzipSync(readFileSync(recorded)));
  const piece = `${Array.from({ length: 4000 }, (_, i) => CLIENT_LINES[i % CLIENT_LINES.length]).join("\n")}\n`;
  while (written < bytes) written += writeSync(file, piece);
  closeSync(file);
  return path;
}

const READLINE = `
  const input = require("node:fs").createReadStream(process.argv[1]);
  const lines = require("node:readline").createInterface({ input });
  let count = 0;
  lines.on("line", () => count++).on("close", () => console.log(count));
`;
/** Prints the largest memory of the process at its end. */
const PRINT_MEMORY = 'data:text/javascript,process.on("exit",()=>console.error(process.resourceUsage().maxRSS))';

function measure(path: string, effort: Effort): FamilyResult {
  const megabytes = statSync(path).size / 1e6;
  const kilobytes: number[] = [];
  const seconds = (program: string, args: readonly string[]): number => {
    const start = performance.now();
    const { status, stderr } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(`${program} ${args.join(" ")}: exit code ${status}\n${stderr}`);
    if (args.includes(PRINT_MEMORY)) kilobytes.push(Number(stderr.trim().split("\n").at(-1)));
    return (performance.now() - start) / 1000;
  };
  const zabsim = [
    "--import",
    PRINT_MEMORY,
    join(ROOT, "bin", "zabsim.js"),
    "explain",
    "--server",
    `2=${path}`,
    "--json",
  ];
  const turns = takeTurns(
    {
      explain: () => seconds(process.execPath, zabsim),
      readline: () => seconds(process.execPath, ["-e", READLINE, path]),
      wc: () => seconds("wc", ["-l", path]),
    },
    effort,
  );
  const versusReadline = ratioOf(turns.explain, turns.readline);
  const versusWc = ratioOf(turns.explain, turns.wc);
  const speed = sampleOf(turns.explain.rounds.map((one) => megabytes / one));
  const memory = sampleOf(kilobytes.map((one) => one / 1024));
  const size = `a log of ${Math.round(megabytes)} MB`;
  return {
    figures: {
      explainVsReadline: versusReadline.median,
      explainVsWc: versusWc.median,
      explainMbPerS: speed.median,
      explainResidentMb: memory.median,
    },
    rows: [
      rowOf(versusReadline, {
        figure: "explainVsReadline",
        unit: "x",
        what: `time of zabsim explain with ${size}, as a multiple of that of node:readline without any work`,
      }),
      rowOf(versusWc, { figure: "explainVsWc", unit: "x", what: "the same, as a multiple of the time of wc -l" }),
      rowOf(speed, { figure: "explainMbPerS", unit: "MB/s", what: "speed of zabsim explain, its start included" }),
      rowOf(memory, { figure: "explainResidentMb", unit: "MB", what: "largest memory of zabsim explain" }),
    ],
  };
}
