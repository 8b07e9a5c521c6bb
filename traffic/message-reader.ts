/** Reads the messages in one direction of a connection between servers, and keeps the bytes of each. */

import { SNAP } from "../protocol/index.ts";
import {
  type ElectionEvent,
  ElectionStreamDecoder,
  encodeHello,
  encodeNotification,
  encodeQuorumPacket,
  frameNotification,
  type QuorumPacket,
  QuorumStreamDecoder,
  type WireHello,
  type WireNotification,
  type WireRules,
} from "../wire/index.ts";

/** The port of a server to which a connection goes. */
export type ProxiedPort = "quorum" | "election";

/** A message of a connection. Without packet, notification and hello, the bytes are not a message that servers read. */
export interface ReadMessage {
  /** The packet of a quorum port. */
  readonly packet?: QuorumPacket;
  /** The notification of an election port. */
  readonly notification?: WireNotification;
  /** The first message of an election connection. */
  readonly hello?: WireHello;
  /** The bytes that have arrived. A SNAP packet has the stream after it. */
  readonly bytes: Uint8Array[];
  /** Whether all bytes have arrived. */
  isComplete: boolean;
}

/** Returns the messages that the next bytes complete. A SNAP is returned before its stream has arrived. */
export type MessageReader = (chunk: Uint8Array) => ReadMessage[];

/** Returns the reader of one direction. `isFromListener`: the bytes come from the server that listens. */
export function messageReader(port: ProxiedPort, isFromListener: boolean, rules: WireRules): MessageReader {
  return port === "quorum" ? quorumReader(isFromListener, rules) : electionReader(isFromListener, rules);
}

function quorumReader(isFromListener: boolean, { maxBytes }: WireRules): MessageReader {
  const decoder = new QuorumStreamDecoder(isFromListener ? "leader" : "learner", { maxBytes });
  const rest = new UnreadBytes();
  let snap: ReadMessage | undefined;
  return (chunk) => {
    if (rest.isMalformed) return [rest.raw(chunk)];
    const messages: ReadMessage[] = [];
    rest.add(chunk);
    for (const event of decoder.push(chunk)) {
      if (event.kind === "packet") {
        const { packet } = event;
        const isSnap = isFromListener && packet.type === SNAP;
        const message = { packet, bytes: [rest.take(encodeQuorumPacket(packet))], isComplete: !isSnap };
        if (isSnap) snap = message;
        messages.push(message);
      } else if (event.kind === "snapshot-part") {
        snap?.bytes.push(rest.take(event.bytes));
      } else if (event.kind === "snapshot") {
        if (snap !== undefined) snap.isComplete = true;
      } else {
        if (snap !== undefined) snap.isComplete = true;
        messages.push(rest.malformed());
      }
    }
    return messages;
  };
}

function electionReader(isFromListener: boolean, rules: WireRules): MessageReader {
  const decoder = new ElectionStreamDecoder(rules, { startsWithHello: !isFromListener });
  const rest = new UnreadBytes();
  return (chunk) => {
    if (rest.isMalformed) return [rest.raw(chunk)];
    rest.add(chunk);
    return decoder.push(chunk).map((event) => electionMessage(event, rest));
  };
}

function electionMessage(event: ElectionEvent, rest: UnreadBytes): ReadMessage {
  if (event.kind === "malformed") return rest.malformed();
  if (event.kind === "hello") {
    return { hello: event.hello, bytes: [rest.take(encodeHello(event.hello))], isComplete: true };
  }
  if (event.kind === "dropped") return { bytes: [rest.take(frameNotification(event.bytes))], isComplete: true };
  const { notification } = event;
  const bytes = rest.take(frameNotification(encodeNotification(notification)));
  return { notification, bytes: [bytes], isComplete: true };
}

/** The bytes of a direction that belong to no message yet. After malformed bytes, nothing is read any more. */
class UnreadBytes {
  isMalformed = false;
  private chunks: Uint8Array[] = [];

  add(chunk: Uint8Array): void {
    this.chunks.push(chunk);
  }

  /** Removes the bytes of a message, and returns them. */
  take(message: Uint8Array): Uint8Array {
    let count = message.length;
    while (count > 0 && this.chunks[0] !== undefined) {
      const [first] = this.chunks;
      if (first.length > count) {
        this.chunks[0] = first.subarray(count);
        break;
      }
      count -= first.length;
      this.chunks.shift();
    }
    return message;
  }

  /** Returns the rest as a message, because a server must get these bytes, too. */
  malformed(): ReadMessage {
    this.isMalformed = true;
    const bytes = this.chunks;
    this.chunks = [];
    return { bytes, isComplete: true };
  }

  raw(chunk: Uint8Array): ReadMessage {
    return { bytes: [chunk], isComplete: true };
  }
}
