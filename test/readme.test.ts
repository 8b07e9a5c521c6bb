import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("README.md shows what its commands print (npm run golden brings it up to date)", () => {
  const script = fileURLToPath(new URL("../scripts/readme.mjs", import.meta.url));
  expect(spawnSync(process.execPath, [script, "--check"]).status).toBe(0);
});
