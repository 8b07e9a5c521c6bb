/**
 * Where scenarios come from: files, and those that ship with zabsim, which are known by name as well.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { loadScenario } from "../scenarios/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { UsageError } from "./usage-error.ts";

const SHIPPED = fileURLToPath(new URL("../scenarios/shipped/", import.meta.url));
const BUGS = fileURLToPath(new URL("../scenarios/bugs/", import.meta.url));
const ENDING = /\.(ya?ml|json)$/;

export interface ScenarioFile {
  readonly path: string;
  readonly scenario: Scenario;
}

/** Paths of the scenarios that ship, in the order of their names. */
export function shippedPaths(): string[] {
  return pathsIn(SHIPPED);
}

/** Paths of the scenarios that show a bug of ZooKeeper. */
export function bugPaths(): string[] {
  return pathsIn(BUGS);
}

function pathsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => ENDING.test(file))
    .sort()
    .map((file) => join(folder, file));
}

/** The files meant by the arguments of a command; all that ship when there are none. */
export function scenarioPaths(names: readonly string[]): string[] {
  return names.length === 0 ? [...shippedPaths(), ...bugPaths()] : names.map(scenarioPath);
}

function scenarioPath(name: string): string {
  if (existsSync(name) && statSync(name).isFile()) return name;
  const known = new Map([...shippedPaths(), ...bugPaths()].map((path) => [basename(path).replace(ENDING, ""), path]));
  const shipped = known.get(name);
  if (shipped !== undefined) return shipped;
  const close = [...known.keys()].filter((one) => one.includes(name) || name.includes(one));
  const hint = close.length > 0 ? `, did you mean ${close[0]}?` : "";
  throw new UsageError(
    `${name}: no such file or shipped scenario${hint} (accepted: a path, or a name of \`zabsim list scenarios\`)`,
  );
}

/** Reads and checks one file. Throws a ScenarioError for what is in it. */
export function readScenario(path: string, set: readonly string[]): ScenarioFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const shown = relative(process.cwd(), path);
  return { path, scenario: loadScenario(text, shown.startsWith("..") ? path : shown, { set }) };
}

/** How a user names this scenario: by name if it ships, by path otherwise. */
export function nameFor(path: string, scenario: Scenario): string {
  return path.startsWith(SHIPPED) || path.startsWith(BUGS) ? scenario.name : path;
}
