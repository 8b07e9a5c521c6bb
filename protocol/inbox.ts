/**
 * The packets that have arrived on one connection and that the thread which reads the connection has not handled yet,
 * followed by the end of the connection.
 *
 * The thread reads through a buffer (BufferedInputStream): a read takes everything that has arrived, so only packets
 * that arrive after the last read are unread for the kernel. Not modeled: the size of the buffer, 8 KB.
 */
import type { QuorumPacket } from "./packets.ts";

/** How the other end of a connection ended it: by a close (FIN) or by a reset (RST). */
export type ConnectionEnd = "closed" | "reset";

export class Inbox {
  private readonly entries: (QuorumPacket | ConnectionEnd)[] = [];
  /** The number of entries, from the oldest one, that are in the buffer of the process. */
  private buffered = 0;

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** Whether packets have arrived that the process has not read. */
  get hasUnread(): boolean {
    return this.entries.some((entry, index) => index >= this.buffered && isPacket(entry));
  }

  push(entry: QuorumPacket | ConnectionEnd): void {
    this.entries.push(entry);
  }

  /** Takes the oldest entry; undefined if there is none. */
  shift(): QuorumPacket | ConnectionEnd | undefined {
    if (this.buffered === 0) this.buffered = this.entries.length;
    if (this.buffered > 0) this.buffered--;
    return this.entries.shift();
  }
}

/** Returns whether an entry of an inbox is a packet. */
export function isPacket(entry: QuorumPacket | ConnectionEnd): entry is QuorumPacket {
  return typeof entry === "object";
}
