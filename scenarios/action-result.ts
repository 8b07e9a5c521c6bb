/**
 * The result of performing an action: a function that undoes it, and a count of its effects. A report names each action
 * that had no effect, for example because no message matched it.
 */

/** The unit of an effect's count: messages that were lost, held or changed, writes that were accepted, and so on. */
export type EffectKind =
  | "messages"
  | "writes"
  | "connections"
  | "accepts"
  | "servers"
  | "config-writes"
  | "reconfigurations"
  | "threads"
  | "disk-operations"
  | "files";

/** The effect of an action, counted until the end of the run. */
export interface Effect {
  /** The unit of `count`. */
  readonly kind: EffectKind;
  /** The number of messages, writes or other units that the action affected. */
  readonly count: number;
}

/**
 * The effect of an action during the run. `count` returns how many messages, connections, servers or files the action
 * has affected so far.
 */
export interface CountedEffect {
  readonly kind: EffectKind;
  readonly count: () => number;
}

/** The result of performing an action. */
export interface ActionResult {
  /** The count of the action's effects; absent if the action always has an effect. */
  readonly effect?: CountedEffect;
  /** What differs from the expected result of the action; absent if nothing does. */
  readonly problem?: string | undefined;
  /** Undoes the action; absent if the action cannot be undone. */
  readonly undo?: (() => void) | undefined;
}
