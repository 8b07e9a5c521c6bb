/** A scripted server for tests of probes: it sends given bytes after each packet that it receives. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { LEADERINFO, NEWLEADER } from "../../protocol/packets.ts";
import {
  encodePayload,
  encodeQuorumPacket,
  encodeSnapshotStream,
  type QuorumPacket,
  QuorumStreamDecoder,
  type SnapshotSource,
} from "../../wire/index.ts";

export const EPOCH = 5n;

/** What the server sends after the packet number `count` of the learner, from 1; `close` ends the connection. */
export type Script = (count: number) => readonly Uint8Array[] | "close";

export interface FakeLeader {
  readonly port: number;
  /** The packets that the server has received. */
  readonly received: readonly QuorumPacket[];
  /** Resolves when the learner has closed its connection. */
  readonly left: Promise<unknown>;
  close(): void;
}

export async function fakeLeader(script: Script): Promise<FakeLeader> {
  const received: QuorumPacket[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const decoder = new QuorumStreamDecoder("learner", { maxBytes: 1 << 20 });
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      for (const event of decoder.push(chunk)) {
        if (event.kind !== "packet") continue;
        received.push(event.packet);
        const next = script(received.length);
        if (next === "close") socket.end();
        else for (const bytes of next) socket.write(bytes);
      }
    });
  });
  const left = new Promise((resolve) => server.on("connection", (socket: Socket) => socket.on("close", resolve)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    received,
    left,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

export function packetOf(type: number, zxid: bigint, data: Uint8Array | null = null): Uint8Array {
  return encodeQuorumPacket({ type, zxid, data, authinfo: null });
}

export const LEADER_INFO = packetOf(
  LEADERINFO,
  EPOCH << 32n,
  encodePayload({ kind: "protocol-version", protocolVersion: 0x10000, rest: new Uint8Array(0) }),
);

export const CONFIG = "server.1=zk1:2888:3888:participant\nserver.2=zk2:2888:3888:observer\nversion=100000000";
export const NEW_LEADER = packetOf(NEWLEADER, EPOCH << 32n, Buffer.from(CONFIG));

/** The stream of a snapshot with one znode, and its size. */
export function snapshotBytes(source: SnapshotSource): Uint8Array {
  return Buffer.concat([...encodeSnapshotStream(source)]);
}

/** Sends LEADERINFO, and after ACKEPOCH these packets. */
export function answering(...packets: readonly Uint8Array[]): Script {
  return (count) => (count === 1 ? [LEADER_INFO] : count === 2 ? packets : []);
}
