#!/usr/bin/env node
// The launcher. It handles what concerns the whole process: --version, outputs that cannot be written, and unexpected
// exceptions.
// Everything else is in main() of the bundle (dist/cli.js, built from cli/main.ts).
//
// It is CommonJS (bin/package.json), because Node starts CommonJS in half the extra time of an ES module, and
// `zabsim --version` should take no longer than `node -e 0`.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

// Copies of cli/exit-codes.ts: the launcher also runs without the bundle. test/cli/exit-codes.test.ts compares them.
const EXIT_OK = 0;
const EXIT_BAD_INPUT = 2;
const EXIT_DEFECT = 70;

const root = path.dirname(__dirname);
const argv = process.argv.slice(2);

if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) printVersion();
else start();

function printVersion() {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  try {
    fs.writeSync(1, `${version}\n`);
  } catch (error) {
    endOfOutput(error);
  }
}

function start() {
  process.on("uncaughtException", fail);
  process.stdout.on("error", endOfOutput);
  // Progress and messages that cannot be written end no command. Its exit code still says how it ended.
  process.stderr.on("error", () => {});
  if (!fs.existsSync(path.join(root, "dist", "cli.js"))) {
    process.stderr.write("zabsim: dist/cli.js is missing. In a checkout, run `npm ci` or `npm run build`.\n");
    process.exitCode = EXIT_DEFECT;
    return;
  }
  // Keeps compiled code between starts. Node has this function since 22.1.
  require("node:module").enableCompileCache?.();
  const unfinished = () => fail(new Error("the command stopped before it had finished"));
  process.once("beforeExit", unfinished);
  import("../dist/cli.js")
    .then(({ main }) => main(argv))
    .then((code) => {
      process.removeListener("beforeExit", unfinished);
      process.exitCode = code;
      // Without exit(), Node first closes all handles when nothing is left to do. Node 20 sometimes never ends that.
      process.once("beforeExit", () => process.exit());
    }, fail);
}

/** Replaces what could control a terminal: the message may contain a path. */
function printable(text) {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "?");
}

/**
 * Ends the command because stdout cannot be written. A closed pipe is no error: the reader (`zabsim … | head`) has read
 * enough.
 */
function endOfOutput(error) {
  if (error.code === "EPIPE") process.exit(EXIT_OK);
  writeError(`zabsim: stdout cannot be written: ${printable(error.message)}\n`);
  process.exit(EXIT_BAD_INPUT);
}

/** Writes to stderr. If that is not possible, does nothing. */
function writeError(text) {
  try {
    fs.writeSync(2, text);
  } catch {}
}

/** Reports a defect of zabsim itself. */
function fail(error) {
  const message = printable(String(error?.message ?? error).split("\n")[0]);
  writeError(
    argv.includes("--debug")
      ? `${error?.stack ?? message}\n`
      : `zabsim: internal error: ${message} (run with --debug for the stack trace)\n`,
  );
  process.exit(EXIT_DEFECT);
}
