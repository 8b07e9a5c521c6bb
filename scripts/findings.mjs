// Regenerates docs/findings.md: `zabsim judge` for each open pull request, with campaigns, and for each fix, without.
//
//   node scripts/findings.mjs [--plans N] [--without-fixes] [--scenarios NAMES]
//
// With --plans 0, no campaigns run.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { importBundle, root } from "./import-bundle.mjs";

const { values } = parseArgs({
  options: {
    plans: { type: "string", default: "2000" },
    "without-fixes": { type: "boolean" },
    scenarios: { type: "string" },
  },
});
const { FIXES, PULL_REQUESTS } = await importBundle("protocol/index.ts", "out/protocol.mjs");
const { findingsPage } = await importBundle("reports/findings-page.ts", "out/findings-page.mjs");

const only = values.scenarios === undefined ? [] : ["--scenarios", values.scenarios];
const folder = mkdtempSync(join(tmpdir(), "zabsim-findings-"));
const judge = (behavior, options) => {
  const args = [join(root, "bin", "zabsim.js"), "judge", behavior, "--json", ...options, ...only];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 28,
  });
  // 1 says that the behavior breaks something.
  if (status !== 0 && status !== 1) process.exit(status ?? 70);
  return JSON.parse(stdout);
};
const campaigns = values.plans === "0" ? ["--time", "0s"] : ["--plans", values.plans, "--time", "10m", "--out", folder];
const pulls = Object.keys(PULL_REQUESTS).map((behavior) => judge(behavior, campaigns));
const fixes = values["without-fixes"] ? [] : FIXES.map((fix) => judge(fix, ["--time", "0s"]));
rmSync(folder, { recursive: true, force: true });
const page = findingsPage({ pulls, fixes, scenarios: values.scenarios?.split(",") });
writeFileSync(join(root, "docs", "findings.md"), page);
