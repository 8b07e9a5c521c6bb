/** Records the answers of ZooKeeper's classes, for tests that need no Java. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { RecordedEnsemble } from "../../reports/ensemble-answers.ts";
import type { JavaProgram } from "./java-program.ts";
import { isDrawn, type Kind, type Question } from "./kinds.ts";

/** The number of drawn questions that are recorded after the fixed ones. */
const DRAWN = 150;
const SEED = 14;

/**
 * Writes Java's answers to the fixed questions of a kind, and to some drawn ones, to the file KIND-RELEASE.jsonl.gz in
 * `folder`. Throws an Error if the program could not answer a question.
 */
export async function record(java: JavaProgram, kind: Kind, release: string, folder: string): Promise<void> {
  const drawn = isDrawn(kind) ? fc.sample(kind.questions, { seed: SEED, numRuns: DRAWN }) : [];
  const questions: readonly Question[] = [...(kind.fixed ?? []), ...drawn];
  const answers = await java.ask(kind.name, questions);
  const lines = questions.map((question, i) => {
    const answer = answers[i] as object;
    if ("error" in answer)
      throw new Error(`The Java program cannot answer ${JSON.stringify(question)}: ${answer.error}`);
    const { name = `drawn-${i - (kind.fixed ?? []).length}`, ...rest } = question as { readonly name?: string };
    return `${JSON.stringify({ id: name, ...rest, expect: answer })}\n`;
  });
  writeFileSync(join(folder, `${kind.name}-${release}.jsonl.gz`), gzipSync(lines.join(""), { level: 9 }));
}

/**
 * Writes Java's answers about ensembles to a file that has one answer a line, in place of older ones of this release.
 * Leaves out an answer that differs from zabsim's. Asks all questions at the same time, as a comparison does.
 */
export async function recordEnsembles(java: JavaProgram, kind: Kind, release: string, file: string): Promise<void> {
  const all = (kind.fixed ?? []) as readonly (Question & { readonly scenario: string })[];
  const questions = all.filter((question) => kind.asks?.(question, release) ?? true);
  const answers = await java.ask(kind.name, questions);
  const fresh = questions.flatMap((question, i) => {
    const { scenario } = question;
    if (kind.agrees?.(question, release, answers[i]) === true)
      return [{ scenario, release, ...(answers[i] as object) }];
    console.log(`${release} ensembles: ${scenario} differs, so it is not recorded`);
    return [];
  });
  const older = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as RecordedEnsemble[]) : [];
  const kept = [...older.filter((one) => one.release !== release), ...fresh];
  writeFileSync(file, `[\n${kept.map((one) => JSON.stringify(one)).join(",\n")}\n]\n`);
}
