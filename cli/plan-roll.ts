import { join } from "node:path";
import { makeFolder, saveWhole } from "../campaign/output-files.ts";
import { withSchemaLine } from "../campaign/schema-line.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { rollPlanText } from "../reports/roll-plan.ts";
import { shellPath } from "../reports/shell.ts";
import { readEnsemble, refuseDynamicLists, refuseMovedServers } from "../roll/read-ensemble.ts";
import { answerRoll, type SaveScenario } from "../roll/roll-answer.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import { configText, namedConfigText } from "./config-text.ts";
import { EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { hint, textWidth, write } from "./output.ts";
import { withRunCount } from "./progress-line.ts";

export interface PlanRollOptions {
  readonly json?: boolean;
  readonly out?: string;
  readonly zookeeper?: string;
}

export async function planRoll(fromFile: string, toFile: string, options: PlanRollOptions): Promise<number> {
  const from = ensembleIn(fromFile);
  const to = ensembleIn(toFile);
  const { out, zookeeper = "newest" } = options;
  refuseMovedServers(from, to);
  if (behaviorOf(zookeeper).knowsReconfig) for (const ensemble of [from, to]) refuseDynamicLists(ensemble);
  if (JSON.stringify(from.config) === JSON.stringify(to.config)) {
    hint(`${fromFile} and ${toFile}: both files contain the same list, so the roll is a restart of each server`);
  }
  const save = out === undefined ? undefined : savesTo(out);
  const answer = withRunCount("plan-roll", "runs", (onRun) => answerRoll({ from, to, zookeeper, onRun }, save));
  await write(`${options.json ? JSON.stringify(answer) : rollPlanText(answer, textWidth())}\n`);
  if (out === undefined && answer.verdicts.some(({ why }) => why !== null)) {
    const command = ["zabsim plan-roll", shellPath(fromFile), shellPath(toFile), ...releaseOption(options)].join(" ");
    hint(`To keep each failing order as a scenario, run ${command} --out FOLDER`);
  }
  return answer.use === null ? EXIT_FINDING : EXIT_OK;
}

function releaseOption({ zookeeper }: PlanRollOptions): string[] {
  return zookeeper === undefined ? [] : ["--zookeeper", zookeeper];
}

/** Returns a function that writes scenarios to a folder. Makes the folder, so that a wrong path is reported early. */
function savesTo(folder: string): SaveScenario {
  makeFolder(folder);
  return (name, scenario) => {
    const path = join(folder, `${name}.yaml`);
    saveWhole(path, withSchemaLine(writeScenario(scenario), path));
    return path;
  };
}

/** The configuration files that are accepted. */
const ACCEPTED = "a zoo.cfg or a dynamic configuration file";

function ensembleIn(file: string): ReturnType<typeof readEnsemble> {
  return readEnsemble(configText(file, ACCEPTED), file, (name) => namedConfigText(name, file, ACCEPTED));
}
