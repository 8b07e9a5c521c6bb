/**
 * The connections of the election port (QuorumCnxManager). Per pair of servers one connection survives, the one opened by
 * the larger id: who is called by a smaller id hangs up and calls back. Per peer a queue of one message, the newest; when
 * a new connection finds it empty, the last message sent goes out again, for it may have been lost.
 */
import type { Behavior } from "../behavior.ts";
import { type ConnectionId, type Effects, ELECTION_PORT, TIMER_DIAL } from "../effects.ts";
import { type ElectionMessage, isHello, type Notification } from "../packets.ts";
import type { PeerConfig } from "../peer.ts";
import type { Settings } from "../settings.ts";
import type { ServerId } from "../zxid.ts";

interface PeerLine {
  readonly sid: ServerId;
  /** The connection in use (a SendWorker), or 0. */
  connection: ConnectionId;
  /** A connection being opened, or 0, and until when that may take. */
  dialing: ConnectionId;
  dialUntilUs: number;
  queued: Notification | null;
  last: Notification | null;
}

export class ElectionConnections {
  private readonly myid: ServerId;
  private readonly settings: Settings;
  private readonly effects: Effects;
  private readonly knows: (sid: ServerId) => boolean;
  private readonly inTurn: boolean;
  private readonly lines = new Map<ServerId, PeerLine>();
  /** Whom a connection belongs to; -1 while an accepted one has not said. */
  private readonly callers = new Map<ConnectionId, ServerId>();
  /** In turn: whom the sender's thread calls just now, and what it has to do after that. */
  private calling: PeerLine | null = null;
  private readonly waiting: { readonly line: PeerLine; readonly notification: Notification | null }[] = [];

  constructor({ myid, settings, view }: PeerConfig, behavior: Behavior, effects: Effects) {
    this.myid = myid;
    this.settings = settings;
    this.effects = effects;
    this.knows = (sid) => view.includes(sid);
    this.inTurn = behavior.electionConnectsInTurn;
  }

  /** QuorumCnxManager#toSend, for a peer other than ourselves. */
  send(nowUs: number, to: ServerId, notification: Notification): void {
    if (this.settings.electionTransport === "datagram") {
      this.effects.sendDatagram(to, notification);
      return;
    }
    this.post(nowUs, this.line(to), notification);
  }

  /** Connects where there is no connection, and sends, if there is something to be sent. */
  private post(nowUs: number, line: PeerLine, notification: Notification | null): void {
    if (this.calling !== null) {
      this.waiting.push({ line, notification });
    } else if (line.connection === 0) {
      line.queued = notification ?? line.queued;
      this.connectOne(nowUs, line);
    } else if (notification !== null) {
      line.last = notification;
      this.effects.send(line.connection, notification);
    }
  }

  /** QuorumCnxManager#haveDelivered: whether any queue is empty. */
  haveDelivered(): boolean {
    if (this.settings.electionTransport === "datagram") return true;
    for (const line of this.lines.values()) if (line.queued === null) return true;
    return false;
  }

  connectAll(nowUs: number): void {
    for (const line of this.lines.values()) this.post(nowUs, line, null);
  }

  owns(connection: ConnectionId): boolean {
    return this.callers.has(connection);
  }

  accepted(connection: ConnectionId): void {
    this.callers.set(connection, -1);
  }

  connected(nowUs: number, connection: ConnectionId): void {
    const line = this.lineOf(connection);
    if (line === undefined) return;
    this.effects.send(connection, { hello: this.myid });
    if (line.sid > this.myid) {
      this.callers.delete(connection);
      this.effects.close(connection);
    } else {
      this.use(line, connection);
    }
    this.called(nowUs, line);
  }

  /** An open connection is closed, or one that was being opened is refused. */
  closed(nowUs: number, connection: ConnectionId): void {
    const line = this.lineOf(connection);
    this.callers.delete(connection);
    if (line?.connection === connection) line.connection = 0;
    if (line?.dialing === connection) this.called(nowUs, line);
  }

  /** Takes the caller's name from the first message; returns the sender of any other, or undefined if it is to be dropped. */
  received(nowUs: number, connection: ConnectionId, message: ElectionMessage): ServerId | undefined {
    const caller = this.callers.get(connection);
    if (caller === undefined) return undefined;
    if (caller >= 0) return caller;
    this.callers.delete(connection);
    if (!isHello(message) || message.hello === this.myid) {
      this.effects.close(connection);
      return undefined;
    }
    const line = this.line(message.hello);
    if (message.hello < this.myid) {
      this.hangUp(line);
      this.effects.close(connection);
      this.post(nowUs, line, null);
    } else {
      this.callers.set(connection, message.hello);
      this.use(line, connection);
    }
    return undefined;
  }

  /** TIMER_DIAL: gives up on calls that were not answered within cnxTimeout. */
  dialTimeout(nowUs: number): void {
    for (const line of this.lines.values()) {
      if (line.dialing === 0) continue;
      if (line.dialUntilUs <= nowUs) {
        this.callers.delete(line.dialing);
        this.effects.close(line.dialing);
        this.called(nowUs, line);
      } else {
        this.effects.setTimer(TIMER_DIAL, line.dialUntilUs - nowUs);
      }
    }
  }

  private connectOne(nowUs: number, line: PeerLine): void {
    if (line.connection !== 0 || line.dialing !== 0 || !this.knows(line.sid)) return;
    const timeoutUs = this.settings.cnxTimeoutMs * 1000;
    line.dialing = this.effects.connect(line.sid, ELECTION_PORT);
    line.dialUntilUs = nowUs + timeoutUs;
    this.callers.set(line.dialing, line.sid);
    this.effects.setTimer(TIMER_DIAL, timeoutUs);
    if (this.inTurn) this.calling = line;
  }

  /** A call was answered, refused, or given up. */
  private called(nowUs: number, line: PeerLine): void {
    line.dialing = 0;
    if (this.calling !== line) return;
    this.calling = null;
    while (this.calling === null) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.post(nowUs, next.line, next.notification);
    }
  }

  /** Starts a SendWorker on this connection, in place of any other. */
  private use(line: PeerLine, connection: ConnectionId): void {
    this.hangUp(line);
    line.connection = connection;
    const first = line.queued ?? line.last;
    line.queued = null;
    if (first === null) return;
    line.last = first;
    this.effects.send(connection, first);
  }

  private hangUp(line: PeerLine): void {
    if (line.connection === 0) return;
    this.callers.delete(line.connection);
    this.effects.close(line.connection);
    line.connection = 0;
  }

  private line(sid: ServerId): PeerLine {
    let line = this.lines.get(sid);
    if (line === undefined) {
      line = { sid, connection: 0, dialing: 0, dialUntilUs: 0, queued: null, last: null };
      this.lines.set(sid, line);
    }
    return line;
  }

  private lineOf(connection: ConnectionId): PeerLine | undefined {
    const sid = this.callers.get(connection);
    return sid === undefined ? undefined : this.lines.get(sid);
  }
}
