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
import { ACTIONS } from "../scenarios/about-actions.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { oneOf } from "./options.ts";
import { write } from "./output.ts";
import { bugPaths, readScenario, shippedPaths } from "./scenario-files.ts";

interface Entry {
  readonly name: string;
  readonly about: string;
}

const LISTS: Readonly<Record<string, () => readonly Entry[]>> = {
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
};

function scenarioEntry(path: string): Entry {
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
    const width = Math.max(0, ...entries.map((entry) => entry.name.length));
    const lines = entries.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`);
    await write(`${kind}\n${lines.join("\n")}\n`);
  }
  return EXIT_OK;
}

function entriesOf(kind: string): readonly Entry[] {
  const name = oneOf("list", kind, Object.keys(LISTS));
  return (LISTS[name] as () => readonly Entry[])();
}
