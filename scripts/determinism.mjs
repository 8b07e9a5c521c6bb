// Runs all shipped scenarios under Node 20, 22 and 24 and with different hash seeds of V8, and compares the outputs of
// `zabsim run --json` byte by byte. The script installs these releases of Node from npm. Each core runs one process at
// a time. The last line is "N passed, N failed".
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(new URL("../bin/zabsim.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "zabsim-nodes-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const seeds = ["1", "20261123", "0xfedcba9876543210"];
const releases = ["20", "22", "24"];
const thisNode = [
  { name: `Node ${process.versions.node}, this one`, node: process.execPath, flags: [] },
  { name: "the same, again", node: process.execPath, flags: [] },
  { name: "the same, --hash-seed=1", node: process.execPath, flags: ["--hash-seed=1", "--random-seed=1"] },
];
const otherNodes = releases.map((release) => ({
  name: `Node ${release}`,
  node: join(folder, "node_modules", `node${release}`, "bin", "node"),
  flags: ["--hash-seed=42"],
}));

// npm loads the other releases while this one runs.
const installed = install();
const outputs = await outputsOf(thisNode);
const { code, stderr } = await installed;
if (code !== 0) {
  console.error(`determinism: the other releases of Node could not be installed\n${stderr.replace(/https?:\S+/g, "")}`);
  process.exit(70);
}
outputs.push(...(await outputsOf(otherNodes)));

let failed = 0;
let passed = 0;
for (const seed of seeds) {
  const [expected, ...others] = outputs.filter((output) => output.seed === seed);
  for (const { name, stdout } of [expected, ...others]) {
    const same = stdout !== "" && stdout === expected.stdout;
    if (same) passed++;
    else failed++;
    console.log(`seed ${seed}: ${name}: ${same ? "same bytes" : "DIFFERENT"} (${stdout.length})`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 3;

function install() {
  writeFileSync(join(folder, "package.json"), "{}");
  const platform = `${process.platform}-${process.arch}`;
  const packages = releases.map((release) => `node${release}@npm:node-${platform}@${release}`);
  return run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages], folder);
}

/** Returns what zabsim prints in each way and for each seed. */
async function outputsOf(ways) {
  const found = ways.flatMap((way) => seeds.map((seed) => ({ ...way, seed, stdout: "" })));
  const work = found.values();
  const lane = async () => {
    for (const one of work) {
      const args = [...one.flags, launcher, "run", "--json", "--seed", one.seed];
      one.stdout = (await run(one.node, args)).stdout;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return found;
}

function run(command, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8").on("data", (text) => {
        output[name] += text;
      });
    }
    child.on("error", (error) => resolve({ ...output, code: null, stderr: error.message }));
    child.on("close", (code) => resolve({ ...output, code }));
  });
}
