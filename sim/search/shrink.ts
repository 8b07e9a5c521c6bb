/**
 * Makes a failing value as small as it gets while it still fails.
 *
 * A pass is a generator that offers simpler values one by one and is told of each whether it still fails; it goes on from
 * the last one that does. Passes are repeated until none of them finds anything, or the budget of runs is used up. What has
 * been reached by then fails too, so that shrinking may be broken off and taken up again with it.
 */
export type Pass<Value> = (value: Value) => Generator<Value, Value, boolean>;

export interface ShrinkProgress<Value> {
  readonly value: Value;
  /** How often a candidate was tried. */
  readonly runs: number;
  /** How often one of them still failed. */
  readonly kept: number;
}

export interface ShrinkOptions<Value> {
  readonly passes: readonly Pass<Value>[];
  readonly fails: (candidate: Value) => boolean;
  readonly maxRuns: number;
  /** Told after each success; true ends the shrinking. */
  readonly stop?: (progress: ShrinkProgress<Value>) => boolean;
}

export interface Shrunk<Value> extends ShrinkProgress<Value> {
  /** No pass finds anything simpler any more. */
  readonly complete: boolean;
}

export function shrink<Value>(start: Value, options: ShrinkOptions<Value>): Shrunk<Value> {
  const steps = shrinkStepwise(start, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same, yielding after each run: for callers that have other things to do between two of them. */
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

/** A pass that leaves out items of a list: halves first, then quarters, down to single ones (ddmin, Zeller 2002). */
export function withoutItems<Value, Item>(
  itemsOf: (value: Value) => readonly Item[],
  withItems: (value: Value, items: readonly Item[]) => Value,
): Pass<Value> {
  return function* (start) {
    let value = start;
    for (let size = Math.ceil(itemsOf(value).length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      // From the end: what comes last depends on what comes before.
      for (let end = itemsOf(value).length; end > 0; end -= size) {
        const items = itemsOf(value);
        const candidate = withItems(value, [...items.slice(0, Math.max(0, end - size)), ...items.slice(end)]);
        if (yield candidate) value = candidate;
      }
    }
    return value;
  };
}

/** A pass that tries simpler forms of each item in turn, the simplest first, each as long as there is one that fails. */
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

/** A pass that tries simpler forms of the whole value. */
export function simplerWhole<Value>(simpler: (value: Value) => Iterable<Value>): Pass<Value> {
  return simplerItems(
    (value) => [value],
    (_value, [item]) => item as Value,
    simpler,
  );
}
