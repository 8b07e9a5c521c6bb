/**
 * The recorded behavior of each release with data directories (disk-vectors.ts).
 *
 * This test skips the operations `last` and `limit`, because the core has no equivalent, and `read`, because
 * recorded-sync.test.ts tests it.
 */
import { describe, expect, it } from "vitest";
import { differingOperations, diskAnswer } from "./disk-vectors.ts";
import { RECORDED_RELEASES, recordedAnswers } from "./recorded.ts";

interface DiskVector {
  readonly id: string;
  readonly input: string;
  readonly expect: Readonly<Record<string, string>>;
}

describe.each(RECORDED_RELEASES)("release %s", (release) => {
  it("loads, truncates and fast-forwards data directories as recorded", () => {
    const vectors = recordedAnswers<DiskVector>("disk", release);
    const differing = vectors.flatMap(({ id, input, expect: answers }) =>
      differingOperations(answers, (operation) => diskAnswer(input, release, operation)).map(
        (difference) => `${id} ${input}\n  ${difference}`,
      ),
    );
    expect(vectors).not.toEqual([]);
    expect(differing).toEqual([]);
  });
});
