// Regenerates docs/matrix.md with three campaigns of 60 s in each release.
//
//   node scripts/matrix.mjs [BUG...]
//
// With names of bugs, runs only the campaigns that search for these bugs, and replaces only their rows. A name is one
// that `zabsim matrix --bug` accepts.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { importBundle, root } from "./import-bundle.mjs";

const page = join(root, "docs", "matrix.md");
const bugs = process.argv.slice(2);
const { mergeMatrixPages } = await importBundle("test/fuzz/matrix-page.ts", "out/matrix-page.mjs");

const campaigns = ["--repeat", "3", "--time", "60s"];
const only = bugs.length === 0 ? [] : ["--bug", bugs.join(",")];
const { status, stdout } = spawnSync(
  process.execPath,
  [join(root, "bin", "zabsim.js"), "matrix", ...campaigns, "--markdown", ...only],
  { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
);
if (status !== 0) process.exit(status ?? 1);
writeFileSync(page, bugs.length === 0 ? stdout : mergeMatrixPages(readFileSync(page, "utf8"), stdout));
