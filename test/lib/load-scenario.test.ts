/** Tests `loadScenario` of the library: a shipped name, a path, or a text. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { loadScenario, runScenario, ScenarioError } from "../../lib/index.ts";

const folder = mkdtempSync(join(tmpdir(), "zabsim-load-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "three.yaml");
writeFileSync(path, "servers: 3\n");

it.each(["follower-ahead-trunc", "open-trunc-keeps-one-txn-too-many"])("loads the shipped scenario %s", (name) => {
  const scenario = loadScenario(name);
  expect(scenario.name).toBe(name);
  expect(runScenario(scenario, { seed: 1 }).unmet).toEqual([]);
});

it("loads a file by its path, with overrides", () => {
  const scenario = loadScenario(path, { set: ["zookeeper=3.6.2"] });
  expect(scenario.name).toBe("three");
  expect(scenario.zookeeper).toBe("3.6.2");
});

it("loads a text, with overrides", () => {
  const scenario = loadScenario("servers: 3", "dir/four.yaml", { set: ["servers=4"] });
  expect(scenario.name).toBe("four");
  expect(Object.keys(scenario.servers)).toHaveLength(4);
});

it.each([
  ["folower-ahead-trunc", "no such file or shipped scenario, did you mean follower-ahead-trunc? (accepted: a path, or"],
  ["folower-ahead-trunc.yaml", "did you mean follower-ahead-trunc?"],
  ["xyzzy", "xyzzy: no such file or shipped scenario (accepted: a path, or a name from `zabsim list scenarios`)"],
  ["", ": no such file or shipped scenario (accepted:"],
  [folder, "no such file or shipped scenario"],
  ["servers: 3\n", "the text of a scenario needs a file name as second argument"],
])("explains why it cannot load %j", (source, message) => {
  expect(() => loadScenario(source)).toThrow(message);
});

it("names the file and the line of a mistake", () => {
  expect(() => loadScenario("servers: 3\nuntill: 3s\n", "x.yaml")).toThrow(ScenarioError);
  expect(() => loadScenario("servers: 3\nuntill: 3s\n", "x.yaml")).toThrow("x.yaml:2: untill: unknown field");
});
