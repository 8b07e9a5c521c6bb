// Regenerates docs/findings/judged.json and docs/findings.md: `zabsim judge` for each open pull request and each fix.
//
//   node scripts/findings.mjs [--plans N] [--without-fixes] [--render] [BEHAVIOR...]
//
// BEHAVIOR: a pull request (pull-2172) or a fix of `zabsim judge --list`; only these are judged, and the others keep
// their results. A result is written as soon as it is there, so an interrupted run can continue with the others.
// --plans N: number of plans of each campaign; 0 runs none. Fixes have campaigns only if they are named.
// --render: judge nothing, and only write the page from judged.json.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { importBundle, root } from "./import-bundle.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    plans: { type: "string", default: "2000" },
    "without-fixes": { type: "boolean", default: false },
    render: { type: "boolean", default: false },
  },
});
const { JUDGED_BEHAVIORS, findingsPage, mergeSummaries, scenarioJudges, summaryOf } = await importBundle(
  "test/fuzz/judge-scenarios.ts",
  "out/judge-scenarios.mjs",
);
const NAMES = JUDGED_BEHAVIORS.map(({ name }) => name);
const FILE = join(root, "docs", "findings", "judged.json");
/** A scenario that does not fail, so that a judgment with campaigns runs almost only these. */
const SMALL_SCENARIO = "follower-ahead-trunc";

const isFix = ({ tickets }) => tickets.length === 0;
const chosen = values.render ? [] : behaviorsOf(positionals);
const judgeScenarios = scenarioJudges();
for (const behavior of chosen) {
  const { name, release } = behavior;
  const hasCampaigns = values.plans !== "0" && (!isFix(behavior) || positionals.length > 0);
  const report = {
    ...behavior,
    behavior: name,
    scenarios: judgeScenarios(name, release),
    campaigns: hasCampaigns ? campaignsOf(name) : undefined,
  };
  write(mergeSummaries(read(), [summaryOf(report)], NAMES));
  console.log(`${name}: ${report.scenarios.length} scenarios, ${report.campaigns?.with.runs ?? 0} plans`);
}
writeFileSync(join(root, "docs", "findings.md"), findingsPage(read()));

function behaviorsOf(names) {
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    console.error(`findings: ${unknown}: unknown behavior (accepted: the names of \`zabsim judge --list\`)`);
    process.exit(2);
  }
  if (names.length > 0) return names.map((name) => JUDGED_BEHAVIORS.find((one) => one.name === name));
  return JUDGED_BEHAVIORS.filter((one) => !(values["without-fixes"] && isFix(one)));
}

function campaignsOf(behavior) {
  const folder = mkdtempSync(join(tmpdir(), "zabsim-findings-"));
  const limits = ["--plans", values.plans, "--time", "10m", "--out", folder, "--scenarios", SMALL_SCENARIO];
  const args = [join(root, "bin", "zabsim.js"), "judge", behavior, "--json", ...limits];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 28,
  });
  rmSync(folder, { recursive: true, force: true });
  // 1 says that the behavior breaks something.
  if (status !== 0 && status !== 1) process.exit(status ?? 70);
  return JSON.parse(stdout).campaigns ?? undefined;
}

function read() {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : [];
}

/** One line for each behavior, so that a new result changes one line. */
function write(summaries) {
  mkdirSync(join(FILE, ".."), { recursive: true });
  writeFileSync(FILE, `[\n${summaries.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`);
}
