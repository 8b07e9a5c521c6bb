/** Stages all incidents on servers of one release, one after the other. */
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holeInLog } from "./hole-in-log.ts";
import { type Incident, Lab } from "./incident.ts";
import { probe } from "./probe.ts";
import { RealEnsemble } from "./real-ensemble.ts";
import { serverClassPath } from "./server-classes.ts";
import { shortInitLimit } from "./short-init-limit.ts";
import { uncommittedTail } from "./uncommitted-tail.ts";
import { unreachableSmallerId } from "./unreachable-smaller-id.ts";
import { wipedVoters } from "./wiped-voters.ts";
import { Zabsim } from "./zabsim.ts";

/** An incident that takes longer has failed. */
const INCIDENT_MS_MAX = 400_000;

export const INCIDENTS: readonly Incident[] = [
  wipedVoters,
  holeInLog,
  probe,
  shortInitLimit,
  uncommittedTail,
  unreachableSmallerId,
];

/** The releases on which an incident is staged that names none. */
export const INCIDENT_RELEASES: readonly string[] = ["3.5.10", "3.8.6", "3.9.5"];

/**
 * Builds dist/, because incidents run the commands, unless ZABSIM_COMPILED is 1, which says that dist/ is current.
 * Throws an Error if the build fails.
 */
export function buildZabsim(root: string): void {
  if (process.env.ZABSIM_COMPILED === "1") return;
  const { status, stderr } = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`zabsim cannot be built (exit code ${status}).\n${stderr}`);
}

/** The result of one incident. */
export interface IncidentResult {
  readonly name: string;
  readonly seconds: number;
  /** What was not as expected; undefined if everything was. */
  readonly failure: string | undefined;
}

/**
 * Stages the incidents. `keep` is the folder for the logs and directories that zabsim read; undefined to keep nothing.
 * `onResult` is called after each incident.
 */
export async function runIncidents(
  root: string,
  release: string,
  incidents: readonly Incident[],
  { keep, onResult }: { readonly keep?: string | undefined; readonly onResult: (result: IncidentResult) => void },
): Promise<IncidentResult[]> {
  const classPath = await serverClassPath(join(root, "test", "java"), release);
  const results: IncidentResult[] = [];
  for (const incident of incidents) {
    const startMs = Date.now();
    const failure = await failureOf(incident, { root, release, classPath, keep });
    const result = { name: incident.name, seconds: Math.round((Date.now() - startMs) / 1000), failure };
    results.push(result);
    onResult(result);
  }
  return results;
}

interface Surroundings {
  readonly root: string;
  readonly release: string;
  readonly classPath: string;
  readonly keep: string | undefined;
}

async function failureOf(incident: Incident, surroundings: Surroundings): Promise<string | undefined> {
  const { classPath, keep, release, root } = surroundings;
  const folder = mkdtempSync(join(tmpdir(), "zabsim-incident-"));
  const ensemble = await RealEnsemble.create(folder, classPath, incident.settings);
  const onSignal = (): void => {
    ensemble.kill();
    process.exit(130);
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  let timer: NodeJS.Timeout | undefined;
  try {
    const lab = new Lab(ensemble, release, new Zabsim(root), keep && join(keep, incident.name));
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not finished after ${INCIDENT_MS_MAX} ms`)), INCIDENT_MS_MAX);
    });
    await Promise.race([incident.run(lab), limit]);
    return undefined;
  } catch (error) {
    const tails = ensemble.ids.map((id) => `--- server ${id}\n${ensemble.logText(id).slice(-1500)}`);
    return [(error as Error).message, ...tails].join("\n");
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    await ensemble.close();
  }
}
