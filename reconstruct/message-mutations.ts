/** Drawn faults of messages, connections and links. */
import { asServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { msText } from "./durations.ts";
import { delayOf, holdOf, matchOf, readyAt } from "./moment-steps.ts";
import { durationOf, focusMs, type MutationContext, momentNear, pickOne, pickServer } from "./mutation-context.ts";
import { withSteps } from "./scenario-steps.ts";
import { initTimeoutMs, syncTimeoutMs, tickMs } from "./timeouts.ts";
import type { RunMoment } from "./trial.ts";

const isMessage = ({ to }: RunMoment): boolean => to !== undefined;
const concerns =
  (server: number | undefined) =>
  (one: RunMoment): boolean =>
    server === undefined || one.server === server || one.to === server;

/** The events that a read that times out causes. */
const TIMEOUT = /Read timed out|leader-shutdown|learner-closed|handler-failed/;

/**
 * A read that timed out shows when the last packet arrived: one limit earlier. Holds one of the messages that would
 * have come next.
 */
export function holdBeforeTimeout(context: MutationContext): Scenario | undefined {
  const { random, trial } = context;
  const { settings } = trial.scenario;
  const timeouts = trial.comparison.missing.filter(({ text }) => TIMEOUT.test(text));
  const focus = pickOne(random, timeouts.slice(0, 3));
  if (focus === undefined) return undefined;
  const fromMs = focus.atMs - random.pick([initTimeoutMs(settings), syncTimeoutMs(settings)]);
  const next = context.moments.filter(
    (one) =>
      isMessage(one) &&
      one.moment.message !== "NOTIFICATION" &&
      one.atMs >= fromMs - 3 &&
      one.atMs <= fromMs + tickMs(settings) &&
      (one.to === focus.server || random.chance(0.2)),
  );
  const first = next[Math.min(next.length - 1, random.below(4))];
  return first && withSteps(trial.scenario, holdOf(first));
}

/** Holds, delays, drops or resets one message. */
export function interfereNearFocus(context: MutationContext): Scenario | undefined {
  const {
    focus,
    random,
    trial: { scenario },
  } = context;
  const close = random.chance(0.7) ? concerns(focus?.server) : () => true;
  const message = momentNear(context, (one) => isMessage(one) && close(one));
  if (message === undefined) return undefined;
  const kind = random.below(10);
  if (kind < 4) return withSteps(scenario, { ...holdOf(message), ...durationOf(context) });
  if (kind < 8) return withSteps(scenario, delayOf(message, delayMs(context)));
  const fault = { match: matchOf(message), count: 1 };
  return withSteps(scenario, { from: readyAt(message), ...(kind < 9 ? { drop: fault } : { reset: fault }) });
}

/** A delay: that of an event which the run shows earlier than the logs, or any. */
function delayMs({ random, trial: { comparison } }: MutationContext): number {
  const late = comparison.missing.flatMap(({ atMs, server, text }) =>
    comparison.extra
      .filter((one) => one.text === text && one.server === server && one.atMs < atMs)
      .map((one) => atMs - one.atMs),
  );
  const known = pickOne(random, late);
  if (known !== undefined && random.chance(0.7)) return known;
  return random.pick([1, 3, 10, 30, 100, 300, 1000, 3000]) * (0.5 + random.u01());
}

export function disconnectNearFocus(context: MutationContext): Scenario | undefined {
  const {
    focus,
    random,
    trial: { scenario },
  } = context;
  if (focus === undefined) return undefined;
  const from = pickOne(
    random,
    serverIdsOf(scenario.servers).filter((sid) => sid !== focus.server),
  );
  if (from === undefined) return undefined;
  const disconnect = { server: asServerId(focus.server), from };
  if (random.chance(0.5)) return withSteps(scenario, { from: msText(focus.atMs - random.u01() * 2), disconnect });
  const anchor = momentNear(context, concerns(focus.server));
  return anchor && withSteps(scenario, { from: readyAt(anchor), when: anchor.moment, disconnect });
}

export function isolateServer(context: MutationContext): Scenario | undefined {
  const {
    random,
    trial: { scenario },
  } = context;
  const server = pickServer(context, 0.6);
  const limits = [0, syncTimeoutMs(scenario.settings), initTimeoutMs(scenario.settings)];
  const back = random.pick(limits) + random.u01() * random.pick([1, 20, 200]);
  const from = msText(focusMs(context) - back);
  const others = serverIdsOf(scenario.servers).filter((sid) => sid !== server);
  const kind = random.below(3);
  if (kind === 0) return withSteps(scenario, { from, isolate: server, ...durationOf(context) });
  const [one, other] = [[server], [random.pick(others)]];
  const cutOneWay = kind === 1 ? { from: one, to: other } : { from: other, to: one };
  return withSteps(scenario, { from, cutOneWay, ...durationOf(context) });
}

/** Splits the servers in two groups for a time. */
export function partitionNearFocus(context: MutationContext): Scenario | undefined {
  const {
    random,
    trial: { scenario },
  } = context;
  const limits = [0, 0, syncTimeoutMs(scenario.settings), initTimeoutMs(scenario.settings)];
  const back = random.pick(limits) + random.u01() * random.pick([1, 20, 200]);
  const from = msText(focusMs(context) - back);
  const lasts = durationOf(context);
  const ids = serverIdsOf(scenario.servers);
  const sides = ids.map(() => random.chance(0.5));
  const [one = [], other = []] = [true, false].map((side) => ids.filter((_, i) => sides[i] === side));
  if (one.length === 0 || other.length === 0) return undefined;
  return withSteps(scenario, { from, partition: [one, other], ...lasts });
}
