/** The shape of a known bug (known-bugs.ts). */
import type { Role } from "../../invariants/violation.ts";
import type { Behavior, Fix } from "../../protocol/index.ts";

export interface KnownBug {
  /** The name of the scenario in scenarios/bugs/ that reproduces the bug, or `ZOOKEEPER-N` if there is none. */
  readonly id: string;
  /** The error in ZooKeeper's code, as one sentence. */
  readonly cause: string;
  /** The consequence of the bug. */
  readonly effect: string;
  /** Whether a release with this behavior has the bug. */
  readonly isIn: (behavior: Behavior) => boolean;
  /**
   * Whether a release has the cause of the bug. Undefined if only the releases that have the bug have its cause. In the
   * other releases, the cause can violate an invariant but has no other effect, and the failure is attributed to the
   * bug.
   */
  readonly hasCause?: (behavior: Behavior) => boolean;
  /** The smallest change of behavior that fixes the bug. */
  readonly fixedBehavior: Partial<Behavior>;
  /**
   * Other bugs that `fixedBehavior` also fixes. If the fix of one of these other bugs is enough to avoid a failure, the
   * failure is attributed to that other bug.
   */
  readonly alsoFixes?: readonly string[];
  /**
   * Behaviors that are not part of the bug but determine how often it occurs. Attribution keeps them unchanged when it
   * fixes all other bugs.
   */
  readonly keptBehaviors?: readonly (keyof Behavior)[];
  /** Other scenarios in scenarios/bugs/ that show the bug. */
  readonly alsoShownBy?: readonly string[];
  /** The role of the server at which the bug violates an invariant. Undefined if the server can have any role. */
  readonly role?: Role;
  /** True if the bug only prevents servers from serving, and violates no invariant. */
  readonly onlyLiveness?: true;
  /**
   * The releases that have the bug according to its ticket or its known cause. Undefined if these releases are unknown.
   */
  readonly affected?: readonly string[];
  /** Other releases in which the scenario of the bug violates the same invariant, and the reason. */
  readonly alsoIn?: { readonly releases: readonly string[]; readonly why: string };
}

/** A bug that the newest release still has. The rest of a KnownBug follows from the behavior that fixes it. */
export type OpenBug = Pick<
  KnownBug,
  "affected" | "alsoFixes" | "alsoIn" | "alsoShownBy" | "cause" | "effect" | "id" | "onlyLiveness" | "role"
> & {
  /** The behavior without which a release cannot have the bug. */
  readonly needs?: keyof Behavior;
  /** The behavior without which a release cannot have the cause of the bug. Default: `needs`. */
  readonly causeNeeds?: keyof Behavior;
  /** The behavior with which a release cannot have the bug. */
  readonly unless?: keyof Behavior;
};

/** Bugs that the newest release still has, by the behavior that fixes them. */
export type OpenBugs = Readonly<Partial<Record<Fix, OpenBug>>>;
