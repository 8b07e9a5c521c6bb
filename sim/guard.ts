/**
 * Poisons the sources of nondeterminism while an action runs: clocks, timers, microtasks and unseeded randomness throw
 * an error that names the replacement. The globals are always restored.
 *
 * This catches uses that the lint rules cannot see, such as those in a dependency or by a computed name. It is not a
 * sandbox: code that stored a reference to such a function earlier can still call it. The action must be synchronous.
 */

const CLOCK = "the time is World.nowUs";
const TIMERS = "use Node.setTimer or World.at";
const RANDOM = "draw from Node.random or a stream of World.random";

/**
 * Runs an action with poisoned globals, and returns its result. Throws an Error if the action uses a clock, a timer or
 * unseeded randomness.
 */
export function guarded<T>(action: () => T): T {
  const restore: (() => void)[] = [];
  try {
    for (const [owner, name, poison] of poisons()) restore.push(replaced(owner, name, poison));
    return action();
  } finally {
    for (const undo of restore.reverse()) undo();
  }
}

type Poison = readonly [owner: object | undefined, name: string, poison: unknown];

function poisons(): Poison[] {
  const world = globalThis as unknown as Record<string, object | undefined>;
  const RealDate = Date;
  const poisonedDate = new Proxy(RealDate, {
    construct(target, values): object {
      // A Date that is constructed from a given time is deterministic.
      if (values.length === 0) throw forbidden("new Date()", CLOCK);
      return Reflect.construct(target, values) as object;
    },
    apply(): never {
      throw forbidden("Date()", CLOCK);
    },
    get(target, property, receiver): unknown {
      return property === "now" ? forbid("Date.now", CLOCK) : Reflect.get(target, property, receiver);
    },
  });
  return [
    [world, "Date", poisonedDate],
    [Math, "random", forbid("Math.random", RANDOM)],
    [world.performance, "now", forbid("performance.now", CLOCK)],
    [world, "setTimeout", forbid("setTimeout", TIMERS)],
    [world, "setInterval", forbid("setInterval", TIMERS)],
    [world, "setImmediate", forbid("setImmediate", TIMERS)],
    [world, "queueMicrotask", forbid("queueMicrotask", "handlers are synchronous")],
    [world.crypto, "randomUUID", forbid("crypto.randomUUID", RANDOM)],
    [world.crypto, "getRandomValues", forbid("crypto.getRandomValues", RANDOM)],
  ];
}

function forbid(name: string, instead: string): () => never {
  return () => {
    throw forbidden(name, instead);
  };
}

function forbidden(name: string, instead: string): Error {
  return new Error(`${name} is not allowed inside a simulation: ${instead}`);
}

/** Replaces a global with a poison. Returns a function that restores it. */
function replaced(owner: object | undefined, name: string, poison: unknown): () => void {
  if (owner === undefined || !(name in owner)) return () => undefined;
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value: poison, configurable: true, enumerable: true, writable: true });
  return () => {
    // If the original is inherited, deleting the poison makes it visible again.
    if (before === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, before);
  };
}
