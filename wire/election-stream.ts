/**
 * One direction of a connection on the election port: the first message of the server that has connected, and then
 * messages of an int length and their bytes (QuorumCnxManager.SendWorker, RecvWorker).
 */
import { ByteQueue, Damage, has, JuteWriter, need, readInt } from "../jute/index.ts";
import { readHello, type WireHello } from "./hello.ts";
import type { MalformedStream, StreamDamage } from "./malformed.ts";
import { type DroppedNotification, decodeNotification, type WireNotification } from "./notification.ts";
import type { WireRules } from "./wire-rules.ts";

/** The longest message, in bytes (QuorumCnxManager.PACKETMAXSIZE). */
export const ELECTION_MESSAGE_BYTES_MAX = 524_288;

/** What a decoder finds in the bytes, in their order. */
export type ElectionEvent =
  | { readonly kind: "hello"; readonly hello: WireHello }
  | { readonly kind: "notification"; readonly notification: WireNotification }
  | DroppedNotification
  | MalformedStream;

/**
 * Decodes one direction of a connection. `push` returns what the bytes complete; `end` says that no more follow. Never
 * throws. After malformed bytes, it ignores all bytes. It holds at most one message.
 */
export class ElectionStreamDecoder {
  private readonly bytes = new ByteQueue();
  private readonly steps: Generator<number | ElectionEvent, void, boolean>;
  private needed = 0;
  private isDone = false;

  /** `startsWithHello`: whether the bytes are those of the server that has opened the connection. */
  constructor(rules: WireRules, { startsWithHello }: { readonly startsWithHello: boolean }) {
    this.steps = this.decode(rules, startsWithHello);
  }

  /** Adds the next bytes and returns what they complete. The caller must not change them later. */
  push(chunk: Uint8Array): ElectionEvent[] {
    if (this.isDone) return [];
    this.bytes.push(chunk);
    return this.bytes.available >= this.needed ? this.advance(true) : [];
  }

  /** Says that no more bytes follow. Returns a malformed message if the bytes end inside one. */
  end(): MalformedStream | undefined {
    if (this.isDone) return undefined;
    const last = this.advance(false).at(-1);
    this.isDone = true;
    return last?.kind === "malformed" ? last : undefined;
  }

  private advance(hasMore: boolean): ElectionEvent[] {
    const events: ElectionEvent[] = [];
    try {
      for (let step = this.steps.next(hasMore); !step.done; step = this.steps.next(hasMore)) {
        if (typeof step.value === "number") {
          this.needed = step.value;
          if (hasMore && this.bytes.available < this.needed) break;
        } else events.push(step.value);
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      this.isDone = true;
      events.push({ kind: "malformed", reason: error.reason as StreamDamage, offset: this.bytes.position });
    }
    return events;
  }

  private *decode(rules: WireRules, startsWithHello: boolean): Generator<number | ElectionEvent, void, boolean> {
    const { bytes } = this;
    if (startsWithHello) {
      if (!(yield* has(bytes, 1))) return;
      yield { kind: "hello", hello: yield* readHello(bytes, rules.hello) };
    }
    while (bytes.available > 0 || (yield* has(bytes, 1))) {
      const length = yield* readInt(bytes);
      if (length <= 0 || length > ELECTION_MESSAGE_BYTES_MAX) throw new Damage<StreamDamage>("bad-message-length");
      if (bytes.available < length) yield* need(bytes, length);
      const message = decodeNotification(bytes.take(length), rules);
      yield "kind" in message ? message : { kind: "notification", notification: message };
    }
  }
}

/** Returns a message with its length, as SendWorker#send writes it. */
export function frameNotification(message: Uint8Array): Uint8Array {
  return new JuteWriter(4 + message.length).buffer(message).bytes();
}
