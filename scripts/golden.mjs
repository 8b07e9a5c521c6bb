// Regenerates the golden output beside every scenario and the outputs in README.md; review the diff before committing it. Arguments are passed on.
// What the golden files hold is decided in one place, `zabsim run --update-golden`; this only rebuilds and calls it.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const commands = [
  ["scripts/build.mjs"],
  ["bin/zabsim.js", "run", "--update-golden", ...process.argv.slice(2)],
  ["scripts/readme.mjs"],
];
for (const args of commands) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 70);
}
