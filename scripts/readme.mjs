// Puts the real output of the commands that README.md shows behind them. `npm run golden` writes it; with --check it only tells
// whether the page is up to date.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = fileURLToPath(new URL("../README.md", import.meta.url));
const old = readFileSync(page, "utf8");

const BLOCK = /(<!-- output of: zabsim (.*) -->)\n(?:\n```text\n[\s\S]*?\n```\n)?/g;
const fresh = old.replace(BLOCK, (_, marker, command) => {
  const { stdout } = spawnSync(process.execPath, ["bin/zabsim.js", ...command.split(" ")], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  return `${marker}\n\n\`\`\`text\n${stdout.trimEnd()}\n\`\`\`\n`;
});
if (process.argv.includes("--check")) process.exitCode = fresh === old ? 0 : 1;
else writeFileSync(page, fresh);
