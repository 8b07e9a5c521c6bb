/**
 * The recorded starts of each release with every combination of epoch files, starts with epoch files that are no
 * numbers, and calls of setCurrentEpoch and setAcceptedEpoch (epoch-vectors.ts).
 */
import { describe, expect, it } from "vitest";
import { type RecordedStart, recordedSet, recordedStart, setAnswer, startAnswer } from "./epoch-vectors.ts";
import { RECORDED_RELEASES, recordedAnswers } from "./recorded.ts";

interface EpochVector {
  readonly id: string;
  readonly input: string;
  readonly expect: RecordedStart;
}

const KINDS = [
  { kind: "files", about: "starts or refuses to start as recorded, with the same files afterwards", step: 23 },
  { kind: "text", about: "reads epoch files that are no plain numbers as recorded", step: 5 },
  { kind: "set", about: "has the recorded epochs in memory and on disk after it has written one", step: 1 },
] as const;

describe.each(RECORDED_RELEASES)("release %s", (release) => {
  it.each(KINDS)("$about", ({ kind, step }) => {
    const vectors = recordedAnswers<EpochVector>("epoch", release, 1).filter(
      ({ id }, i) => id.startsWith(kind) && (process.env.ZABSIM_ALL_VECTORS === "1" || i % step === 0),
    );
    const differing = vectors.flatMap(({ id, input, expect: answer }) => {
      const expected = JSON.stringify(kind === "set" ? recordedSet(answer) : recordedStart(answer));
      const got = JSON.stringify(kind === "set" ? setAnswer(input, release) : startAnswer(input, release));
      return got === expected ? [] : [`${id} ${input}: expected ${expected}, got ${got}`];
    });
    expect(vectors).not.toEqual([]);
    expect(differing).toEqual([]);
  });
});
