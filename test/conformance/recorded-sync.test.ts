/**
 * The recorded sync decisions of each release: LearnerHandler#syncFollower (sync), with Leader#startForwarding
 * (forward), and both with zxids of all 64 bits, lists out of order and duplicates (wide).
 */
import { describe, expect, it } from "vitest";
import type { Behavior } from "../../protocol/index.ts";
import { PROFILES } from "../../protocol/releases.ts";
import { RECORDED_RELEASES, recordedAnswers } from "./recorded.ts";
import { asBigint, decide, recorded, type SyncVector } from "./sync-vectors.ts";

describe.each(RECORDED_RELEASES)("release %s", (release) => {
  const { syncSource } = PROFILES[release] as Behavior;

  it.each(["sync", "forward", "wide"] as const)("decides as recorded: %s", (kind) => {
    const vectors = recordedAnswers<SyncVector>(kind, release);
    expect(vectors.length).toBeGreaterThan(0);
    const differing = vectors.filter(
      (vector) => JSON.stringify(decide(vector, asBigint, syncSource).answer) !== JSON.stringify(recorded(vector)),
    );
    expect(differing.map(({ id }) => id)).toEqual([]);
  });
});
