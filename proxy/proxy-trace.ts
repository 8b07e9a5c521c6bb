/** The lines of `zabsim proxy --trace`: what the proxy has seen and done, as JSON objects. */
import { formatZxid64, PACKET_NAMES } from "../protocol/index.ts";
import type { ReadMessage } from "../traffic/message-reader.ts";
import type { ProxiedConnection, WaitingMessage } from "../traffic/proxied-connection.ts";
import { type ProxiedServers, pairText } from "./proxy-config.ts";

/** One line. `kind` says what happened. */
export interface TraceEntry {
  /**
   * `connect`: a server has connected to the proxy. `refuse`: the server behind the proxy refused. `send`, `deliver`,
   * `drop`: a message has arrived at the proxy, was passed on, or will never arrive. `end`: the connection has ended.
   * `step`: a step of the scenario was performed or undone.
   */
  readonly kind: "connect" | "refuse" | "send" | "deliver" | "drop" | "end" | "step";
  /** Microseconds since the start. */
  readonly atUs: number;
  readonly [field: string]: unknown;
}

/** Returns the first line: the servers, and the time of day of the start. */
export function traceHead(servers: ProxiedServers, startMs: number): object {
  const list = [...servers].map(([server, { address, proxy }]) => {
    return { server, address: pairText(address), proxy: pairText(proxy) };
  });
  return { source: "proxy", version: 1, startMs, servers: list };
}

/** Returns the entry of a connection. */
export function connectionEntry(
  kind: "connect" | "refuse" | "end",
  atUs: number,
  connection: number,
  { client, listener, port }: ProxiedConnection,
): TraceEntry {
  return { kind, atUs, connection, port, from: client, to: listener };
}

/** Returns the entry of a message. */
export function messageEntry(
  kind: "send" | "deliver" | "drop",
  atUs: number,
  connection: number,
  message: WaitingMessage,
): TraceEntry {
  const { from, to } = message;
  return { kind, atUs, connection, port: message.connection.port, from, to, ...factsOf(message) };
}

function factsOf({ hello, notification, packet }: ReadMessage): object {
  if (hello !== undefined) return { message: "HELLO", server: String(hello.serverId) };
  if (packet !== undefined) return { message: nameOf(packet.type), zxid: formatZxid64(packet.zxid) };
  if (notification === undefined) return { message: "unreadable" };
  const { electionEpoch, leader, peerEpoch, state, zxid } = notification;
  return {
    message: "NOTIFICATION",
    ...{ zxid: formatZxid64(zxid), state, leader: String(leader) },
    ...{ electionEpoch: String(electionEpoch), peerEpoch: String(peerEpoch) },
  };
}

/** Returns the name of a packet type. */
export function nameOf(type: number): string {
  return PACKET_NAMES[type] ?? `type ${type}`;
}
