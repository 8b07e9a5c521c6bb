/** Messages between servers, drawn at random. */
import fc from "fast-check";
import { JuteWriter } from "../../jute/index.ts";
import * as packets from "../../protocol/packets.ts";
import { PACKET_NAMES } from "../../protocol/packets.ts";
import {
  type AuthId,
  encodePayload,
  HELLO_VERSION_1,
  HELLO_VERSION_2,
  makeHello,
  type Payload,
  type QuorumPacket,
  type QuorumSender,
  type SnapshotSource,
  type WireHello,
  type WireNotification,
  type WireRules,
  type WireTxn,
  type Znode,
} from "../../wire/index.ts";

const NOTHING = new Uint8Array(0);
const SMALL_BYTES_MAX = 24;

export const int = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 0x7fff_ffff, -0x8000_0000));
export const long = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, 1n, -1n, 0x1_0000_0000n, 0x1_0000_0002n, 2n ** 63n - 1n, -(2n ** 63n)),
);
/** A zxid that a server can have. */
export const zxid = fc
  .tuple(fc.constantFrom(0n, 1n, 2n, 0x1f_ffffn), fc.constantFrom(0n, 1n, 2n, 0xffff_ffffn))
  .map(([epoch, counter]) => (epoch << 32n) | counter);
export const bytes: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: SMALL_BYTES_MAX });
/** Text of the basic plane: the only characters that ZooKeeper reads as it has written them. */
export const text: fc.Arbitrary<string> = fc.string({
  unit: fc.oneof(fc.constantFrom("a", "é", "\u2603", "\0"), fc.string({ minLength: 1, maxLength: 1 })),
  maxLength: 8,
});
const authId: fc.Arbitrary<AuthId> = fc.record({
  scheme: fc.option(text, { freq: 5 }),
  id: fc.option(text, { freq: 5 }),
});
const authinfo = fc.option(fc.array(authId, { maxLength: 3 }));

/** The writers of the bodies of transactions, by the code of the type, with values in their fields. */
const acls = fc.array(fc.tuple(int, text, text), { maxLength: 2 });
const path = fc.constantFrom("/a", "/a/b", "/zookeeper/config", "/é");
const writeAcls = (writer: JuteWriter, list: readonly (readonly [number, string, string])[]): JuteWriter => {
  writer.int(list.length);
  for (const [perms, scheme, id] of list) writer.int(perms).text(scheme).text(id);
  return writer;
};
const create = fc
  .tuple(path, bytes, acls, fc.boolean(), int)
  .map(([node, data, list, isEphemeral, cversion]) =>
    writeAcls(new JuteWriter().text(node).buffer(data), list).bool(isEphemeral).int(cversion).bytes(),
  );
const setData = fc
  .tuple(path, bytes, int)
  .map(([node, data, version]) => new JuteWriter().text(node).buffer(data).int(version).bytes());
const justPath = path.map((node) => new JuteWriter().text(node).bytes());
const justInt = int.map((value) => new JuteWriter().int(value).bytes());
const BODIES: ReadonlyMap<number, fc.Arbitrary<Uint8Array>> = new Map<number, fc.Arbitrary<Uint8Array>>([
  [-10, justInt],
  [-1, justInt],
  [1, create],
  [2, justPath],
  [5, setData],
  [
    7,
    fc
      .tuple(path, acls, int)
      .map(([node, list, version]) => writeAcls(new JuteWriter().text(node), list).int(version).bytes()),
  ],
  [
    14,
    fc.array(fc.tuple(fc.constantFrom(1, 2, 5), bytes), { maxLength: 2 }).map((txns) => {
      const writer = new JuteWriter().int(txns.length);
      for (const [type, data] of txns) writer.int(type).buffer(data);
      return writer.bytes();
    }),
  ],
]);
const BODIES_OF_35: ReadonlyMap<number, fc.Arbitrary<Uint8Array>> = new Map<number, fc.Arbitrary<Uint8Array>>([
  [15, create],
  [16, setData],
  [
    19,
    fc
      .tuple(path, bytes, acls, int)
      .map(([node, data, list, cversion]) =>
        writeAcls(new JuteWriter().text(node).buffer(data), list).int(cversion).bytes(),
      ),
  ],
  [20, justPath],
  [
    21,
    fc
      .tuple(path, bytes, acls, int, long)
      .map(([node, data, list, cversion, ttl]) =>
        writeAcls(new JuteWriter().text(node).buffer(data), list).int(cversion).long(ttl).bytes(),
      ),
  ],
]);
const closedPaths = fc.array(path, { maxLength: 2 }).map((paths) => {
  const writer = new JuteWriter().int(paths.length);
  for (const node of paths) writer.text(node);
  return writer.bytes();
});

/** A transaction that a server of a release writes. Digests come with 3.6.0, as does the body of closeSession. */
export function txn({ readsTxnDigest, txn: { closeSessionHasBody, is34 } }: WireRules): fc.Arbitrary<WireTxn> {
  const bodies = [...BODIES, ...(is34 ? [] : BODIES_OF_35)];
  bodies.push([-11, closeSessionHasBody ? closedPaths : fc.constant(NOTHING)]);
  const typed = fc.oneof(...bodies.map(([type, body]) => body.map((one) => ({ type, body: one }))));
  const digest = fc.option(fc.record({ version: fc.constant(2), treeDigest: long }), { freq: 4 });
  return fc
    .record({ clientId: long, cxid: int, zxid, timeMs: long, digest: readsTxnDigest ? digest : fc.constant(null) })
    .chain((header) => typed.map((body) => ({ ...header, ...body, rest: NOTHING })));
}

/** A payload of each kind, with the type of a packet that carries it and its sender. */
export interface Drawn {
  readonly sender: QuorumSender;
  readonly type: number;
  readonly payload: Payload;
}

const session = fc.record({ session: long, timeoutMs: int });
const rest = fc.constant(NOTHING);

function payloads(rules: WireRules): readonly fc.Arbitrary<Drawn>[] {
  const of = (sender: QuorumSender, types: readonly number[], payload: fc.Arbitrary<Payload>): fc.Arbitrary<Drawn> =>
    fc.record({ sender: fc.constant(sender), type: fc.constantFrom(...types), payload });
  const kind = <K extends Payload["kind"]>(name: K): fc.Arbitrary<K> => fc.constant(name);
  const ignored = fc.record({ kind: kind("ignored"), data: fc.option(bytes, { freq: 2 }) });
  return [
    of("leader", [packets.COMMIT, packets.SYNC, packets.UPTODATE, packets.DIFF, packets.TRUNC, packets.PING], ignored),
    of("learner", [packets.ACK, packets.SYNC], ignored),
    of(
      "learner",
      [packets.FOLLOWERINFO, packets.OBSERVERINFO],
      fc.record({
        kind: kind("learner-info"),
        serverId: long,
        protocolVersion: fc.constantFrom(0x10000, 1),
        configVersion: rules.learnerInfoIsRecord ? fc.constant(undefined) : long,
        rest,
      }),
    ),
    of("learner", [packets.FOLLOWERINFO], fc.record({ kind: kind("no-learner-info") })),
    of("learner", [packets.ACKEPOCH], fc.record({ kind: kind("current-epoch"), currentEpoch: int, rest })),
    of("learner", [packets.PING], fc.record({ kind: kind("sessions"), sessions: fc.array(session, { maxLength: 3 }) })),
    of(
      "learner",
      [packets.REVALIDATE],
      session.chain((one) => fc.record({ kind: kind("session-question"), rest }).map((more) => ({ ...more, ...one }))),
    ),
    of(
      "learner",
      [packets.REQUEST],
      fc.record({ kind: kind("request"), session: long, cxid: int, opType: int, request: bytes }),
    ),
    of("leader", [packets.LEADERINFO], fc.record({ kind: kind("protocol-version"), protocolVersion: int, rest })),
    of("leader", [packets.NEWLEADER], fc.record({ kind: kind("config"), text: fc.option<Uint8Array>(bytes) })),
    of("leader", [packets.PROPOSAL, packets.INFORM], fc.record({ kind: kind("txn"), txn: txn(rules) })),
    of(
      "leader",
      [packets.COMMITANDACTIVATE],
      fc.record({ kind: kind("designated-leader"), designatedLeader: long, rest }),
    ),
    of(
      "leader",
      [packets.INFORMANDACTIVATE],
      fc.record({ kind: kind("activated-txn"), designatedLeader: long, txn: txn(rules) }),
    ),
    of(
      "leader",
      [packets.REVALIDATE],
      fc.record({ kind: kind("session-answer"), session: long, isValid: fc.boolean(), rest }),
    ),
  ];
}

/** A packet that a server of a release sends, with its payload. */
export function message(rules: WireRules): fc.Arbitrary<Drawn & { readonly packet: QuorumPacket }> {
  return fc.tuple(fc.oneof(...payloads(rules)), long, authinfo).map(([drawn, at, ids]) => ({
    ...drawn,
    packet: { type: drawn.type, zxid: at, data: encodePayload(drawn.payload), authinfo: ids },
  }));
}

/** Packets that one side of a connection sends, without SNAP. */
export function packetsOf(rules: WireRules, maxLength = 6): fc.Arbitrary<QuorumPacket[]> {
  return fc.array(
    message(rules).map(({ packet }) => packet),
    { maxLength },
  );
}

/** A packet with any content, also of types that no release has. */
export const anyPacket: fc.Arbitrary<QuorumPacket> = fc.record({
  type: fc.oneof(fc.integer({ min: -1, max: PACKET_NAMES.length }), int),
  zxid: long,
  data: fc.option(bytes),
  authinfo,
});

const stat = {
  czxid: zxid,
  mzxid: zxid,
  ctimeMs: long,
  mtimeMs: long,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: fc.constant(0n),
  pzxid: zxid,
};
const SYSTEM_NODES = ["", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];
const OWN_NODES = ["/a", "/a/b", "/a/b/c", "/a/d", "/é", "/é/\u2603"];

/** A snapshot: the system's znodes, and some others whose parents are there. */
export const snapshot: fc.Arbitrary<SnapshotSource> = fc
  .record({
    sessions: fc.uniqueArray(session, { maxLength: 3, selector: ({ session: id }) => id }),
    aclLists: fc.uniqueArray(
      fc.record({
        id: fc.bigInt({ min: 1n, max: 9n }),
        acls: fc.array(fc.record({ perms: int, scheme: text, id: text }), { maxLength: 2 }),
      }),
      { maxLength: 3, selector: ({ id }) => id },
    ),
    paths: fc.subarray(OWN_NODES),
    nodes: fc.array(fc.record({ data: fc.option(bytes), ...stat }), { minLength: 10, maxLength: 10 }),
  })
  .map(({ aclLists, nodes, paths, sessions }) => ({
    sessions: sessions.map(({ session: id, timeoutMs }) => ({ id, timeoutMs })),
    aclLists,
    nodes: [...SYSTEM_NODES, ...withParents(paths)].map(
      (node, i): Znode => ({
        path: node,
        aclId: aclLists[0]?.id ?? -1n,
        ...(nodes[i] as Omit<Znode, "path" | "aclId">),
      }),
    ),
  }));

/** OWN_NODES is in depth-first order, so the nodes stay in that order. */
function withParents(paths: readonly string[]): string[] {
  return OWN_NODES.filter((node) => paths.some((one) => one === node || one.startsWith(`${node}/`)));
}

const host = fc.constantFrom("127.0.0.1", "10.1.2.3", "::1", "fe80:0:0:0:1:2:3:4", "0:0:0:0:0:0:0:1");
const ipv4 = fc.constantFrom("127.0.0.1", "10.1.2.3");
const address = (hosts: fc.Arbitrary<string>) => fc.record({ host: hosts, port: fc.integer({ min: 0, max: 0xffff }) });

/** The first message of a server of a release on an election connection. */
export function hello({ hello: reader }: WireRules): fc.Arbitrary<WireHello> {
  const sid = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
  const old = sid.map((serverId) => ({ version: undefined, serverId, addressText: NOTHING, addresses: [] }));
  if (reader === "any-version") return old;
  const one = fc
    .tuple(long, address(reader === "one-address" ? ipv4 : host))
    .map(([serverId, its]) => makeHello(HELLO_VERSION_1, serverId, [its]));
  if (reader !== "addresses") return fc.oneof(old, one);
  const several = fc
    .tuple(long, fc.array(address(host), { minLength: 1, maxLength: 3 }))
    .map(([serverId, all]) => makeHello(HELLO_VERSION_2, serverId, all));
  return fc.oneof(old, one, several);
}

const CONFIG = new TextEncoder().encode("server.1=127.0.0.1:2888:3888:participant\nversion=0");

/** A notification of each format that a server of a release reads. */
export function notification(rules: WireRules): fc.Arbitrary<WireNotification> {
  const vote = { state: fc.integer({ min: 0, max: 3 }), leader: long, zxid: long, electionEpoch: long };
  const nothing = { config: fc.constant(NOTHING), rest };
  const format = <F extends WireNotification["format"]>(name: F): fc.Arbitrary<F> => fc.constant(name);
  const withoutEpoch = fc
    .record({ format: format("without-epoch"), ...vote, version: fc.constant(0), ...nothing })
    .map((one) => ({ ...one, peerEpoch: one.zxid >> 32n }));
  const withEpoch = { ...vote, peerEpoch: long };
  const withoutVersion = fc.record({
    ...{ format: format("without-version"), ...withEpoch, version: fc.constant(0), ...nothing },
    // 3.4 reads 36 bytes, and later releases 40.
    rest: rules.notificationHasConfig ? fc.uint8Array({ minLength: 4, maxLength: 4 }) : rest,
  });
  const withoutConfig = fc.record({
    ...{ format: format("without-config"), ...withEpoch, version: fc.constantFrom(1, 0, -1), ...nothing },
    // 44 bytes, with a length that is not read.
    rest: rules.notificationHasConfig ? fc.uint8Array({ minLength: 4, maxLength: 4 }) : rest,
  });
  if (!rules.notificationHasConfig) return fc.oneof(withoutEpoch, withoutVersion, withoutConfig);
  const withConfig = fc.record({
    ...{ format: format("with-config"), ...withEpoch, version: fc.constantFrom(2, 3) },
    config: fc.oneof(fc.constant(CONFIG), bytes),
    rest: fc.oneof(rest, bytes),
  });
  return fc.oneof(withoutEpoch, withoutVersion, withoutConfig, withConfig);
}
