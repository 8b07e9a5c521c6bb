/** Tests how the launcher reports defects of the command line. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { EXIT_DEFECT } from "../../cli/exit-codes.ts";
import { temporaryFolder } from "../campaign/temporary-folder.ts";
import { LAUNCHER } from "./zabsim.ts";

const root = temporaryFolder();
cpSync(dirname(LAUNCHER), join(root, "bin"), { recursive: true });
writeFileSync(join(root, "package.json"), '{ "type": "module" }');
mkdirSync(join(root, "dist"));

it.each([
  ["throws an exception", 'Promise.reject(new Error("no disk"))', "no disk"],
  ["waits for something that never happens", "new Promise(() => {})", "the command stopped before it had finished"],
])("a command that %s ends with exit code 70", (_, promise, message) => {
  writeFileSync(join(root, "dist", "cli.js"), `export async function main() { await ${promise}; }`);
  const { status, stderr } = spawnSync(process.execPath, [join(root, "bin", "zabsim.js"), "list"], {
    encoding: "utf8",
  });
  expect(stderr).toBe(`zabsim: internal error: ${message} (run with --debug for the stack trace)\n`);
  expect(status).toBe(EXIT_DEFECT);
});
