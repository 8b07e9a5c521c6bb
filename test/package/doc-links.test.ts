/** Checks that relative links in Markdown files point to files that exist. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGES = execFileSync("git", ["ls-files", "*.md"], { cwd: ROOT, encoding: "utf8" }).split("\n").filter(Boolean);

it.each(PAGES)("the relative links of %s exist", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const targets = [...text.replace(/^```.*?^```$/gms, "").matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(
    ([, target]) => target as string,
  );
  const files = targets.filter((target) => !/^[a-z]+:/.test(target));
  expect(files.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([]);
});
