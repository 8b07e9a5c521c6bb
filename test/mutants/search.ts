/**
 * The search that has to find the mutants: noise over plain ensembles, one seed after the other, until something is wrong.
 */
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";

type Ensemble = ReturnType<typeof loadScenario>;

/** Short enough that servers that can come back are back before the run ends. */
const PAUSES = "cnxTimeoutMs: 500, maxNotificationIntervalMs: 1000";
const SHORT_TICKS = "tickTimeMs: 200, initLimit: 5, syncLimit: 4";
const LONG_TICKS = "tickTimeMs: 2000, initLimit: 3, syncLimit: 2";

function ensemble(name: string, servers: number | string, settings = SHORT_TICKS, more = ""): Ensemble {
  const text = `about: Noise over plain servers.
servers: ${servers}
settings: { ${settings}, ${PAUSES} }
${more}`;
  return loadScenario(text, `${name}.yaml`);
}

const DIFFERENT = "{ 1: { history: 1:1..1:3 }, 2: { history: 1:1..1:4 }, 3: { history: 1:1..1:4 } }";
const SLOW_DISKS = "disk: { sync: 10ms..200ms, write: 1ms..5ms }";

const ENSEMBLES: readonly Ensemble[] = [
  ensemble("three", 3),
  ensemble("five", 5),
  ensemble("three-small-logs", 3, `${SHORT_TICKS}, commitLogCount: 5, snapCount: 20, preAllocSizeBytes: 0`),
  // 30 txns and an epoch is over.
  ensemble("three-short-epochs", 3, `${SHORT_TICKS}, initialCounter: 4294967265`),
  ensemble("three-slow-disks", 3, SHORT_TICKS, SLOW_DISKS),
  ensemble("three-slow-links", 3, SHORT_TICKS, "network: { latency: 1ms..100ms }"),
  // A leader that has lost its followers stays for up to two seconds, and may meet them again, or its successor.
  ensemble("three-long-ticks", 3, LONG_TICKS),
  ensemble("five-long-ticks", 5, LONG_TICKS, SLOW_DISKS),
  // Every run begins with learners to be brought in line.
  ensemble("three-differ", DIFFERENT, SHORT_TICKS, `${SLOW_DISKS}\ncommitted: 1:4`),
];

export interface SearchOptions {
  readonly runs: number;
  readonly firstSeed?: number;
  /** Whether to go on after the first finding, to count. */
  readonly countAll?: boolean;
  /** Seeds with which something is found in the core as it is: no news. */
  readonly known?: readonly number[];
}

export interface Finding {
  /** Id of an invariant, or "liveness", "nondeterminism", "exception". */
  readonly what: string;
  readonly text: string;
  /** The run that found it, from 1. */
  readonly run: number;
  readonly ensemble: string;
  readonly seed: number;
  /** Wall clock since the search began. */
  readonly seconds: number;
}

export interface SearchResult {
  readonly runs: number;
  readonly seconds: number;
  readonly first: Finding | undefined;
  /** The first finding of each kind. */
  readonly firsts: Readonly<Record<string, Finding>>;
  /** The seeds that found something, but for those known. */
  readonly seeds: readonly number[];
  /** In how many runs, known ones too, what was found first. */
  readonly byKind: Readonly<Record<string, number>>;
}

export function searchUntilKilled(options: SearchOptions): SearchResult {
  const { runs, firstSeed = 1, countAll = false } = options;
  const known = new Set(options.known);
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1000;
  let first: Finding | undefined;
  const seeds: number[] = [];
  let run = 0;
  const byKind: Record<string, number> = {};
  const firsts: Record<string, Finding> = {};
  while (run < runs && (countAll || first === undefined)) {
    const scenario = ENSEMBLES[run % ENSEMBLES.length] as Ensemble;
    const seed = firstSeed + run;
    run++;
    const found = look(scenario, seed, run % TWICE_EVERY === 0);
    if (found === undefined) continue;
    byKind[found.what] = (byKind[found.what] ?? 0) + 1;
    if (known.has(seed)) continue;
    seeds.push(seed);
    const finding = { ...found, run, ensemble: scenario.name, seed, seconds: seconds() };
    first ??= finding;
    firsts[found.what] ??= finding;
  }
  return { runs: run, seconds: seconds(), first, firsts, seeds, byKind };
}

/** Every so many runs one is made twice, to compare. */
const TWICE_EVERY = 16;

function look(scenario: Ensemble, seed: number, twice: boolean): Pick<Finding, "what" | "text"> | undefined {
  try {
    const run = runScenario(scenario, { seed, noise: true, records: false, digest: twice });
    const violation = run.violations[0];
    if (violation !== undefined) return { what: violation.id, text: violation.text };
    const idle = run.servers.filter(({ active, running }) => running && !active).map(({ sid }) => sid);
    if (idle.length > 0) return { what: "liveness", text: `servers ${idle.join(", ")} do not serve at the end` };
    if (twice) {
      const again = runScenario(scenario, { seed, noise: true, records: false, digest: true });
      if (again.digest !== run.digest) return { what: "nondeterminism", text: `${run.digest}, then ${again.digest}` };
    }
    return undefined;
  } catch (error) {
    return { what: "exception", text: String(error) };
  }
}
