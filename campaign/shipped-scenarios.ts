/**
 * The scenarios that ship with zabsim, and how a name or a path becomes the path of a scenario file. The command line
 * and the library both accept either.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { didYouMean } from "../scenarios/loading/did-you-mean.ts";

const SHIPPED = fileURLToPath(new URL("../scenarios/shipped/", import.meta.url));
const BUGS = fileURLToPath(new URL("../scenarios/bugs/", import.meta.url));
const EXTENSION = /\.(ya?ml|json)$/;

/** Returns the paths of the files in scenarios/shipped/, sorted by name. */
export function shippedPaths(): string[] {
  return pathsIn(SHIPPED);
}

/** Returns the paths of the files in scenarios/bugs/, each of which reproduces a bug of ZooKeeper, sorted by name. */
export function bugPaths(): string[] {
  return pathsIn(BUGS);
}

/** Returns whether a path is that of a file that ships with zabsim. */
export function isShipped(path: string): boolean {
  return path.startsWith(SHIPPED) || path.startsWith(BUGS);
}

/** Returns the name of a scenario: the name of its file without the extension. */
export function scenarioName(path: string): string {
  return basename(path).replace(EXTENSION, "");
}

/**
 * Returns the path of a scenario: `name` itself if it is the path of a file, else the file of the shipped scenario with
 * that name. Returns undefined if there is neither; unknownScenario() describes that problem.
 */
export function findScenario(name: string): string | undefined {
  if (existsSync(name) && statSync(name).isFile()) return name;
  return allPaths().find((path) => scenarioName(path) === name);
}

/** Returns the message for a name or path that findScenario() does not find. */
export function unknownScenario(name: string): string {
  const names = allPaths().map(scenarioName);
  const part = name === "" ? undefined : names.find((one) => one.includes(name) || name.includes(one));
  const hint = part === undefined ? didYouMean(scenarioName(name), names) : `, did you mean ${part}?`;
  const accepted = "a path, or a name from `zabsim list scenarios`";
  return `${name}: no such file or shipped scenario${hint} (accepted: ${accepted})`;
}

function allPaths(): string[] {
  return [...shippedPaths(), ...bugPaths()];
}

function pathsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => EXTENSION.test(file))
    .sort()
    .map((file) => join(folder, file));
}
