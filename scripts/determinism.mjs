// Runs all shipped scenarios under Node 20, 22 and 24 and with different hash seeds of V8, and compares the outputs of
// `zabsim run --json` byte by byte. The script installs these releases of Node from npm. Its last line is "N passed, N
// failed".
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(new URL("../bin/zabsim.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "zabsim-nodes-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const releases = ["20", "22", "24"];
writeFileSync(join(folder, "package.json"), "{}");
const platform = `${process.platform}-${process.arch}`;
const packages = releases.map((release) => `node${release}@npm:node-${platform}@${release}`);
const install = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages], {
  cwd: folder,
  encoding: "utf8",
});
if (install.status !== 0) {
  console.error(
    `determinism: the other releases of Node could not be installed\n${install.stderr.replace(/https?:\S+/g, "")}`,
  );
  process.exit(70);
}

const ways = [
  { name: `Node ${process.versions.node}, this one`, node: process.execPath, flags: [] },
  { name: "the same, again", node: process.execPath, flags: [] },
  { name: "the same, --hash-seed=1", node: process.execPath, flags: ["--hash-seed=1", "--random-seed=1"] },
  ...releases.map((release) => ({
    name: `Node ${release}`,
    node: join(folder, "node_modules", `node${release}`, "bin", "node"),
    flags: ["--hash-seed=42"],
  })),
];
let failed = 0;
let passed = 0;
for (const seed of ["1", "20261123", "0xfedcba9876543210"]) {
  let expected;
  for (const { name, node, flags } of ways) {
    const { stdout } = spawnSync(node, [...flags, launcher, "run", "--json", "--seed", seed], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    expected ??= stdout;
    const same = stdout !== "" && stdout === expected;
    if (same) passed++;
    else failed++;
    console.log(`seed ${seed}: ${name}: ${same ? "same bytes" : "DIFFERENT"} (${stdout.length})`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 3;
