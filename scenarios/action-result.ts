/**
 * The result of performing an action: how to undo it, and how much it did. Reports name each action that had no effect
 * because nothing matched.
 */

/** What was affected and is counted: messages lost, held or changed, writes accepted, and so on. */
export type EffectKind = "messages" | "writes" | "connections" | "servers" | "disk-operations" | "files";

/** How much an action has done by the end of the run. */
export interface Effect {
  /** What is counted. */
  readonly kind: EffectKind;
  /** The number. */
  readonly count: number;
}

/** An effect while the run goes on: `count` returns the number so far. */
export interface CountedEffect {
  readonly kind: EffectKind;
  readonly count: () => number;
}

/** The result of performing an action. */
export interface ActionResult {
  /** Absent if the action always takes effect. */
  readonly effect?: CountedEffect;
  /** Absent if the action cannot be undone. */
  readonly undo?: () => void;
}
