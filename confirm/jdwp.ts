/**
 * A client of the Java Debug Wire Protocol, as far as a run needs it: threads of a server stop where they enter a
 * method, until the client lets them go on. No class of the server changes.
 *
 * A packet has a length, an id, flags and either a command set and a command, or the error code of a reply.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const HANDSHAKE = "JDWP-Handshake";
const HEADER_BYTES = 11;
const REPLY_FLAG = 0x80;

/** The commands, as command set and command. */
const CLASSES_BY_SIGNATURE = [1, 2] as const;
const DISPOSE = [1, 6] as const;
const ID_SIZES = [1, 7] as const;
const METHODS = [2, 5] as const;
const SET_EVENT = [15, 1] as const;

const BREAKPOINT = 2;
const SUSPEND_THREAD = 1;
const LOCATION_ONLY = 7;
const CLASS_TAG = 1;
const LOAD_POLL_MS = 20;

/** A connection to the debug port of one process. */
export class Debugger {
  private readonly socket: Socket;
  private readonly waiting = new Map<number, (reply: { readonly error: number; readonly body: Buffer }) => void>();
  private received: Buffer = Buffer.alloc(0);
  private isGreeted = false;
  private isClosed = false;
  private lastId = 0;
  private idBytes = { method: 8, class: 8 };

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Connects to a debug port. Rejects if that fails. */
  static async attach(host: string, port: number): Promise<Debugger> {
    const socket = connect({ host, port });
    const one = new Debugger(socket);
    await new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => one.closed());
      socket.on("connect", () => socket.write(HANDSHAKE));
      socket.on("data", (data: Buffer) => {
        one.receive(data);
        if (one.isGreeted) resolve();
      });
    });
    const { body } = await one.command(ID_SIZES, Buffer.alloc(0));
    one.idBytes = { method: body.readInt32BE(4), class: body.readInt32BE(12) };
    return one;
  }

  /**
   * Stops each thread that enters a method of a class. Waits until the class is loaded. Resolves to whether the class
   * has the method and the process runs.
   */
  async stopAt(className: string, methodName: string): Promise<boolean> {
    const id = await this.classId(`L${className.replaceAll(".", "/")};`);
    const method = id && (await this.methodId(id, methodName));
    if (!id || !method) return false;
    const event = Buffer.from([BREAKPOINT, SUSPEND_THREAD, 0, 0, 0, 1, LOCATION_ONLY, CLASS_TAG]);
    const { error } = await this.command(SET_EVENT, Buffer.concat([event, id, method, Buffer.alloc(8)]));
    return error === 0;
  }

  /** Lets all threads go on, and ends the connection. */
  async release(): Promise<void> {
    await this.command(DISPOSE, Buffer.alloc(0));
    this.socket.destroy();
  }

  private async classId(signature: string): Promise<Buffer | undefined> {
    const text = Buffer.from(signature);
    const length = Buffer.alloc(4);
    length.writeInt32BE(text.length);
    while (!this.isClosed) {
      const { body, error } = await this.command(CLASSES_BY_SIGNATURE, Buffer.concat([length, text]));
      if (error === 0 && body.readInt32BE(0) > 0) return body.subarray(5, 5 + this.idBytes.class);
      await sleep(LOAD_POLL_MS);
    }
    return undefined;
  }

  private async methodId(classId: Buffer, name: string): Promise<Buffer | undefined> {
    const { body, error } = await this.command(METHODS, classId);
    if (error !== 0) return undefined;
    const end = { at: 4 };
    const text = (): string => {
      const start = end.at + 4;
      end.at = start + body.readInt32BE(end.at);
      return body.toString("utf8", start, end.at);
    };
    for (let count = body.readInt32BE(0); count > 0; count--) {
      const id = body.subarray(end.at, end.at + this.idBytes.method);
      end.at += this.idBytes.method;
      const found = text() === name;
      text();
      end.at += 4;
      if (found) return id;
    }
    return undefined;
  }

  private command([set, command]: readonly [number, number], body: Buffer): Promise<{ error: number; body: Buffer }> {
    const id = ++this.lastId;
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeInt32BE(HEADER_BYTES + body.length, 0);
    header.writeInt32BE(id, 4);
    header.writeUInt8(set, 9);
    header.writeUInt8(command, 10);
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      if (this.isClosed) this.closed();
      else this.socket.write(Buffer.concat([header, body]));
    });
  }

  private receive(data: Buffer): void {
    this.received = Buffer.concat([this.received, data]);
    if (!this.isGreeted && this.received.length >= HANDSHAKE.length) {
      this.isGreeted = true;
      this.received = this.received.subarray(HANDSHAKE.length);
    }
    while (this.isGreeted && this.received.length >= HEADER_BYTES) {
      const length = this.received.readInt32BE(0);
      if (this.received.length < length) return;
      this.packet(this.received.subarray(0, length));
      this.received = this.received.subarray(length);
    }
  }

  /** Takes a reply. Commands of the process, such as the event that a thread has stopped, need no answer. */
  private packet(packet: Buffer): void {
    if ((packet.readUInt8(8) & REPLY_FLAG) === 0) return;
    const id = packet.readInt32BE(4);
    this.waiting.get(id)?.({ error: packet.readUInt16BE(9), body: Buffer.from(packet.subarray(HEADER_BYTES)) });
    this.waiting.delete(id);
  }

  /** The process has ended: every command fails. */
  private closed(): void {
    this.isClosed = true;
    for (const resolve of this.waiting.values()) resolve({ error: -1, body: Buffer.alloc(0) });
    this.waiting.clear();
  }
}
