/** Loads the invalid files of table.ts and checks the reported problems. */
import { expect, it } from "vitest";
import { type LoadOptions, loadScenario, type Problem, ScenarioError } from "../../../scenarios/load.ts";
import type { BadFile } from "./table.ts";

export const FILE = "dir/case.yaml";

/** Returns the problems of an invalid file. Throws an Error if the file is valid. */
export function problemsOf(text: string, options?: LoadOptions): readonly Problem[] {
  try {
    loadScenario(text, FILE, options);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  throw new Error("the file is valid");
}

/**
 * Tests that the loader rejects each file with one message, which names the line, the field and the accepted values.
 */
export function testInvalidFiles(files: readonly BadFile[]): void {
  it.each(files)("%s is reported", (_, text, line, field, words) => {
    const problems = problemsOf(text);
    // Each file has one mistake, and one mistake must give one message.
    expect(problems.map((one) => one.field)).toEqual([field]);
    const [problem] = problems;
    expect(problem).toMatchObject({ file: FILE, line });
    expect(problem?.accepted).not.toBe("");
    for (const word of words) expect(`${problem?.message} (${problem?.accepted})`).toContain(word);
  });
}
