/**
 * Runs the campaigns of the bug matrix. They measure how soon a campaign finds each known bug of each release.
 *
 * Such a campaign works like `zabsim fuzz --zookeeper RELEASE` and does not search for particular bugs. It ends when it
 * has found all bugs of the release that are in the matrix, or when its time is over. A bug counts as found when a
 * shrunk finding is attributed to this bug and to no other bug.
 */
import type { MatrixBug } from "../fuzz/known-bugs.ts";
import { MATRIX_RELEASES } from "../fuzz/matrix.ts";
import { behaviorOf } from "../protocol/releases.ts";
import type { FoundFile } from "./campaign.ts";
import { runTemporaryCampaign } from "./temporary-campaign.ts";

/** The first finding of a campaign that is attributed to one bug alone. */
export interface Discovery {
  /** The position of the failing plan in the campaign, from 1. */
  readonly runs: number;
  /** Wall-clock time since the start of the campaign. */
  readonly seconds: number;
}

export interface MatrixCampaigns {
  /** Time limit of each campaign, in microseconds. */
  readonly time: number;
  readonly seed: bigint;
  /** Number of campaigns in each release. */
  readonly repeat: bigint;
}

/** The discoveries of all campaigns, by release and bug. Each campaign adds at most one discovery for each bug. */
export class Discoveries {
  private readonly byCell = new Map<string, Discovery[]>();

  add(release: string, bug: string, discovery: Discovery): void {
    this.byCell.set(`${release} ${bug}`, [...this.of(release, bug), discovery]);
  }

  of(release: string, bug: string): readonly Discovery[] {
    return this.byCell.get(`${release} ${bug}`) ?? [];
  }
}

/**
 * Distance between the first seeds of repeated campaigns. It is so large that two campaigns never run the same seed.
 */
const SEED_DISTANCE = 1_000_000n;

/** Runs the campaigns until all are done or `signal` aborts. Calls `starting` before each campaign. */
export async function runMatrixCampaigns(
  bugs: readonly MatrixBug[],
  { repeat, seed, time }: MatrixCampaigns,
  signal: AbortSignal,
  starting: (release: string, campaign: bigint) => void,
): Promise<Discoveries> {
  const discoveries = new Discoveries();
  for (const release of MATRIX_RELEASES) {
    const bugsOfRelease = bugs.filter(({ isIn }) => isIn(behaviorOf(release))).map(({ id }) => id);
    // In a release without any of the bugs, no failure can be due to one of them.
    if (bugsOfRelease.length === 0) continue;
    for (let i = 0n; i < repeat; i++) {
      if (signal.aborted) return discoveries;
      starting(release, i + 1n);
      for (const [bug, discovery] of await runCampaign(
        release,
        bugsOfRelease,
        seed + i * SEED_DISTANCE,
        time,
        signal,
      )) {
        discoveries.add(release, bug, discovery);
      }
    }
  }
  return discoveries;
}

async function runCampaign(
  release: string,
  bugs: readonly string[],
  firstSeed: bigint,
  timeUs: number,
  signal: AbortSignal,
): Promise<Map<string, Discovery>> {
  const discoveries = new Map<string, Discovery>();
  const startedMs = performance.now();
  const found = ({ known: [bug, other], seed }: FoundFile): boolean => {
    if (bug === undefined || other !== undefined || discoveries.has(bug)) return false;
    const seconds = (performance.now() - startedMs) / 1000;
    discoveries.set(bug, { runs: Number(BigInt(seed) - firstSeed) + 1, seconds });
    return bugs.every((id) => discoveries.has(id));
  };
  await runTemporaryCampaign({ zookeeper: release, firstSeed, timeUs }, { found }, signal);
  return discoveries;
}
