/** The loader as a whole. The tests in loading/ check what each of its modules accepts, completes and rejects. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { loadScenario, ScenarioError } from "../../scenarios/load.ts";
import { inputs } from "../inputs.ts";
import { FILE, problemsOf } from "./bad/invalid-files.ts";
import { mutated, mutation, VALID } from "./bad/mutated-scenario.ts";

describe("a valid file", () => {
  it("may be JSON, with a $schema", () => {
    const text = JSON.stringify({ $schema: "../schema/scenario.schema.json", servers: { 1: {} }, until: "5s" });
    const scenario = loadScenario(text, FILE);
    expect(scenario).toMatchObject({ until: "5s" });
    expect(scenario).not.toHaveProperty("$schema");
  });

  it.each([
    ["dir/lost-ack.yaml", "lost-ack"],
    ["lost-ack.yml", "lost-ack"],
    ["C:\\scenarios\\one.JSON", "one"],
    ["-", "-"],
  ])("%s has the scenario %s", (file, name) => {
    expect(loadScenario("servers: 3", file).name).toBe(name);
  });

  it("gets the options of --set in order, even if it is empty", () => {
    const { servers } = loadScenario("", FILE, { set: ["servers=3", "servers.3.down=true", "servers.3.down=false"] });
    expect(Object.values(servers)).toMatchObject([{ down: false }, { down: false }, { down: false }]);
  });
});

describe("the problems of a file", () => {
  it.each(["", "# nothing\n"])("%j is that it is empty", (text) => {
    const accepted = "a scenario, at least servers: 3";
    expect(problemsOf(text)).toMatchObject([{ file: FILE, line: 1, field: "file", message: "is empty", accepted }]);
  });

  it("are reported in the order of the file, each with file, line, field, value and what is accepted", () => {
    const text = "servers: {1: {histroy: 1:1}}\nsteps:\n  - crash: 9\n  - {}\nexpect: {leader: 4}\nquorum: most\n";
    expect(() => loadScenario(text, FILE)).toThrow(
      /^dir\/case\.yaml:1: servers\.1\.histroy: unknown field, did you mean history\? \(value "1:1"; accepted: role, /,
    );
    expect(problemsOf(text).map(({ line, field }) => `${line} ${field}`)).toEqual([
      "1 servers.1.histroy",
      "3 steps[0].crash.server",
      "4 steps[1]",
      "5 expect.leader",
      "6 quorum",
    ]);
  });

  it("have the column of the value, or of the name if the name is wrong", () => {
    expect(problemsOf("servers: 3\nsteps:\n  - {crash: 9}")[0]).toMatchObject({ line: 3, column: 13 });
    expect(problemsOf("servers: 3\nsteps:\n  - {crsh: 9}")[0]).toMatchObject({ line: 3, column: 6 });
  });

  it("hide neither the server of a wrong field, nor the history that other fields need", () => {
    const text =
      "servers: {1: {role: observer, down: no}, 2: {history: 1;1}}\ncommitted: 1:1\nquorum: {groups: {a: [2]}}\n";
    expect(problemsOf(text).map(({ field }) => field)).toEqual(["servers.1.down", "servers.2.history"]);
  });

  it("name --set if it causes them", () => {
    const text = "servers: 3\nsteps:\n  - crash: 2\n";
    const [problem] = problemsOf(text, { set: ["steps[0].crash.server=9"] });
    expect(problem).toMatchObject({ line: 3, field: "steps[0].crash.server", value: 9 });
    expect(problem?.message).toContain("--set steps[0].crash.server=9");
    expect(problemsOf(text, { set: ["__proto__.x=1"] })[0]?.field).toBe("__proto__");
  });
});

/** Returns whether the text loads. If it does not load, checks that every reported problem has all its fields. */
function loadsOrExplains(text: string): boolean {
  try {
    loadScenario(text, FILE);
    return true;
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const problem of error.problems) {
      expect(problem).toMatchObject({ file: FILE, line: expect.toSatisfy((line: number) => line >= 1) });
      expect(problem.column).toBeGreaterThanOrEqual(1);
      for (const text of [problem.field, problem.message, problem.accepted]) expect(text).not.toBe("");
      expect(`${problem.message} ${problem.accepted}`).not.toContain("undefined");
    }
    return false;
  }
}

describe("generated files", () => {
  it("start from a file that is valid", () => {
    expect(loadScenario(stringify(VALID), FILE).steps).toHaveLength(11);
  });

  it("load or are explained, with changed values and names", () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        loadsOrExplains(stringify(mutated(mutations)));
      }),
      { numRuns: inputs(400, 4000), seed: 1 },
    );
  });

  it("load or are explained, with changed characters", () => {
    const good = stringify(VALID);
    const edit = fc.tuple(
      fc.nat(good.length),
      fc.nat(5),
      fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom("\t", "&a ", "*a", "? ", "- ", "---\n", "!!x ", "{", "|")),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        loadsOrExplains(edits.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), good));
      }),
      { numRuns: inputs(200, 2000), seed: 2 },
    );
  });
});
