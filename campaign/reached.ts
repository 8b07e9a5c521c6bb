/** Reads from the journal of a campaign which features and faults the campaign has reached. */
import { reachableFeatures } from "../fuzz/coverage.ts";
import { RELEASES } from "../protocol/releases.ts";
import type { FaultCounts } from "../reports/coverage.ts";
import type { Journal } from "./journal.ts";
import { type CampaignLine, JournalError } from "./journal-lines.ts";

export interface Reached {
  /** The names of the reached features, in the format of fuzz/coverage.ts. */
  readonly features: ReadonlySet<string>;
  readonly faults: FaultCounts;
  /** The names of the features that a campaign of this release can reach, except messages and failures. */
  readonly reachable: readonly string[];
}

export function reachedIn(journal: Journal): Reached {
  let release = "newest";
  const features = new Set<string>();
  const faults = new Map<string, readonly [number, number]>();
  for (const { line, number } of journal.read().lines) {
    if ("campaign" in line) release = releaseOf(line, `${journal.path}:${number}`);
    if (!("block" in line)) continue;
    for (const feature of line.fresh) features.add(feature);
    for (const [kind, [struck, effect]] of Object.entries(line.faults)) {
      const [struckBefore, effectBefore] = faults.get(kind) ?? [0, 0];
      faults.set(kind, [struckBefore + struck, effectBefore + effect]);
    }
  }
  return { features, faults, reachable: reachableFeatures(release) };
}

function releaseOf({ campaign: { zookeeper = "newest" } }: CampaignLine, place: string): string {
  if (RELEASES.some((release) => release === zookeeper)) return zookeeper;
  throw new JournalError(`${place}: zookeeper ${zookeeper}: unknown release (accepted: ${RELEASES.join(", ")})`);
}
