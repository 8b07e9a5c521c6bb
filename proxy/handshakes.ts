/**
 * Follows the handshakes between real servers: the messages of each connection to a leader, from FOLLOWERINFO or
 * OBSERVERINFO to UPTODATE. What only the leader knows, such as its committedLog, is not in the messages.
 */
import type { ProtocolEvent } from "../cluster/records.ts";
import {
  ACK,
  ACKEPOCH,
  COMMIT,
  FOLLOWERINFO,
  INFORM,
  LEADERINFO,
  NEWLEADER,
  OBSERVERINFO,
  PROPOSAL,
  SYNC_OPERATIONS,
  type SyncOperation,
  UPTODATE,
} from "../protocol/index.ts";
import { type ProxiedConnection, UNKNOWN_SERVER, type WaitingMessage } from "../traffic/proxied-connection.ts";
import { decodePayload, type QuorumPacket, type WireRules } from "../wire/index.ts";

/** One handshake, as its messages show it. An undefined field was not sent. */
export interface SeenHandshake {
  /** The server to whose quorum port the learner has connected. */
  readonly leader: number;
  readonly learner: number;
  readonly isObserver: boolean;
  /** The acceptedEpoch in FOLLOWERINFO or OBSERVERINFO. */
  readonly epochOffered: number;
  /** The epoch in LEADERINFO. */
  epochAccepted: number | undefined;
  /** The currentEpoch in ACKEPOCH. */
  epochAcked: number | undefined;
  /** The last zxid of the learner, in ACKEPOCH. */
  peerLastZxid: bigint | undefined;
  operation: SyncOperation | undefined;
  /** The zxid of the packet DIFF, TRUNC or SNAP. */
  zxid: bigint | undefined;
  /** Number of PROPOSAL and INFORM packets before NEWLEADER. */
  proposals: number;
  /** Number of these whose COMMIT also comes before NEWLEADER. An INFORM is its own commit. */
  committed: number;
  firstZxid: bigint | undefined;
  lastZxid: bigint | undefined;
  hasNewLeader: boolean;
  isNewLeaderAcked: boolean;
  /** The time at which FOLLOWERINFO or OBSERVERINFO arrived at the proxy. Microseconds since the start. */
  readonly startUs: number;
  /** The time at which UPTODATE left the proxy. */
  activeUs: number | undefined;
  /** Whether the connection has ended. */
  isEnded: boolean;
}

/** An event that messages show. A step of a scenario can wait for it. */
export interface SeenEvent {
  readonly event: ProtocolEvent;
  readonly server: number;
  readonly zxid: bigint;
}

/** The events that messages show, with the moment. */
export const SEEN_EVENTS = {
  "epoch-offered": "FOLLOWERINFO or OBSERVERINFO reaches the leader",
  "epoch-acked": "ACKEPOCH reaches the leader",
  "sync-decided": "the leader sends DIFF, TRUNC or SNAP",
  "newleader-acked": "the learner sends the ACK of NEWLEADER",
  "newleader-ack-read": "the ACK of NEWLEADER reaches the leader",
  established: "the leader sends the first UPTODATE",
  active: "UPTODATE reaches the learner",
  proposed: "the leader sends the first PROPOSAL of a transaction",
  committed: "the leader sends the first COMMIT of a transaction",
} as const satisfies Partial<Record<ProtocolEvent, string>>;

export class SeenHandshakes {
  readonly all: SeenHandshake[] = [];
  private readonly rules: WireRules;
  private readonly now: () => number;
  private readonly onEvent: (event: SeenEvent) => void;
  private readonly open = new Map<ProxiedConnection, SeenHandshake>();
  /** The terms that are established, and the transactions that leaders have proposed and committed. */
  private readonly known = new Set<string>();

  /** `now` returns microseconds since the start. */
  constructor(rules: WireRules, now: () => number, onEvent: (event: SeenEvent) => void) {
    this.rules = rules;
    this.now = now;
    this.onEvent = onEvent;
  }

  /** Returns the server that leads: the one with the newest epoch that serves a learner. Undefined if there is none. */
  get leader(): number | undefined {
    return this.serving?.leader;
  }

  /** Returns the last epoch of the leader. */
  get epoch(): number | undefined {
    return this.serving?.epochAccepted;
  }

  /** Returns the servers that serve: the leader and its learners. */
  get active(): readonly number[] {
    const { leader } = this;
    const learners = [...this.open.values()].filter((one) => one.leader === leader && one.activeUs !== undefined);
    return leader === undefined
      ? []
      : [...new Set([leader, ...learners.map(({ learner }) => learner)])].sort(numerically);
  }

  private get serving(): SeenHandshake | undefined {
    const serving = [...this.open.values()].filter(({ activeUs }) => activeUs !== undefined);
    return serving.toSorted((a, b) => (b.epochAccepted ?? -1) - (a.epochAccepted ?? -1))[0];
  }

  /** A message has arrived at the proxy. */
  sent({ connection, packet }: WaitingMessage): void {
    if (packet === undefined || connection.client === UNKNOWN_SERVER) return;
    if (packet.type === FOLLOWERINFO || packet.type === OBSERVERINFO) this.start(connection, packet);
    const handshake = this.open.get(connection);
    if (handshake !== undefined) this.read(handshake, packet);
  }

  private start(connection: ProxiedConnection, { type, zxid }: QuorumPacket): void {
    const handshake: SeenHandshake = {
      ...{ leader: connection.listener, learner: connection.client, isObserver: type === OBSERVERINFO },
      epochOffered: epochOf(zxid),
      ...{ epochAccepted: undefined, epochAcked: undefined, peerLastZxid: undefined },
      ...{ operation: undefined, zxid: undefined, proposals: 0, committed: 0 },
      ...{ firstZxid: undefined, lastZxid: undefined, hasNewLeader: false, isNewLeaderAcked: false },
      ...{ startUs: this.now(), activeUs: undefined, isEnded: false },
    };
    this.open.set(connection, handshake);
    this.all.push(handshake);
  }

  private read(handshake: SeenHandshake, packet: QuorumPacket): void {
    const { type, zxid } = packet;
    const { leader, learner } = handshake;
    const operation = SYNC_OPERATIONS.get(type);
    if (type === LEADERINFO) handshake.epochAccepted = epochOf(zxid);
    if (type === ACKEPOCH) {
      handshake.peerLastZxid = zxid;
      const payload = decodePayload(packet, "learner", this.rules);
      handshake.epochAcked = payload.kind === "current-epoch" ? payload.currentEpoch : undefined;
    }
    if (operation !== undefined && handshake.operation === undefined) {
      Object.assign(handshake, { operation, zxid });
      this.onEvent({ event: "sync-decided", server: leader, zxid });
    }
    if (type === NEWLEADER) handshake.hasNewLeader = true;
    if (type === ACK && handshake.hasNewLeader && !handshake.isNewLeaderAcked) {
      handshake.isNewLeaderAcked = true;
      this.onEvent({ event: "newleader-acked", server: learner, zxid });
    }
    if (type === UPTODATE) this.once("established", leader, zxid, `${leader} ${handshake.epochAccepted}`);
    this.readTxn(handshake, packet);
  }

  private readTxn(handshake: SeenHandshake, { type, zxid }: QuorumPacket): void {
    const { hasNewLeader, leader } = handshake;
    if (type === PROPOSAL || type === INFORM) {
      if (!hasNewLeader) {
        handshake.proposals++;
        handshake.firstZxid ??= zxid;
        handshake.lastZxid = zxid;
        if (type === INFORM) handshake.committed++;
      }
      if (type === PROPOSAL && hasNewLeader) this.once("proposed", leader, zxid, `${leader} ${zxid}`);
    }
    if (type !== COMMIT) return;
    if (hasNewLeader) this.once("committed", leader, zxid, `${leader} ${zxid}`);
    else handshake.committed++;
  }

  private once(event: "established" | "proposed" | "committed", server: number, zxid: bigint, key: string): void {
    if (this.known.has(`${event} ${key}`)) return;
    this.known.add(`${event} ${key}`);
    this.onEvent({ event, server, zxid });
  }

  /** A message is about to leave the proxy. */
  delivered({ connection, packet }: WaitingMessage): void {
    const handshake = this.open.get(connection);
    if (packet === undefined || handshake === undefined) return;
    const { type, zxid } = packet;
    const { leader, learner } = handshake;
    if (type === FOLLOWERINFO || type === OBSERVERINFO) this.onEvent({ event: "epoch-offered", server: leader, zxid });
    if (type === ACKEPOCH) this.onEvent({ event: "epoch-acked", server: leader, zxid });
    if (type === ACK && handshake.isNewLeaderAcked && handshake.activeUs === undefined) {
      this.onEvent({ event: "newleader-ack-read", server: leader, zxid });
    }
    if (type !== UPTODATE || handshake.activeUs !== undefined) return;
    handshake.activeUs = this.now();
    this.onEvent({ event: "active", server: learner, zxid });
  }

  ended(connection: ProxiedConnection): void {
    const handshake = this.open.get(connection);
    if (handshake !== undefined) handshake.isEnded = true;
    this.open.delete(connection);
  }
}

function epochOf(zxid: bigint): number {
  return Number(BigInt.asIntN(32, zxid >> 32n));
}

function numerically(a: number, b: number): number {
  return a - b;
}
