// Packs zabsim and checks the package with publint and Are The Types Wrong: the entry points, the declarations, and the
// file formats. Run `npm run build` first. Ends with exit code 1 if a check fails.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "zabsim-package-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const packed = run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder]);
const [{ filename }] = JSON.parse(packed.stdout);
const tarball = join(folder, filename);

const checks = {
  publint: ["--strict", tarball],
  // The package contains only ES modules.
  attw: ["--profile", "esm-only", "--no-definitely-typed", "--format", "ascii", "--no-emoji", tarball],
};
for (const [tool, args] of Object.entries(checks)) {
  const { status, stderr, stdout } = run(process.execPath, [join(root, "node_modules", ".bin", tool), ...args]);
  console.log(status === 0 ? `${tool}: no problem` : `${tool}: failed\n${stdout}${stderr}`);
  if (status !== 0) process.exitCode = 1;
}

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (result.error) throw result.error;
  return result;
}
