/**
 * The clients whose requests learners forward to this server while it leads. The core gets a name in place of each
 * request, and asks for the transaction with this name when it proposes it.
 */
import {
  type ConnectionId,
  LEADING,
  type LeaderView,
  type Peer,
  packet,
  type QuorumPacket,
  REQUEST,
  REVALIDATE,
  SYNC,
  type Txn,
  ZERO_ZXID,
  type Zxid,
} from "../protocol/index.ts";
import { decodePayload, encodePayload, type QuorumPacket as WirePacket, type WireRules } from "../wire/index.ts";
import type { Core } from "./input-trace.ts";
import { LeaderService } from "./leader-service.ts";
import type { Network } from "./network.ts";
import type { ClientRequest } from "./requests.ts";
import type { Trees } from "./trees.ts";

/** The operation sync, which becomes no transaction (ZooDefs.OpCode). */
const OP_SYNC = 9;
const NO_BYTES = new Uint8Array(0);

/** What the clients need of the server. */
export interface ClientsOwner {
  readonly peer: Peer;
  readonly network: Pick<Network, "send" | "sendWire">;
  readonly trees: Trees;
  readonly rules: WireRules;
  readonly tickTimeMs: number;
  /** Calls `handle` with the core after all earlier inputs are handled. */
  input(handle: (core: Core) => void): void;
}

/** Serves the clients of learners during all terms in which the server leads. */
export class LearnerClients {
  private readonly owner: ClientsOwner;
  /** Requests that have no transaction yet, by their names. */
  private readonly requests = new Map<string, ClientRequest>();
  private count = 0;
  /** Defined while the server leads and serves. */
  private service: LeaderService | undefined;
  private expiryTimer: NodeJS.Timeout | undefined;

  constructor(owner: ClientsOwner) {
    this.owner = owner;
  }

  /** Starts or ends the service with the term of the leader, and answers syncs that are due. Follows each input. */
  update(): void {
    const { leads } = this.owner.peer;
    if (!leads && this.service !== undefined) this.stop();
    if (leads && this.service === undefined) this.start();
    if (!this.service?.hasSyncs) return;
    const { lastCommitted } = this.owner.peer.inspect().leader as LeaderView;
    for (const connection of this.service.takeSyncs(lastCommitted)) {
      this.owner.network.send(connection, packet(SYNC, ZERO_ZXID, null));
    }
  }

  private start(): LeaderService {
    const { peer, tickTimeMs, trees } = this.owner;
    const { history, lastProcessedZxid } = peer.database;
    this.service = new LeaderService(trees.newTreeOf(history), lastProcessedZxid);
    this.expiryTimer = setInterval(() => this.closeExpired(), tickTimeMs);
    return this.service;
  }

  /** Ends the term. Its requests get no transactions. */
  stop(): void {
    clearInterval(this.expiryTimer);
    this.service = undefined;
    this.requests.clear();
  }

  private closeExpired(): void {
    for (const request of this.service?.closeExpired() ?? []) {
      const name = this.keep(request);
      this.owner.input((core) => core.write(name, 0));
    }
  }

  /** Returns the packet that the core gets for a packet of a learner; undefined if the core does not get it. */
  fromLearner(connection: ConnectionId, message: QuorumPacket, wire: WirePacket): QuorumPacket | undefined {
    if (this.owner.peer.state !== LEADING) return message;
    const payload = decodePayload(wire, "learner", this.owner.rules);
    switch (payload.kind) {
      case "sessions":
        for (const { session, timeoutMs } of payload.sessions) this.service?.touch(session, timeoutMs);
        return message;
      case "session-question":
        this.revalidate(connection, payload.session, payload.timeoutMs);
        return message;
      case "request": {
        if (payload.opType === OP_SYNC) {
          this.service?.sync(connection);
          return undefined;
        }
        const value = this.keep({ ...payload, authinfo: wire.authinfo ?? [] });
        return packet(REQUEST, message.zxid, { value, bytes: payload.request.length });
      }
      default:
        return message;
    }
  }

  /** LearnerHandler#run: answers whether a session is valid. */
  private revalidate(connection: ConnectionId, session: bigint, timeoutMs: number): void {
    const isValid = this.service?.touch(session, timeoutMs) ?? false;
    const data = encodePayload({ kind: "session-answer", session, isValid, rest: NO_BYTES });
    this.owner.network.sendWire(connection, { type: REVALIDATE, zxid: -1n, data, authinfo: null });
  }

  private keep(request: ClientRequest): string {
    const name = `request ${++this.count}`;
    this.requests.set(name, request);
    return name;
  }

  /** Returns the transaction of the request with this name. The leader can propose before `update` starts its term. */
  prepareTxn(zxid: Zxid, name: string): Txn {
    const request = this.requests.get(name);
    if (request === undefined) throw new Error(`there is no ${name}`);
    this.requests.delete(name);
    return (this.service ?? this.start()).prepare(request, zxid);
  }
}
