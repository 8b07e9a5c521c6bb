/**
 * Where scenarios come from: files, and those that ship with zabsim, which are known by name as well.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { loadScenario } from "../scenarios/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { UsageError } from "./usage-error.ts";

const SHIPPED = fileURLToPath(new URL("../scenarios/shipped/", import.meta.url));
const ENDING = /\.(ya?ml|json)$/;

export interface ScenarioFile {
  readonly path: string;
  readonly scenario: Scenario;
}

/** Paths of the scenarios that ship, in the order of their names. */
export function shippedPaths(): string[] {
  if (!existsSync(SHIPPED)) return [];
  return readdirSync(SHIPPED)
    .filter((file) => ENDING.test(file))
    .sort()
    .map((file) => join(SHIPPED, file));
}

/** The files meant by the arguments of a command; all that ship when there are none. */
export function scenarioPaths(names: readonly string[]): string[] {
  return names.length === 0 ? shippedPaths() : names.map(scenarioPath);
}

function scenarioPath(name: string): string {
  if (existsSync(name) && statSync(name).isFile()) return name;
  const shipped = join(SHIPPED, `${name}.yaml`);
  if (/^[\w-]+$/.test(name) && existsSync(shipped)) return shipped;
  const known = shippedPaths().map((path) => (path.split("/").at(-1) as string).replace(ENDING, ""));
  const close = known.filter((one) => one.includes(name) || name.includes(one));
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
  return path.startsWith(SHIPPED) ? scenario.name : path;
}
