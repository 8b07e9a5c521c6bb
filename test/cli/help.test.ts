/** Checks that the help of every command is complete. */
import { describe, expect, it } from "vitest";
import { EXIT_BAD_INPUT, EXIT_DEFECT, EXIT_OK } from "../../cli/exit-codes.ts";
import { HELP } from "../../cli/help.ts";
import { zabsim } from "./zabsim.ts";

const COMMANDS = Object.keys(HELP);
const MAX_COLUMNS = 80;

/** Returns the options that take a value, each with its description in the help. */
function valueOptions(help: string): Map<string, string> {
  const [, options = ""] = /\nOptions:\n([\s\S]*?)\n\n/.exec(help) ?? [];
  const texts = options.split(/\n(?= {2}-)/).map((text) => text.trim().replace(/\s+/g, " "));
  return new Map(
    texts.filter((text) => /^-[^<]*<[^>]+>/.test(text)).map((text) => [text.split(" ")[0] as string, text]),
  );
}

describe.each(COMMANDS)("zabsim %s --help", (command) => {
  const { code, stdout } = zabsim([command, "--help"]);

  it("exits with 0 and has at most 80 columns", () => {
    expect(code).toBe(EXIT_OK);
    const [beforeExamples = ""] = stdout.split("\nExamples:\n");
    expect(beforeExamples.split("\n").filter((line) => line.length > MAX_COLUMNS)).toEqual([]);
  });

  it("has two to four examples of the command", () => {
    const examples = stdout.match(/^ {2}\$ zabsim .*$/gm) ?? [];
    expect(examples.length).toBeGreaterThanOrEqual(2);
    expect(examples.length).toBeLessThanOrEqual(4);
    expect(examples.filter((line) => !line.startsWith(`  $ zabsim ${command}`))).toEqual([]);
  });

  it("lists the exit codes", () => {
    const [, codes = ""] = stdout.split("\nExit codes:\n");
    const numbers = codes.match(/^ {2}\d+/gm)?.map(Number) ?? [];
    expect(numbers).toEqual(expect.arrayContaining([EXIT_OK, EXIT_BAD_INPUT, EXIT_DEFECT]));
  });

  it("gives the default of every option that takes a value", () => {
    const without = [...valueOptions(stdout).values()].filter((text) => !/\(default|\(required/.test(text));
    expect(without).toEqual([]);
  });
});

it("lists every command that has a help text in zabsim --help, and in zabsim help COMMAND", () => {
  const { stdout } = zabsim(["--help"]);
  expect(COMMANDS.filter((command) => !stdout.includes(`\n  ${command} `))).toEqual([]);
  expect(zabsim(["help", "run"]).stdout).toBe(zabsim(["run", "--help"]).stdout);
});
