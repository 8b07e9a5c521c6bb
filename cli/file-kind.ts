/** Tells scenario files and logs apart by their content. */
import { existsSync, statSync } from "node:fs";
import { findScenario, isShipped, unknownScenario } from "../campaign/shipped-scenarios.ts";
import { LogReader } from "../logs/index.ts";
import scenarioSchema from "../schema/scenario.schema.json" with { type: "json" };
import { isDataFile, readLines } from "./log-files.ts";
import { UsageError } from "./usage-error.ts";

/** What a file contains. A folder contains logs. */
export type FileKind = "scenario" | "logs";

/** The number of lines by which a file is judged. */
const LINES_MAX = 5000;
const SCENARIO_KEYS: ReadonlySet<string> = new Set(Object.keys(scenarioSchema.properties));

/** Returns what the arguments are: one scenario, or logs. Throws a UsageError if they are neither, or both. */
export async function kindOfFiles(names: readonly string[]): Promise<FileKind> {
  const kinds: FileKind[] = [];
  for (const name of names) kinds.push(await kindOf(name));
  const scenario = names[kinds.indexOf("scenario")];
  const log = names[kinds.indexOf("logs")];
  if (scenario === undefined) return "logs";
  if (log !== undefined) {
    throw new UsageError(
      `${scenario} is a scenario, and ${log} is a log (accepted: one scenario, or the logs of all servers)`,
    );
  }
  if (names.length > 1) {
    throw new UsageError(
      `${names.join(", ")}: more than one scenario (accepted: one scenario, or the logs of servers)`,
    );
  }
  return "scenario";
}

async function kindOf(name: string): Promise<FileKind> {
  if (name === "-" || (existsSync(name) && statSync(name).isDirectory())) return "logs";
  const path = findScenario(name);
  if (path === undefined) throw new UsageError(unknownScenario(name));
  if (isShipped(path)) return "scenario";
  if (!isDataFile(path)) {
    const { hasRecords, hasScenarioKeys } = await contentOf(path);
    if (hasScenarioKeys) return "scenario";
    if (hasRecords) return "logs";
  }
  // The loader of scenarios says best what is wrong in such a file.
  if (/\.(ya?ml|json)$/.test(path)) return "scenario";
  throw new UsageError(
    `${name}: is neither a scenario nor a log of a ZooKeeper server (accepted: a scenario file, log files, or ` +
      "folders with logs)",
  );
}

/** Returns whether a file has fields of a scenario in its outermost level, and whether it has records of a log. */
async function contentOf(path: string): Promise<{ readonly hasScenarioKeys: boolean; readonly hasRecords: boolean }> {
  let hasScenarioKeys = false;
  let events = 0;
  let lines = 0;
  const reader = new LogReader(() => {
    events++;
  });
  await readLines(path, (line) => {
    const key = /^ {0,2}"?([\w-]+)"?\s*:(?:\s|$)/.exec(line)?.[1];
    const isOuter = !line.startsWith(" ") || line.includes('"');
    hasScenarioKeys ||= key !== undefined && isOuter && SCENARIO_KEYS.has(key);
    reader.read(line);
    return ++lines < LINES_MAX;
  });
  const { records } = reader.end();
  return { hasScenarioKeys, hasRecords: events + records > 0 };
}
