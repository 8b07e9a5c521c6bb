// Updates the command outputs in README.md and in docs/jobs.md, explain.md, doctor.md, incidents.md and reconstruct.md
// there. `npm run golden` calls it. With --check it changes nothing and exits with 1 if an output is out of date.
//
//   <!-- output of: zabsim COMMAND -->               the output of the command
//   <!-- output of: zabsim COMMAND up to "TEXT" -->  the output before the first line that starts with TEXT; the rest
//                                                    depends on the machine
//   <!-- file PATH -->                               a file that one of the commands has written
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const PAGES = [
  "README.md",
  "docs/jobs.md",
  "docs/explain.md",
  "docs/doctor.md",
  "docs/incidents.md",
  "docs/reconstruct.md",
];

const BLOCK = /(<!-- output of: zabsim (.*?)(?: up to "(.*)")? -->)\n(?:\n```text\n[\s\S]*?\n```\n)?/g;
const FILE = /(<!-- file (.*) -->)\n(?:\n```text\n[\s\S]*?\n```\n)?/g;
// Removes the findings that an earlier call saved. Otherwise, the campaign would start by running and reporting them.
rmSync(new URL("../out/readme", import.meta.url), { recursive: true, force: true });
let isCurrent = true;
for (const name of PAGES) {
  const page = new URL(`../${name}`, import.meta.url);
  const old = readFileSync(page, "utf8");
  const fresh = old.replace(BLOCK, withOutput).replace(FILE, withFile);
  isCurrent &&= fresh === old;
  if (!process.argv.includes("--check")) writeFileSync(page, fresh);
  else if (fresh !== old) console.error(`${name} is out of date: npm run golden`);
}
if (process.argv.includes("--check")) process.exitCode = isCurrent ? 0 : 1;

/** Runs the command in a shell, so that the command can contain quotes and redirections. */
function withOutput(_, marker, command, end) {
  const zabsim = `zabsim() { "${process.execPath}" bin/zabsim.js "$@"; }`;
  const { stdout } = spawnSync("bash", ["-c", `${zabsim}; zabsim ${command}`], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  const lines = stdout.split("\n");
  const last = end === undefined ? -1 : lines.findIndex((line) => line.startsWith(end));
  const shown = (last < 0 ? lines : lines.slice(0, last)).join("\n");
  return `${marker}\n\n\`\`\`text\n${shown.trimEnd()}\n\`\`\`\n`;
}

function withFile(_, marker, path) {
  return `${marker}\n\n\`\`\`text\n${readFileSync(new URL(`../${path}`, import.meta.url), "utf8").trimEnd()}\n\`\`\`\n`;
}
