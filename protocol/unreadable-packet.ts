/** The check that a server makes when it reads a packet of the quorum port. */
import { type BufferLimit, bufferName, largestBuffer, tooLargeText } from "./buffer-limit.ts";
import type { FailureReason } from "./notes.ts";
import { hasReadableData, PACKET_NAMES, type QuorumPacket } from "./packets.ts";

/** The reason why a server cannot read a packet. */
export interface Unreadable {
  readonly reason: FailureReason;
  readonly detail: string;
}

/** Returns why a server with this limit cannot read a packet. Returns undefined if it can. */
export function unreadablePacket(message: QuorumPacket, limit: BufferLimit): Unreadable | undefined {
  if (!hasReadableData(message)) {
    return { reason: "unreadable-packet", detail: `the data of ${PACKET_NAMES[message.type]} cannot be read` };
  }
  const bytes = largestBuffer(message);
  if (bytes <= limit.maxBytes) return undefined;
  return { reason: "unreasonable-length", detail: `${bufferName(message)} ${tooLargeText(bytes, limit)}` };
}
