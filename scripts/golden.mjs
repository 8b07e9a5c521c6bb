// Rebuilds zabsim, then regenerates the golden file of each scenario, the command outputs in README.md, docs/jobs.md,
// docs/doctor.md and docs/incidents.md, docs/attribution.md, and the generated parts of docs/findings/. Review the diff
// before you commit it. Arguments, such as the names of scenarios, go to `zabsim run --update-golden`.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const EXIT_DEFECT = 70;
const root = fileURLToPath(new URL("..", import.meta.url));
const commands = [
  ["scripts/build.mjs"],
  ["bin/zabsim.js", "run", "--update-golden", ...process.argv.slice(2)],
  ["scripts/readme.mjs"],
  ["scripts/attribution.mjs"],
  ["scripts/reports.mjs"],
];
for (const args of commands) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? EXIT_DEFECT);
}
