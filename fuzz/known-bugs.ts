/**
 * The known bugs of ZooKeeper that zabsim reproduces: bugs that a release has fixed, and bugs that the newest release
 * still has. Each bug names the behaviors that fix it (behavior.ts). These behaviors determine which releases have the
 * bug. attribution.ts applies them to find the bug that explains a failure. The folder known-bugs/ has one table for
 * each area.
 */
import { type Behavior, FIXES, type Fix } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { FIXED_ELECTION_BUGS, OPEN_ELECTION_BUGS } from "./known-bugs/election-bugs.ts";
import type { KnownBug, OpenBug } from "./known-bugs/known-bug.ts";
import { FIXED_RECONFIGURATION_BUGS, OPEN_RECONFIGURATION_BUGS } from "./known-bugs/reconfiguration-bugs.ts";
import { FIXED_STORAGE_BUGS, OPEN_STORAGE_BUGS } from "./known-bugs/storage-bugs.ts";
import { FIXED_SYNCHRONIZATION_BUGS, OPEN_SYNCHRONIZATION_BUGS } from "./known-bugs/synchronization-bugs.ts";

export type { KnownBug } from "./known-bugs/known-bug.ts";

/** Bugs that a later release of ZooKeeper fixes. */
const FIXED_BUGS: readonly KnownBug[] = [
  ...FIXED_SYNCHRONIZATION_BUGS,
  ...FIXED_RECONFIGURATION_BUGS,
  ...FIXED_ELECTION_BUGS,
  ...FIXED_STORAGE_BUGS,
];

const BUG_OF_FIX: Readonly<Record<Fix, OpenBug>> = {
  ...OPEN_SYNCHRONIZATION_BUGS,
  ...OPEN_RECONFIGURATION_BUGS,
  ...OPEN_ELECTION_BUGS,
  ...OPEN_STORAGE_BUGS,
};

/** Bugs that the newest release of ZooKeeper still has; the release `patched` has their fixes. */
export const OPEN_BUGS: readonly (KnownBug & { readonly fix: Fix })[] = FIXES.map((fix) => {
  const { causeNeeds, needs, unless, ...bug } = BUG_OF_FIX[fix];
  const lacksFix =
    (needed: keyof Behavior | undefined) =>
    (one: Behavior): boolean =>
      !one[fix] && (needed === undefined || one[needed] === true) && (unless === undefined || !one[unless]);
  return {
    ...bug,
    fix,
    isIn: lacksFix(needs),
    ...(causeNeeds && { hasCause: lacksFix(causeNeeds) }),
    fixedBehavior: { [fix]: true },
  };
});

export const KNOWN_BUGS: readonly KnownBug[] = [...FIXED_BUGS, ...OPEN_BUGS];

/** A bug whose affected releases are known: a row of `zabsim matrix`. */
export interface MatrixBug extends KnownBug {
  readonly affected: readonly string[];
}

export const MATRIX_BUGS: readonly MatrixBug[] = KNOWN_BUGS.filter(
  (bug): bug is MatrixBug => bug.affected !== undefined,
);

/** Returns the name of the bug in the matrix: the number of its ticket, or the name of its scenario. */
export function rowNameOf(bug: MatrixBug): string {
  return labelOf(bug).replace("ZOOKEEPER-", "");
}

/** Returns the test for releases in which the cause of the bug can make a run fail. */
export function causeOf({ hasCause, isIn }: Pick<KnownBug, "hasCause" | "isIn">): KnownBug["isIn"] {
  return hasCause ?? isIn;
}

/** Returns the known bugs whose cause a release has. */
export function bugsOfRelease(release: string): KnownBug[] {
  return KNOWN_BUGS.filter((bug) => causeOf(bug)(behaviorOf(release)));
}

/**
 * Returns the name of the bug in output: its ticket, such as `ZOOKEEPER-3911`, or the name of its scenario if it has no
 * ticket.
 */
export function labelOf({ id }: Pick<KnownBug, "id">): string {
  const ticket = /^zookeeper-(\d+)/i.exec(id)?.[1];
  return ticket === undefined ? id : `ZOOKEEPER-${ticket}`;
}
