/**
 * The recorded answers of each release about votes and quorums (election-vectors.ts).
 *
 * Not compared: answers whose id starts with `odd`, which no running server of the simulator reaches.
 */
import { describe, expect, it } from "vitest";
import { ELECTION_FUNCTIONS, electionAnswer } from "./election-vectors.ts";
import { RECORDED_RELEASES, recordedAnswers } from "./recorded.ts";

interface ElectionVector {
  readonly id: string;
  readonly input: string;
  readonly expect: unknown;
}

describe.each(RECORDED_RELEASES)("release %s", (release) => {
  it.each(ELECTION_FUNCTIONS)("answers as recorded: %s", (fn) => {
    const vectors = recordedAnswers<ElectionVector>("election", release).filter(
      ({ id, input }) => input.startsWith(`fn=${fn};`) && !id.startsWith("odd"),
    );
    const differing = vectors.flatMap(({ id, input, expect: answer }) => {
      const got = electionAnswer(input, release);
      return JSON.stringify(got) === JSON.stringify(answer)
        ? []
        : [`${id} ${input}: expected ${JSON.stringify(answer)}, got ${JSON.stringify(got)}`];
    });
    expect(vectors).not.toEqual([]);
    expect(differing).toEqual([]);
  });
});
