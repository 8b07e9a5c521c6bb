/** A small client of ZooKeeper's client protocol: one connection, one session, one request at a time. */
import { connect, type Socket } from "node:net";
import { ClientFrames, connectRequest, replyOf } from "../../../confirm/client-frames.ts";
import { JuteWriter, RecordReader } from "../../../jute/index.ts";

const TYPE = { create: 1, remove: 2, getChildren: 8, setData: 5, getData: 4, sync: 9, closeSession: -11 } as const;
const ALL_PERMISSIONS = 31;
const SESSION_TIMEOUT_MS = 30_000;

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
  private readonly frames: ClientFrames;
  private waiting: { readonly resolve: (frame: Buffer) => void; readonly reject: (error: Error) => void } | undefined;
  private unread: Buffer[] = [];
  private failure: Error | undefined;
  private xid = 0;

  private constructor(port: number, timeoutMs: number | undefined) {
    this.timeoutMs = timeoutMs;
    this.socket = connect({ host: "127.0.0.1", port });
    this.frames = new ClientFrames(this.socket, (frame) => this.receive(frame));
    this.socket.on("error", (error) => this.fail(error));
    this.socket.on("close", () => this.fail(new Error("the server closed the connection")));
  }

  /** Connects to a client port of 127.0.0.1 and opens a session. */
  static async open(port: number, { sessionMs = SESSION_TIMEOUT_MS, timeoutMs }: ClientLimits): Promise<WireClient> {
    const client = new WireClient(port, timeoutMs);
    try {
      client.frames.send(connectRequest(sessionMs));
      await client.frame();
      return client;
    } catch (error) {
      client.abandon();
      throw error;
    }
  }

  /** Creates a node, by default a persistent one. `flags` are those of CreateMode. Resolves when it is committed. */
  async create(path: string, data: Buffer | string = "", flags = 0): Promise<void> {
    const acl = (body: JuteWriter): JuteWriter => body.int(1).int(ALL_PERMISSIONS).text("world").text("anyone");
    await this.request(TYPE.create, (body) => acl(body.text(path).buffer(Buffer.from(data))).int(flags));
  }

  /** Returns the names of the children of a node, sorted. */
  async children(path: string): Promise<string[]> {
    const body = new RecordReader(await this.request(TYPE.getChildren, (request) => request.text(path).byte(0)));
    return (body.vector((one) => one.text() ?? "") ?? []).sort();
  }

  /** Deletes a node of any version. Resolves when the transaction is committed. */
  async remove(path: string): Promise<void> {
    await this.request(TYPE.remove, (body) => body.text(path).int(-1));
  }

  /** Sets the data of a node of any version. Resolves when the transaction is committed. */
  async setData(path: string, data: string): Promise<void> {
    await this.request(TYPE.setData, (body) => body.text(path).text(data).int(-1));
  }

  /** Returns the data of a node. */
  async getData(path: string): Promise<string> {
    const body = new RecordReader(await this.request(TYPE.getData, (request) => request.text(path).byte(0)));
    return body.text() ?? "";
  }

  /** Waits until the server has applied what the leader has committed. */
  async sync(path: string): Promise<void> {
    await this.request(TYPE.sync, (body) => body.text(path));
  }

  /** Closes the session, which is a transaction, and the connection. */
  async close(): Promise<void> {
    await this.request(TYPE.closeSession, (body) => body).catch(() => undefined);
    this.abandon();
  }

  /** Closes the connection without a request. */
  abandon(): void {
    this.socket.destroy();
  }

  private async request(type: number, write: (body: JuteWriter) => JuteWriter): Promise<Uint8Array> {
    this.xid++;
    this.frames.send(write(new JuteWriter().int(this.xid).int(type)));
    const { body, error } = replyOf(await this.frame());
    if (error !== 0) throw new RequestError(error);
    return body;
  }

  private frame(): Promise<Buffer> {
    const first = this.unread.shift();
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

  private receive(frame: Buffer): void {
    if (this.waiting === undefined) this.unread.push(frame);
    else this.waiting.resolve(frame);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(error);
  }
}
