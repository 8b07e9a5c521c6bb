/**
 * The first message of the server that opens an election connection (QuorumCnxManager#startConnection, InitialMessage):
 * its server id, and from 3.5.0 on a version before it and its election address after it.
 */
import {
  type ByteQueue,
  Damage,
  decodeText,
  encodeText,
  JuteWriter,
  need,
  readInt,
  type Steps,
} from "../jute/index.ts";
import type { StreamDamage } from "./malformed.ts";
import type { HelloReader } from "./wire-rules.ts";

/** The version of 3.5.0 and later: one address (QuorumCnxManager.PROTOCOL_VERSION_V1). */
export const HELLO_VERSION_1 = -65_536n;
/** The version of a server with multiAddress.enabled, from 3.6.0 on (QuorumCnxManager.PROTOCOL_VERSION_V2). */
export const HELLO_VERSION_2 = -65_535n;
/** The server id of an observer without an id (QuorumPeer.OBSERVER_ID). The receiver chooses an id below 0. */
export const ANONYMOUS_OBSERVER_ID = 0x7fff_ffff_ffff_ffffn;
/** The longest text of addresses, in bytes (QuorumCnxManager.maxBuffer). */
export const HELLO_ADDRESS_BYTES_MAX = 2048;

/** An election address. */
export interface ElectionAddress {
  /** A name, an IPv4 address, or an IPv6 address without brackets. ZooKeeper resolves it and skips wildcards. */
  readonly host: string;
  readonly port: number;
}

/** The first message of an election connection. */
export interface WireHello {
  /** The version; undefined in the form of 3.4, which is a server id alone. */
  readonly version: bigint | undefined;
  readonly serverId: bigint;
  /** The bytes of the addresses, empty in the form of 3.4. */
  readonly addressText: Uint8Array;
  /** The addresses in the text. A server of 3.4 does not read them. */
  readonly addresses: readonly ElectionAddress[];
}

/**
 * Reads the first message (QuorumCnxManager#handleConnection, InitialMessage#parse). Throws a Damage with a
 * StreamDamage. It waits for the whole address, while ZooKeeper refuses an address that arrives in two pieces.
 */
export function* readHello(bytes: ByteQueue, reader: HelloReader): Steps<WireHello> {
  if (bytes.available < 8) yield* need(bytes, 8);
  const first = bytes.bigInt64();
  if (first >= 0n) return { version: undefined, serverId: first, addressText: new Uint8Array(0), addresses: [] };
  if (!knowsVersion(reader, first)) throw new Damage<StreamDamage>("unknown-version");
  if (bytes.available < 8) yield* need(bytes, 8);
  const serverId = bytes.bigInt64();
  const length = yield* readInt(bytes);
  const minLength = reader === "any-version" ? 0 : 1;
  if (length < minLength || length > HELLO_ADDRESS_BYTES_MAX) throw new Damage<StreamDamage>("bad-address-length");
  if (bytes.available < length) yield* need(bytes, length);
  const addressText = bytes.take(length);
  return { version: first, serverId, addressText, addresses: addressesIn(decodeText(addressText), reader) };
}

function knowsVersion(reader: HelloReader, version: bigint): boolean {
  if (reader === "any-version") return true;
  return version === HELLO_VERSION_1 || (version === HELLO_VERSION_2 && reader === "addresses");
}

function addressesIn(text: string, reader: HelloReader): ElectionAddress[] {
  if (reader === "any-version") return [];
  const parts = reader === "addresses" ? split(text, "|") : [text];
  return parts.map((part) => addressOf(part, reader));
}

/** ConfigUtils#getHostAndPort and InitialMessage#parse. */
function addressOf(text: string, reader: HelloReader): ElectionAddress {
  const [host, portText, ...more] = reader === "one-address" ? split(text, ":") : hostAndPort(text);
  if (host === undefined || portText === undefined || more.length > 0 || !/^[+-]?\d+$/.test(portText)) {
    throw new Damage<StreamDamage>("bad-address");
  }
  const port = Number(portText);
  if (port > 0x7fff_ffff || port < -0x8000_0000) throw new Damage<StreamDamage>("bad-address");
  if (port < 0 || port > 0xffff) throw new Damage<StreamDamage>("port-out-of-range");
  return { host, port };
}

/** The character after the bracket is skipped, whatever it is. */
function hostAndPort(text: string): string[] {
  if (!text.startsWith("[")) return split(text, ":");
  const end = text.indexOf("]");
  if (end < 0 || end + 2 >= text.length) return [];
  return [text.slice(1, end), ...split(text.slice(end + 2), ":")];
}

/** Splits as String#split in Java: without the empty parts at the end, but an empty text has one part. */
function split(text: string, separator: string): string[] {
  const parts = text.split(separator);
  if (parts.length === 1) return parts;
  while (parts.at(-1) === "") parts.pop();
  return parts;
}

/** Makes the first message of a server with these election addresses; one for version 1, any number for version 2. */
export function makeHello(version: bigint, serverId: bigint, addresses: readonly ElectionAddress[]): WireHello {
  return { version, serverId, addressText: encodeText(addresses.map(formatAddress).join("|")), addresses };
}

/** Returns an address as text, with an IPv6 address in brackets (NetUtils#formatInetAddr). */
export function formatAddress({ host, port }: ElectionAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Returns the bytes of the first message (QuorumCnxManager#startConnection). */
export function encodeHello({ addressText, serverId, version }: WireHello): Uint8Array {
  if (version === undefined) return new JuteWriter().long(serverId).bytes();
  return new JuteWriter().long(version).long(serverId).buffer(addressText).bytes();
}
