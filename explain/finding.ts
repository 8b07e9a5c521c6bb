/** A finding: an answer to a question that operators ask, with the lines of the logs as evidence. */
import { KNOWN_BUGS, type KnownBug, labelOf } from "../fuzz/known-bugs.ts";
import { behaviorOf, compareVersions, PUBLISHED_RELEASES } from "../protocol/index.ts";
import type { Ensemble } from "./ensemble.ts";
import type { Evidence } from "./history.ts";
import { profileFor } from "./releases.ts";

/** The rules that findings come from. */
export const FINDING_RULES = {
  "snap-not-diff": "why a leader sent a SNAP and not a DIFF",
  "no-leader": "why no server led",
  "never-joins": "why a server found no leader while others had one",
  "exit-at-start": "why a server exited when it started",
  "process-exit": "why a running server exited",
  "leaves-again": "why a learner left its leader again and again",
  "data-discarded": "which transactions a learner threw away, and whether they were committed",
  "empty-disk": "a server started with an empty disk",
  "epoch-went-back": "whether an epoch went back or was used twice",
  "decision-differs": "a decision that the core would not make",
  "digest-mismatch": "a server whose data differ from those that its leader had",
  "known-bug": "the symptom of a known bug",
  configuration: "servers that do not agree about the ensemble",
} as const;

/** The name of a rule. */
export type FindingRule = keyof typeof FINDING_RULES;

/**
 * How bad a finding is. `loss`: committed transactions are lost; `violation`: the protocol's promises are broken;
 * `problem`: servers do not serve as they should; `note`: an explanation.
 */
export type Severity = "loss" | "violation" | "problem" | "note";

/** How sure a finding is. */
export type Certainty = "proven" | "likely" | "possible";

/** An answer to a question of operators. */
export interface Finding {
  readonly rule: FindingRule;
  readonly severity: Severity;
  readonly certainty: Certainty;
  /** The servers that it is about. */
  readonly servers: readonly number[];
  /** The time of the first occurrence by the reference clock. Undefined if it is unknown. */
  readonly timeMs: number | undefined;
  readonly title: string;
  /** The cause, in sentences. */
  readonly cause: string;
  readonly evidence: readonly Evidence[];
  /** What to change, in sentences. */
  readonly advice: readonly string[];
  readonly bug?: BugReference;
}

/** A known bug, and the releases without it. */
export interface BugReference {
  readonly name: string;
  readonly cause: string;
  /** The first release without the bug in each release line from that of the server on, e.g. `3.8.5` and `3.9.2`. */
  readonly fixedIn: readonly string[];
}

type NamedBug = Pick<KnownBug, "id" | "cause" | "isIn">;

/** A rule: finds something in the logs of an ensemble. */
export type FindingOf = (ensemble: Ensemble) => readonly Finding[];

/** The maximum number of evidence lines in a finding. */
export const MAX_EVIDENCE = 8;

/** Bugs that zabsim models, but that have no scenario of their own. */
const BUGS_WITHOUT_SCENARIO: readonly NamedBug[] = [
  {
    id: "ZOOKEEPER-4409",
    cause: "When a follower leaves, a NullPointerException ends its log thread, and the rest of the queue is lost.",
    isIn: ({ learnerShutdown }) => learnerShutdown === "leaves-log-thread-until-ack",
  },
];

const references = new Map<string, BugReference | undefined>();

/** Returns the known bug with this id, if a release has it. */
export function bugIn(id: string, release: string | undefined): BugReference | undefined {
  const key = `${id} ${release}`;
  if (!references.has(key)) references.set(key, referenceTo(id, release));
  return references.get(key);
}

function referenceTo(id: string, release: string | undefined): BugReference | undefined {
  const bug = [...KNOWN_BUGS, ...BUGS_WITHOUT_SCENARIO].find((one) => one.id === id);
  if (bug === undefined || release === undefined || !bug.isIn(behaviorOf(profileFor(release)))) return undefined;
  return { name: labelOf(bug), cause: bug.cause, fixedIn: releasesWithout(bug, release) };
}

/** Returns the known bugs with these ids that a release has. */
export function bugsIn(ids: readonly string[], release: string | undefined): BugReference[] {
  return ids.flatMap((id) => bugIn(id, release) ?? []);
}

/** Returns the names of bugs with the releases free of them, such as `ZOOKEEPER-3911 (not in 3.7.2)`. */
export function bugNames(bugs: readonly BugReference[]): string {
  const names = bugs.map(({ fixedIn, name }) =>
    fixedIn.length === 0 ? name : `${name} (not in ${fixedIn.slice(0, 3).join(", ")})`,
  );
  return listOf(names);
}

/**
 * Returns the part of a finding that names bugs with the same symptom: one bug as the bug of the finding, and several
 * bugs at the end of the cause.
 */
export function namedBugs(
  cause: string,
  bugs: readonly BugReference[],
): Pick<Finding, "cause" | "advice"> & { readonly bug?: BugReference } {
  const [bug, ...others] = bugs;
  if (bug === undefined) return { cause, advice: [] };
  if (others.length > 0) {
    return { cause: `${cause} Known bugs of this release with this symptom: ${bugNames(bugs)}.`, advice: [] };
  }
  const { fixedIn } = bug;
  return {
    ...{ cause, bug },
    advice: fixedIn.length === 0 ? [] : [`Upgrade to ${listOf(fixedIn.slice(0, 3))} or newer.`],
  };
}

/** Returns the first release without the bug in each release line from that of `release` on. */
function releasesWithout(bug: NamedBug, release: string): string[] {
  const lineOf = (one: string): string => one.split(".").slice(0, 2).join(".");
  const newer = PUBLISHED_RELEASES.filter(
    (one) => compareVersions(one, release) > 0 && !bug.isIn(behaviorOf(profileFor(one))),
  );
  const firsts = newer.filter((one, i) => newer.findIndex((other) => lineOf(other) === lineOf(one)) === i);
  return firsts;
}

/** Returns a list in words, such as `1, 2 and 3`. */
export function listOf(items: readonly (string | number)[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** Returns `server 1` or `servers 1 and 2`. */
export function serversText(servers: readonly number[]): string {
  return `${servers.length === 1 ? "server" : "servers"} ${listOf(servers)}`;
}

/** Returns a duration in words, such as `450 ms` or `12.3 s`. */
export function spanText(ms: number): string {
  return Math.abs(ms) < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(Math.abs(ms) < 100_000 ? 1 : 0)} s`;
}

/** Returns the text with a capital first letter. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
