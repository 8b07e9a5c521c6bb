/**
 * The identity of a campaign: all settings that influence which plans are drawn from the seeds and how the plans run. A
 * campaign can resume a journal only if the journal has the same identity.
 */
import { createHash } from "node:crypto";
import { writeScenario } from "../scenarios/write-scenario.ts";
import type { CampaignSettings } from "./campaign-settings.ts";
import type { CampaignLine } from "./journal-lines.ts";

type Identity = CampaignLine["campaign"];

/** Thrown if the journal to resume belongs to another campaign. */
export class CampaignMismatchError extends Error {
  override readonly name = "CampaignMismatchError";
}

export function identityOf({ firstSeed, lastSeed, options, shard, version }: CampaignSettings): Identity {
  const { faults, scenario, strategy, zookeeper } = options;
  return {
    version,
    zookeeper,
    strategy: strategy ?? "portfolio",
    faults: faults?.join(",") ?? "all",
    scenario: scenario?.name ?? "drawn",
    content: scenario === undefined ? "drawn" : digestOf(writeScenario(scenario)),
    firstSeed: String(firstSeed),
    lastSeed: lastSeed === undefined ? "open" : String(lastSeed),
    shard: shard.join("/"),
  };
}

/** Throws a CampaignMismatchError if the two identities differ. The message names the first difference. */
export function checkSame(folder: string, before: Identity, now: Identity): void {
  const field = Object.keys(now).find((name) => before[name] !== now[name]);
  if (field === undefined) return;
  const describe = DIFFERENCES[field] ?? ((was, is) => `has ${field} ${was}, this one has ${is}`);
  const difference = describe(before[field] ?? "none", now[field] ?? "none", now);
  throw new CampaignMismatchError(
    `--resume: the campaign in ${folder} ${difference} (accepted: the same campaign, or another --out)`,
  );
}

const DIFFERENCES: Readonly<Record<string, (was: string, is: string, now: Identity) => string>> = {
  version: (was, is) => `was run by zabsim ${was}, this is zabsim ${is}`,
  content: (_was, _is, { scenario }) =>
    `began with another content of scenario ${scenario}: the file, --set or --zookeeper has changed since`,
};

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
