/** Runs the checks of live servers: two ensembles at a time, because they mostly wait. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Invariants } from "../../../invariants/index.ts";
import { CUT_TRACE, replayTrace } from "../../../live/input-trace.ts";
import { oneServerInvariants, withMethods } from "../../../live/one-server-invariants.ts";
import type { Notes } from "../../../protocol/index.ts";
import { serverClassPath } from "../incidents/server-classes.ts";
import { inLanes } from "../lanes.ts";
import type { LiveCheck } from "./checks.ts";
import { type JoinRecord, LiveEnsemble } from "./live-ensemble.ts";

/** A check that takes longer has failed. On an idle machine, a check takes at most a minute. */
const CHECK_MS_MAX = 600_000;

const ENSEMBLES_AT_A_TIME = 2;
/** How much of each log a failure shows. */
const TAIL_CHARACTERS = 3000;
/** The releases of the real servers, one list for each ensemble. The releases of the last one differ. */
export const LIVE_ENSEMBLES: readonly (readonly string[])[] = [["3.5.10"], ["3.8.4"], ["3.9.5"], ["3.5.10", "3.9.5"]];

/** The result of one check. */
export interface LiveResult {
  readonly releases: readonly string[];
  readonly seconds: number;
  /** What the check has found, if it has passed. */
  readonly found: string;
  /** Why it has failed. */
  readonly failure: string | undefined;
}

/** Resolves the jars of all LIVE_ENSEMBLES. Rejects if Maven fails. */
export async function prepareLive(root: string): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const release of new Set(LIVE_ENSEMBLES.flat())) {
    paths.set(release, await serverClassPath(join(root, "test", "java"), release));
  }
  return paths;
}

/** Runs one check on ensembles, two of them at a time. `root` is the folder of the repository. */
export async function runLiveCheck(
  root: string,
  check: LiveCheck,
  ensembles: readonly (readonly string[])[],
): Promise<LiveResult[]> {
  const paths = await prepareLive(root);
  return inLanes(
    ENSEMBLES_AT_A_TIME,
    ensembles.map((releases) => () => runOn(root, releases, check, paths)),
  );
}

async function runOn(
  root: string,
  releases: readonly string[],
  check: LiveCheck,
  paths: ReadonlyMap<string, string>,
): Promise<LiveResult> {
  const startMs = Date.now();
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
      timer = setTimeout(() => reject(new Error(lateText(ensemble))), CHECK_MS_MAX);
    });
    const found = await Promise.race([check.run(ensemble), limit]);
    ensemble.kill();
    replayTraces(ensemble);
    return { releases, seconds: seconds(), found, failure: undefined };
  } catch (error) {
    const tails = ensemble.ids.map((id) => `--- server ${id}\n${ensemble.logText(id).slice(-TAIL_CHARACTERS)}`);
    return {
      releases,
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

/**
 * Returns whether `zabsim join` has printed the violation of a client that sends mutated packets: its id is that of no
 * server. The invariants no-bad-state, no-bad-ack and so on report each packet that no server sends.
 */
function isOfForeigner(ids: readonly number[], { invariant, text }: JoinRecord): boolean {
  const [, from] = / from (-?\d+): /.exec(String(text)) ?? [];
  return String(invariant).startsWith("no-bad-") && from !== undefined && !ids.includes(Number(from));
}

/**
 * Returns notes without the errors in packets of clients whose ids are those of no server. Invariants keep only their
 * first violation, so such an error would hide a later one in a packet of a server.
 */
function withoutForeigners(notes: Notes, ids: readonly number[]): Notes {
  return withMethods(notes, {
    anomaly: (anomaly, from, ...rest) => {
      if (ids.includes(from)) notes.anomaly(anomaly, from, ...rest);
    },
  });
}

function lateText({ waitsFor }: LiveEnsemble): string {
  const waits = waitsFor === undefined ? "" : `: it waits until ${waitsFor}`;
  return `not finished after ${CHECK_MS_MAX} ms${waits}`;
}

/** Fails if a violation was found live, or if the core answers the recorded inputs in another way, or violates more. */
function replayTraces(ensemble: LiveEnsemble): void {
  for (const id of ensemble.ours) {
    const violation = ensemble.records(id).find((record) => {
      return record.event === "violation" && !isOfForeigner(ensemble.ids, record);
    });
    if (violation !== undefined) throw new Error(`live: ${JSON.stringify(violation)}`);
    for (const file of ensemble.traceFiles(id)) {
      let invariants: Invariants | undefined;
      // A process that was killed can have written a part of its last line.
      const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
      const { difference } = replayTrace(lines, (server, now) => {
        const one = oneServerInvariants(server, now);
        invariants = one.invariants;
        return withoutForeigners(one.notes, ensemble.ids);
      });
      const isCut = difference?.recorded === CUT_TRACE;
      if (difference !== undefined && !isCut) throw new Error(`replay of server ${id}: ${JSON.stringify(difference)}`);
      const replayed = invariants?.violations[0];
      if (replayed !== undefined)
        throw new Error(`replay of server ${id}: violation of ${replayed.id}: ${replayed.text}`);
    }
  }
}
