/** Text that is safe to print on a terminal and in the log of a CI service. */
import { describe, expect, it } from "vitest";
import { printableLine, printableOutput, printablePath, printableText } from "../../scenarios/printable.ts";

const ESC = "\u001b";

describe("printableLine", () => {
  it.each([
    ["plain text", "a b: c::d", "a b: c::d"],
    ["other languages", "größer 値", "größer 値"],
    ["a terminal escape", `${ESC}[31mred`, "\\u001b[31mred"],
    ["a C1 control character", "\u009b31m", "\\u009b31m"],
    ["line feeds and tabs", "a\r\n\tb", "a\\u000d\\u000a\\u0009b"],
    ["bidirectional text", "a\u202eb\u2066c", "a\\u202eb\\u2066c"],
    ["a zero-width character", "a\u200bb", "a\\u200bb"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
    ["an unpaired surrogate", "a\ud800b", "a\\ud800b"],
    ["a workflow command", "::error::x", "\\u003a:error::x"],
    ["a workflow command after a space", "a ::set-env name=x::y", "a \\u003a:set-env name=x::y"],
    ["an older workflow command", "x ##[error]y", "x \\u0023#[error]y"],
  ])("%s", (_, text, expected) => {
    expect(printableLine(text)).toBe(expected);
    expect(printableLine(expected)).toBe(expected);
  });
});

it("printableText keeps line feeds and tabs, but no line starts a workflow command", () => {
  expect(printableText(`a\n\tb${ESC}c\n  ::error::d`)).toBe("a\n\tb\\u001bc\n  \\u003a:error::d");
});

it("printablePath quotes a path for the shell if it contains characters that cannot be printed", () => {
  expect(printablePath("dir/a b.yaml")).toBe("dir/a b.yaml");
  expect(printablePath(`it's\\${ESC}\n.yaml`)).toBe("$'it\\'s\\\\\\u001b\\u000a.yaml'");
});

it("printableOutput keeps colors and layout", () => {
  expect(printableOutput(`${ESC}[31mred${ESC}[39m\n\tx ${ESC}[2J ${ESC}]0;title\u0007`)).toBe(
    `${ESC}[31mred${ESC}[39m\n\tx \\u001b[2J \\u001b]0;title\\u0007`,
  );
  expect(printableOutput("::error file=x::y")).toBe("::error file=x::y");
  expect(JSON.parse(printableOutput(JSON.stringify("\u202e\u009b")))).toBe("\u202e\u009b");
});
