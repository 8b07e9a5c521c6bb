/**
 * A session of `zabsim shrink`, which shrinks a scenario file. It saves its best result every second, and a later
 * session can continue from that result.
 */
import { type Failure, failureOf, signatureOf } from "../fuzz/shrink/failure.ts";
import { type ShrunkScenario, shrinkScenario } from "../fuzz/shrink/shrink-scenario.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";

export interface ShrinkSession {
  /** The scenario to shrink, and the seed with which it fails. */
  readonly scenario: Scenario;
  readonly seed: bigint;
  /** The result of an earlier session. Undefined if there was no earlier session. */
  readonly earlier: Scenario | undefined;
  readonly maxRuns: number;
  readonly timeMs: number | undefined;
  readonly isInterrupted: () => boolean;
  /** Called after each run. The session waits for the returned promise. */
  readonly progress: (runs: number, simplifications: number, steps: number) => Promise<void>;
  /** Saves a scenario that fails with this signature. */
  readonly save: (scenario: Scenario, signature: string) => void;
}

export type ShrinkOutcome =
  | { readonly kind: "does-not-fail" }
  /** The result of the earlier session does not fail in the same way as the scenario. */
  | { readonly kind: "earlier-does-not-fail"; readonly signature: string }
  | { readonly kind: "shrunk"; readonly signature: string; readonly shrunk: ShrunkScenario };

const SAVE_EVERY_MS = 1000;

export async function shrinkSession(session: ShrinkSession): Promise<ShrinkOutcome> {
  const { scenario, seed, earlier, maxRuns, timeMs, isInterrupted, progress, save } = session;
  const failure = failureOf(runScenario(scenario, { seed, digest: false }));
  if (failure === undefined) return { kind: "does-not-fail" };
  const signature = signatureOf(failure);
  const startedMs = performance.now();
  let savedMs = startedMs;
  const steps = shrinkScenario(earlier ?? { ...scenario, seed: String(seed) }, failure, {
    maxRuns,
    stop: ({ value }) => {
      const nowMs = performance.now();
      if (nowMs - savedMs > SAVE_EVERY_MS) {
        savedMs = nowMs;
        save(expecting(value, failure), signature);
      }
      return isInterrupted() || (timeMs !== undefined && nowMs - startedMs > timeMs);
    },
  });
  let step = steps.next();
  while (!step.done) {
    const { kept, runs, value } = step.value;
    await progress(runs, kept, value.steps.length);
    step = steps.next();
  }
  const shrunk = step.value;
  if (shrunk === undefined) return { kind: "earlier-does-not-fail", signature };
  save(shrunk.scenario, signature);
  return { kind: "shrunk", signature, shrunk };
}

function expecting(scenario: Scenario, failure: Failure): Scenario {
  if (failure.kind === "stuck") return scenario;
  return { ...scenario, expect: { ...scenario.expect, violates: [failure.id] } };
}
