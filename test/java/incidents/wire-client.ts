/** A small client of ZooKeeper's client protocol: one connection, one session, one request at a time. */
import { connect, type Socket } from "node:net";

const TYPE = { create: 1, remove: 2, getChildren: 8, setData: 5, getData: 4, sync: 9, closeSession: -11 } as const;
const ALL_PERMISSIONS = 31;
const SESSION_TIMEOUT_MS = 30_000;
const HEADER_BYTES = 16;

/** An error code of ZooKeeper in the answer to a request. */
export class RequestError extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`the server answered with error code ${code}`);
    this.code = code;
  }
}

/** The limits of a client. */
export interface ClientLimits {
  /** The time limit of a request. undefined: none. */
  readonly timeoutMs?: number | undefined;
  /** The timeout of the session, which the server can shorten. */
  readonly sessionMs?: number | undefined;
}

/** A session with one server. Requests that get no answer within their time limit are rejected. */
export class WireClient {
  private readonly socket: Socket;
  private readonly timeoutMs: number | undefined;
  private received: Buffer = Buffer.alloc(0);
  private waiting: { readonly resolve: (frame: Buffer) => void; readonly reject: (error: Error) => void } | undefined;
  private frames: Buffer[] = [];
  private failure: Error | undefined;
  private xid = 0;

  private constructor(port: number, timeoutMs: number | undefined) {
    this.timeoutMs = timeoutMs;
    this.socket = connect({ host: "127.0.0.1", port });
    this.socket.on("data", (data) => this.receive(data));
    this.socket.on("error", (error) => this.fail(error));
    this.socket.on("close", () => this.fail(new Error("the server closed the connection")));
  }

  /** Connects to a client port of 127.0.0.1 and opens a session. */
  static async open(port: number, { sessionMs = SESSION_TIMEOUT_MS, timeoutMs }: ClientLimits): Promise<WireClient> {
    const client = new WireClient(port, timeoutMs);
    try {
      client.send([int(0), long(0n), int(sessionMs), long(0n), bytes(Buffer.alloc(16))]);
      await client.frame();
      return client;
    } catch (error) {
      client.abandon();
      throw error;
    }
  }

  /** Creates a node, by default a persistent one. `flags` are those of CreateMode. Resolves when it is committed. */
  async create(path: string, data: Buffer | string = "", flags = 0): Promise<void> {
    const acl = [int(1), int(ALL_PERMISSIONS), text("world"), text("anyone")];
    await this.request(TYPE.create, [text(path), bytes(Buffer.from(data)), ...acl, int(flags)]);
  }

  /** Returns the names of the children of a node, sorted. */
  async children(path: string): Promise<string[]> {
    const body = await this.request(TYPE.getChildren, [text(path), Buffer.from([0])]);
    const names: string[] = [];
    let at = 4;
    for (let left = body.readInt32BE(0); left > 0; left--) {
      const length = body.readInt32BE(at);
      names.push(body.toString("utf8", at + 4, at + 4 + length));
      at += 4 + length;
    }
    return names.sort();
  }

  /** Deletes a node of any version. Resolves when the transaction is committed. */
  async remove(path: string): Promise<void> {
    await this.request(TYPE.remove, [text(path), int(-1)]);
  }

  /** Sets the data of a node of any version. Resolves when the transaction is committed. */
  async setData(path: string, data: string): Promise<void> {
    await this.request(TYPE.setData, [text(path), text(data), int(-1)]);
  }

  /** Returns the data of a node. */
  async getData(path: string): Promise<string> {
    const body = await this.request(TYPE.getData, [text(path), Buffer.from([0])]);
    return body.toString("utf8", 4, 4 + body.readInt32BE(0));
  }

  /** Waits until the server has applied what the leader has committed. */
  async sync(path: string): Promise<void> {
    await this.request(TYPE.sync, [text(path)]);
  }

  /** Closes the session, which is a transaction, and the connection. */
  async close(): Promise<void> {
    await this.request(TYPE.closeSession, []).catch(() => undefined);
    this.abandon();
  }

  /** Closes the connection without a request. */
  abandon(): void {
    this.socket.destroy();
  }

  private async request(type: number, body: readonly Buffer[]): Promise<Buffer> {
    this.xid++;
    this.send([int(this.xid), int(type), ...body]);
    const frame = await this.frame();
    const code = frame.readInt32BE(HEADER_BYTES - 4);
    if (code !== 0) throw new RequestError(code);
    return frame.subarray(HEADER_BYTES);
  }

  private send(parts: readonly Buffer[]): void {
    this.socket.write(bytes(Buffer.concat(parts)));
  }

  private frame(): Promise<Buffer> {
    const first = this.frames.shift();
    if (first !== undefined) return Promise.resolve(first);
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      const { timeoutMs } = this;
      const late = (): void => this.fail(new Error(`no answer in ${timeoutMs} ms`));
      const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
      const end =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          this.waiting = undefined;
          settle(value);
        };
      this.waiting = { resolve: end(resolve), reject: end(reject) };
    });
  }

  private receive(data: Buffer): void {
    this.received = Buffer.concat([this.received, data]);
    while (this.received.length >= 4) {
      const end = 4 + this.received.readInt32BE(0);
      if (this.received.length < end) return;
      const frame = this.received.subarray(4, end);
      this.received = this.received.subarray(end);
      if (this.waiting === undefined) this.frames.push(frame);
      else this.waiting.resolve(frame);
    }
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(error);
  }
}

function int(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function long(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(value);
  return buffer;
}

function bytes(value: Buffer): Buffer {
  return Buffer.concat([int(value.length), value]);
}

function text(value: string): Buffer {
  return bytes(Buffer.from(value));
}
