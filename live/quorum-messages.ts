/** Translates packets of the quorum port between values of the core and values of the wire. */
import {
  ACKEPOCH,
  type ActivatedTxn,
  asEpoch,
  asServerId,
  asZxid,
  COMMITANDACTIVATE,
  FOLLOWERINFO,
  INFORM,
  INFORMANDACTIVATE,
  LEADERINFO,
  type LearnerInfo,
  MAX_EPOCH,
  NEWLEADER,
  OBSERVERINFO,
  PACKET_NAMES,
  type PacketType,
  PING,
  PROPOSAL,
  packet,
  type QuorumPacket,
  type QuorumVerifier,
  type Txn,
} from "../protocol/index.ts";
import {
  decodePayload,
  encodePayload,
  encodeTxn,
  type Payload,
  type QuorumSender,
  type QuorumPacket as WirePacket,
  type WireRules,
} from "../wire/index.ts";
import type { Members } from "./members.ts";
import { entryOf, liveTxn } from "./transactions.ts";

const NOTHING = new Uint8Array(0);

/** Why a packet from the wire is no packet of the core. */
export type Untranslatable =
  /** The data does not have the form that the type requires. ZooKeeper ends the connection. */
  | "malformed"
  /** ZooKeeper ignores packets of this type. */
  | "unknown-type"
  /** The epoch is above the largest that zabsim supports. */
  | "epoch-too-large";

/** Translates packets of one ensemble and one release. */
export class QuorumMessages {
  private readonly rules: WireRules;
  private readonly members: Members;

  constructor(rules: WireRules, members: Members) {
    this.rules = rules;
    this.members = members;
  }

  /** Returns the packet on the wire. The stream of a snapshot follows a SNAP and is not part of it. */
  toWire(message: QuorumPacket, sender: QuorumSender): WirePacket {
    const payload = this.payloadOf(message, sender);
    return { type: message.type, zxid: BigInt(message.zxid), data: encodePayload(payload), authinfo: null };
  }

  private payloadOf({ data, type }: QuorumPacket, sender: QuorumSender): Payload {
    const rest = NOTHING;
    switch (type) {
      case FOLLOWERINFO:
      case OBSERVERINFO:
        return data === null ? { kind: "no-learner-info" } : this.learnerInfo(data as LearnerInfo);
      case LEADERINFO:
        return { kind: "protocol-version", protocolVersion: data as number, rest };
      case ACKEPOCH:
        return { kind: "current-epoch", currentEpoch: data as number, rest };
      case NEWLEADER:
        return { kind: "config", text: this.configText(data as QuorumVerifier | null) };
      case PROPOSAL:
      case INFORM:
        return { kind: "ignored", data: entryOf(data as Txn) };
      case COMMITANDACTIVATE:
        return { kind: "designated-leader", designatedLeader: BigInt(data as number), rest };
      case INFORMANDACTIVATE:
        return { kind: "ignored", data: activated(data as ActivatedTxn) };
      case PING:
        return sender === "learner" ? { kind: "sessions", sessions: [] } : { kind: "ignored", data: null };
      default:
        return { kind: "ignored", data: null };
    }
  }

  private learnerInfo({ configVersion, protocolVersion, serverId }: LearnerInfo): Payload {
    return {
      kind: "learner-info",
      serverId: BigInt(serverId),
      protocolVersion,
      configVersion: this.rules.learnerInfoIsRecord ? undefined : BigInt(configVersion),
      rest: NOTHING,
    };
  }

  /** The text that a leader puts into NEWLEADER; null in 3.4, which has no configurations. */
  private configText(config: QuorumVerifier | null): Uint8Array | null {
    return config === null || this.rules.learnerInfoIsRecord ? null : this.members.textOf(config);
  }

  /** Returns the packet for the core. A SNAP has no data yet: the stream follows. */
  fromWire(wire: WirePacket, sender: QuorumSender): QuorumPacket | Untranslatable {
    const { type } = wire;
    if (!(type > 0 && type < PACKET_NAMES.length)) return "unknown-type";
    if (wire.zxid < -1n || wire.zxid >> 32n > BigInt(MAX_EPOCH)) return "epoch-too-large";
    const payload = decodePayload(wire, sender, this.rules);
    if (payload.kind === "malformed") return "malformed";
    const data = this.dataOf(payload);
    return packet(type as PacketType, asZxid(Number(wire.zxid)), data as never);
  }

  private dataOf(payload: Exclude<Payload, { kind: "malformed" }>): unknown {
    switch (payload.kind) {
      case "learner-info":
        return {
          serverId: asServerId(Number(payload.serverId ?? 0n)),
          protocolVersion: payload.protocolVersion ?? 1,
          configVersion: Number(payload.configVersion ?? 0n),
        } satisfies LearnerInfo;
      case "protocol-version":
        return payload.protocolVersion;
      case "current-epoch":
        return asEpoch(payload.currentEpoch);
      case "config": {
        const config = this.members.read(payload.text);
        return config === undefined || config.version === 0 ? null : config;
      }
      case "txn":
        return liveTxn(encodeTxn(payload.txn));
      case "designated-leader":
        return asServerId(Number(payload.designatedLeader));
      case "activated-txn": {
        const designated = asServerId(Number(payload.designatedLeader));
        return { ...liveTxn(encodeTxn(payload.txn)), designated };
      }
      case "request":
        // If this server leads, LearnerClients names the request.
        return { value: "request", bytes: payload.request.length };
      default:
        return null;
    }
  }
}

function activated(txn: ActivatedTxn): Uint8Array {
  const entry = entryOf(txn);
  const bytes = new Uint8Array(8 + entry.length);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(txn.designated));
  bytes.set(entry, 8);
  return bytes;
}
