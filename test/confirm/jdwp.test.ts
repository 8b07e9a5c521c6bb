/** Tests the client of the debug protocol against a process that answers as a Java process does. */
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { Debugger } from "../../confirm/jdwp.ts";

const HANDSHAKE = "JDWP-Handshake";
let server: Server;
afterEach(() => server.close());

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int(value.length), Buffer.from(value)]);
}

/** Starts a process whose ids have 8 bytes. `replies`: its answers by command. */
async function start(replies: Record<string, Buffer[]>): Promise<{ port: number; commands: [string, Buffer][] }> {
  const commands: [string, Buffer][] = [];
  const serve = (socket: Socket): void => {
    let isGreeted = false;
    socket.on("error", () => undefined);
    socket.on("data", (data: Buffer) => {
      let rest = data;
      if (!isGreeted) {
        isGreeted = true;
        socket.write(HANDSHAKE);
        rest = rest.subarray(HANDSHAKE.length);
      }
      while (rest.length > 0) {
        const length = rest.readInt32BE(0);
        const name = `${rest[9]}.${rest[10]}`;
        commands.push([name, Buffer.from(rest.subarray(11, length))]);
        const body = replies[name]?.shift() ?? Buffer.alloc(0);
        socket.write(Buffer.concat([int(11 + body.length), rest.subarray(4, 8), Buffer.from([0x80, 0, 0]), body]));
        rest = rest.subarray(length);
      }
    });
  };
  server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as { port: number }).port, commands };
}

const SIZES = Buffer.concat([8, 8, 8, 8, 8].map(int));
const CLASS = Buffer.from("0000000000000c1a", "hex");
const METHOD = Buffer.from("00000000000000fe", "hex");
const method = (id: Buffer, name: string): Buffer => Buffer.concat([id, text(name), text("()V"), int(1)]);
const METHODS = Buffer.concat([int(2), method(Buffer.alloc(8), "run"), method(METHOD, "processRequest")]);
const LOADED = Buffer.concat([int(1), Buffer.from([1]), CLASS, int(7)]);

it("waits for the class, stops threads at the start of the method, and lets them go on", async () => {
  const { commands, port } = await start({ "1.7": [SIZES], "1.2": [int(0), LOADED], "2.5": [METHODS] });
  const one = await Debugger.attach("127.0.0.1", port);
  expect(await one.stopAt("org.apache.zookeeper.server.FinalRequestProcessor", "processRequest")).toBe(true);
  await one.release();
  expect(commands.map(([name]) => name)).toEqual(["1.7", "1.2", "1.2", "2.5", "15.1", "1.6"]);
  expect(commands[1]?.[1]).toEqual(text("Lorg/apache/zookeeper/server/FinalRequestProcessor;"));
  // A breakpoint that suspends only the thread, with one modifier: the location, which is the start of the method.
  const head = Buffer.from([2, 1, 0, 0, 0, 1, 7, 1]);
  expect(commands[4]?.[1]).toEqual(Buffer.concat([head, CLASS, METHOD, Buffer.alloc(8)]));
});

it("reports that a class has no such method", async () => {
  const { port } = await start({ "1.7": [SIZES], "1.2": [LOADED], "2.5": [METHODS] });
  const one = await Debugger.attach("127.0.0.1", port);
  expect(await one.stopAt("A", "other")).toBe(false);
});

it("rejects if no process listens", async () => {
  const { port } = await start({});
  await new Promise((resolve) => server.close(resolve));
  await expect(Debugger.attach("127.0.0.1", port)).rejects.toThrow("ECONNREFUSED");
});
