/** The command `npm run test:java`: compares the answers of ZooKeeper's classes and zabsim to the same questions. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ASKED_RELEASES } from "./asked-releases.ts";
import { type Comparison, compare, type Difference, differing, isKnown } from "./comparison.ts";
import { buildZabsim, INCIDENT_RELEASES, INCIDENTS, runIncidents } from "./incidents/run-incidents.ts";
import { buildProgram, JavaProgram } from "./java-program.ts";
import { KINDS, type Kind, type Question } from "./kinds.ts";
import { record } from "./record.ts";

const INPUTS = 2000;
const INPUTS_LONG = 200_000;
/** The name of the kind that stages incidents instead of asking questions. */
const STAGED = "incidents";

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
   * Whether Java's answers to the fixed questions become the recorded answers (test/conformance/vectors), or the logs
   * and directories of incidents the recorded ones (test/incidents).
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
      record: { type: "boolean", default: false },
    },
  });
  const names = chosen("--kind", values.kind, [...KINDS.map(({ name }) => name), STAGED]);
  if (values.incident !== undefined && names.join() !== STAGED) throw new Error(`--incident needs --kind ${STAGED}`);
  if (values.cases !== undefined && (names.length !== 1 || names[0] === STAGED))
    throw new Error("--cases needs exactly one --kind");
  const kinds = KINDS.filter(({ name }) => names.includes(name));
  if (values.record && names.join() !== "script" && names.join() !== STAGED) {
    throw new Error(`--record needs --kind script, or --kind ${STAGED}`);
  }
  if (values.record && names.join() === STAGED && values.release?.length !== 1) {
    throw new Error(`--record needs one --release with --kind ${STAGED}`);
  }
  const incidents = chosen(
    "--incident",
    values.incident,
    INCIDENTS.map(({ name }) => name),
  );
  return {
    releases: chosen("--release", values.release, ASKED_RELEASES),
    kinds,
    seed: whole("--seed", values.seed),
    inputs: whole("--inputs", values.inputs ?? String(values.long ? INPUTS_LONG : INPUTS)),
    cases: values.cases,
    incidents: names.includes(STAGED) ? incidents : [],
    record: values.record,
  };
}

/** Runs the command in `root`, the folder of the repository. Returns the exit code: 1 if an answer differs. */
export async function main(root: string, args: readonly string[]): Promise<number> {
  const folder = join(root, "test", "java");
  const options = optionsOf(args);
  let passed = 0;
  let failed = 0;
  for (const release of options.releases) {
    const kinds = options.kinds.filter((kind) => kind.releases?.includes(release) ?? true);
    if (kinds.length > 0) {
      const agreed = await askRelease(folder, release, { ...options, kinds });
      passed += agreed;
      failed += kinds.length - agreed;
    }
    const incidents = stagedIn(release, options);
    if (incidents.length > 0) {
      const explained = await stageIncidents(root, release, { ...options, incidents });
      passed += explained;
      failed += incidents.length - explained;
    }
  }
  console.log(`test:java: ${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** Returns the names of the chosen incidents that can be staged on a release. */
function stagedIn(release: string, { incidents }: Options): string[] {
  if (!INCIDENT_RELEASES.includes(release)) return [];
  return INCIDENTS.filter(({ releases = INCIDENT_RELEASES }) => releases.includes(release))
    .map(({ name }) => name)
    .filter((name) => incidents.includes(name));
}

/** Returns the number of incidents that zabsim explains rightly and whose repair works. */
async function stageIncidents(root: string, release: string, options: Options): Promise<number> {
  const incidents = INCIDENTS.filter(({ name }) => options.incidents.includes(name));
  const keep = options.record ? join(root, "test", "incidents") : undefined;
  try {
    buildZabsim(root);
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

/** Returns the number of kinds in which all answers agree. If a release cannot be asked, prints why. */
async function askRelease(folder: string, release: string, options: Options): Promise<number> {
  try {
    await buildProgram(folder, release);
  } catch (error) {
    console.log(`${release}: ${(error as Error).message}`);
    return 0;
  }
  const own = options.kinds.filter(({ ownProcess = false }) => ownProcess).map((kind) => [kind]);
  const shared = options.kinds.filter(({ ownProcess = false }) => !ownProcess);
  let agreed = 0;
  for (const kinds of [shared, ...own]) agreed += await askKinds(folder, release, { ...options, kinds });
  return agreed;
}

/** Does the same for kinds that one Java process answers. */
async function askKinds(folder: string, release: string, options: Options): Promise<number> {
  let agreed = 0;
  if (options.kinds.length === 0) return agreed;
  const java = new JavaProgram(folder, release);
  try {
    for (const kind of options.kinds) {
      if (options.record) await record(java, kind, release, join(folder, "..", "conformance", "vectors"));
      const comparison = await compareOrReplay(java, kind, release, options);
      report(release, kind, comparison, options.seed);
      if (comparison.differed === 0) agreed++;
    }
  } catch (error) {
    console.log(`${release}: ${(error as Error).message}`);
  } finally {
    await java.close();
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

function report(release: string, kind: Kind, { agreed, differed, differences, known }: Comparison, seed: number): void {
  const suffix = known === 0 ? "" : `, ${known} differ as known`;
  console.log(`${release} ${kind.name}: ${agreed} of ${agreed + differed + known} inputs agree${suffix}`);
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
