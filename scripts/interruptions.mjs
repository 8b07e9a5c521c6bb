// Interrupts a campaign at random moments with SIGINT, SIGTERM and SIGKILL and resumes it. Compares the findings and
// the exit code with those of the same campaign without an interruption. `--moments N` sets the number of moments for
// each signal (default: 30), `--seeds A..B` sets the seeds of the campaign, and `--seed N` draws other moments. If a
// result differs, the exit code is 1.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    moments: { type: "string", default: "30" },
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "640..767" },
  },
});
const LAUNCHER = fileURLToPath(new URL("../bin/zabsim.js", import.meta.url));
const CAMPAIGN = ["fuzz", "--zookeeper", "3.6.2", "--seeds", values.seeds, "--strict", "--json"];
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGKILL: null };

const root = mkdtempSync(join(tmpdir(), "zabsim-interruptions-"));
process.on("exit", () => rmSync(root, { recursive: true, force: true }));

const whole = await run(join(root, "whole"));
/** The duration of the last campaign that no signal interrupted. */
let { durationMs } = whole;
const expected = resultOf(whole);
console.log(`without an interruption: exit code ${whole.code}, ${expected.findings.length} findings`);

const draw = generator(Number(values.seed));
let failures = 0;
for (const signal of Object.keys(EXIT_CODES)) {
  for (let i = 0; i < Number(values.moments); i++) {
    const fraction = draw();
    const problem = await problemAfter(signal, fraction, join(root, `${signal}-${i}`));
    if (problem === undefined) continue;
    failures++;
    console.log(`${signal} after ${fraction.toFixed(3)} of ${Math.round(durationMs)} ms: ${problem}`);
  }
}
console.log(`${3 * Number(values.moments)} interruptions: ${failures} with another result`);
process.exitCode = failures === 0 ? 0 : 1;

/**
 * Interrupts a campaign after a fraction of its duration, and resumes it. Returns a description of what is wrong with
 * the result, or undefined.
 */
async function problemAfter(signal, fraction, out) {
  const first = await interrupted(signal, fraction, out);
  // A signal that arrives before the campaign has started ends the process without an exit code.
  const accepted = [EXIT_CODES[signal], null, whole.code];
  if (!accepted.includes(first.code)) return `exit code ${first.code}`;
  const last = await run(out, { resume: existsSync(join(out, "campaign.jsonl")) });
  const result = resultOf(last);
  return JSON.stringify(result) === JSON.stringify(expected) ? undefined : `${JSON.stringify(result)} ${last.stderr}`;
}

/**
 * Runs a campaign until a signal interrupts it. If the campaign ends earlier, because the machine is less busy now,
 * runs another one.
 */
async function interrupted(signal, fraction, out) {
  for (;;) {
    const result = await run(out, { signal, atMs: Math.round(fraction * durationMs) });
    if (result.isInterrupted) return result;
    ({ durationMs } = result);
    rmSync(out, { recursive: true, force: true });
  }
}

/** Returns the exit code and the findings, in the order of their seeds. */
function resultOf({ code, stdout }) {
  const { findings = [], runs, verdict } = JSON.parse(stdout.trimEnd().split("\n").at(-1) || "{}");
  const texts = findings.map(({ count, known, seed, signature }) => `${seed} ${signature} ${count} ${known.join()}`);
  return { code, verdict, runs, findings: texts.sort() };
}

function run(out, { atMs, resume = false, signal } = {}) {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    let isInterrupted = false;
    const child = spawn(process.execPath, [LAUNCHER, ...CAMPAIGN, "--out", out, ...(resume ? ["--resume"] : [])]);
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (data) => (output.stdout += data));
    child.stderr.on("data", (data) => (output.stderr += data));
    const timer = signal && setTimeout(() => (isInterrupted = child.kill(signal)), atMs);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, durationMs: performance.now() - startedMs, isInterrupted, ...output });
    });
  });
}

/** Returns a generator of numbers from 0 to 1 that depend only on the seed (mulberry32). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
