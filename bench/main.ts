/**
 * `npm run bench` measures all families and prints a table or, with `-- --json`, one JSON object. `--quick` only checks
 * that everything runs. `--family <name>` measures one family and prints its result as JSON. To measure a family in a
 * process of its own, this program calls itself with `--family`.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FAMILIES, figuresOf } from "./families.ts";
import { type FamilyResult, FULL, QUICK } from "./harness.ts";
import { tableOf } from "./table.ts";

const { values } = parseArgs({
  options: { json: { type: "boolean" }, quick: { type: "boolean" }, family: { type: "string" } },
});
const family = FAMILIES.find(({ name }) => name === values.family);

if (family !== undefined) {
  const result = await family.measure(values.quick ? QUICK : FULL);
  console.log(JSON.stringify(result));
} else if (values.family !== undefined) {
  console.error(`bench: there is no family ${values.family}; there are ${FAMILIES.map(({ name }) => name).join(", ")}`);
  process.exitCode = 2;
} else {
  const results = FAMILIES.map(({ name }) => measureApart(name));
  const missing = results.flatMap(({ rows }) => rows).filter(({ value }) => value === null);
  for (const { figure, what } of missing) console.error(`bench: no ${figure}: ${what}`);
  console.log(values.json ? JSON.stringify(figuresOf(results), null, 2) : tableOf(results));
}

/** Measures a family in a separate process. */
function measureApart(name: string): FamilyResult {
  if (process.stderr.isTTY) console.error(`bench: ${name} ...`);
  const args = [fileURLToPath(import.meta.url), "--family", name, ...(values.quick ? ["--quick"] : [])];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`bench: the family ${name} failed\n${stderr}`);
  return JSON.parse(stdout) as FamilyResult;
}
