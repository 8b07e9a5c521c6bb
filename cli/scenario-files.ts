/**
 * Finds and reads scenario files. A command accepts the path of a file, or the name of a scenario that ships with
 * zabsim.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { loadScenario } from "../scenarios/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { UsageError } from "./usage-error.ts";

const SHIPPED = fileURLToPath(new URL("../scenarios/shipped/", import.meta.url));
const BUGS = fileURLToPath(new URL("../scenarios/bugs/", import.meta.url));
const EXTENSION = /\.(ya?ml|json)$/;

export interface ScenarioFile {
  readonly path: string;
  readonly scenario: Scenario;
}

/** Paths of the files in scenarios/shipped/, sorted by name. */
export function shippedPaths(): string[] {
  return pathsIn(SHIPPED);
}

/** Paths of the files in scenarios/bugs/, each of which reproduces a bug of ZooKeeper, sorted by name. */
export function bugPaths(): string[] {
  return pathsIn(BUGS);
}

/** Returns the name of a scenario: the name of its file without the extension. */
export function scenarioName(path: string): string {
  return basename(path).replace(EXTENSION, "");
}

function pathsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => EXTENSION.test(file))
    .sort()
    .map((file) => join(folder, file));
}

/** The paths that the arguments of a command stand for. Without arguments: every scenario that ships with zabsim. */
export function scenarioPaths(names: readonly string[]): string[] {
  return names.length === 0 ? [...shippedPaths(), ...bugPaths()] : names.map(scenarioPath);
}

export function scenarioPath(name: string): string {
  if (existsSync(name) && statSync(name).isFile()) return name;
  const known = new Map([...shippedPaths(), ...bugPaths()].map((path) => [scenarioName(path), path]));
  const shipped = known.get(name);
  if (shipped !== undefined) return shipped;
  const close = [...known.keys()].filter((one) => one.includes(name) || name.includes(one));
  const hint = close.length > 0 ? `, did you mean ${close[0]}?` : "";
  throw new UsageError(
    `${name}: no such file or shipped scenario${hint} (accepted: a path, or a name from \`zabsim list scenarios\`)`,
  );
}

/** Reads and checks one file. Throws a ScenarioError for a mistake in its content or in `overrides`. */
export function readScenario(path: string, overrides: readonly string[]): ScenarioFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const shown = relative(process.cwd(), path);
  return { path, scenario: loadScenario(text, shown.startsWith("..") ? path : shown, { set: overrides }) };
}

/** Returns what a user types for this scenario: its name if it ships with zabsim, its path otherwise. */
export function nameFor(path: string, scenario: Scenario): string {
  return path.startsWith(SHIPPED) || path.startsWith(BUGS) ? scenario.name : path;
}
