/**
 * Finds and reads scenario files. The user names a scenario by the path of its file. A scenario that ships with zabsim
 * can also be named by its name.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { bugPaths, findScenario, isShipped, shippedPaths, unknownScenario } from "../campaign/shipped-scenarios.ts";
import { loadScenario } from "../scenarios/load.ts";
import { printablePath } from "../scenarios/printable.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { hintAboutReleasesOf } from "./release-hints.ts";
import { UsageError } from "./usage-error.ts";

export { bugPaths, scenarioName, shippedPaths } from "../campaign/shipped-scenarios.ts";

/** A line of a log: a time, and the level of the message. In a scenario, no line starts with a time. */
const LOG_LINE = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d.*\b(?:TRACE|DEBUG|INFO|WARN|ERROR)\b/m;
/** The number of characters in which a line of a log is looked for. */
const LOG_HEAD = 20_000;

export interface ScenarioFile {
  readonly path: string;
  readonly scenario: Scenario;
}

/**
 * Returns the paths of the named scenarios. Without names, returns the path of every scenario that ships with zabsim.
 */
export function scenarioPaths(names: readonly string[]): string[] {
  return names.length === 0 ? [...shippedPaths(), ...bugPaths()] : names.map(scenarioPath);
}

export function scenarioPath(name: string): string {
  if (existsSync(name) && statSync(name).isDirectory()) {
    throw new UsageError(`${name}: is a folder (accepted: the path of a scenario file, e.g. ${join(name, "*.yaml")})`);
  }
  const path = findScenario(name);
  if (path === undefined) throw new UsageError(unknownScenario(name));
  return path;
}

/** Reads and checks one file. Throws a ScenarioError if the content of the file or an override is not valid. */
export function readScenario(path: string, overrides: readonly string[]): ScenarioFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EISDIR") throw new UsageError(`${path}: is a folder (accepted: the path of a file)`);
    throw new UsageError(`${path}: cannot be read (${code})`);
  }
  if (LOG_LINE.test(text.slice(0, LOG_HEAD))) {
    throw new UsageError(
      `${path}: is a log of a server, not a scenario (accepted: a scenario file; zabsim explain and zabsim view read ` +
        "logs)",
    );
  }
  const shown = relative(process.cwd(), path);
  const scenario = loadScenario(text, shown.startsWith("..") ? path : shown, { set: overrides });
  hintAboutReleasesOf(scenario);
  return { path, scenario };
}

/**
 * Returns the text that names this scenario on the command line: its name if it ships with zabsim, and its path
 * otherwise.
 */
export function nameFor(path: string, scenario: Scenario): string {
  return isShipped(path) ? scenario.name : printablePath(path);
}
