/** What decoders make of whole connections, for tests that compare two ways to the same result. */
import {
  type ElectionEvent,
  ElectionStreamDecoder,
  type QuorumEvent,
  type QuorumSender,
  QuorumStreamDecoder,
  type WireRules,
} from "../../wire/index.ts";

/** Cuts bytes at these positions. */
export function cut(bytes: Uint8Array, positions: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(positions)].filter((at) => at > 0 && at < bytes.length).sort((a, b) => a - b);
  return [0, ...sorted].map((at, i) => bytes.subarray(at, sorted[i] ?? bytes.length));
}

/** Returns the messages of one side of a quorum connection. The parts of a snapshot are joined. */
export function quorumEvents(chunks: readonly Uint8Array[], sender: QuorumSender, rules: WireRules): QuorumEvent[] {
  const decoder = new QuorumStreamDecoder(sender, rules);
  const events = chunks.flatMap((chunk) => decoder.push(chunk));
  const last = decoder.end();
  return joined(last === undefined ? events : [...events, last]);
}

/** A malformed snapshot has more or fewer parts before its damage, depending on the chunks. */
function joined(events: readonly QuorumEvent[]): QuorumEvent[] {
  const result: QuorumEvent[] = [];
  let parts: Uint8Array[] = [];
  for (const event of events) {
    if (event.kind === "snapshot-part") parts.push(event.bytes);
    else {
      if (event.kind === "snapshot") result.push({ kind: "snapshot-part", bytes: concat(parts) });
      parts = [];
      result.push(event);
    }
  }
  return result;
}

/** Returns the messages of one side of an election connection. */
export function electionEvents(
  chunks: readonly Uint8Array[],
  startsWithHello: boolean,
  rules: WireRules,
): ElectionEvent[] {
  const decoder = new ElectionStreamDecoder(rules, { startsWithHello });
  const events = chunks.flatMap((chunk) => decoder.push(chunk));
  const last = decoder.end();
  return last === undefined ? events : [...events, last];
}

/** Joins bytes. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
