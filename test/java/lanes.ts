/** Runs asynchronous work several at a time, or one at a time. */

/** Runs all of `work`, started in this order, with at most `lanes` at a time. Returns the results in the same order. */
export async function inLanes<T>(lanes: number, work: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const waiting = work.entries();
  const lane = async (): Promise<void> => {
    for (const [i, run] of waiting) results[i] = await run();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

/** Returns `work` as a function whose calls wait for each other. */
export function oneAtATime<A extends unknown[], T>(work: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (...args) => {
    const result = last.then(() => work(...args));
    last = result.catch(() => undefined);
    return result;
  };
}
