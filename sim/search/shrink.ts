/**
 * Shrinks a failing value: searches for the smallest value that still fails.
 *
 * A pass is a generator that yields simpler values one by one. For each value, the pass receives whether that value
 * still fails. It continues from the last value that failed. The passes repeat until none of them finds a simpler
 * failing value, or until the budget of runs is used up. The current value always fails, so shrinking can stop at any
 * time and continue later from that value.
 */
export type Pass<Value> = (value: Value) => Generator<Value, Value, boolean>;

/** The state of a search. */
export interface ShrinkProgress<Value> {
  /** The smallest value so far that fails. */
  readonly value: Value;
  /** Number of candidates tried. */
  readonly runs: number;
  /** Number of candidates that still failed. */
  readonly kept: number;
}

/** The options of a search: its passes, its test, and its limits. */
export interface ShrinkOptions<Value> {
  /** The passes, in the order of their use. */
  readonly passes: readonly Pass<Value>[];
  /** Returns whether a candidate still fails. */
  readonly fails: (candidate: Value) => boolean;
  /** The largest number of candidates to try. */
  readonly maxRuns: number;
  /** Called after each run. If it returns true, the shrinking ends. */
  readonly stop?: (progress: ShrinkProgress<Value>) => boolean;
}

/** The result of a search. */
export interface Shrunk<Value> extends ShrinkProgress<Value> {
  /** Whether the search ended because no pass found a simpler failing value. */
  readonly complete: boolean;
}

/** Searches for the smallest value that still fails. `start` must fail. */
export function shrink<Value>(start: Value, options: ShrinkOptions<Value>): Shrunk<Value> {
  const steps = shrinkStepwise(start, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Does the same as `shrink`, but yields after each run, for callers that have other work to do. */
export function* shrinkStepwise<Value>(
  start: Value,
  { passes, fails, maxRuns, stop }: ShrinkOptions<Value>,
): Generator<ShrinkProgress<Value>, Shrunk<Value>> {
  let value = start;
  let runs = 0;
  let kept = 0;
  for (let progress = true; progress; ) {
    progress = false;
    for (const pass of passes) {
      const candidates = pass(value);
      let step = candidates.next();
      while (!step.done) {
        if (runs >= maxRuns) return { value, runs, kept, complete: false };
        runs++;
        const candidate = step.value;
        const failing = fails(candidate);
        if (failing) {
          value = candidate;
          kept++;
          progress = true;
        }
        const state = { value, runs, kept };
        if (stop?.(state)) return { ...state, complete: false };
        yield state;
        step = candidates.next(failing);
      }
    }
  }
  return { value, runs, kept, complete: true };
}

/**
 * Returns a pass that removes items of a list: halves first, then quarters, down to single items (ddmin, Zeller 2002).
 */
export function withoutItems<Value, Item>(
  itemsOf: (value: Value) => readonly Item[],
  withItems: (value: Value, items: readonly Item[]) => Value,
): Pass<Value> {
  return function* (start) {
    let value = start;
    for (let size = Math.ceil(itemsOf(value).length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      // Starts at the end, because later items can depend on earlier ones.
      for (let end = itemsOf(value).length; end > 0; end -= size) {
        const items = itemsOf(value);
        const candidate = withItems(value, [...items.slice(0, Math.max(0, end - size)), ...items.slice(end)]);
        if (yield candidate) value = candidate;
      }
    }
    return value;
  };
}

/** Returns a pass that tries simpler forms of each item, the simplest first, as long as one of them fails. */
export function simplerItems<Value, Item>(
  itemsOf: (value: Value) => readonly Item[],
  withItems: (value: Value, items: readonly Item[]) => Value,
  simpler: (item: Item, value: Value) => Iterable<Item>,
): Pass<Value> {
  return function* (start) {
    let value = start;
    for (let index = 0; index < itemsOf(value).length; index++) {
      for (let again = true; again; ) {
        again = false;
        const items = itemsOf(value);
        for (const item of simpler(items[index] as Item, value)) {
          const candidate = withItems(value, items.with(index, item));
          if (!(yield candidate)) continue;
          value = candidate;
          again = true;
          break;
        }
      }
    }
    return value;
  };
}

/** Returns a pass that tries simpler forms of the whole value. */
export function simplerWhole<Value>(simpler: (value: Value) => Iterable<Value>): Pass<Value> {
  return simplerItems(
    (value) => [value],
    (_value, [item]) => item as Value,
    simpler,
  );
}
