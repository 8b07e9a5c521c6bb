/** Tests the start and the end of a campaign's worker threads. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { workerPool } from "../../campaign/campaign-workers.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const folder = temporaryFolder();

/** Writes a file for workers and returns its path. */
function workerFile(name: string, ...lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

it("ends a worker only after the worker has loaded its file", async () => {
  const proof = join(folder, "loaded");
  const slow = workerFile(
    "slow.mjs",
    'import { writeFileSync } from "node:fs";',
    "const endMs = Date.now() + 300;",
    "while (Date.now() < endMs);",
    `writeFileSync(${JSON.stringify(proof)}, "");`,
    "export function task() {}",
  );
  await workerPool(slow, 1).destroy();
  expect(existsSync(proof)).toBe(true);
});

it("ends a worker that is running a task", async () => {
  const endless = workerFile("endless.mjs", "export function task() {", "  for (;;);", "}");
  const pool = workerPool(endless, 1);
  const refused = expect(pool.run(undefined, "task")).rejects.toThrow("Terminating worker thread");
  await pool.destroy();
  await refused;
});

it("ends a worker that cannot load its file", async () => {
  const pool = workerPool(join(folder, "missing.mjs"), 1);
  const refused = expect(pool.run(undefined, "task")).rejects.toThrow("missing.mjs");
  await refused;
  await pool.destroy();
});
