/** Assertions about the core itself: they fail only if the core has a defect, never because of a network or a disk. */

/** Returns the value. Throws if it is absent; `phase` is the phase in which the value must be present. */
export function assertPresent<Value>(value: Value | null | undefined, name: string, phase: string): Value {
  if (value === null || value === undefined) throw new Error(`defect: no ${name} in phase ${phase}`);
  return value;
}

/**
 * Throws if the phase is not the expected one. Then a callback has reached an object that was not waiting for it.
 */
export function assertPhase<Phase extends string>(phase: Phase, expected: Phase): void {
  if (phase !== expected) throw new Error(`defect: phase ${phase} instead of ${expected}`);
}
