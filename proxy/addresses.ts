/**
 * Servers send addresses to each other: a hello contains the election address of its sender, and NEWLEADER and
 * notifications contain the list of servers. The sender knows itself by its own address and all others by addresses of
 * the proxy, and so does the receiver. This changes the addresses to those that the receiver must use. Otherwise, a
 * receiver of a hello would connect to the sender without the proxy (QuorumCnxManager#handleConnection).
 */
import { decodeText, encodeText } from "../jute/index.ts";
import { NEWLEADER } from "../protocol/index.ts";
import type { ReadMessage } from "../traffic/message-reader.ts";
import {
  encodeHello,
  encodeNotification,
  encodeQuorumPacket,
  frameNotification,
  makeHello,
  type WireRules,
} from "../wire/index.ts";
import { type ProxiedServers, pairText } from "./proxy-config.ts";

/** Changes the addresses in a message from one server to another. */
export function withAddressesFor(
  message: ReadMessage,
  from: number,
  to: number,
  servers: ProxiedServers,
  rules: WireRules,
): void {
  const bytes = changed(message, from, to, servers, rules);
  if (bytes !== undefined) message.bytes.splice(0, 1, bytes);
}

function changed(
  { hello, notification, packet }: ReadMessage,
  from: number,
  to: number,
  servers: ProxiedServers,
  rules: WireRules,
): Uint8Array | undefined {
  const sender = servers.get(from);
  if (hello?.version !== undefined && sender !== undefined) {
    const { election: port, host } = sender.proxy;
    return encodeHello(makeHello(hello.version, hello.serverId, [{ host, port }]));
  }
  if (notification !== undefined && rules.notificationHasConfig) {
    const config = listFor(notification.config, from, to, servers);
    return config && frameNotification(encodeNotification({ ...notification, config }));
  }
  if (packet?.type === NEWLEADER && packet.data !== null) {
    const data = listFor(packet.data, from, to, servers);
    return data && encodeQuorumPacket({ ...packet, data });
  }
  return undefined;
}

/** Returns the list with the addresses for the receiver; undefined if it contains none to change. */
function listFor(bytes: Uint8Array, from: number, to: number, servers: ProxiedServers): Uint8Array | undefined {
  const before = decodeText(bytes);
  const after = before
    .split("\n")
    .map((line) => lineFor(line, from, to, servers))
    .join("\n");
  return after === before ? undefined : encodeText(after);
}

function lineFor(line: string, from: number, to: number, servers: ProxiedServers): string {
  const [, id = "", rest = ""] = /^server\.(\d+)=(.*)$/.exec(line) ?? [];
  const server = servers.get(Number(id));
  if (id === "" || server === undefined || (Number(id) !== from && Number(id) !== to)) return line;
  const [old, own] = Number(id) === from ? [server.address, server.proxy] : [server.proxy, server.address];
  const start = pairText(old);
  return rest.startsWith(start) ? `server.${id}=${pairText(own)}${rest.slice(start.length)}` : line;
}
