/** A client of one real server, as far as a run needs it: it creates znodes and reads which ones there are. */
import { connect, type Socket } from "node:net";
import { JuteWriter, RecordReader } from "../jute/index.ts";
import { ClientFrames, connectRequest, type Reply, replyOf } from "./client-frames.ts";

const CREATE = 1;
const EXISTS = 3;
const GET_CHILDREN = 8;
const PING_XID = -2;
const SESSION_TIMEOUT_MS = 30_000;
const ALL_PERMISSIONS = 31;

interface Waiting {
  readonly resolve: (reply: Pick<Reply, "body" | "error">) => void;
  readonly reject: (error: Error) => void;
}

/** A session with one server. Replies come in the order of the requests. */
export class Client {
  private readonly socket: Socket;
  private readonly frames: ClientFrames;
  private readonly waiting: Waiting[] = [];
  private hasSession = false;
  private xid = 0;
  private started: Waiting | undefined;

  private constructor(host: string, port: number) {
    this.socket = connect({ host, port });
    this.socket.setNoDelay(true);
    this.frames = new ClientFrames(this.socket, (frame) => this.receive(frame));
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => this.fail(new Error("the server closed the connection")));
  }

  /** Whether requests can still be sent. */
  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /** Opens a session. Rejects if the server does not serve, or after `timeoutMs`. */
  static open(host: string, port: number, timeoutMs: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const client = new Client(host, port);
      const timer = setTimeout(() => client.fail(new Error(`no session after ${timeoutMs} ms`)), timeoutMs);
      client.started = {
        resolve: () => {
          clearTimeout(timer);
          resolve(client);
        },
        reject: (error) => {
          clearTimeout(timer);
          client.close();
          reject(error);
        },
      };
      client.frames.send(connectRequest(SESSION_TIMEOUT_MS));
    });
  }

  /** Creates a persistent znode. Resolves when the server answers; rejects with the error. */
  async create(path: string, data = new Uint8Array(0)): Promise<void> {
    const acl = (body: JuteWriter): JuteWriter => body.int(1).int(ALL_PERMISSIONS).text("world").text("anyone");
    await this.request(CREATE, (body) => acl(body.text(path).buffer(data)).int(0));
  }

  /** Returns the names of the children of the root. */
  async children(): Promise<string[]> {
    const body = new RecordReader(await this.request(GET_CHILDREN, (request) => request.text("/").byte(0)));
    return body.vector((one) => one.text() ?? "") ?? [];
  }

  /** Returns the zxid of the transaction that created a znode. */
  async czxid(path: string): Promise<bigint> {
    return new RecordReader(await this.request(EXISTS, (request) => request.text(path).byte(0))).long();
  }

  /** Ends the connection. The session stays until its timeout, because closing it can be a transaction. */
  close(): void {
    this.socket.destroy();
  }

  private request(type: number, write: (body: JuteWriter) => JuteWriter): Promise<Uint8Array> {
    this.xid++;
    this.frames.send(write(new JuteWriter().int(this.xid).int(type)));
    return new Promise((resolve, reject) => {
      this.waiting.push({
        resolve: ({ body, error }) => (error === 0 ? resolve(body) : reject(new Error(`error ${error}`))),
        reject,
      });
    });
  }

  private receive(frame: Buffer): void {
    if (!this.hasSession) {
      this.hasSession = true;
      this.started?.resolve({ error: 0, body: frame });
      return;
    }
    const reply = replyOf(frame);
    if (reply.xid !== PING_XID) this.waiting.shift()?.resolve(reply);
  }

  private fail(error: Error): void {
    this.started?.reject(error);
    for (const one of this.waiting.splice(0)) one.reject(error);
  }
}

/** The role that a server reports with the four-letter word `srvr`. */
export type Mode = "leader" | "follower" | "observer";

/** Asks a server for its role. Resolves to undefined if it does not serve. */
export async function modeOf(host: string, port: number, timeoutMs?: number): Promise<Mode | undefined> {
  const answer = await fourLetterWord(host, port, "srvr", timeoutMs);
  return /^Mode: (leader|follower|observer)$/m.exec(answer ?? "")?.[1] as Mode | undefined;
}

/** Sends a four-letter word. Resolves to the answer, and to undefined if there is none. */
export function fourLetterWord(
  host: string,
  port: number,
  word: string,
  timeoutMs = 2000,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ host, port }, () => socket.write(word));
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(answer === "" ? undefined : answer));
  });
}
