/**
 * The result of performing an action: a function that undoes it, and a count of its effects. Reports name each action
 * that had no effect because nothing matched.
 */

/** The unit of an effect's count: messages that were lost, held or changed, writes that were accepted, and so on. */
export type EffectKind = "messages" | "writes" | "connections" | "servers" | "disk-operations" | "files";

/** The effect of an action, counted until the end of the run. */
export interface Effect {
  /** What `count` counts. */
  readonly kind: EffectKind;
  /** How many there were. */
  readonly count: number;
}

/** The effect of an action during the run. `count` returns the number so far. */
export interface CountedEffect {
  readonly kind: EffectKind;
  readonly count: () => number;
}

/** The result of performing an action. */
export interface ActionResult {
  /** Absent if the action always takes effect. */
  readonly effect?: CountedEffect;
  /** Absent if the action cannot be undone. */
  readonly undo?: (() => void) | undefined;
}
