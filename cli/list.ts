/**
 * `zabsim list` prints the items of a kind, such as scenarios or known bugs, with their descriptions. It can also print
 * one item with all its details.
 */

import { relative } from "node:path";
import { ticketNameOf } from "../fuzz/about-bugs.ts";
import { describeRelease } from "../fuzz/about-releases.ts";
import { FAULT_KINDS } from "../fuzz/fault-kinds.ts";
import { KNOWN_BUGS, OPEN_BUGS } from "../fuzz/known-bugs.ts";
import { STRATEGIES } from "../fuzz/strategies.ts";
import { listInvariants } from "../invariants/index.ts";
import { SYNC_RULES } from "../protocol/leader/sync-rules.ts";
import { behaviorOf, RELEASES } from "../protocol/releases.ts";
import { describeFailureReason, FAILURE_REASONS } from "../reports/failure-reasons.ts";
import { listingText } from "../reports/listing.ts";
import { ACTIONS } from "../scenarios/about-actions.ts";
import { didYouMean } from "../scenarios/loading/did-you-mean.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { bugEntries, bugIdOf } from "./list-bugs.ts";
import { type Entry, entryJson, entryLines } from "./list-entry.ts";
import { oneOf, paintFor } from "./options.ts";
import { counted, textWidth, write } from "./output.ts";
import { readScenario, shippedPaths } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

const LISTS: Readonly<Record<string, () => readonly Entry[]>> = {
  scenarios: () => shippedPaths().map(scenarioEntry),
  invariants: () =>
    listInvariants().map(({ id, statement, source }) => ({
      name: id,
      about: `${statement} (${source})`,
      details: () => [
        ["statement", statement],
        ["source", source],
      ],
    })),
  faults: () =>
    Object.entries(FAULT_KINDS).map(([name, { about, parameters }]) => ({
      name,
      about: `${about} (drawn: ${parameters})`,
      details: () => [
        ["about", about],
        ["drawn", parameters],
        ["use it", `zabsim fuzz --faults ${name}`],
      ],
    })),
  actions: () => ACTIONS,
  strategies: () =>
    Object.entries(STRATEGIES).map(([name, { about, share }]) => ({
      name,
      about: `${about} (${share} % of the seeds in the default portfolio)`,
      details: () => [
        ["about", about],
        ["share", `${share} % of the seeds in the default portfolio`],
        ["use it", `zabsim fuzz --strategy ${name}`],
      ],
    })),
  fixes: () =>
    OPEN_BUGS.map(({ cause, effect, fix, id }) => ({
      name: fix,
      about: `fixes ${id} in the release "patched"`,
      details: () => [
        ["bug", id],
        ["cause", cause],
        ["effect", effect],
        ["try it", "zabsim run --zookeeper patched"],
      ],
    })),
  rules: () =>
    Object.entries(SYNC_RULES).map(([name, rule]) => ({
      name,
      about: `${rule.summary} (case ${rule.case} of syncFollower)`,
      details: () => [
        ["condition", rule.summary],
        ["case", `${rule.case} of LearnerHandler#syncFollower`],
        ["in reports", rule.why({ peer: "P", last: "LAST", min: "MIN", max: "MAX", op: "Z" })],
      ],
    })),
  releases: () =>
    RELEASES.map((name) => ({
      name,
      about: describeRelease(name),
      details: () => [["about", describeRelease(name)], ...releaseBugs(name)],
    })),
  bugs: bugEntries,
  failures: () =>
    Object.entries(FAILURE_REASONS).map(([name, reason]) => ({ name, about: describeFailureReason(reason) })),
};

/** The kinds of items that `zabsim list` can print. */
export const LIST_KINDS: readonly string[] = Object.keys(LISTS);

/** Returns the names of all items but scenarios, whose files would have to be read. */
export function listedNames(): readonly string[] {
  return Object.entries(LISTS).flatMap(([kind, entries]) =>
    kind === "scenarios" ? [] : entries().map(({ name }) => name),
  );
}

function scenarioEntry(path: string): Entry {
  const { scenario } = readScenario(path, []);
  const about = scenario.about.trim().replace(/\s+/g, " ");
  const servers = Object.keys(scenario.servers).length;
  return {
    name: scenario.name,
    about,
    details: () => [
      ["about", about],
      ["release", scenario.zookeeper],
      ["size", `${counted(servers, "server")}, ${counted(scenario.steps.length, "step")}`],
      ["file", relative(process.cwd(), path)],
      ["run it", `zabsim run ${scenario.name}`],
      ["replay it", `zabsim replay ${scenario.name}`],
    ],
  };
}

/** Returns the known bugs of a release, one per row. */
function releaseBugs(release: string): readonly (readonly [string, string])[] {
  const bugs = KNOWN_BUGS.filter(({ isIn }) => isIn(behaviorOf(release)));
  return bugs.map((bug) => [ticketNameOf(bug) ?? "open", `${bug.cause} ${bug.effect}`] as const);
}

export async function list(
  what: string | undefined,
  name: string | undefined,
  options: { readonly json?: boolean },
): Promise<number> {
  if (name !== undefined) return listOne(what ?? "", name, options);
  const kinds = what === undefined ? Object.keys(LISTS) : what.split(",");
  const lists = new Map(kinds.map((kind) => [kind, entriesOf(kind)]));
  if (options.json) {
    const brief = [...lists].map(([kind, entries]) => [kind, entries.map(({ about, name }) => ({ name, about }))]);
    await write(`${JSON.stringify(Object.fromEntries(brief), null, 2)}\n`);
    return EXIT_OK;
  }
  for (const [kind, entries] of lists) {
    await write(`${listingText(kind, entries, paintFor(process.stdout), textWidth())}\n`);
  }
  return EXIT_OK;
}

/** Prints one entry of a list with all its details. */
async function listOne(kind: string, name: string, options: { readonly json?: boolean }): Promise<number> {
  const entry = entryOf(kind, name);
  if (options.json) await write(`${JSON.stringify(entryJson(entry), null, 2)}\n`);
  else await write(`${entryLines(entry, textWidth()).join("\n")}\n`);
  return EXIT_OK;
}

function entryOf(kind: string, name: string): Entry {
  if (kind.includes(",")) {
    throw new UsageError(
      `list ${kind} ${name}: a name is accepted only with a single kind (accepted: e.g. list bugs 4643)`,
    );
  }
  const entries = entriesOf(kind);
  const id = (kind === "bugs" ? bugIdOf(name) : undefined) ?? name;
  const entry = entries.find((one) => one.name === id);
  if (entry !== undefined) return entry;
  const names = entries.map((one) => one.name);
  const accepted =
    kind === "bugs"
      ? "a name from `zabsim list bugs`, or a ticket such as 4643 or ZOOKEEPER-4643"
      : `a name from \`zabsim list ${kind}\``;
  throw new UsageError(`list ${kind} ${name}: unknown${didYouMean(name, names)} (accepted: ${accepted})`);
}

function entriesOf(kind: string): readonly Entry[] {
  const name = oneOf("list", kind, Object.keys(LISTS));
  return (LISTS[name] as () => readonly Entry[])();
}
