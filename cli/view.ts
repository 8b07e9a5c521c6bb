/**
 * `zabsim view` writes one HTML file that runs a scenario in the browser and shows the run: the page of view/page with
 * the text of the scenario inside. Of logs, view-logs.ts writes the same page.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { PageData, RunData } from "../view/page/page-data.ts";
import type { LogOptions } from "./ensemble-logs.ts";
import { kindOfFiles } from "./file-kind.ts";
import { overridesOf, type ScenarioOptions } from "./options.ts";
import { type PageFileOptions, pageWith, savePage } from "./page-file.ts";
import { seedFor } from "./run.ts";
import { readScenario, scenarioPath } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

export interface ViewOptions extends ScenarioOptions, PageFileOptions, LogOptions {
  readonly out?: string;
  /** A second release to show below the first one. */
  readonly compare?: string;
  readonly compareSeed?: bigint;
}

/** Options that only a page of one kind has. */
const ONLY_RUN = ["seed", "set", "compare", "compare-seed"];
const ONLY_LOGS = ["server", "from", "until"];

export async function view(names: readonly string[], options: ViewOptions): Promise<number> {
  const [name] = names;
  if (name === undefined && options.server === undefined) {
    throw new UsageError("nothing to show is given (accepted: one scenario, log files, or folders with logs)");
  }
  const isLogs = (await kindOfFiles(names)) === "logs";
  refuseOthers(options, isLogs);
  return isLogs ? (await import("./view-logs.ts")).viewLogs(names, options) : viewScenario(name as string, options);
}

/** Refuses the options that the page would ignore. */
function refuseOthers(options: ViewOptions, isLogs: boolean): void {
  const values: Readonly<Record<string, unknown>> = { ...options, "compare-seed": options.compareSeed };
  const found = (isLogs ? ONLY_RUN : ONLY_LOGS).find((one) => isGiven(values[one]));
  if (found === undefined) return;
  throw new UsageError(
    isLogs
      ? `--${found} cannot be combined with logs: it changes a simulated run`
      : `--${found} cannot be combined with a scenario: it chooses logs and times`,
  );
}

function isGiven(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

async function viewScenario(name: string, options: ViewOptions): Promise<number> {
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
  return savePage(file, pageWith(data), options);
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
