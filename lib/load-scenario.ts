import { readFileSync } from "node:fs";
import { findScenario, unknownScenario } from "../campaign/shipped-scenarios.ts";
import { type LoadOptions, loadScenario as loadText } from "../scenarios/load.ts";
import type { Scenario } from "../scenarios/scenario.ts";

/**
 * Loads and checks a scenario: a shipped one by its name (`zabsim list scenarios`), or a YAML or JSON file by its path.
 * If a file in the working directory has the name of a shipped scenario, the file is loaded.
 *
 *     loadScenario("follower-ahead-trunc");
 *     loadScenario("test/upgrade.yaml", { set: ["servers.3.history=1:1..1:9"] });
 *
 * @param nameOrPath - the name of a shipped scenario, or a path
 * @throws ScenarioError if the content is not a valid scenario: with file, line, field, value and what is accepted
 * @throws Error if there is no such scenario and no such file, with a suggestion if a name is close
 */
export function loadScenario(nameOrPath: string, options?: LoadOptions): Scenario;
/**
 * Loads and checks a scenario from a text.
 *
 *     loadScenario("servers: 3", "three.yaml");
 *
 * @param text - YAML or JSON
 * @param file - the name of the file, for messages and, without its extension, for the scenario; it is not read
 * @throws ScenarioError if the text is not a valid scenario
 */
export function loadScenario(text: string, file: string, options?: LoadOptions): Scenario;
export function loadScenario(source: string, file?: string | LoadOptions, options?: LoadOptions): Scenario {
  if (typeof file === "string") return loadText(source, file, options);
  const path = findScenario(source);
  if (path === undefined) throw new Error(source.includes("\n") ? NO_FILE_NAME : unknownScenario(source));
  return loadText(readFileSync(path, "utf8"), path, file);
}

const NO_FILE_NAME =
  "loadScenario: the text of a scenario needs a file name as second argument " +
  '(accepted: a name, a path, or a text and a file name, e.g. loadScenario(text, "upgrade.yaml"))';
