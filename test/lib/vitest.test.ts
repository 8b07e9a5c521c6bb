/**
 * Tests `zabsim/vitest`: a campaign that passes, a campaign that fails in a separate vitest process, and invalid
 * options.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { runBlock } from "../../fuzz/block.ts";
import { campaignOptionsOf, checkOptions, seedsOf } from "../../lib/campaign-options.ts";
import { campaign } from "../../lib/vitest.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LIBRARY = join(ROOT, "lib/vitest.ts");
const PLAIN = { ...process.env, NO_COLOR: "1" };
Reflect.deleteProperty(PLAIN, "FORCE_COLOR");
// The folder is inside the repository, so that the test file in it can import the repository's packages.
const folder = mkdtempSync(join(ROOT, ".zabsim-vitest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runVitest(...files: readonly string[]) {
  // The files share one process and its modules.
  const args = ["run", "--root", folder, "--no-isolate", "--max-workers=1", ...files];
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  return spawnSync(process.execPath, [vitest, ...args], { encoding: "utf8", env: PLAIN });
}

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
    `import { campaign } from ${JSON.stringify(LIBRARY)};
campaign("survives", {
  seeds: [256, 1279],
  invariants: ["follower-is-prefix"],
  liveness: false,
  strict: true,
  out: ${JSON.stringify(folder)},
});
`,
  );
  const run = runVitest();
  const yaml = readdirSync(folder).find((name) => name.endsWith(".yaml")) ?? "";

  it("reports the invariant, the explanation, the minimal scenario and the command", () => {
    expect(run.status).toBe(1);
    const output = run.stdout + run.stderr;
    expect(output).toMatch(/follower-is-prefix \(following, leading\), seed \d+/);
    expect(output).toContain("1. server");
    expect(output).toMatch(/expect: \{ violates: .*follower-is-prefix/);
    expect(output).toContain(`replay: npx zabsim replay ${join(folder, yaml)}`);
    expect(output).toMatch(/found after \d+ of 1024 runs/);
    expect(output).toContain("❯ test/red.test.ts:2:1");
  });

  it("prints seeds that fail in the same way", () => {
    const [, first, last] = /run this test with seeds: \[(\d+), (\d+)\]/.exec(run.stdout + run.stderr) ?? [];
    const block = { first: BigInt(first ?? 0), count: Number(last) - Number(first) + 1 };
    const { failed } = runBlock(campaignOptionsOf({}), block);
    expect(run.stdout + run.stderr).toContain(`${failed.at(-1)?.signature}, seed ${last}`);
  });

  it("leaves a file that fails in the same way", () => {
    expect(existsSync(join(folder, yaml))).toBe(true);
    const replay = spawnSync(process.execPath, [join(ROOT, "bin/zabsim.js"), "replay", join(folder, yaml)], {
      encoding: "utf8",
    });
    expect(replay.status).toBe(0);
    expect(replay.stdout).toContain("expected violation of follower-is-prefix");
  });
});

describe("the output of a vitest", () => {
  const badFile = join(folder, "bad.yaml");
  writeFileSync(badFile, "servers: 3\nuntill: 3s\n");
  const green = '{ zookeeper: "3.6.2", seeds: [700, 763], scenario: "follower-ahead-trunc", faults: ["crash"] }';
  const files = {
    "typo.test.ts": '\n  campaign("has a typo", { faults: ["powerloss"] });\n',
    "no-file.test.ts": '\n  campaign("has no file", { scenario: "folower-ahead-trunc" });\n',
    "bad-file.test.ts": `campaign("has a bad file", { scenario: ${JSON.stringify(badFile)} });\n`,
    "green.test.ts": `campaign("is green", ${green});\n`,
  };
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(folder, "test", file), `import { campaign } from ${JSON.stringify(LIBRARY)};\n${text}`);
  }
  const { stderr, stdout } = runVitest(...Object.keys(files));
  const output = stdout + stderr;

  it("points to the call for a typo, with a suggestion", () => {
    expect(output).toContain("campaign: faults powerloss: unknown, did you mean power-loss? (accepted: ");
    expect(output).toContain("❯ test/typo.test.ts:3:3");
  });

  it("points to the call for a scenario that does not exist, with a suggestion", () => {
    expect(output).toContain(
      "folower-ahead-trunc: no such file or shipped scenario, did you mean follower-ahead-trunc?",
    );
    expect(output).toContain("❯ test/no-file.test.ts:3:3");
  });

  it("points to the line of a scenario file and to the call", () => {
    expect(output).toContain("bad.yaml:2: untill: unknown field, did you mean until?");
    expect(output).toContain("❯ test/bad-file.test.ts:2:1");
  });

  it("of a green campaign has its runs and its coverage", () => {
    const [report = ""] = /^zabsim campaign: is green: no finding\n(?: .*\n)+/m.exec(output) ?? [];
    expect(report).toContain("runs      64 of follower-ahead-trunc, ZooKeeper 3.6.2");
    expect(report).toMatch(/coverage {2}\d+ features/);
    expect(report).toMatch(/unreached sync rules /);
    expect(report).not.toContain("partition");
  });
});

describe("bad options", () => {
  it.each<[object, string]>([
    [{ seeds: [5, 1] }, "seeds 5,1: not a range of seeds (accepted: 500, or [1, 500])"],
    [{ seeds: 0 }, "seeds 0: not a range"],
    [{ seeds: "500" }, "seeds 500: not a range"],
    [{ fault: ["crash"] }, "fault: unknown option, did you mean faults? (accepted: scenario, faults, "],
    [{ faults: "crash" }, 'faults crash: not a list (accepted: e.g. ["crash"])'],
    [{ faults: ["partitions"] }, "faults partitions: unknown, did you mean partition? (accepted: "],
    [{ invariants: ["folower-is-prefix"] }, "unknown, did you mean follower-is-prefix?"],
    [{ zookeeper: "3.8.44" }, "zookeeper 3.8.44: unknown, did you mean 3.8.4? (accepted: "],
    [{ strategy: "xyzzy" }, "strategy xyzzy: unknown (accepted: "],
    [{ liveness: "no" }, "liveness no: not a boolean (accepted: true, false)"],
    [{ strict: 1 }, "strict 1: not a boolean"],
    [{ out: "" }, "out : not a text (accepted: the path of a folder)"],
    [{ scenario: 3 }, "scenario 3: not a text (accepted: a path, the name of a shipped scenario, or a Scenario)"],
    [{ timeout: -1 }, "timeout -1: not a time limit"],
  ])("%o", (options, message) => {
    expect(() => campaign("never registered", options)).toThrow(message);
  });
});

it("options that are undefined have their defaults", () => {
  expect(() => checkOptions({ faults: undefined, seeds: undefined } as object)).not.toThrow();
  expect(seedsOf({})).toEqual([1n, 500n]);
});
