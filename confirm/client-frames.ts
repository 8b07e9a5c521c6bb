/** The messages of ZooKeeper's client port: each one follows its length. */
import type { Socket } from "node:net";
import { JuteWriter } from "../jute/index.ts";

const LENGTH_BYTES = 4;
const PASSWORD_BYTES = 16;
const REPLY_HEADER_BYTES = 16;

/** The messages of one connection. */
export class ClientFrames {
  private readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);

  /** `onFrame` is called with each message, without its length. */
  constructor(socket: Socket, onFrame: (frame: Buffer) => void) {
    this.socket = socket;
    socket.on("data", (data: Buffer) => {
      this.received = Buffer.concat([this.received, data]);
      for (let frame = this.next(); frame !== undefined; frame = this.next()) onFrame(frame);
    });
  }

  send(body: JuteWriter): void {
    this.socket.write(new JuteWriter().buffer(body.bytes()).bytes());
  }

  private next(): Buffer | undefined {
    if (this.received.length < LENGTH_BYTES) return undefined;
    const end = LENGTH_BYTES + this.received.readInt32BE(0);
    if (this.received.length < end) return undefined;
    const frame = this.received.subarray(LENGTH_BYTES, end);
    this.received = this.received.subarray(end);
    return frame;
  }
}

/** Returns the first message of a client (ConnectRequest). It asks for a new session. */
export function connectRequest(sessionMs: number): JuteWriter {
  return new JuteWriter().int(0).long(0n).int(sessionMs).long(0n).buffer(new Uint8Array(PASSWORD_BYTES)).byte(0);
}

/** A reply to a request (ReplyHeader). `error` is 0 after success. */
export interface Reply {
  readonly xid: number;
  readonly error: number;
  readonly body: Uint8Array;
}

export function replyOf(frame: Buffer): Reply {
  const error = frame.readInt32BE(REPLY_HEADER_BYTES - 4);
  return { xid: frame.readInt32BE(0), error, body: new Uint8Array(frame.subarray(REPLY_HEADER_BYTES)) };
}
