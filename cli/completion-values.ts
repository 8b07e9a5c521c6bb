/**
 * The values that shell completion offers for the options and arguments of each command.
 */
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { RECORD_EVENTS } from "../cluster/records.ts";
import { FAULT_KINDS } from "../fuzz/fault-kinds.ts";
import { MATRIX_BUGS, rowNameOf } from "../fuzz/known-bugs.ts";
import { STRATEGIES } from "../fuzz/strategies.ts";
import { NAMED_BEHAVIORS } from "../protocol/named-behaviors.ts";
import { RELEASES } from "../protocol/releases.ts";
import { EXPORT_FORMATS } from "../reports/export/formats.ts";
import { EXPORT_KINDS } from "./export-kinds.ts";
import { REPORTERS } from "./fuzz-settings.ts";
import { HELP } from "./help.ts";
import { LIST_KINDS, listedNames } from "./list.ts";
import { bugPaths, scenarioName, shippedPaths } from "./scenario-files.ts";

export interface ValueSource {
  /** Whether the user can type several values, separated by commas. */
  readonly isList?: boolean;
  /** Returns the possible values for the word that the user has typed so far. */
  readonly values: (typed: string) => readonly string[];
}

const SCENARIO: ValueSource = {
  values: (typed) => [...[...shippedPaths(), ...bugPaths()].map(scenarioName), ...filesAt(typed, /\.(ya?ml|json)$/)],
};
/** A scenario, or a file of any kind. */
const SCENARIO_OR_FILE: ValueSource = {
  values: (typed) => [...new Set([...SCENARIO.values(typed), ...filesAt(typed, /./)])],
};
const FOLDER: ValueSource = { values: (typed) => filesAt(typed, /$^/) };
const CONFIG: ValueSource = { values: (typed) => filesAt(typed, /./) };
const RELEASE: ValueSource = { values: () => RELEASES };

/**
 * The values of each option or argument. A key is the name of the option or argument, or a command followed by that
 * name.
 */
const VALUES: Readonly<Record<string, ValueSource>> = {
  scenario: SCENARIO,
  scenarios: SCENARIO,
  file: SCENARIO,
  "view files": SCENARIO_OR_FILE,
  dir: FOLDER,
  out: FOLDER,
  "zoo-cfg": CONFIG,
  logs: CONFIG,
  paths: CONFIG,
  zookeeper: RELEASE,
  release: RELEASE,
  compare: RELEASE,
  dirs: FOLDER,
  "doctor release": { values: () => [] },
  config: CONFIG,
  "plan-roll from": CONFIG,
  "plan-roll to": CONFIG,
  "matrix from": RELEASE,
  "matrix to": RELEASE,
  bug: { isList: true, values: () => MATRIX_BUGS.map(rowNameOf) },
  faults: { isList: true, values: () => Object.keys(FAULT_KINDS) },
  strategy: { values: () => ["portfolio", ...Object.keys(STRATEGIES)] },
  only: { isList: true, values: () => RECORD_EVENTS },
  "export only": { isList: true, values: () => EXPORT_KINDS },
  format: { values: () => EXPORT_FORMATS },
  "export out": CONFIG,
  reporter: { isList: true, values: () => REPORTERS },
  "list what": { isList: true, values: () => LIST_KINDS },
  "list name": { values: () => [...listedNames(), ...shippedPaths().map(scenarioName)] },
  "list kind": { isList: true, values: () => LIST_KINDS },
  shell: { values: () => ["bash", "zsh", "fish"] },
  "probe address": { values: () => [] },
  "judge scenarios": { ...SCENARIO, isList: true },
  "judge behavior": { values: () => NAMED_BEHAVIORS },
  "help command": { values: () => Object.keys(HELP) },
};

/**
 * Returns the values of an option or an argument of a command. Returns undefined if completion offers no values for it.
 */
export function completionValues(command: string, name: string): ValueSource | undefined {
  return VALUES[`${command} ${name}`] ?? VALUES[name];
}

/** Returns the paths that start with `typed`: folders with a slash at the end, and files whose name matches `names`. */
function filesAt(typed: string, names: RegExp): readonly string[] {
  const folder = typed.endsWith("/") ? typed : dirname(typed);
  const prefix = typed.endsWith("/") ? typed : typed.includes("/") ? `${dirname(typed)}/` : "";
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith(".") && (entry.isDirectory() || names.test(entry.name)))
      .map((entry) => `${prefix}${entry.name}${entry.isDirectory() ? "/" : ""}`);
  } catch {
    // The folder does not exist or cannot be read, so there is nothing to offer.
    return [];
  }
}
