/**
 * The learner's side of a probe: the handshake of an observer with a leader up to NEWLEADER, which it does not
 * acknowledge (Learner#registerWithLeader, #syncWithLeader). A state machine of bytes, without a socket.
 */
import {
  ACKEPOCH,
  LEADERINFO,
  NEWLEADER,
  OBSERVERINFO,
  PACKET_NAMES,
  SYNC_OPERATIONS,
  type SyncOperation,
} from "../protocol/packets.ts";
import {
  decodePayload,
  encodePayload,
  encodeQuorumPacket,
  type QuorumEvent,
  type QuorumPacket,
  QuorumStreamDecoder,
  wireRulesOf,
} from "../wire/index.ts";

/** What a probe says about itself. */
export interface ProbeIdentity {
  /** The server id in OBSERVERINFO. */
  readonly sid: bigint;
  /** The last zxid in ACKEPOCH. */
  readonly zxid: bigint;
  /** The currentEpoch in ACKEPOCH. -1 tells the leader to compare and count nothing (Leader#waitForEpochAck). */
  readonly epoch: number;
}

/** The snapshot after a SNAP packet. */
export interface ProbedSnapshot {
  /** The size of the stream, with its signature. */
  readonly bytes: number;
  readonly sessions: number;
  readonly nodes: number;
  /** The size of all data of znodes. */
  readonly dataBytes: number;
  /** The highest zxid of a znode. */
  readonly maxZxid: bigint;
}

/** What a leader proposed and decided. */
export interface ProbeAnswer {
  /** The epoch in LEADERINFO. */
  readonly proposedEpoch: bigint;
  /** The protocol version in LEADERINFO: 0x10000. */
  readonly protocolVersion: number;
  readonly operation: SyncOperation;
  /** The zxid of the packet DIFF, TRUNC or SNAP. */
  readonly zxid: bigint;
  readonly snapshot: ProbedSnapshot | undefined;
  /** The number of packets after it and before NEWLEADER, by name. */
  readonly packets: Readonly<Record<string, number>>;
  /** The first and the last zxid of these packets. Undefined if there are none. */
  readonly firstZxid: bigint | undefined;
  readonly lastZxid: bigint | undefined;
  /** The zxid of NEWLEADER. */
  readonly newLeaderZxid: bigint;
  /** The leader's configuration in NEWLEADER; undefined in 3.4. */
  readonly config: string | undefined;
}

/** Thrown if a probe gets no answer. The message is the reason. */
export class ProbeError extends Error {
  override readonly name = "ProbeError";
}

/** What the leader has to send next, for messages about a connection that ends or stays silent. */
export type Waiting = "LEADERINFO" | "DIFF, TRUNC or SNAP" | "the rest of the snapshot" | "NEWLEADER";

/** The largest buffer of a leader that a probe reads. Leaders with a larger jute.maxbuffer can send longer ones. */
const BUFFER_BYTES_MAX = 64 * 1024 * 1024;
const PROTOCOL_VERSION = 0x10000;
/** The first bytes of a TLS record: the type alert or handshake, and the major version 3. */
const TLS_RECORD = /^1[56]03/;

/** One handshake. `send` receives the bytes for the leader. */
export class ProbeHandshake {
  /** What the leader proposed and decided. Undefined until NEWLEADER has arrived. */
  answer: ProbeAnswer | undefined;
  waitsFor: Waiting = "LEADERINFO";
  private readonly identity: ProbeIdentity;
  private readonly send: (bytes: Uint8Array) => void;
  private readonly decoder = new QuorumStreamDecoder("leader", { maxBytes: BUFFER_BYTES_MAX });
  private readonly rules = wireRulesOf("newest", { juteMaxBuffer: BUFFER_BYTES_MAX });
  private hasReceived = false;
  private leader = { proposedEpoch: 0n, protocolVersion: 0 };
  private decision: Pick<ProbeAnswer, "operation" | "zxid"> | undefined;
  private snapshotBytes = 0;
  private snapshot: ProbedSnapshot | undefined;
  private readonly packets: Record<string, number> = {};
  private firstZxid: bigint | undefined;
  private lastZxid: bigint | undefined;

  constructor(identity: ProbeIdentity, send: (bytes: Uint8Array) => void) {
    this.identity = identity;
    this.send = send;
  }

  /**
   * Sends OBSERVERINFO. Its acceptedEpoch is always 0, because a leader that waits for its quorum proposes an epoch
   * above the highest one that it hears, from observers too (Leader#getEpochToPropose).
   */
  start(): void {
    const { sid } = this.identity;
    const info = { serverId: sid, protocolVersion: PROTOCOL_VERSION, configVersion: 0n, rest: new Uint8Array(0) };
    this.sendPacket(OBSERVERINFO, 0n, encodePayload({ kind: "learner-info", ...info }));
  }

  /** Handles bytes of the leader. Throws a ProbeError if they are not those of a leader. */
  receive(chunk: Uint8Array): void {
    if (!this.hasReceived && TLS_RECORD.test(Buffer.from(chunk.subarray(0, 2)).toString("hex"))) {
      throw new ProbeError("the server speaks TLS on this port (accepted: a quorum port without TLS, sslQuorum=false)");
    }
    this.hasReceived = true;
    for (const event of this.decoder.push(chunk)) {
      if (this.answer !== undefined) return;
      this.handle(event);
    }
  }

  private handle(event: QuorumEvent): void {
    switch (event.kind) {
      case "malformed":
        throw new ProbeError(
          `the bytes are not those of a leader's quorum port: ${event.reason} at byte ${event.offset}, while waiting ` +
            `for ${this.waitsFor}`,
        );
      case "snapshot-part":
        this.snapshotBytes += event.bytes.length;
        break;
      case "snapshot": {
        const { dataBytes, maxZxid, nodes, sessions } = event.snapshot;
        this.snapshot = { bytes: this.snapshotBytes, sessions, nodes, dataBytes, maxZxid: BigInt(maxZxid) };
        this.waitsFor = "NEWLEADER";
        break;
      }
      case "packet":
        this.handlePacket(event.packet);
    }
  }

  private handlePacket(packet: QuorumPacket): void {
    if (this.waitsFor === "LEADERINFO") this.leaderInfo(packet);
    else if (this.waitsFor === "DIFF, TRUNC or SNAP") this.decided(packet);
    else if (packet.type === NEWLEADER) this.newLeader(packet);
    else this.count(packet);
  }

  private leaderInfo(packet: QuorumPacket): void {
    const payload = decodePayload(packet, "leader", this.rules);
    if (packet.type !== LEADERINFO || payload.kind !== "protocol-version") {
      throw new ProbeError(
        `the first packet is ${nameOf(packet)}, not LEADERINFO (accepted: the quorum port of a leader of 3.4 or newer)`,
      );
    }
    const proposedEpoch = packet.zxid >> 32n;
    this.leader = { proposedEpoch, protocolVersion: payload.protocolVersion };
    const { epoch, zxid } = this.identity;
    if (BigInt(epoch) > proposedEpoch) {
      throw new ProbeError(
        `--epoch ${epoch}: above epoch ${proposedEpoch}, which the leader proposes, so it was not sent (accepted: -1 ` +
          `to ${proposedEpoch})`,
      );
    }
    const currentEpoch = encodePayload({ kind: "current-epoch", currentEpoch: epoch, rest: new Uint8Array(0) });
    this.waitsFor = "DIFF, TRUNC or SNAP";
    this.sendPacket(ACKEPOCH, zxid, currentEpoch);
  }

  private decided(packet: QuorumPacket): void {
    const operation = SYNC_OPERATIONS.get(packet.type);
    if (operation === undefined) {
      throw new ProbeError(`the leader sent ${nameOf(packet)} in place of DIFF, TRUNC or SNAP`);
    }
    this.decision = { operation, zxid: packet.zxid };
    this.waitsFor = operation === "SNAP" ? "the rest of the snapshot" : "NEWLEADER";
  }

  private count(packet: QuorumPacket): void {
    const name = nameOf(packet);
    this.packets[name] = (this.packets[name] ?? 0) + 1;
    this.firstZxid ??= packet.zxid;
    this.lastZxid = packet.zxid;
  }

  private newLeader({ data, zxid }: QuorumPacket): void {
    const { decision, firstZxid, lastZxid, leader, packets, snapshot } = this;
    if (decision === undefined) throw new ProbeError("the leader sent NEWLEADER before DIFF, TRUNC or SNAP");
    const config = data === null || data.length < 2 ? undefined : new TextDecoder().decode(data);
    const sync = { snapshot, packets: { ...packets }, firstZxid, lastZxid };
    this.answer = { ...leader, ...decision, ...sync, newLeaderZxid: zxid, config };
  }

  private sendPacket(type: number, zxid: bigint, data: Uint8Array | null): void {
    this.send(encodeQuorumPacket({ type, zxid, data, authinfo: null }));
  }
}

function nameOf({ type }: QuorumPacket): string {
  return PACKET_NAMES[type] ?? `a packet of type ${type}`;
}
