// Writes the generated parts of docs/findings/: the index, and the blocks with facts in each report. `npm run golden`
// calls this script.
//
//   node scripts/reports.mjs [--affected] [--keep FILE...]
//
// --affected: first runs the scenario of each report in each release, and writes docs/findings/affected.json.
// --keep FILE: first adds a confirmed try to docs/findings/confirmed.json. FILE has the output of
// `zabsim confirm SCENARIO --release RELEASE --json`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { importBundle, root } from "./import-bundle.mjs";

const { values } = parseArgs({
  options: { affected: { type: "boolean" }, keep: { type: "string", multiple: true, default: [] } },
});
const CONFIRMED = join(root, "docs", "findings", "confirmed.json");
for (const file of values.keep) keep(JSON.parse(readFileSync(file, "utf8")));

// The code finds the scenarios relative to its own folder, so the bundle is one folder deep.
const { affectedReleases, reportFiles } = await importBundle("test/fuzz/finding-reports.ts", "out/finding-reports.mjs");
if (values.affected) {
  const lines = Object.entries(affectedReleases()).map(
    ([name, releases]) => `${JSON.stringify(name)}: ${JSON.stringify(releases)}`,
  );
  writeFileSync(join(root, "docs", "findings", "affected.json"), `{\n${lines.join(",\n")}\n}\n`);
}
for (const [path, text] of reportFiles()) writeFileSync(path, text);

/** Keeps the confirmed try with the fewest deviations in place of an older one of the same scenario and release. */
function keep({ release, scenario, tries }) {
  const [best] = tries
    .filter(({ verdict }) => verdict === "confirmed")
    .sort((a, b) => a.deviations.length - b.deviations.length);
  if (best === undefined) {
    console.error(`reports: ${scenario}: no try is confirmed, so none is kept`);
    process.exitCode = 1;
    return;
  }
  const { deviations, seconds, servers, violations } = best;
  const older = existsSync(CONFIRMED) ? JSON.parse(readFileSync(CONFIRMED, "utf8")) : [];
  const others = older.filter((one) => one.scenario !== scenario || one.release !== release);
  const all = [...others, { scenario, release, seconds, violations, deviations, servers }];
  all.sort((a, b) => (a.scenario < b.scenario ? -1 : 1));
  writeFileSync(CONFIRMED, `[\n${all.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`);
}
