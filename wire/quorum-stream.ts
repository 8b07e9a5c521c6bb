/**
 * One direction of a connection on the quorum port: packets, and the stream of a snapshot after each SNAP packet of a
 * leader (LearnerHandler#run, Learner#syncWithLeader).
 */
import type { SnapshotBody } from "../formats/index.ts";
import { ByteQueue, Damage, has } from "../jute/index.ts";
import { SNAP } from "../protocol/packets.ts";
import type { MalformedStream, StreamDamage } from "./malformed.ts";
import { type QuorumPacket, readQuorumPacket } from "./quorum-packet.ts";
import { readSnapshotStream } from "./snapshot-stream.ts";

/** The side that sends. A snapshot follows only the SNAP packet of a leader. */
export type QuorumSender = "leader" | "learner";

/** What a decoder finds in the bytes, in their order. */
export type QuorumEvent =
  | { readonly kind: "packet"; readonly packet: QuorumPacket }
  /** A part of the stream after a SNAP packet, as it arrived. Shares its memory with the chunk. */
  | { readonly kind: "snapshot-part"; readonly bytes: Uint8Array }
  /** The stream after a SNAP packet is complete, and its signature is right. */
  | { readonly kind: "snapshot"; readonly snapshot: SnapshotBody }
  | MalformedStream;

/**
 * Decodes one direction of a connection. `push` returns what the bytes complete; `end` says that no more follow. Never
 * throws. After a malformed packet, it ignores all bytes. It holds at most one packet: a few times the largest buffer
 * of the release, whatever the bytes say.
 */
export class QuorumStreamDecoder {
  private readonly bytes = new ByteQueue();
  private readonly steps: Generator<number | QuorumEvent, void, boolean>;
  private needed = 0;
  private isDone = false;
  private received = 0;
  /** The position of the first byte of the snapshot that is arriving. */
  private snapshotStart: number | undefined;

  constructor(sender: QuorumSender, { maxBytes }: { readonly maxBytes: number }) {
    this.steps = this.decode(sender, maxBytes);
  }

  /** Adds the next bytes and returns what they complete. The caller must not change them later. */
  push(chunk: Uint8Array): QuorumEvent[] {
    if (this.isDone) return [];
    const start = this.received;
    this.received += chunk.length;
    this.bytes.push(chunk);
    return this.bytes.available >= this.needed ? this.advance(chunk, start) : this.snapshotPart(chunk, start);
  }

  /** Says that no more bytes follow. Returns a malformed packet if the bytes end inside one. */
  end(): MalformedStream | undefined {
    if (this.isDone) return undefined;
    const last = this.advance(new Uint8Array(0), this.received, false).at(-1);
    this.isDone = true;
    return last?.kind === "malformed" ? last : undefined;
  }

  private advance(chunk: Uint8Array, start: number, hasMore = true): QuorumEvent[] {
    const events: QuorumEvent[] = [];
    try {
      for (let step = this.steps.next(hasMore); !step.done; step = this.steps.next(hasMore)) {
        if (typeof step.value === "number") {
          this.needed = step.value;
          if (hasMore && this.bytes.available < this.needed) break;
          continue;
        }
        if (step.value.kind === "snapshot") {
          events.push(...this.snapshotPart(chunk, start, this.bytes.position));
          this.snapshotStart = undefined;
        }
        events.push(step.value);
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      this.isDone = true;
      return [...events, { kind: "malformed", reason: error.reason as StreamDamage, offset: this.bytes.position }];
    }
    return hasMore ? [...events, ...this.snapshotPart(chunk, start)] : events;
  }

  /** Returns the part of a chunk that belongs to the snapshot that is arriving, up to the position `end`. */
  private snapshotPart(chunk: Uint8Array, start: number, end = this.received): QuorumEvent[] {
    if (this.snapshotStart === undefined) return [];
    const bytes = chunk.subarray(Math.max(0, this.snapshotStart - start), end - start);
    return bytes.length === 0 ? [] : [{ kind: "snapshot-part", bytes }];
  }

  private *decode(sender: QuorumSender, maxBytes: number): Generator<number | QuorumEvent, void, boolean> {
    const { bytes } = this;
    while (bytes.available > 0 || (yield* has(bytes, 1))) {
      const packet = yield* readQuorumPacket(bytes, maxBytes);
      yield { kind: "packet", packet };
      if (sender !== "leader" || packet.type !== SNAP) continue;
      this.snapshotStart = bytes.position;
      yield { kind: "snapshot", snapshot: yield* readSnapshotStream(bytes, maxBytes) };
    }
  }
}
