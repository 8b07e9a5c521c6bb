/**
 * `zabsim list`: prints the items of each given kind, such as faults or invariants, with a description. Default: all
 * kinds.
 */

import { describeRelease } from "../fuzz/about-releases.ts";
import { FAULT_KINDS } from "../fuzz/fault-kinds.ts";
import { OPEN_BUGS } from "../fuzz/known-bugs.ts";
import { STRATEGIES } from "../fuzz/strategies.ts";
import { listInvariants } from "../invariants/index.ts";
import { SYNC_RULES } from "../protocol/leader/sync-rules.ts";
import { RELEASES } from "../protocol/releases.ts";
import { describeFailureReason, FAILURE_REASONS } from "../reports/failure-reasons.ts";
import { type ListEntry, listingText } from "../reports/listing.ts";
import { ACTIONS } from "../scenarios/about-actions.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { oneOf, paintFor } from "./options.ts";
import { textWidth, write } from "./output.ts";
import { bugPaths, readScenario, shippedPaths } from "./scenario-files.ts";

const LISTS: Readonly<Record<string, () => readonly ListEntry[]>> = {
  scenarios: () => shippedPaths().map(scenarioEntry),
  invariants: () =>
    listInvariants().map(({ id, statement, source }) => ({ name: id, about: `${statement} (${source})` })),
  faults: () =>
    Object.entries(FAULT_KINDS).map(([name, { about, parameters }]) => ({
      name,
      about: `${about} (drawn: ${parameters})`,
    })),
  actions: () => ACTIONS,
  strategies: () =>
    Object.entries(STRATEGIES).map(([name, { about, share }]) => ({
      name,
      about: `${about} (${share} % of the seeds in the default portfolio)`,
    })),
  fixes: () => OPEN_BUGS.map(({ fix, id }) => ({ name: fix, about: `fixes ${id} in the release "patched"` })),
  rules: () =>
    Object.entries(SYNC_RULES).map(([name, rule]) => ({
      name,
      about: `${rule.summary} (case ${rule.case} of syncFollower)`,
    })),
  releases: () => RELEASES.map((name) => ({ name, about: describeRelease(name) })),
  bugs: () => bugPaths().map(scenarioEntry),
  failures: () =>
    Object.entries(FAILURE_REASONS).map(([name, reason]) => ({ name, about: describeFailureReason(reason) })),
};

/** The kinds of items that can be listed. */
export const LIST_KINDS: readonly string[] = Object.keys(LISTS);

function scenarioEntry(path: string): ListEntry {
  const { scenario } = readScenario(path, []);
  return { name: scenario.name, about: scenario.about.trim().replace(/\s+/g, " ") };
}

export async function list(what: string | undefined, options: { readonly json?: boolean }): Promise<number> {
  const kinds = what === undefined ? Object.keys(LISTS) : what.split(",");
  const lists = new Map(kinds.map((kind) => [kind, entriesOf(kind)]));
  if (options.json) {
    await write(`${JSON.stringify(Object.fromEntries(lists), null, 2)}\n`);
    return EXIT_OK;
  }
  for (const [kind, entries] of lists) {
    await write(`${listingText(kind, entries, paintFor(process.stdout), textWidth())}\n`);
  }
  return EXIT_OK;
}

function entriesOf(kind: string): readonly ListEntry[] {
  const name = oneOf("list", kind, Object.keys(LISTS));
  return (LISTS[name] as () => readonly ListEntry[])();
}
