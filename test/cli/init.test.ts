/** Tests `zabsim init`: the starter scenario that it writes, and the file names that it refuses. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STARTER } from "../../cli/init.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import { isBadInput, zabsim } from "./zabsim.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zabsim-init-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the starter scenario", () => {
  it.each([1, 2, 3, 4, 5])("meets its expectations with seed %d", (seed) => {
    expect(runScenario(loadScenario(STARTER, "scenario.yaml"), { seed }).unmet).toEqual([]);
  });

  it("also loads if a reader uncomments one of its steps, servers and settings", () => {
    const optional = [...STARTER.matchAll(/^( +)# (- \{.*\}|\w+: .+)$/gm)];
    expect(optional).toHaveLength(10);
    for (const [line, indent, code] of optional) {
      const text = STARTER.replace(line, `${indent}${code}`);
      expect(() => loadScenario(text, "scenario.yaml"), line).not.toThrow();
    }
  });

  it("has lines that fit a terminal of 120 columns", () => {
    expect(STARTER.split("\n").filter((line) => line.length > 120)).toEqual([]);
  });
});

describe("zabsim init", () => {
  it("writes the file with the line for editors, and `run` accepts it", () => {
    const file = join(folder, "mine.yaml");
    const ended = zabsim(["init", file]);
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    expect(ended.stdout).toContain(`npx zabsim run    ${file}`);
    expect(readFileSync(file, "utf8")).toMatch(/^# yaml-language-server: \$schema=\S+schema\/scenario\.schema\.json\n/);
    expect(zabsim(["run", file]).code).toBe(0);
  });

  it("--json prints the name of the file", () => {
    const file = join(folder, "other.yaml");
    expect(JSON.parse(zabsim(["init", file, "--json"]).stdout)).toEqual({ file });
  });

  it.each([
    ["a name of another type", "notes.txt", "does not end with .yaml"],
    ["a folder that does not exist", "nowhere/x.yaml", "the folder does not exist"],
    ["a file that exists", "mine.yaml", "the file exists, and init does not overwrite it"],
  ])("refuses %s", (_, name, message) => {
    const ended = zabsim(["init", join(folder, name)]);
    expect(isBadInput(ended)).toBe(true);
    expect(ended.stderr).toContain(message);
  });
});
