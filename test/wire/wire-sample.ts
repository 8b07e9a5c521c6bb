/** Reads wire-sample.txt: packets of a real handshake, with what each of them says. */
import { readFileSync } from "node:fs";
import type { SnapshotSource, Znode } from "../../wire/index.ts";

/** One packet of the sample. */
export interface SamplePacket {
  readonly sender: "leader" | "learner";
  /** The name of its type, such as ACK(NL). */
  readonly name: string;
  readonly zxid: bigint;
  /** The data; undefined if the sample does not say it. */
  readonly data: Uint8Array | null | undefined;
  /** The first bytes of the packet. */
  readonly raw: Uint8Array;
}

/** The number of bytes after which the sample cuts a packet. */
export const RAW_BYTES_MAX = 60;

const lines = readFileSync(new URL("wire-sample.txt", import.meta.url), "utf8").split("\n");
const PACKET = /^(->|<-) (\S+) +zxid=0x([0-9a-f]+)(?: data=(None|b'.*'))?(?: authinfo_len=-1)? raw=([0-9a-f]+)$/;

/** The packets of the sample. */
export const SAMPLE_PACKETS: readonly SamplePacket[] = lines
  .map((line) => PACKET.exec(line))
  .filter((match) => match !== null)
  .map(([, arrow, name = "", zxid, data, raw = ""]) => ({
    sender: arrow === "->" ? "learner" : "leader",
    name,
    zxid: BigInt.asIntN(64, BigInt(`0x${zxid}`)),
    data: dataOf(data),
    raw: Uint8Array.from(Buffer.from(raw, "hex")),
  }));

/** Data that ends with "..." is cut. */
function dataOf(text: string | undefined): Uint8Array | null | undefined {
  if (text === undefined || text.endsWith("....'")) return undefined;
  return text === "None" ? null : bytesOf(text);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "\\": "\\", "'": "'" };

/** Reads a bytes literal of Python. */
function bytesOf(literal: string): Uint8Array {
  const text = literal
    .slice(2, -1)
    .replace(/\\(?:x([0-9a-f]{2})|(.))/g, (_all, hex: string | undefined, letter: string) =>
      hex === undefined ? (ESCAPES[letter] as string) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** The size of the snapshot stream of the sample, in bytes. */
export const SAMPLE_SNAPSHOT_BYTES = Number(/snapshot stream bytes: (\d+)/.exec(lines.join("\n"))?.[1]);

/** The snapshot of the sample. The sample does not say the times and the versions of ACLs. */
export function sampleSnapshot(): SnapshotSource {
  const sessions = all(/session 0x([0-9a-f]+) timeout (\d+)/).map(([, id, timeout]) => ({
    id: BigInt(`0x${id}`),
    timeoutMs: Number(timeout),
  }));
  const aclLists = all(/acl id (\d+): \[\((\d+), b'(\w+)', b'(\w+)'\)\]/).map(
    ([, id, perms, scheme = "", name = ""]) => ({
      id: BigInt(id as string),
      acls: [{ perms: Number(perms), scheme, id: name }],
    }),
  );
  return { sessions, aclLists, nodes: sampleNodes() };
}

function sampleNodes(): Znode[] {
  const node =
    /node (b'.*?') data=(b'.*') acl=(-?\d+) czxid=(\w+) mzxid=(\w+) version=(-?\d+) cversion=(\d+) pzxid=(\w+)/;
  return all(node).map(([, path = "", data = "", aclId, czxid, mzxid, version, cversion, pzxid]) => ({
    path: Buffer.from(bytesOf(path)).toString(),
    data: bytesOf(data),
    aclId: BigInt(aclId as string),
    czxid: BigInt(czxid as string),
    mzxid: BigInt(mzxid as string),
    ctimeMs: 0n,
    mtimeMs: 0n,
    version: Number(version),
    cversion: Number(cversion),
    aversion: 0,
    ephemeralOwner: 0n,
    pzxid: BigInt(pzxid as string),
  }));
}

function all(pattern: RegExp): RegExpExecArray[] {
  return lines.map((line) => pattern.exec(line)).filter((match) => match !== null);
}
