#!/usr/bin/env node
// The launcher: what concerns the process as a whole. It answers --version alone, and hands everything else to main() in the
// bundle (dist/cli.js, made of cli/main.ts). CommonJS on purpose (bin/package.json): Node starts that in half the extra time
// of a module, and `zabsim --version` should cost what `node -e 0` does.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const root = path.dirname(__dirname);
const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) printVersion();
else start();

function printVersion() {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  try {
    fs.writeSync(1, `${version}\n`);
  } catch (error) {
    if (error.code !== "EPIPE") throw error;
  }
}

function start() {
  process.on("uncaughtException", fail);
  // Whoever read us has closed the pipe (`zabsim … | head`): nobody is left to talk to.
  process.stdout.on("error", (error) => (error.code === "EPIPE" ? process.exit(0) : fail(error)));
  process.stderr.on("error", (error) => (error.code === "EPIPE" ? undefined : process.exit(70)));
  // A command that has something to save first listens for SIGINT too, and answers with 130 itself.
  process.on("SIGINT", () => {
    if (process.listenerCount("SIGINT") === 1) process.exit(130);
  });

  if (!fs.existsSync(path.join(root, "dist", "cli.js"))) {
    process.stderr.write("zabsim: dist/cli.js is missing. In a checkout, `npm ci` or `npm run build` makes it.\n");
    process.exitCode = 70;
    return;
  }
  // From Node 22.1 on, compiled code is kept between starts; Node 20 knows nothing of it.
  require("node:module").enableCompileCache?.();
  import("../dist/cli.js")
    .then(({ main }) => main(argv))
    .then((code) => {
      process.exitCode = code;
    }, fail);
}

/** A defect of zabsim itself, or an output that cannot be written. */
function fail(error) {
  const what = String(error?.message ?? error).split("\n")[0];
  process.stderr.write(
    argv.includes("--debug")
      ? `${error?.stack ?? what}\n`
      : `zabsim: internal error: ${what} (run with --debug for the stack)\n`,
  );
  process.exit(70);
}
