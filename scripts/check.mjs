// Builds dist/, checks the types and runs lint, all at the same time, and prints the output of each one when it ends.
// The exit code is 1 if one of them fails.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const codes = await Promise.all(["build", "typecheck", "lint"].map(run));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;

function run(script) {
  return new Promise((resolve) => {
    const child = spawn("npm", ["run", "--silent", script], { cwd: root });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", (error) => {
      output += `${error.message}\n`;
    });
    child.on("close", (code) => {
      process.stdout.write(code === 0 ? output : `${output}${script}: failed\n`);
      resolve(code);
    });
  });
}
