/** Assertions about the core itself: they fail only if the core has a defect, never because of a network or a disk. */

/** Returns the value. Throws if it is absent; `phase` is the phase that guarantees it. */
export function assertPresent<Value>(value: Value | null | undefined, name: string, phase: string): Value {
  if (value === null || value === undefined) throw new Error(`defect: no ${name} in phase ${phase}`);
  return value;
}
