/** The text of a ScenarioError. */
import { expect, it } from "vitest";
import {
  formatProblem,
  formatValue,
  PROBLEMS_MAX,
  type Problem,
  ScenarioError,
} from "../../scenarios/scenario-error.ts";

const problem: Problem = {
  file: "a.yaml",
  line: 3,
  column: 5,
  field: "servers.2.down",
  value: "yes",
  message: "is text",
  accepted: "true or false",
};

it("a problem names file, line, field, message, value and what is accepted", () => {
  expect(formatProblem(problem)).toBe('a.yaml:3: servers.2.down: is text (value "yes"; accepted: true or false)');
});

it("a problem without a value names only what is accepted", () => {
  expect(formatProblem({ ...problem, value: undefined, message: "is missing" })).toBe(
    "a.yaml:3: servers.2.down: is missing (accepted: true or false)",
  );
});

it("values are written as JSON, on one line of at most 60 characters", () => {
  expect(formatValue({ from: 1 })).toBe('{"from":1}');
  expect(formatValue(Number.NaN)).toBe("NaN");
  expect(formatValue("x".repeat(100))).toHaveLength(60);
});

it(`an error lists ${PROBLEMS_MAX} problems at most`, () => {
  const error = new ScenarioError(Array.from({ length: PROBLEMS_MAX + 5 }, () => problem));
  expect(error.problems).toHaveLength(PROBLEMS_MAX);
  expect(error.message.split("\n")).toHaveLength(PROBLEMS_MAX + 1);
  expect(error.message.split("\n").at(-1)).toBe("and 5 more problems");
  expect(new ScenarioError([problem], 2).message).toMatch(/\nand 1 more problem$/);
});

it("a problem is one printable line, whatever the file is called and contains", () => {
  const hostile = { ...problem, file: "a\n::error::\u001b[31m.yaml", value: "\u202e", message: "##[error]" };
  expect(formatProblem(hostile)).toBe(
    'a\\u000a::error::\\u001b[31m.yaml:3: servers.2.down: \\u0023#[error] (value "\\u202e"; accepted: true or false)',
  );
});
