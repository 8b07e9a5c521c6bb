/** Runs the checks of live servers: several ensembles at a time, because they mostly wait. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverClassPath } from "../incidents/server-classes.ts";
import { LIVE_CHECKS, type LiveCheck } from "./checks.ts";
import { LiveEnsemble } from "./live-ensemble.ts";

/** A check that takes longer has failed. */
const CHECK_MS_MAX = 180_000;

/** The releases of the real servers 1 and 2 of an ensemble. */
export const LIVE_RELEASES: readonly string[] = ["3.5.10", "3.8.4", "3.9.5"];

/** The result of one check. */
export interface LiveResult {
  readonly name: string;
  readonly seconds: number;
  /** What the check has found, if it has passed. */
  readonly found: string;
  /** Why it has failed. */
  readonly failure: string | undefined;
}

/** Runs one check. `root` is the folder of the repository, `releases` are those of the real servers. */
export async function runLiveCheck(root: string, releases: readonly string[], check: LiveCheck): Promise<LiveResult> {
  const startMs = Date.now();
  const paths = new Map<string, string>();
  for (const release of releases) paths.set(release, await serverClassPath(join(root, "test", "java"), release));
  const folder = mkdtempSync(join(tmpdir(), "zabsim-live-"));
  const ensemble = await LiveEnsemble.create(root, folder, check.servers(releases), paths, check.settings);
  const onSignal = (): void => {
    ensemble.kill();
    process.exit(130);
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  let timer: NodeJS.Timeout | undefined;
  const seconds = (): number => Math.round((Date.now() - startMs) / 1000);
  try {
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not finished after ${CHECK_MS_MAX} ms`)), CHECK_MS_MAX);
    });
    const found = await Promise.race([check.run(ensemble), limit]);
    return { name: check.name, seconds: seconds(), found, failure: undefined };
  } catch (error) {
    const tails = ensemble.ids.map(
      (id) => `--- server ${id}\n${ensemble.logText(id).slice(-(Number(process.env.LIVE_TAIL) || 3000))}`,
    );
    return {
      name: check.name,
      seconds: seconds(),
      found: "",
      failure: [(error as Error).message, ...tails].join("\n"),
    };
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    await ensemble.close();
  }
}

export { LIVE_CHECKS };
