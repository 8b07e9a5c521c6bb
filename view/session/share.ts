/**
 * Structural sharing: keeps the parts of an old value that are equal in a new one, so that a run of 100,000 events
 * stores only what changes, and a reader finds a change by comparing two references.
 */

/** Returns `next`, with every part that equals the same part of `before` replaced by it. Class instances are atoms. */
export function share<Value>(before: Value | undefined, next: Value): Value {
  if (before === undefined || before === next) return next;
  if (Array.isArray(next)) return Array.isArray(before) ? (shareList(before, next) as Value) : next;
  if (isRecord(next) && isRecord(before)) return shareRecord(before, next) as Value;
  return next;
}

function shareList(before: readonly unknown[], next: unknown[]): readonly unknown[] {
  let isSame = before.length === next.length;
  for (let i = 0; i < next.length; i++) {
    if (i < before.length) next[i] = share(before[i], next[i]);
    if (next[i] !== before[i]) isSame = false;
  }
  return isSame ? before : next;
}

function shareRecord(before: Record<string, unknown>, next: Record<string, unknown>): Record<string, unknown> {
  let isSame = true;
  for (const key in next) {
    next[key] = share(before[key], next[key]);
    if (next[key] !== before[key]) isSame = false;
  }
  return isSame ? before : next;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
