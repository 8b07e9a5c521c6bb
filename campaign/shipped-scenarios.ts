/**
 * Finds scenario files by path, or by name if the scenario ships with zabsim. The command line and the library use it.
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

/** Returns whether the file with this path ships with zabsim. */
export function isShipped(path: string): boolean {
  return path.startsWith(SHIPPED) || path.startsWith(BUGS);
}

/** Returns the name of a scenario: the name of its file without the extension. */
export function scenarioName(path: string): string {
  return basename(path).replace(EXTENSION, "");
}

/**
 * Returns the path of a scenario. This is `name` itself if a file has this path, and otherwise the file of the shipped
 * scenario with this name. Returns undefined if there is neither; unknownScenario() gives the error message for this
 * case.
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
