/**
 * How often plans fail because of the bugs that campaigns rarely find: the rows of docs/matrix-rates.json, which `npm
 * run matrix -- --rates` writes, and the lines about them in docs/matrix.md.
 */
import { countOf } from "./format.ts";
import type { MatrixEntry } from "./matrix.ts";

/** How often plans fail because of one bug in one release. */
export interface BugRate {
  /** The ticket, e.g. `ZOOKEEPER-3911`, or the name of the scenario if the bug has no ticket. */
  readonly bug: string;
  readonly release: string;
  /** The only kind of fault in the plans. Undefined if the plans have all kinds, as in a campaign. */
  readonly faults?: string;
  /** The number of plans that were drawn, from seed 1 on. */
  readonly plans: number;
  /** The number of these plans that fail because of the bug if all other known bugs are fixed. */
  readonly alone: number;
  /** The number of these plans that fail because of the bug alone in the release as it is. */
  readonly found: number;
}

/** Returns the bugs that fewer than half of the campaigns found in at least one release that has them. */
export function rarelyFound(entries: readonly MatrixEntry[]): string[] {
  const isRare = ({ campaigns = 0, expected, median }: MatrixEntry): boolean =>
    expected && campaigns > 0 && median === undefined;
  return [...new Set(entries.filter(isRare).map(({ bug }) => bug))];
}

/** Returns one sentence or two about each bug that the campaigns rarely found and whose rate is known. */
export function rateTexts(entries: readonly MatrixEntry[], rates: readonly BugRate[]): string[] {
  return rarelyFound(entries).flatMap((bug) => {
    const rate = rates.find((one) => one.bug === bug);
    return rate === undefined ? [] : [rateText(entries, rate)];
  });
}

function rateText(entries: readonly MatrixEntry[], { alone, bug, faults, found, plans, release }: BugRate): string {
  const searched = entries.filter((entry) => entry.bug === bug && entry.expected);
  const met = searched.reduce((sum, entry) => sum + (entry.met ?? 0), 0);
  const campaigns = searched.reduce((sum, entry) => sum + (entry.campaigns ?? 0), 0);
  const name = release === "newest" ? "the newest release" : release;
  const kind = faults === undefined ? "" : ` that have no other fault than \`${faults}\``;
  const ofPlans = `${alone} of ${countOf(plans, "plan")}${kind} ${alone === 1 ? "fails" : "fail"} because of it`;
  const only = faults === undefined ? "" : `--faults ${faults} `;
  return (
    `${bug}: ${met} of ${countOf(campaigns, "campaign")} found it. In ${name} with all other known bugs fixed, ` +
    `${ofPlans}${reasonOf(alone, found)} (\`npm run matrix -- --rates ${only}--plans ${plans} ${bug}\`).`
  );
}

/** Returns how many of the plans still fail because of the bug if the other bugs are not fixed. */
function reasonOf(alone: number, found: number): string {
  if (alone === 0) return "";
  if (found >= alone) return ", and as many in the release as it is";
  return `, but only ${found} in the release as it is, because of its other bugs`;
}
