/** Checks that commands refuse options that contradict each other and options that they would ignore. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EXIT_BAD_INPUT, EXIT_OK } from "../../cli/exit-codes.ts";
import { isBadInput, zabsim } from "./zabsim.ts";

const base = mkdtempSync(join(tmpdir(), "zabsim-conflicts-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const file = join(base, "three.yaml");
writeFileSync(file, "servers: 3\n");

describe("refused options", () => {
  it.each([
    [["run", file, "--seeds", "1..2", "--seed", "1"], "--seeds cannot be combined with --seed: "],
    [["run", file, "--seeds", "1..2", "--check-determinism"], "--seeds cannot be combined with --check-determinism: "],
    [["run", file, "--seeds", "1..2", "--update-golden"], "--seeds cannot be combined with --update-golden: "],
    [["run", file, "--check-determinism", "--update-golden"], "--check-determinism cannot be combined with --update-"],
    [["run", file, "--update-golden", "--seed", "7"], "--update-golden cannot be combined with --seed: a golden file"],
    [["run", file, "--update-golden", "--noise"], "--update-golden cannot be combined with --noise: "],
    [["run", file, "--update-golden", "--set", "servers=5"], "--update-golden cannot be combined with --set: "],
    [["run", file, "--update-golden", "--zookeeper", "3.6.2"], "--update-golden cannot be combined with --zookeeper: "],
    [["run", file, "--set", "servers=5", "--set", "servers=3"], "--set servers is given twice (accepted: once)"],
    [
      ["run", file, "--set", "zookeeper=3.6.2", "--zookeeper", "3.6.2"],
      "--zookeeper cannot be combined with --set zoo",
    ],
    [["run", file, "--seed", "1", "--seed", "2"], "--seed is given twice (accepted: once)"],
    [["replay", file, "--from", "2s", "--until", "1s"], "--from is later than --until"],
    [["replay", file, "--only", "failed", "--messages"], "--messages cannot be combined with --only, unless"],
    [["replay", file, "--only", "failed", "--only", "active"], "--only is given twice"],
    [["matrix", "--release", "3.6.2", "--time", "1s"], "--time cannot be combined with --release, which"],
    [["matrix", "--release", "3.6.2", "--repeat", "2"], "--repeat cannot be combined with --release"],
    [["matrix", "--time", "0s", "--seed", "2"], "--seed cannot be combined with --time 0s"],
    [["shrink", file, "--time", "0s"], "--time 0: runs nothing"],
    [["coverage", base, "--json", "--seed", "1"], "unknown option '--seed'"],
  ])("zabsim %j", (args, message) => {
    const ended = zabsim(args);
    expect(ended.stderr).toContain(message);
    expect(isBadInput(ended)).toBe(true);
  });

  it("may be repeated where each value counts", () => {
    expect(zabsim(["run", file, "--set", "until=1s", "--set", "about=x"]).code).toBe(EXIT_OK);
  });
});

describe("no command overwrites the scenario that it reads", () => {
  it("run --update-golden, for a file without a usual extension", () => {
    const odd = join(base, "scenario.txt");
    writeFileSync(odd, "servers: 3\n");
    expect(zabsim(["run", odd, "--update-golden"]).code).toBe(EXIT_OK);
    expect(readFileSync(odd, "utf8")).toBe("servers: 3\n");
  });

  it("shrink, with an --out that is another scenario", () => {
    const bug = "open-trunc-keeps-one-txn-too-many";
    const { code, stderr } = zabsim(["shrink", bug, "--out", file]);
    expect(code).toBe(EXIT_BAD_INPUT);
    expect(stderr).toContain(`${file}: does not fail with follower-is-prefix (following, leading), as `);
    expect(readFileSync(file, "utf8")).toBe("servers: 3\n");
  });
});

it("shrink --json writes JSON if the scenario does not fail", () => {
  const { code, stdout } = zabsim(["shrink", file, "--json"]);
  expect([code, JSON.parse(stdout)]).toEqual([EXIT_OK, { file: null, signature: null }]);
});
