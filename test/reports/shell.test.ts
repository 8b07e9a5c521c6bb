/** Quotes words and paths, and lets a real shell read them. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { shellPath, shellQuote } from "../../reports/shell.ts";

describe.skipIf(process.platform === "win32")("a quoted word", () => {
  it.each(["plain", "a b", "it's", '"', "$HOME", "`id`", "a\nb", "*", "~", "a;b", "!x", "ä", "x=1", "\\", "", "#"])(
    "%j is the same word for a shell",
    (word) => {
      const { stdout } = spawnSync("sh", ["-c", `printf %s ${shellQuote(word)}`], { encoding: "utf8" });
      expect(stdout).toBe(word);
    },
  );
});

it("a path is no option, and a simple one stays as it is", () => {
  expect(shellPath("-x y")).toBe("'./-x y'");
  expect(shellPath("zabsim-findings/a-1.yaml")).toBe("zabsim-findings/a-1.yaml");
});
