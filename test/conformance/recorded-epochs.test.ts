/**
 * The recorded starts of each release with every combination of epoch files (epoch-vectors.ts).
 *
 * This test skips answers whose id starts with `text` (epoch files that do not contain a number) or `set` (calls of
 * setCurrentEpoch and setAcceptedEpoch). On the simulated disk, an epoch file contains a number or is corrupt.
 */
import { describe, expect, it } from "vitest";
import { type RecordedStart, recordedStart, startAnswer } from "./epoch-vectors.ts";
import { RECORDED_RELEASES, recordedAnswers } from "./recorded.ts";

interface EpochVector {
  readonly id: string;
  readonly input: string;
  readonly expect: RecordedStart;
}

describe.each(RECORDED_RELEASES)("release %s", (release) => {
  it("starts or refuses to start as recorded, with the same files afterwards", () => {
    const vectors = recordedAnswers<EpochVector>("epoch", release, 1).filter(
      ({ id }, i) => id.startsWith("files") && (process.env.ZABSIM_ALL_VECTORS === "1" || i % 23 === 0),
    );
    const differing = vectors.flatMap(({ id, input, expect: answer }) => {
      const expected = JSON.stringify(recordedStart(answer));
      const got = JSON.stringify(startAnswer(input, release));
      return got === expected ? [] : [`${id} ${input}: expected ${expected}, got ${got}`];
    });
    expect(vectors).not.toEqual([]);
    expect(differing).toEqual([]);
  });
});
