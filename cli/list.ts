/**
 * `zabsim list`: what there is.
 */

import { FAULT_KINDS } from "../fuzz/fault-kinds.ts";
import { MATRIX_BUGS, OPEN_BUGS, ticketOf } from "../fuzz/known-bugs.ts";
import { STRATEGIES } from "../fuzz/strategies.ts";
import { listInvariants } from "../invariants/index.ts";
import { SYNC_RULES } from "../protocol/leader/sync-rules.ts";
import { behaviorOf, RELEASES } from "../protocol/releases.ts";
import { ACTIONS } from "../scenarios/about-actions.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { write } from "./output.ts";
import { bugPaths, readScenario, shippedPaths } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

interface Listed {
  readonly name: string;
  readonly about: string;
}

const RELEASE_NOTES: Readonly<Record<string, string>> = {
  newest: "ZooKeeper's newest release, with the bugs that it has",
  patched: "the newest with the smallest fixes of what campaigns find in it (list fixes)",
};

const LISTS: Readonly<Record<string, () => readonly Listed[]>> = {
  scenarios: () => shippedPaths().map(listScenario),
  invariants: () =>
    listInvariants().map(({ id, statement, source }) => ({ name: id, about: `${statement} (${source})` })),
  faults: () =>
    Object.entries(FAULT_KINDS).map(([name, { about, parameters }]) => ({ name, about: `${about} (${parameters})` })),
  actions: () => ACTIONS,
  strategies: () =>
    Object.entries(STRATEGIES).map(([name, { about, share }]) => ({
      name,
      about: `${about} (${share} % of the portfolio)`,
    })),
  fixes: () => OPEN_BUGS.map(({ fix, id }) => ({ name: fix, about: `mends ${id}; part of the patched release` })),
  rules: () =>
    Object.entries(SYNC_RULES).map(([name, rule]) => ({ name, about: `case ${rule.case}: ${rule.summary}` })),
  releases: () => RELEASES.map((name) => ({ name, about: RELEASE_NOTES[name] ?? bugsIn(name) })),
  bugs: () => bugPaths().map(listScenario),
};

/** What is known of a release; releases.ts has what it changed. */
function bugsIn(release: string): string {
  const tickets = MATRIX_BUGS.filter(({ isIn }) => isIn(behaviorOf(release))).map(ticketOf);
  return tickets.length === 0
    ? `has none of the bugs of matrix, but ${OPEN_BUGS.length} that are open (list fixes)`
    : `has ZOOKEEPER-${tickets.join(", -")}`;
}

function listScenario(path: string): Listed {
  const { scenario } = readScenario(path, []);
  return { name: scenario.name, about: scenario.about.trim().replace(/\s+/g, " ") };
}

export async function list(what: string | undefined, options: { readonly json?: boolean }): Promise<number> {
  const kinds = what === undefined ? Object.keys(LISTS) : what.split(",");
  for (const kind of kinds) {
    if (LISTS[kind] === undefined) {
      throw new UsageError(`list ${kind}: unknown (accepted: ${Object.keys(LISTS).join(", ")})`);
    }
  }
  const lists = Object.fromEntries(kinds.map((kind) => [kind, (LISTS[kind] as () => readonly Listed[])()]));
  if (options.json) {
    await write(`${JSON.stringify(lists, null, 2)}\n`);
    return EXIT_OK;
  }
  for (const [kind, entries] of Object.entries(lists)) {
    const width = Math.max(0, ...entries.map((entry) => entry.name.length));
    const lines = entries.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`);
    await write(`${kind}\n${lines.length > 0 ? lines.join("\n") : "  none yet"}\n`);
  }
  return EXIT_OK;
}
