/** Questions about epoch files: every combination that a crash, an upgrade or an operator can leave. */
import fc from "fast-check";
import { type RecordedStart, recordedStart, startAnswer } from "../conformance/epoch-vectors.ts";
import type { Kind } from "./kinds.ts";

interface EpochQuestion {
  readonly input: string;
}

const epoch = fc.option(fc.nat({ max: 4 }), { nil: undefined });
const database = fc.oneof(
  fc.constant("none"),
  fc
    .tuple(fc.nat({ max: 4 }), fc.nat({ max: 5 }))
    .map(([epoch, counter]) => `0x${(epoch * 2 ** 32 + counter).toString(16)}`),
);

export const epochQuestions: Kind<EpochQuestion> = {
  name: "epoch",
  questions: fc
    .record({ db: database, cur: epoch, acc: epoch, tmp: epoch, updating: fc.constantFrom(undefined, 1) })
    .map((fields) => ({
      input: Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}=${value}`)
        .join(";"),
    })),
  answer: ({ input }, release) => startAnswer(input, release),
  agrees: (_question, _release, java, zabsim) =>
    // An answer without epochs is an error of the program.
    "currentEpoch" in (java as RecordedStart) &&
    JSON.stringify(recordedStart(java as RecordedStart)) === JSON.stringify(zabsim),
};
