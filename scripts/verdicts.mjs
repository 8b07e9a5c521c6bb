// Runs `zabsim confirm` for each open bug on the newest releases, for each fixed bug on a release that has it and on
// one that does not, and for each shipped scenario on the newest release. Writes the verdicts to docs/verdicts.json,
// and the pages docs/verdicts.md and docs/matrix.md.
//
//   node scripts/verdicts.mjs [--tries N] [--list | --render] [--keep-older] [SCENARIO@RELEASE...]
//
// A verdict that is already there is kept if the scenario and the code of confirm/ are the same, and only the missing
// tries run, so an interrupted run continues where it was. --keep-older also keeps verdicts of older code. --list
// prints the pairs that would run. --render only writes the pages.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { importBundle, root } from "./import-bundle.mjs";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    tries: { type: "string" },
    list: { type: "boolean", default: false },
    render: { type: "boolean", default: false },
    "keep-older": { type: "boolean", default: false },
  },
});
const { addTries, mergeVerdicts, TRIES, verdictRow, verdictsPage } = await importBundle(
  "reports/verdicts.ts",
  "out/verdicts.mjs",
);
const tries = Number(values.tries ?? TRIES);
if (!Number.isInteger(tries) || tries < 1) {
  console.error(`verdicts: --tries ${values.tries}: accepted are whole numbers from 1`);
  process.exit(2);
}
const file = join(root, "docs", "verdicts.json");
const { pairOf, verdictPairs } = await importBundle("test/confirm/verdict-pairs.ts", "out/verdict-pairs.mjs");

const pathsIn = (folder) =>
  readdirSync(join(root, "scenarios", folder))
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => [name.replace(/\.yaml$/, ""), join(root, "scenarios", folder, name)]);
const [bugs, shipped] = ["bugs", "shipped"].map((folder) => new Map(pathsIn(folder)));
const paths = new Map([...bugs, ...shipped]);
const codeDigest = digestOf(
  readdirSync(join(root, "confirm"))
    .sort()
    .map((name) => join(root, "confirm", name)),
);

const todo = values.render ? [] : pairsOf(positionals).filter((pair) => !isKnown(pair));
for (const pair of todo) {
  const name = `${pair.scenario}@${pair.release}`;
  if (values.list) {
    console.log(name);
    continue;
  }
  const before = sameRow(pair);
  const more = verdictRow(confirm(pair, tries - (before?.tries ?? 0)), {
    role: pair.role,
    ...digestsOf(pair),
  });
  const row = before === undefined ? more : addTries(before, more);
  write(mergeVerdicts(read(), [row]));
  console.log(
    `${name}: ${row.verdict}${row.tries > 0 ? ` (${row.confirmed} of ${row.tries})` : ""} ${row.reason ?? ""}`,
  );
}
if (!values.list) {
  const ensembles = JSON.parse(readFileSync(join(root, "docs", "findings", "ensembles.json"), "utf8"));
  writeFileSync(join(root, "docs", "verdicts.md"), verdictsPage({ verdicts: read(), ensembles }));
  spawnSync(process.execPath, [join(root, "scripts", "matrix.mjs"), "--render"], { stdio: "inherit" });
}

function pairsOf(names) {
  if (names.length === 0) return verdictPairs([...bugs.keys()], [...shipped.keys()]);
  return names.map((name) => {
    const [scenario, release] = name.split("@");
    if (paths.has(scenario) && release !== undefined) return pairOf(scenario, release);
    console.error(`verdicts: ${name}: unknown (accepted: the name of a scenario, @, and a release, such as 3.9.5)`);
    return process.exit(2);
  });
}

function isKnown(pair) {
  const row = sameRow(pair);
  return row !== undefined && (row.verdict === "not stageable" || row.tries >= tries);
}

/** Returns the row of a pair if its scenario and the code are the same. */
function sameRow(pair) {
  const digests = digestsOf(pair);
  return read().find(
    ({ codeDigest: code, release, scenario, scenarioDigest }) =>
      scenario === pair.scenario &&
      release === pair.release &&
      scenarioDigest === digests.scenarioDigest &&
      (values["keep-older"] || code === codeDigest),
  );
}

function digestsOf({ scenario }) {
  return { scenarioDigest: digestOf([paths.get(scenario)]), codeDigest };
}

function digestOf(files) {
  const hash = createHash("sha256");
  for (const path of files) hash.update(readFileSync(path));
  return hash.digest("hex").slice(0, 12);
}

function confirm({ release, scenario }, count) {
  const args = ["confirm", scenario, "--release", release, "--tries", String(count), "--json"];
  const { status, stdout } = spawnSync(process.execPath, [join(root, "bin", "zabsim.js"), ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 28,
  });
  if (stdout === "") process.exit(status ?? 70);
  return JSON.parse(stdout);
}

function read() {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}

/** One line for each verdict, so that a change of one is a change of one line. */
function write(rows) {
  writeFileSync(file, `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`);
}
