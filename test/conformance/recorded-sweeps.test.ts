/**
 * The recorded answers of each release about data directories with one damaged file, for each byte of the file
 * (sweep-vectors.ts). This test skips the operation `last`, because the core has no equivalent, and `read`, because the
 * packets of `sync` show what was read.
 */
import { describe, expect, it } from "vitest";
import type { Damage } from "../../cluster/server-disk.ts";
import { fieldsOf } from "./input-fields.ts";
import { RECORDED_RELEASES, recordedAnswers } from "./recorded.ts";
import {
  logDamage,
  NOT_DONE,
  recordedSweepAnswer,
  SWEEP_OPERATIONS,
  type SweepVector,
  snapshotDamage,
  sweepAnswer,
} from "./sweep-vectors.ts";

/** In `npm test`, the first and the last byte of each range of bytes with the same answer are enough. */
const ALL_BYTES = process.env.ZABSIM_ALL_VECTORS === "1";

/** The recorded answer of a release that cannot read its log for a learner. */
const NO_METHOD = "no such method";

describe.each(RECORDED_RELEASES)("release %s", (release) => {
  const vectors = recordedAnswers<SweepVector>("sweep", release, 1);

  it("loads, truncates and sends logs with a damaged byte as recorded", () => {
    const asked = vectors.filter(({ input }) => fieldsOf(input).file?.startsWith("log"));
    expect(asked).not.toEqual([]);
    expect(asked.flatMap((vector) => differences(vector, release, byteDamage(vector)))).toEqual([]);
  });

  it("loads snapshots with a damaged byte as recorded", () => {
    const asked = vectors.filter(({ input }) => fieldsOf(input).file?.startsWith("snapshot"));
    expect(asked).not.toEqual([]);
    const found = asked.flatMap((vector) => {
      const alone = vectors.find(({ id }) => id === vector.id.replace(/[a-z]+$/, "onlysnap")) as SweepVector;
      const damageOf = (byte: number): Damage | undefined => snapshotDamage(answerAt(alone, "restore", byte));
      return differences(vector, release, damageOf);
    });
    expect(found).toEqual([]);
  });
});

function byteDamage({ input }: SweepVector): (byte: number) => Damage | undefined {
  const { file = "", logs = "", sweep = "" } = fieldsOf(input);
  const records = logs.split("|").find((one) => one.startsWith(`0x${file.slice("log.".length)}:`)) ?? "";
  return (byte) => logDamage(sweep, byte, records.split(",").length);
}

function answerAt({ expect: answers }: SweepVector, operation: string, byte: number): string {
  return answers[operation]?.find(([from, to]) => from <= byte && byte <= to)?.[2] as string;
}

function isEqual(got: string, expected: string): boolean {
  return got === expected || (expected === NOT_DONE && got.startsWith(NOT_DONE));
}

/** Returns the bytes for which the core gives another answer than the release. */
function differences(
  { expect: answers, id, input }: SweepVector,
  release: string,
  damageOf: (byte: number) => Damage | undefined,
): string[] {
  const answer = new Map<string, string>();
  return Object.entries(answers).flatMap(([operation, ranges]) => {
    if (!SWEEP_OPERATIONS.includes(operation.split("@")[0] as string)) return [];
    return ranges.flatMap(([from, to, recorded]) => {
      if (recorded === NO_METHOD) return [];
      const expected = recordedSweepAnswer(recorded);
      const bytes = ALL_BYTES ? Array.from({ length: to - from + 1 }, (_, i) => from + i) : [from, to];
      return bytes.flatMap((byte) => {
        const damage = damageOf(byte);
        const key = `${operation} ${damage}`;
        const got = answer.get(key) ?? sweepAnswer(input, damage, release, operation);
        answer.set(key, got);
        return isEqual(got, expected)
          ? []
          : [`${id} ${operation} byte ${byte} (${damage}): expected ${expected}, got ${got}`];
      });
    });
  });
}
