/** Tests the annotations for GitHub. The tests parse them as the runner of GitHub Actions does. */
import { describe, expect, it } from "vitest";
import { githubAnnotation } from "../../reports/github.ts";
import { commandsFor, knownFinding, newFinding } from "./campaign-fixture.ts";

/** Splits a workflow command at the first `::` and restores the escaped characters. */
function parse(line: string) {
  const [, command, properties = "", data = ""] = /^::(\w+) (.*?)::(.*)$/.exec(line) ?? [];
  const plain = (text: string): string =>
    text
      .replaceAll("%0D", "\r")
      .replaceAll("%0A", "\n")
      .replaceAll("%3A", ":")
      .replaceAll("%2C", ",")
      .replaceAll("%25", "%");
  const entries = properties.split(",").map((pair) => pair.split("=").map(plain));
  return { command, ...Object.fromEntries(entries), message: plain(data) };
}

describe("githubAnnotation", () => {
  it("writes a new finding as an error on one line, with all special characters escaped", () => {
    const line = githubAnnotation(newFinding, commandsFor(newFinding), false);
    expect(line).not.toContain("\n");
    expect(parse(line)).toEqual({
      command: "error",
      file: "out/a:b,c.yaml",
      line: "1",
      title: "zabsim: agreement (following, leading)",
      message: `${newFinding.why}\n\n${commandsFor(newFinding).join("\n")}`,
    });
  });

  it("writes a known bug as a notice", () => {
    expect(parse(githubAnnotation(knownFinding, [], false))).toMatchObject({
      command: "notice",
      message: "known bug: open-one",
    });
  });

  it("writes a known bug as an error if known bugs count", () => {
    expect(parse(githubAnnotation(knownFinding, ["replay: x"], true))).toMatchObject({
      command: "error",
      message: `known bug: open-one\n${knownFinding.why}\n\nreplay: x`,
    });
  });
});
