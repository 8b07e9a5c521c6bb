/**
 * Checks that text in scenarios and file names cannot control the terminal or start a workflow command of GitHub
 * Actions.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, isBadInput, zabsim } from "./zabsim.ts";

const NAME = "a\n::error::b\u001b[2J\u202e.yaml";
const ABOUT = "::error::x\n ::set-output name=y::z\n\u001b]0;title\u0007 \u009b31m \u202e ##[error]";

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zabsim-hostile-"));
  path = join(folder, NAME);
  writeFileSync(path, JSON.stringify({ about: ABOUT, servers: 3, expect: { leader: 1 } }));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the lines that would control a terminal or that GitHub would execute as a workflow command. */
function hostileLines({ stderr, stdout }: Ended): string[] {
  const lines = `${stdout}\n${stderr}`.split("\n");
  return lines.filter((line) => /^\s*::|##\[/.test(line) || /[^\t\P{Cc}]|\p{Cf}/u.test(line));
}

describe("the output is harmless:", () => {
  it.each([
    ["a failing run", ["run"]],
    ["a failing run as JSON", ["run", "--json"]],
    ["runs of many seeds", ["run", "--seeds", "1..2"]],
    ["a comparison of two runs", ["run", "--check-determinism"]],
    ["a replay", ["replay"]],
    ["a replay as JSON", ["replay", "--json"]],
    ["a problem of the scenario", ["run", "--set", "servers=0"]],
    ["a scenario that does not fail", ["shrink"]],
  ])("%s", (_, [command, ...options]) => {
    const ended = zabsim([command as string, path, ...options]);
    expect(ended.stdout + ended.stderr).not.toBe("");
    expect(hostileLines(ended)).toEqual([]);
  });

  it.each([
    ["a file that does not exist", ["run", `${NAME}x`]],
    ["an unknown command", [NAME]],
    ["an unknown option", ["run", `--${NAME}`]],
    ["an unknown release", ["run", "--zookeeper", NAME]],
    ["an unknown list", ["list", NAME]],
    ["a folder without a campaign", ["coverage", NAME]],
    ["a folder for findings", ["fuzz", "--out", NAME]],
    ["a setting", ["run", "follower-ahead-trunc", "--set", NAME]],
    ["a value", ["run", "follower-ahead-trunc", "--set", `about={${NAME}`]],
  ])("%s is refused", (_, args) => {
    const ended = zabsim(args);
    expect(isBadInput(ended)).toBe(true);
    expect(hostileLines(ended)).toEqual([]);
  });
});

it("the yaml package prints no warnings", () => {
  const file = join(folder, "warns.yaml");
  for (const text of ["%FOO bar\n---\nservers: 3\n", "? [1, 2]\n: 3\nservers: 3\n", "servers: 3\nabout: !odd x\n"]) {
    writeFileSync(file, text);
    const { code, stderr } = zabsim(["run", file]);
    expect([code, stderr.trimEnd().split("\n").length]).toEqual([2, 1]);
    expect(stderr).toMatch(/^zabsim: /);
  }
});
