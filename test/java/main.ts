/** The command `npm run test:java`: compares the answers of ZooKeeper's classes and zabsim to the same questions. */
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants, getPriority, setPriority } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { ASKED_RELEASES } from "./asked-releases.ts";
import { type Comparison, compare, type Difference, differing, isKnown } from "./comparison.ts";
import { buildZabsim, INCIDENT_RELEASES, INCIDENTS, runIncidents } from "./incidents/run-incidents.ts";
import { serverClassPath } from "./incidents/server-classes.ts";
import { buildProgram, JavaProgram } from "./java-program.ts";
import { KINDS, type Kind, type Question } from "./kinds.ts";
import { inLanes } from "./lanes.ts";
import { LIVE_CHECKS } from "./live/checks.ts";
import { LIVE_ENSEMBLES, prepareLive, runLiveCheck } from "./live/run-live.ts";
import { record, recordEnsembles } from "./record.ts";

const INPUTS = 2000;
const INPUTS_LONG = 200_000;
/**
 * The groups of parts that run at the same time, and the number of parts of each group that do. Real servers mostly
 * wait, and the parts that ask questions use what the servers leave of the CPU. A check of live servers is one part,
 * with two ensembles at a time.
 */
const LANES: Readonly<Record<Exclude<Group, "alone">, number>> = { live: 1, servers: 2, asking: 2 };
/** How the last line begins. */
const TOTAL = "test:java: ";
/** The name of the kind that stages incidents instead of asking questions. */
const STAGED = "incidents";
/** The name of the kind that runs ensembles (ensemble-questions.ts). */
const ENSEMBLES = "ensembles";
/** The kinds of questions whose answers can be recorded. */
const RECORDED: readonly string[] = ["script", ENSEMBLES];
/** The name of the kind that runs `zabsim join` among real servers (live/checks.ts). */
const LIVE = "live";

/** Decides which parts run at the same time. The parts `alone` run after all others, one at a time. */
type Group = "live" | "servers" | "asking" | "alone";

export interface Options {
  readonly releases: readonly string[];
  readonly kinds: readonly Kind[];
  readonly seed: number;
  readonly inputs: number;
  /** A file with questions, one JSON object a line, in place of drawn ones. */
  readonly cases: string | undefined;
  /** The names of the incidents to stage. */
  readonly incidents: readonly string[];
  /**
   * The names of the checks of live servers. Each one runs on the LIVE_ENSEMBLES whose releases are chosen. Empty if
   * there is no such ensemble.
   */
  readonly live: readonly string[];
  /**
   * Whether Java's answers to the fixed questions become the recorded answers (test/conformance/vectors; for ensembles,
   * docs/findings/ensembles.json), or the logs and directories of incidents the recorded ones (test/incidents).
   */
  readonly record: boolean;
}

/** Parses the command line. Throws an Error that says which values are accepted. */
export function optionsOf(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      release: { type: "string", multiple: true },
      kind: { type: "string", multiple: true },
      seed: { type: "string", default: "1" },
      inputs: { type: "string" },
      long: { type: "boolean", default: false },
      cases: { type: "string" },
      incident: { type: "string", multiple: true },
      check: { type: "string", multiple: true },
      record: { type: "boolean", default: false },
    },
  });
  const all = [...KINDS.map(({ name }) => name), STAGED, LIVE];
  const names = chosen("--kind", values.kind, all);
  if (values.incident !== undefined && names.join() !== STAGED) throw new Error(`--incident needs --kind ${STAGED}`);
  if (values.check !== undefined && names.join() !== LIVE) throw new Error(`--check needs --kind ${LIVE}`);
  if (values.cases !== undefined && (names.length !== 1 || [STAGED, LIVE].includes(names[0] as string)))
    throw new Error("--cases needs exactly one --kind");
  const kinds = KINDS.filter(({ name }) => names.includes(name));
  if (values.record && ![...RECORDED, STAGED].includes(names.join())) {
    throw new Error(`--record needs one --kind (accepted: ${[...RECORDED, STAGED].join(", ")})`);
  }
  if (values.record && names.join() === STAGED && values.release?.length !== 1) {
    throw new Error(`--record needs one --release with --kind ${STAGED}`);
  }
  const releases = chosen("--release", values.release, ASKED_RELEASES);
  if (names.join() === LIVE && ensemblesOf(releases).length === 0) {
    throw new Error(`--release ${releases.join(", ")}: no ensemble of --kind ${LIVE} has only these releases`);
  }
  const incidents = chosen(
    "--incident",
    values.incident,
    INCIDENTS.map(({ name }) => name),
  );
  const checks = chosen(
    "--check",
    values.check,
    LIVE_CHECKS.map(({ name }) => name),
  );
  return {
    releases,
    kinds,
    seed: whole("--seed", values.seed),
    inputs: whole("--inputs", values.inputs ?? String(values.long ? INPUTS_LONG : INPUTS)),
    cases: values.cases,
    incidents: names.includes(STAGED) ? incidents : [],
    live: names.includes(LIVE) && ensemblesOf(releases).length > 0 ? checks : [],
    record: values.record,
  };
}

/** Runs the command in `root`, the folder of the repository. Returns the exit code: 1 if an answer differs. */
export async function main(root: string, args: readonly string[]): Promise<number> {
  const parts = partsOf(optionsOf(args));
  if (parts.some(({ incidents, live }) => incidents.length + live.length > 0)) buildZabsim(root);
  const [part] = parts;
  const passed =
    parts.length === 1 && part !== undefined ? [await runPart(root, part)] : await runInProcesses(root, parts);
  const count = sum(passed);
  const failed = sum(parts.map(testsOf)) - count;
  console.log(`${TOTAL}${count} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** Runs each part in a process of its own. Returns the numbers of tests that passed. */
async function runInProcesses(root: string, parts: readonly Options[]): Promise<number[]> {
  const run = (group: Group, lanes: number): Promise<number[]> => {
    const work = parts.filter((part) => groupOf(part) === group).map((part) => () => runInProcess(root, part));
    return inLanes(lanes, work);
  };
  const groups = Object.entries(LANES) as [Group, number][];
  const together = await Promise.all(groups.map(([group, lanes]) => run(group, lanes)));
  return [...together.flat(), ...(await run("alone", 1))];
}

/** Returns the group of a part. */
export function groupOf({ incidents, kinds, live }: Options): Group {
  if (live.length > 0) return "live";
  if (kinds.some(({ runsAlone = false }) => runsAlone)) return "alone";
  return incidents.length > 0 || kinds.some(({ ownProcess = false }) => ownProcess) ? "servers" : "asking";
}

/**
 * Splits the tests: one part is one check of live servers, or one release, and incidents, one kind with a process of
 * its own, or the other kinds.
 */
export function partsOf(options: Options): Options[] {
  const nothing = { ...options, kinds: [], incidents: [], live: [] };
  const asked = options.releases.flatMap((release) => {
    const kinds = options.kinds.filter(({ releases }) => releases?.includes(release) ?? true);
    const own = kinds.filter(({ ownProcess = false }) => ownProcess);
    const others = kinds.filter((kind) => !own.includes(kind));
    return [...own.map((kind) => [kind]), others].map((some) => ({ ...nothing, releases: [release], kinds: some }));
  });
  const staged = options.releases.map((release) => {
    return { ...nothing, releases: [release], incidents: stagedIn(release, options) };
  });
  const live = options.live.map((check) => ({ ...nothing, live: [check] }));
  return [...live, ...staged, ...asked].filter((part) => testsOf(part) > 0);
}

function testsOf({ incidents, kinds, live }: Options): number {
  return incidents.length + kinds.length + live.length;
}

/** Runs one part. Returns the number of tests that passed. */
function runPart(root: string, part: Options): Promise<number> {
  const [release = ""] = part.releases;
  if (part.live.length > 0) return runLive(root, part);
  if (part.incidents.length > 0) return stageIncidents(root, release, part);
  return askRelease(join(root, "test", "java"), release, part);
}

/** Does the same in a process of its own, so that no part delays another one, and prints what it prints. */
async function runInProcess(root: string, part: Options): Promise<number> {
  const folder = join(root, "test", "java");
  const [release = ""] = part.releases;
  // Builds wait for each other here. If one fails, the process fails in the same way, and says so.
  const prepare = part.incidents.length > 0 ? serverClassPath : buildProgram;
  if (part.live.length > 0) await prepareLive(root).catch(() => undefined);
  else await prepare(folder, release).catch(() => undefined);
  const child = fork(join(root, "scripts", "test-java.mjs"), argsOf(part), {
    env: { ...process.env, ZABSIM_COMPILED: "1", ZABSIM_BUNDLED: "1" },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const { PRIORITY_BELOW_NORMAL } = constants.priority;
  if (groupOf(part) === "asking" && child.pid !== undefined && getPriority() < PRIORITY_BELOW_NORMAL) {
    setPriority(child.pid, PRIORITY_BELOW_NORMAL);
  }
  let passed = 0;
  for await (const line of createInterface({ input: child.stdout as Readable })) {
    if (line.startsWith(TOTAL)) passed = Number.parseInt(line.slice(TOTAL.length), 10);
    else console.log(line);
  }
  return passed;
}

/** Returns the options of the command that runs this part only. */
export function argsOf({ cases, incidents, inputs, kinds, live, record, releases, seed }: Options): string[] {
  return [
    ...(live.length > 0 ? ["--kind", LIVE] : []),
    ...live.flatMap((name) => ["--check", name]),
    ...releases.flatMap((release) => ["--release", release]),
    ...kinds.flatMap(({ name }) => ["--kind", name]),
    ...(incidents.length > 0 ? ["--kind", STAGED] : []),
    ...incidents.flatMap((name) => ["--incident", name]),
    ...["--seed", String(seed), "--inputs", String(inputs)],
    ...(cases === undefined ? [] : ["--cases", cases]),
    ...(record ? ["--record"] : []),
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Returns the names of the chosen incidents that can be staged on a release. */
function stagedIn(release: string, { incidents }: Options): string[] {
  return INCIDENTS.filter(({ releases = INCIDENT_RELEASES }) => releases.includes(release))
    .map(({ name }) => name)
    .filter((name) => incidents.includes(name));
}

/** Returns the number of incidents that zabsim explains rightly and whose repair works. */
async function stageIncidents(root: string, release: string, options: Options): Promise<number> {
  const incidents = INCIDENTS.filter(({ name }) => options.incidents.includes(name));
  const keep = options.record ? join(root, "test", "incidents") : undefined;
  try {
    const results = await runIncidents(root, release, incidents, {
      keep,
      onResult: ({ failure, name, seconds }) =>
        console.log(`${release} ${name}: ${failure === undefined ? "as explained" : "failed"}, ${seconds} s`),
    });
    for (const { failure, name } of results) if (failure !== undefined) console.log(`${release} ${name}: ${failure}`);
    return results.filter(({ failure }) => failure === undefined).length;
  } catch (error) {
    console.log(`${release}: ${(error as Error).message}`);
    return 0;
  }
}

/** Returns the ensembles of live servers that have only these releases. */
function ensemblesOf(releases: readonly string[]): (readonly string[])[] {
  return LIVE_ENSEMBLES.filter((list) => list.every((release) => releases.includes(release)));
}

/** Returns the number of checks of live servers that passed on all ensembles. */
async function runLive(root: string, { live, releases }: Options): Promise<number> {
  const ensembles = ensemblesOf(releases);
  let passed = 0;
  for (const check of LIVE_CHECKS.filter(({ name }) => live.includes(name))) {
    const results = await runLiveCheck(root, check, ensembles);
    for (const { failure, found, releases, seconds } of results) {
      console.log(`${releases.join("+")} ${check.name}: ${failure ?? found}, ${seconds} s`);
    }
    if (results.every(({ failure }) => failure === undefined)) passed++;
  }
  return passed;
}

/** Returns the number of kinds in which all answers agree. If a release cannot be asked, prints why. */
async function askRelease(folder: string, release: string, options: Options): Promise<number> {
  let agreed = 0;
  let java: JavaProgram | undefined;
  try {
    await buildProgram(folder, release);
    java = new JavaProgram(folder, release);
    for (const kind of options.kinds) {
      if (options.record && kind.name === ENSEMBLES) {
        await recordEnsembles(java, kind, release, join(folder, "..", "..", "docs", "findings", "ensembles.json"));
        agreed++;
        continue;
      }
      if (options.record) await record(java, kind, release, join(folder, "..", "conformance", "vectors"));
      const startMs = Date.now();
      const comparison = await compareOrReplay(java, kind, release, options);
      report(release, kind, comparison, { seed: options.seed, seconds: Math.round((Date.now() - startMs) / 1000) });
      if (comparison.differed === 0) agreed++;
    }
  } catch (error) {
    console.log(`${release}: ${(error as Error).message}`);
  } finally {
    await java?.close();
  }
  return agreed;
}

async function compareOrReplay(java: JavaProgram, kind: Kind, release: string, options: Options): Promise<Comparison> {
  const { cases, inputs, seed } = options;
  if (cases === undefined) return compare(java, kind, release, { inputs, seed });
  const questions = readFileSync(cases, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => questionOf(JSON.parse(line)));
  const found = await differing(java, kind, release, questions);
  const differences = found.filter((difference) => !isKnown(kind, release, difference));
  const known = found.length - differences.length;
  return { agreed: questions.length - found.length, differed: differences.length, known, differences };
}

function questionOf({
  expect: _expect,
  id: _id,
  ...question
}: {
  readonly expect?: unknown;
  readonly id?: string;
}): Question {
  return question;
}

function report(
  release: string,
  kind: Kind,
  { agreed, differed, differences, known }: Comparison,
  { seed, seconds }: { readonly seed: number; readonly seconds: number },
): void {
  const suffix = known === 0 ? "" : `, ${known} differ as known`;
  console.log(`${release} ${kind.name}: ${agreed} of ${agreed + differed + known} inputs agree${suffix}, ${seconds} s`);
  differences.forEach((difference, i) => {
    console.log(`Java's answer, as a test case:\n${caseOf(`${kind.name}-${seed}-${i}`, difference)}`);
    console.log(`zabsim's answer:\n${JSON.stringify(difference.zabsim)}`);
  });
}

function caseOf(id: string, { java, question }: Difference): string {
  return JSON.stringify({ id, ...question, expect: java });
}

function chosen(option: string, values: readonly string[] | undefined, accepted: readonly string[]): readonly string[] {
  const unknown = values?.find((value) => !accepted.includes(value));
  if (unknown !== undefined) throw new Error(`${option} ${unknown}: accepted are ${accepted.join(", ")}`);
  return values ?? accepted;
}

function whole(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} ${text}: accepted are whole numbers`);
  return Number(text);
}
