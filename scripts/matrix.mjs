// Regenerates docs/matrix.json with three campaigns of 60 s in each release, and docs/matrix.md from it and from
// docs/verdicts.json.
//
//   node scripts/matrix.mjs [--render] [BUG...]
//
// With names of bugs, runs only the campaigns that search for these bugs, and replaces only their rows. A name is one
// that `zabsim matrix --bug` accepts. With --render, runs no campaign: only the page is new.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { importBundle, root } from "./import-bundle.mjs";

const { positionals: bugs, values } = parseArgs({
  allowPositionals: true,
  options: { render: { type: "boolean", default: false } },
});
const docs = (name) => join(root, "docs", name);
const { entryOf, mergeMatrix } = await importBundle("test/fuzz/matrix-data.ts", "out/matrix-data.mjs");
const { matrixPage } = await importBundle("reports/matrix.ts", "out/matrix-page.mjs");

const CAMPAIGNS = { repeat: 3, seed: 1, timeUs: 60_000_000, workers: availableParallelism() };
const known = () => JSON.parse(readFileSync(docs("matrix.json"), "utf8"));

if (!values.render) {
  const data = runCampaigns();
  writeData(bugs.length === 0 ? data : mergeMatrix(known(), data));
}
const { campaigns, entries } = known();
const settings = { ...campaigns, repeat: BigInt(campaigns.repeat), seed: BigInt(campaigns.seed) };
const [verdicts, ensembles] = ["verdicts.json", "findings/ensembles.json"].map((name) =>
  JSON.parse(readFileSync(docs(name), "utf8")),
);
writeFileSync(docs("matrix.md"), matrixPage(entries, settings, { verdicts, ensembles }));

function runCampaigns() {
  const options = ["--repeat", String(CAMPAIGNS.repeat), "--time", `${CAMPAIGNS.timeUs / 1e6}s`, "--json"];
  const only = bugs.length === 0 ? [] : ["--bug", bugs.join(",")];
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, "bin", "zabsim.js"), "matrix", ...options, ...only],
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 28 },
  );
  if (status !== 0) process.exit(status ?? 1);
  return { campaigns: CAMPAIGNS, entries: JSON.parse(stdout).map(entryOf) };
}

/** One line for each entry, so that a change of one is a change of one line. */
function writeData({ campaigns, entries }) {
  const lines = entries.map((entry) => JSON.stringify(entry)).join(",\n");
  writeFileSync(docs("matrix.json"), `{"campaigns":${JSON.stringify(campaigns)},"entries":[\n${lines}\n]}\n`);
}
