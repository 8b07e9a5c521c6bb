/**
 * `zabsim/vitest`: a campaign that passes, a campaign that fails in a separate vitest process, and invalid options.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { campaign } from "../../lib/vitest.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
// The folder is in the repository, so that the test file in it finds the packages that it imports.
const folder = mkdtempSync(join(ROOT, ".zabsim-vitest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

campaign("plain servers survive partitions and kills", {
  scenario: fileURLToPath(new URL("../../scenarios/shipped/cold-start-of-three-epoch-1.yaml", import.meta.url)),
  faults: ["partition", "crash"],
  seeds: 60,
  zookeeper: "patched",
  out: folder,
});

describe("a campaign that fails", () => {
  const file = join(folder, "test", "red.test.ts");
  mkdirSync(join(folder, "test"));
  writeFileSync(
    file,
    `import { campaign } from ${JSON.stringify(join(ROOT, "lib/vitest.ts"))};
campaign("survives", {
  seeds: [1, 1024],
  invariants: ["follower-is-prefix"],
  liveness: false,
  strict: true,
  out: ${JSON.stringify(folder)},
});
`,
  );
  const run = spawnSync(process.execPath, [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--root", folder], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  const yaml = readdirSync(folder).find((name) => name.endsWith(".yaml")) ?? "";

  it("reports the invariant, the explanation, the minimal scenario and the command", () => {
    expect(run.status).toBe(1);
    const output = run.stdout + run.stderr;
    expect(output).toMatch(/follower-is-prefix \(following, leading\), seed \d+/);
    expect(output).toContain("1. server");
    expect(output).toContain("expect: { violates: follower-is-prefix }");
    expect(output).toContain(`replay: npx zabsim replay ${join(folder, yaml)}`);
  });

  it("leaves a file that fails in the same way", () => {
    expect(existsSync(join(folder, yaml))).toBe(true);
    const replay = spawnSync(process.execPath, [join(ROOT, "bin/zabsim.js"), "replay", join(folder, yaml)], {
      encoding: "utf8",
    });
    expect(replay.status).toBe(0);
    expect(replay.stdout).toContain("violated follower-is-prefix");
  });
});

describe("bad options", () => {
  it.each([
    [{ seeds: [5, 1] as const }, "seeds 5,1: not a range of seeds (accepted: 500, or [1, 500])"],
    [{ seeds: 0 }, "seeds 0"],
  ])("%o", (options, message) => {
    expect(() => campaign("never registered", options)).toThrow(message);
  });
});
