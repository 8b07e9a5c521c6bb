/** Checks that the doc comments are complete, so that `npm run docs:api` writes the API reference without a warning. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("every exported name and every member of an exported class or interface has a doc comment", () => {
  const script = fileURLToPath(new URL("../../scripts/docs-api.mjs", import.meta.url));
  const { status, stderr, stdout } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect(stdout + stderr).toBe("");
  expect(status).toBe(0);
});
