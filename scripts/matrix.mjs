// Regenerates docs/matrix.json with three campaigns of 60 s in each release, and docs/matrix.md from it and from
// docs/verdicts.json.
//
//   node scripts/matrix.mjs [--render] [--rates] [--plans N] [--faults KIND] [BUG...]
//
// With names of bugs, runs only the campaigns that search for these bugs, and replaces only their rows. A name is one
// that `zabsim matrix --bug` accepts. With --render, runs no campaign: only the page is new. With --rates, runs N plans
// (default: 1000) instead of campaigns, and counts how many of them fail because of each bug, for the bugs that the
// campaigns rarely found; docs/matrix-rates.json keeps the counts. With --faults, the plans have only this kind of
// fault.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { importBundle, root } from "./import-bundle.mjs";

const { positionals: bugs, values } = parseArgs({
  allowPositionals: true,
  options: {
    faults: { type: "string" },
    plans: { type: "string", default: "1000" },
    rates: { type: "boolean", default: false },
    render: { type: "boolean", default: false },
  },
});
const docs = (name) => join(root, "docs", name);
const { entryOf, mergeMatrix } = await importBundle("test/fuzz/matrix-data.ts", "out/matrix-data.mjs");
const { mergeRates, ratesOf } = await importBundle("test/fuzz/bug-rates.ts", "out/bug-rates.mjs");
const { rarelyFound, rateTexts } = await importBundle("reports/bug-rates.ts", "out/rarely-found.mjs");
const { matrixPage } = await importBundle("reports/matrix.ts", "out/matrix-page.mjs");

const CAMPAIGNS = { repeat: 3, seed: 1, timeUs: 60_000_000, workers: availableParallelism() };
const read = (name) => JSON.parse(readFileSync(docs(name), "utf8"));
const known = () => read("matrix.json");

if (values.rates) writeRates();
else if (!values.render) {
  const data = runCampaigns();
  writeData(bugs.length === 0 ? data : mergeMatrix(known(), data));
}
const { campaigns, entries } = known();
const settings = { ...campaigns, repeat: BigInt(campaigns.repeat), seed: BigInt(campaigns.seed) };
const [verdicts, ensembles, rates] = ["verdicts.json", "findings/ensembles.json", "matrix-rates.json"].map(read);
writeFileSync(docs("matrix.md"), matrixPage(entries, settings, { verdicts, ensembles }, rateTexts(entries, rates)));

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

/** Measures the rates of bugs and writes them, one line for each bug. */
function writeRates() {
  const rates = ratesOf(bugs.length === 0 ? rarelyFound(known().entries) : bugs, Number(values.plans), values.faults);
  const lines = mergeRates(read("matrix-rates.json"), rates).map((rate) => JSON.stringify(rate));
  writeFileSync(docs("matrix-rates.json"), `[\n${lines.join(",\n")}\n]\n`);
  for (const { alone, bug, found, plans, release } of rates) {
    console.log(`${bug} in ${release}: ${alone} of ${plans} plans alone, ${found} found`);
  }
}

/** One line for each entry, so that a change of one is a change of one line. */
function writeData({ campaigns, entries }) {
  const lines = entries.map((entry) => JSON.stringify(entry)).join(",\n");
  writeFileSync(docs("matrix.json"), `{"campaigns":${JSON.stringify(campaigns)},"entries":[\n${lines}\n]}\n`);
}
