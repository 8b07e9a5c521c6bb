/**
 * Recorded answers of the real classes of each release (vectors/). `npm test` checks one of every `STEP` answers. If
 * the environment variable ZABSIM_ALL_VECTORS is 1, it checks all answers.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { PROFILES } from "../../protocol/releases.ts";

/** The kinds of questions that the recorded answers belong to. */
export type Kind = "sync" | "forward" | "wide" | "election" | "disk" | "sweep" | "epoch" | "script";

const FOLDER = new URL("vectors/", import.meta.url);
const FILES: Readonly<Record<Kind, Readonly<Record<string, string>>>> = JSON.parse(
  readFileSync(new URL("releases.json", FOLDER), "utf8"),
);
const STEP = process.env.ZABSIM_ALL_VECTORS === "1" ? 1 : 40;

/** The releases that have a profile and recorded answers. */
export const RECORDED_RELEASES = Object.keys(PROFILES).filter((release) => release in FILES.sync);

const cache = new Map<string, readonly unknown[]>();

/** Returns the sampled answers of a release to the questions of one kind, in the form of the vector file. */
export function recordedAnswers<Answer>(kind: Kind, release: string, step = STEP): readonly Answer[] {
  const file = FILES[kind][release] as string;
  let answers = cache.get(file);
  if (answers === undefined) {
    const lines = gunzipSync(readFileSync(new URL(file, FOLDER)))
      .toString("utf8")
      .trimEnd()
      .split("\n");
    answers = lines.filter((_line, i) => i % step === 0).map((line) => JSON.parse(line));
    cache.set(file, answers);
  }
  return answers as readonly Answer[];
}
