/**
 * `zabsim view` writes one HTML file that runs a scenario in the browser and shows the run: the page of view/page with
 * the text of the scenario inside.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { DATA_MARK, type PageData, type RunData } from "../view/page/page-data.ts";
import { overridesOf, type ScenarioOptions } from "./options.ts";
import { builtFile, type PageFileOptions, pack, savePage } from "./page-file.ts";
import { seedFor } from "./run.ts";
import { readScenario, scenarioPath } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

export interface ViewOptions extends ScenarioOptions, PageFileOptions {
  readonly out?: string;
  /** A second release to show below the first one. */
  readonly compare?: string;
  readonly compareSeed?: bigint;
}

export async function view(name: string, options: ViewOptions): Promise<number> {
  const path = scenarioPath(name);
  const { scenario } = readScenario(path, overridesOf(options));
  const first: RunData = {
    label: `${scenario.zookeeper}, seed ${seedFor(scenario, options.seed)}`,
    seed: String(seedFor(scenario, options.seed)),
    set: overridesOf(options),
  };
  const second = secondRun(first, path, options);
  const data: PageData = {
    file: `${scenario.name}.yaml`,
    scenario: readFileSync(path, "utf8"),
    runs: second === undefined ? [first] : [first, second],
    version: VERSION,
  };
  const file = options.out ?? `${scenario.name}.html`;
  if (resolve(file) === resolve(path)) throw new UsageError(`--out ${file}: is the scenario file itself`);
  return savePage(file, pageOf(data), options);
}

function secondRun(
  first: RunData,
  path: string,
  { compare, compareSeed, ...options }: ViewOptions,
): RunData | undefined {
  if (compare === undefined && compareSeed === undefined) return undefined;
  const set = overridesOf({ ...options, ...(compare === undefined ? {} : { zookeeper: compare }) });
  const { scenario } = readScenario(path, set);
  const seed = String(compareSeed ?? first.seed);
  return { label: `${scenario.zookeeper}, seed ${seed}`, seed, set };
}

/** Returns the page with its data. */
export function pageOf(data: PageData): string {
  return builtFile("view.html").replace(DATA_MARK, pack(JSON.stringify(data)));
}
