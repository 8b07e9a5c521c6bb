/**
 * Checks that no tracked text file contains banned words, British spellings, or lines of code over 120 columns. Each
 * finding names the file, the line and the word, and says what to write instead.
 *
 * Only words that are almost never right are banned. Words that are right in some sentences are not.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COLUMNS_MAX = 120;

interface Rule {
  readonly words: RegExp;
  readonly instead: string;
  /** The files to which the rule applies. Default: all. */
  readonly files?: RegExp;
}

const WORDS: readonly Rule[] = [
  {
    words: /\b[Mm]end(s|ed|ing)?\b|\bmend(s|ed|ing)?[A-Z]\w*|\w+Mend(s|ed|ing)?(?![a-z])\w*|MENDED/,
    instead: "fix, fixed",
  },
  {
    words: /\b([Tt]old|[Tt]elling|TELLING|[Tt]eller)(?![a-z])\w*|\btell[A-Z]\w*/,
    instead: "print, report, say or notify",
  },
  { words: /\bwhoever\b/i, instead: "a server that, any server that" },
  { words: /\b(some|every|any|no)body\b/i, instead: "a server, every server, any server, no server" },
  { words: /\boutliv(e|es|ed|ing)\b/i, instead: "survive" },
  { words: /\b(die|dies|died|fail|fails|failed) of\b/i, instead: "fail with, fail because of" },
  { words: /\bin vain\b/i, instead: "without effect" },
  { words: /\bhow[- ]manieth\b/i, instead: "the Nth" },
  { words: /\bso many\b(?! that)/i, instead: "a number of" },
  { words: /\bso long\b(?! (as|that))/i, instead: "a duration of" },
  { words: /\bkin\b/i, instead: "related bugs" },
  { words: /\btroubles?\b/i, instead: "faults" },
  { words: /\b([Ss]tory|[Ss]tories|STORIES)(?![a-z])\w*|[a-z]Stor(y|ies)(?![a-z])/, instead: "scenario, case" },
  { words: /\bat once\b/i, instead: "immediately, simultaneously" },
  { words: /\bseldom\b/i, instead: "rarely" },
  { words: /\bbeside\b/i, instead: "with, next to" },
  { words: /\bmeans nothing\b/i, instead: "cannot be combined with" },
  { words: /\b(comes?|came|starts?|sent|queued|forwarded|packet) behind\b/i, instead: "after" },
  { words: /\bcan not\b/i, instead: "cannot" },
  { words: /(?<![-`\w])txns?(?![-`\w])/, instead: "transaction", files: /\.ya?ml$|^README\.md$/ },
];

const IZE_STEMS = [
  "serial",
  "initial",
  "optim",
  "recogn",
  "organ",
  "synchron",
  "normal",
  "minim",
  "maxim",
  "summar",
  "priorit",
  "random",
  "visual",
  "final",
  "general",
  "special",
  "util",
  "canonical",
  "material",
  "character",
  "emphas",
  "categor",
  "formal",
  "parallel",
] as const;

const US_SPELLINGS: readonly Rule[] = [
  { words: /\b\w*(behavi|col|hon|neighb|fav|lab|flav|rum)our\w*/i, instead: "the spelling with -or" },
  {
    words: /\b\w*(model|label|cancel|travel|signal|level|channel|tunnel|marshal)l(ed|ing)\b/i,
    instead: "the spelling with one l",
  },
  {
    words: new RegExp(`\\b\\w*(${IZE_STEMS.join("|")})is(e|es|ed|er|ers|ing|ation|ations)\\b`, "i"),
    instead: "the spelling with -iz-",
  },
  { words: /\banalys(e|ed|ing)\b/i, instead: "analyze" },
  { words: /\b(centre|metre|fibre)s?\b/i, instead: "the spelling with -er" },
  { words: /\b(acknowledge|judge)ments?\b/i, instead: "acknowledgment, judgment" },
  {
    words: /\b(artefact|catalogue|programme|defence|licence|grey|whilst|amongst|learnt|spelt)s?\b/i,
    instead: "US English",
  },
];

/** Files that other authors have written, and files that list the banned words. */
const EXEMPT =
  /^LICENSE$|^package-lock\.json$|\/(vectors|fixtures)\/|\/truth\.json$|^test\/doctor\/disks\/|\.(br|gz|jsonl|png|xsd|grit|npmrc)$|^test\/package\/wording\.test/;

const FILES = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && !EXEMPT.test(file) && existsSync(join(ROOT, file)));

function findingsIn(file: string): string[] {
  const rules = [...WORDS, ...US_SPELLINGS].filter(({ files }) => files?.test(file) ?? true);
  const lines = readFileSync(join(ROOT, file), "utf8").split("\n");
  return lines.flatMap((line, index) => {
    const place = `${file}:${index + 1}`;
    const tooLong = /\.(ts|mjs|js)$/.test(file) && line.length > COLUMNS_MAX;
    return [
      ...rules.flatMap((rule) => findingOf(rule, line, place)),
      ...(tooLong ? [`${place}: ${line.length} columns; wrap the line at ${COLUMNS_MAX}`] : []),
    ];
  });
}

function findingOf({ instead, words }: Rule, line: string, place: string): string[] {
  const [found] = words.exec(line) ?? [];
  return found === undefined ? [] : [`${place}: "${found}"; write: ${instead}`];
}

function folderOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] as string) : "the root";
}

describe("the wording of", () => {
  it.each([...new Set(FILES.map(folderOf))])("%s", (folder) => {
    const findings = FILES.filter((file) => folderOf(file) === folder).flatMap(findingsIn);
    expect(findings.join("\n")).toBe("");
  });
});

it.each([
  ["// A mend of it, told at once.", ['"mend"', '"told"', '"at once"']],
  ["const isMendedByAll = storiesOf(told);", ['"isMendedByAll"', '"told"', '"storiesOf"']],
  ["// I recommend the amended history; it tells both apart.", []],
  ["// The serialiser's behaviour is modelled.", ['"behaviour"', '"modelled"', '"serialiser"']],
  ["// It fails because it died of a disk error.", ['"died of"']],
])("finds the words in %j", (line, words) => {
  const found = [...WORDS, ...US_SPELLINGS].filter(({ files }) => files === undefined);
  const findings = found.flatMap((rule) => findingOf(rule, line, "x.ts:1"));
  expect(findings.map((text) => /"[^"]*"/.exec(text)?.[0])).toEqual(words);
});
