/**
 * `zabsim doctor` reads the data directories of the servers of an ensemble, and says what each server loads, who can
 * lead, what is lost, and what to do.
 */
import { basename } from "node:path";
import { saveWhole } from "../campaign/output-files.ts";
import { withSchemaLine } from "../campaign/schema-line.ts";
import { diagnose } from "../doctor/diagnose.ts";
import type { EnsembleDisks } from "../doctor/ensemble.ts";
import { scenarioOfDisks } from "../doctor/start-state.ts";
import { doctorText } from "../reports/doctor.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import { type DiskOptions, readEnsembleDisks } from "./ensemble-disks.ts";
import { EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { textWidth, write } from "./output.ts";
import { withRunCount } from "./progress-line.ts";

export interface DoctorOptions extends DiskOptions {
  readonly json?: boolean;
  readonly scenario?: string;
}

export async function doctor(folders: readonly string[], options: DoctorOptions): Promise<number> {
  const { ensemble, source } = await readEnsembleDisks(folders, options);
  const saved = options.scenario === undefined ? undefined : saveScenario(ensemble, options.scenario);
  const answer = withRunCount("doctor", "starts", (onRun) => diagnose(ensemble, onRun));
  const document = { ...answer, configuration: source, scenario: saved ?? null };
  await write(`${options.json ? JSON.stringify(document) : doctorText(document, textWidth())}\n`);
  return answer.isHealthy ? EXIT_OK : EXIT_FINDING;
}

/** Writes the disks as a scenario. Returns its path. */
export function saveScenario(ensemble: EnsembleDisks, path: string): string {
  saveWhole(
    path,
    withSchemaLine(writeScenario(scenarioOfDisks(ensemble, basename(path).replace(/\.ya?ml$/, ""))), path),
  );
  return path;
}
