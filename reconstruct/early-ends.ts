/** Processes that end directly after their last lines. No log shows when servers that end together are killed. */
import { asServerId } from "../protocol/zxid.ts";
import type { Scenario, Trigger } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import { type CrashStep, crashesIn, readyMsOf } from "./scenario-steps.ts";

/** The time after the last line at which the processes end, in milliseconds. */
const AFTER_MS = 0.5;
/** The time before this line at which an end that waits for the event of the line is ready. */
const READY_MS = 20;

/** The last line of servers that end together. */
interface LastLine {
  readonly server: number;
  readonly atMs: number;
  readonly text: string;
}

/** Returns the scenario in which servers that are killed together end directly after the last line of all of them. */
export function withEarlyEnds(scenario: Scenario, { observations }: Evidence): Scenario {
  const crashes = crashesIn(scenario).map(({ step }) => step);
  const earlier = (step: CrashStep): CrashStep => {
    const group = crashes.filter(({ from }) => from === step.from).map(({ crash }) => Number(crash.server));
    const last = group
      .flatMap((server) => (observations.get(server) ?? []).map((line): LastLine => ({ ...line, server })))
      .filter(({ atMs }) => atMs <= readyMsOf(step))
      .reduce<LastLine | undefined>((a, b) => (a === undefined || b.atMs > a.atMs ? b : a), undefined);
    const isEarlier = group.length > 1 && last !== undefined && last.atMs + AFTER_MS < readyMsOf(step);
    return isEarlier ? { ...step, ...after(last) } : step;
  };
  const steps = scenario.steps.map((step) => ("crash" in step ? earlier(step) : step));
  return steps.every((step, index) => step === scenario.steps[index]) ? scenario : { ...scenario, steps };
}

/** A leader that is established sends messages immediately, so its end must not depend on the time. */
function after({ atMs, server, text }: LastLine): Trigger {
  if (!text.startsWith("established")) return { from: msText(atMs + AFTER_MS) };
  const when = { event: "established", server: asServerId(server), nth: 1 } as const;
  return { from: msText(Math.max(0, atMs - READY_MS)), when };
}
