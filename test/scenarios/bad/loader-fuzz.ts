/**
 * Random changes of scenario files, to show that `zabsim run` and `zabsim replay` never end with an unexpected
 * exception: either the loader rejects the file with a ScenarioError, or the file loads, runs and gives a report.
 */
import { Chalk } from "chalk";
import fc from "fast-check";
import { stringify } from "yaml";
import { runReport } from "../../../reports/run-report.ts";
import { timeline, timelineLine } from "../../../reports/timeline.ts";
import { whyText } from "../../../reports/why.ts";
import { loadScenario, ScenarioError } from "../../../scenarios/load.ts";
import { ScenarioRunner } from "../../../scenarios/run.ts";
import { Trace } from "../../../sim/index.ts";
import { mutated, mutation } from "./mutated-scenario.ts";

export interface FuzzInput {
  readonly text: string;
  /** The arguments of --set. */
  readonly set: readonly string[];
}

export type FuzzOutcome = "refused" | "ran";

/** Limit of events in one run. A changed file can cause a long run, but most defects appear early. */
const EVENTS_MAX = 20_000;

/** Loads and runs a file and writes its reports. Throws each exception that a user would see as an internal error. */
export function fuzzOne({ set, text }: FuzzInput): FuzzOutcome {
  let scenario: ReturnType<typeof loadScenario>;
  try {
    scenario = loadScenario(text, "fuzzed.yaml", { set });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    if (/[^\n\P{Cc}]|\p{Cf}/u.test(error.message)) throw new Error(`not printable: ${JSON.stringify(error.message)}`);
    return "refused";
  }
  const run = new ScenarioRunner(scenario, {
    seed: 1,
    trace: new Trace(),
    messages: true,
    maxEvents: EVENTS_MAX,
  }).run();
  const paint = new Chalk({ level: 0 });
  runReport(run, paint, "replay");
  for (const record of timeline(run.records, {})) timelineLine(record, { paint });
  whyText(run);
  return "ran";
}

/** Numbers and words that are valid values of some fields and limits of the valid range of other fields. */
const VALUES = [
  ...["0", "1", "-1", "2", "3", "9", "100", "255", "256", "1000000", "2000000", "2097151", "4294967295", "1e9", "0.5"],
  ...["0us", "1us", "30ms", "5s", "24h", "25h", "1ms..2ms", "2ms..1ms", "1:1", "1:5", "2:1..2:9", "2000000:4294967295"],
  ...["leader", "all", "none", "missing", "true", "false", "null", "lost", "kept", "torn", "datagram", "participant"],
  ...[
    "observer",
    "established",
    "NEWLEADER",
    "SNAP",
    "PROPOSAL",
    "UPTODATE",
    "FOLLOWERINFO",
    "3.4.10",
    "3.6.2",
    "patched",
  ],
  ...[
    "[]",
    "{}",
    "[1, 2]",
    "[[1], [2, 3]]",
    "{1: {}}",
    "*a",
    "&a 1",
    '"\\e[31m"',
    '"\\u202e"',
    "'::error::x'",
    "__proto__",
  ],
];
const value = fc.constantFrom(...VALUES);

const PIECES = [
  "\t",
  "&a ",
  "*a",
  "? ",
  "- ",
  "---\n",
  "...\n",
  "!!x ",
  "!!binary ",
  "{",
  "}",
  "[",
  "]",
  "|",
  ">",
  ":",
  ",",
  "#",
];
const piece = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom(...PIECES), value);

type Change = (text: string, other: string) => string;

/** Replaces some characters by other characters. */
const edit = fc.tuple(fc.nat(), fc.nat(5), piece).map(([at, cut, put]): Change => {
  return (text) => `${text.slice(0, at % (text.length + 1))}${put}${text.slice((at % (text.length + 1)) + cut)}`;
});

const SHAPES = [/^\d+$/, /^\d+:\d+$/, /^[\d.]+(us|ms|s|h)$/, /^[a-z]+$/i];

/** Replaces a number or a word. In most cases, the new one has the same notation, for example a zxid for a zxid. */
const replacement = fc.tuple(fc.nat(), fc.nat(), fc.nat(9)).map(([at, from, luck]): Change => {
  return (text) => {
    const words = [...text.matchAll(/[\w:.]+/g)];
    const word = words[at % Math.max(1, words.length)];
    if (word === undefined) return text;
    const shape = SHAPES.find((one) => one.test(word[0]));
    const alike = luck < 2 || shape === undefined ? VALUES : VALUES.filter((one) => shape.test(one));
    return text.slice(0, word.index) + alike[from % alike.length] + text.slice(word.index + word[0].length);
  };
});

/** Repeats or removes lines. */
const lines = fc.tuple(fc.nat(), fc.nat(4), fc.constantFrom(0, 0, 2, 3, 300)).map(([at, count, times]): Change => {
  return (text) => {
    const all = text.split("\n");
    const start = at % all.length;
    const repeated = Array.from({ length: times }, () => all.slice(start, start + count + 1)).flat();
    return [...all.slice(0, start), ...repeated, ...all.slice(start + count + 1)].join("\n");
  };
});

/** Replaces the rest of a file by the end of another file. */
const splice = fc.tuple(fc.nat(), fc.nat()).map(([at, from]): Change => {
  return (text, other) => text.slice(0, at % (text.length + 1)) + other.slice(from % (other.length + 1));
});

/** Adds a field with thousands of entries, or a field with deeply nested values. */
const large = fc
  .tuple(fc.constantFrom("k%: 1, ", "%: {}, ", "*a, ", "[", "{a: ", "1:%, ", "{crash: 1}, "), fc.constantFrom(50, 3000))
  .map(([part, times]): Change => {
    const parts = Array.from({ length: times }, (_, i) => part.replace("%", String(i))).join("");
    return (text) => `${text}\n? {${parts}}\n`.replace("? ", times === 50 ? "more: &a " : "expect: ");
  });

const change = fc.oneof(
  { weight: 4, arbitrary: replacement },
  { weight: 3, arbitrary: edit },
  { weight: 2, arbitrary: lines },
  { weight: 1, arbitrary: splice },
  { weight: 1, arbitrary: large },
);

const PATHS = [
  "servers",
  "servers.1.history",
  "steps[0]",
  "steps[0].crash",
  "settings.tickTime",
  "about",
  "expect",
  "until",
];
const override = fc.tuple(fc.constantFrom(...PATHS), fc.oneof(value, piece)).map(([path, text]) => `${path}=${text}`);
const set = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(override, { maxLength: 2 }) },
);

/** Returns the inputs of a seed: changed versions of these files. */
export function fuzzInputs(files: readonly string[], seed: number, count: number): FuzzInput[] {
  const changes = fc.oneof(
    { weight: 2, arbitrary: fc.tuple(replacement) },
    { weight: 3, arbitrary: fc.array(change, { minLength: 1, maxLength: 4 }) },
  );
  const changedFile = fc
    .tuple(fc.constantFrom(...files), fc.constantFrom(...files), changes)
    .map(([text, other, all]) => all.reduce<string>((changed, one) => one(changed, other), text));
  const changedData = fc.array(mutation, { minLength: 1, maxLength: 3 }).map((all) => stringify(mutated(all)));
  const text = fc.oneof({ weight: 4, arbitrary: changedFile }, { weight: 1, arbitrary: changedData });
  return fc.sample(fc.record({ text, set }), { seed, numRuns: count });
}
