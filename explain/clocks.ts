/**
 * Estimates how far the clocks of the servers differ. A message cannot arrive before it was sent: each message between
 * two servers whose sending and arrival are both logged bounds the difference from one side.
 */

/** A message that both sides log: the sender not later than the sending, the receiver not earlier than the arrival. */
export interface Message {
  readonly from: number;
  readonly sentMs: number;
  readonly to: number;
  readonly receivedMs: number;
}

/** The estimated difference of a server's clock. */
export interface ClockOffset {
  readonly server: number;
  /** The server with whose clock this clock is compared. */
  readonly reference: number;
  /** The estimate in milliseconds: positive if the clock is ahead of the clock of the reference. */
  readonly offsetMs: number;
  /** The smallest and the largest difference that the messages permit. Undefined if no message bounds it. */
  readonly minMs: number | undefined;
  readonly maxMs: number | undefined;
  /** The number of messages that bound the difference. */
  readonly messages: number;
  /** Whether the messages contradict each other, so that the difference changes within the logs. */
  readonly changes: boolean;
}

/** A limit for (clock of `to`) - (clock of `from`): it is at most `ms`. */
interface Limit {
  ms: number;
  count: number;
}

/**
 * Returns the offset of each server's clock. The reference is the first server. If a clock may be equal to that of the
 * reference, the estimate is 0. Otherwise, it is the middle of the possible differences.
 */
export function clockOffsets(servers: readonly number[], messages: readonly Message[]): ClockOffset[] {
  const reference = servers[0];
  if (reference === undefined) return [];
  const limits = limitsOf(messages);
  const upper = shortestFrom(reference, servers, limits, false);
  const lower = shortestFrom(reference, servers, limits, true);
  return servers.map((server) => {
    const count = messages.filter(({ from, to }) => from === server || to === server).length;
    if (server === reference) {
      return { server, reference, offsetMs: 0, minMs: 0, maxMs: 0, messages: count, changes: false };
    }
    const maxMs = upper.get(server);
    const least = lower.get(server);
    const minMs = least === undefined ? undefined : -least;
    const changes = minMs !== undefined && maxMs !== undefined && minMs > maxMs;
    return { server, reference, offsetMs: estimate(minMs, maxMs), minMs, maxMs, messages: count, changes };
  });
}

/** The message from A to B bounds the clocks: clock of A - clock of B is at most sentMs... seen at B. */
function limitsOf(messages: readonly Message[]): Map<string, Limit> {
  // (clock of `from`) - (clock of `to`) <= sentMs - receivedMs would hold if the clocks showed the same time, so
  // sentMs - offset(from) <= receivedMs - offset(to), which means offset(from) - offset(to) >= sentMs - receivedMs and
  // offset(to) - offset(from) <= receivedMs - sentMs.
  const limits = new Map<string, Limit>();
  for (const { from, receivedMs, sentMs, to } of messages) {
    const key = `${from} ${to}`;
    const ms = receivedMs - sentMs;
    const known = limits.get(key);
    if (known === undefined) limits.set(key, { ms, count: 1 });
    else Object.assign(known, { ms: Math.min(known.ms, ms), count: known.count + 1 });
  }
  return limits;
}

/**
 * Returns the upper limit of offset(server) - offset(reference) for each server, over all paths of messages (or of the
 * opposite difference, if `backward` is true).
 */
function shortestFrom(
  reference: number,
  servers: readonly number[],
  limits: ReadonlyMap<string, Limit>,
  backward: boolean,
): Map<number, number> {
  const best = new Map<number, number>([[reference, 0]]);
  // Each round extends the paths by one message. More rounds than servers would only follow contradictions.
  for (let round = 1; round < servers.length; round++) {
    for (const [key, { ms }] of limits) {
      const [from, to] = key.split(" ").map(Number) as [number, number];
      const [known, next] = backward ? [to, from] : [from, to];
      const through = best.get(known);
      if (next === reference || through === undefined) continue;
      best.set(next, Math.min(best.get(next) ?? Number.POSITIVE_INFINITY, through + ms));
    }
  }
  return best;
}

function estimate(minMs: number | undefined, maxMs: number | undefined): number {
  if (minMs === undefined && maxMs === undefined) return 0;
  if ((minMs ?? Number.NEGATIVE_INFINITY) <= 0 && (maxMs ?? Number.POSITIVE_INFINITY) >= 0) return 0;
  if (minMs === undefined) return maxMs as number;
  if (maxMs === undefined) return minMs;
  return Math.round((minMs + maxMs) / 2);
}
