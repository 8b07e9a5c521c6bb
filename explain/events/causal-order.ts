/**
 * Puts the moments of all servers into one order: that of their times, except that a message never arrives before it
 * is sent and that the moments of a server keep the order of its log.
 */
import type { Moment } from "./moment.ts";
import type { MomentMessage } from "./moment-messages.ts";

/** The moments in order, and the messages that agree with it. */
export interface CausalOrder {
  readonly moments: readonly Moment[];
  readonly messages: readonly MomentMessage[];
}

/** Orders the moments. Drops messages that contradict one another. */
export function causalOrder(
  of: ReadonlyMap<number, readonly Moment[]>,
  messages: readonly MomentMessage[],
): CausalOrder {
  const sources = new Map<Moment, Moment[]>();
  for (const { from, to } of messages) {
    const known = sources.get(to);
    if (known === undefined) sources.set(to, [from]);
    else known.push(from);
  }
  const position = new Map<Moment, number>();
  const heads = [...of.values()].map((moments) => ({ moments, next: 0 }));
  const ordered: Moment[] = [];
  for (;;) {
    const open = heads.filter(({ moments, next }) => next < moments.length);
    if (open.length === 0) break;
    const isReady = ({ moments, next }: (typeof heads)[number]): boolean =>
      sources.get(moments[next] as Moment)?.every((source) => position.has(source)) ?? true;
    const ready = open.filter(isReady);
    // If no moment is ready, two messages contradict each other, because clocks changed or lines were paired wrongly.
    const head = earliest(ready.length > 0 ? ready : open);
    const moment = head.moments[head.next++] as Moment;
    position.set(moment, ordered.length);
    ordered.push(moment);
  }
  const isForward = ({ from, to }: MomentMessage): boolean =>
    (position.get(from) as number) < (position.get(to) as number);
  return { moments: ordered, messages: messages.filter(isForward) };
}

interface Head {
  readonly moments: readonly Moment[];
  next: number;
}

function earliest(heads: readonly Head[]): Head {
  const timeOf = ({ moments, next }: Head): number => (moments[next] as Moment).timeMs;
  return heads.reduce((first, head) => (timeOf(head) < timeOf(first) ? head : first));
}
