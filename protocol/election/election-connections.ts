/**
 * The connections of the election port (QuorumCnxManager).
 *
 * Each pair of servers keeps one connection: the one that the server with the larger id opened. A server that accepts a
 * connection from a server with a smaller id closes this connection and opens one itself. It can do so only if its own
 * configurations list the other server or, from 3.5 on, if the other server has sent its address. For each peer, the
 * server has a send queue of one message. A newer message replaces the queued one. If the queue is empty when a
 * connection opens, the server sends its last message again, because that message may have been lost.
 *
 * Not modeled: the receive queue's limit of 100 messages, multiple addresses, and the separate threads that reconnect.
 */
import type { Behavior } from "../behavior.ts";
import type { Configurations } from "../configurations.ts";
import { type ConnectionId, type Effects, ELECTION_PORT, NO_CONNECTION, TIMER_DIAL } from "../effects.ts";
import type { ElectionLinkEvent, Notes } from "../notes.ts";
import { type ElectionMessage, type Hello, isHello, type Notification } from "../packets.ts";
import type { Settings } from "../settings.ts";
import { NO_SERVER, type ServerId } from "../zxid.ts";

/** The part of the server's configuration that the connections use. */
export interface ElectionConnectionsConfig {
  readonly myid: ServerId;
  readonly settings: Settings;
  readonly behavior: Behavior;
  /** The configurations of the server. It can connect only to the members of those in force. */
  readonly configurations: Configurations;
}

/** The state of the connection to one peer. */
interface PeerLink {
  readonly sid: ServerId;
  /** The connection in use (a SendWorker), or NO_CONNECTION. */
  connection: ConnectionId;
  /** The connection being opened, or NO_CONNECTION. */
  dialing: ConnectionId;
  /** The port that this server dials, or has dialed last. */
  dialedPort: number;
  /** The time at which the attempt to open `dialing` times out. */
  dialUntilUs: number;
  /** The message in the send queue; null if the queue is empty. */
  queued: Notification | null;
  /** The last message sent to the peer (QuorumCnxManager#lastMessageSent); null if there is none. */
  last: Notification | null;
}

/** A call of `sendOrConnect` that waits until the connection being opened is open or has failed. */
interface DelayedSend {
  readonly link: PeerLink;
  readonly notification: Notification | null;
  readonly port: number | undefined;
}

export class ElectionConnections {
  private readonly myid: ServerId;
  private readonly settings: Settings;
  private readonly effects: Effects;
  private readonly notes: Notes;
  private readonly configurations: Configurations;
  private readonly connectsInTurn: boolean;
  private readonly helloHasAddress: boolean;
  /** Whether the server dials the pending address of a peer if it cannot connect to the committed one. */
  private readonly dialsPendingAddress: boolean;
  private readonly links = new Map<ServerId, PeerLink>();
  /** The peer of each connection; NO_SERVER for an accepted connection that has not sent its hello. */
  private readonly peers = new Map<ConnectionId, ServerId>();
  /**
   * The link whose connection is being opened, in releases with the behavior electionConnectsInTurn. The sending thread
   * is blocked until this connection is open or has failed.
   */
  private blockingLink: PeerLink | null = null;
  /** The calls that wait until the sending thread is not blocked, in releases with electionConnectsInTurn. */
  private readonly delayed: DelayedSend[] = [];

  constructor({ behavior, configurations, myid, settings }: ElectionConnectionsConfig, effects: Effects, notes: Notes) {
    this.myid = myid;
    this.settings = settings;
    this.effects = effects;
    this.notes = notes;
    this.configurations = configurations;
    this.connectsInTurn = behavior.electionConnectsInTurn;
    this.helloHasAddress = behavior.helloHasAddress;
    this.dialsPendingAddress = behavior.electionConnectsInTurn || behavior.pendingAddressIsDialed;
  }

  /** Sends a notification to another server (QuorumCnxManager#toSend). */
  send(nowUs: number, to: ServerId, notification: Notification): void {
    if (this.settings.electionTransport === "datagram") {
      this.effects.sendDatagram(to, notification);
      return;
    }
    this.sendOrConnect(nowUs, this.link(to), notification);
  }

  /**
   * If the peer is connected, sends the notification (if it is not null). If the peer is not connected, queues the
   * notification and connects, if the address of the peer is known: from this server's configuration, or from a hello.
   * `port` stands for that address; undefined if there is none.
   */
  private sendOrConnect(
    nowUs: number,
    link: PeerLink,
    notification: Notification | null,
    port = this.configurations.electionPortOf(link.sid),
  ): void {
    if (this.blockingLink !== null) {
      this.delayed.push({ link, notification, port });
      if (notification !== null) this.notes.notificationDelayed(link.sid, this.blockingLink.sid);
    } else if (link.connection === NO_CONNECTION) {
      link.queued = notification ?? link.queued;
      if (port !== undefined) this.connectOne(nowUs, link, port);
    } else if (notification !== null) {
      link.last = notification;
      this.effects.send(link.connection, notification);
    }
  }

  /** Returns whether any send queue is empty (QuorumCnxManager#haveDelivered). */
  haveDelivered(): boolean {
    if (this.settings.electionTransport === "datagram") return true;
    for (const link of this.links.values()) if (link.queued === null) return true;
    return false;
  }

  connectAll(nowUs: number): void {
    for (const link of this.links.values()) this.sendOrConnect(nowUs, link, null);
  }

  /** Closes all connections, and forgets the messages (QuorumCnxManager#halt). */
  closeAll(): void {
    for (const connection of this.peers.keys()) this.effects.close(connection);
    this.peers.clear();
    this.links.clear();
    this.blockingLink = null;
    this.delayed.length = 0;
  }

  owns(connection: ConnectionId): boolean {
    return this.peers.has(connection);
  }

  accepted(connection: ConnectionId): void {
    this.peers.set(connection, NO_SERVER);
  }

  connected(nowUs: number, connection: ConnectionId): void {
    const link = this.linkOf(connection);
    if (link === undefined) return;
    this.effects.send(connection, this.hello());
    if (link.sid > this.myid) {
      this.peers.delete(connection);
      this.effects.close(connection);
      this.note(link.sid, "closed-own-id-smaller");
    } else {
      this.use(link, connection);
    }
    this.dialEnded(nowUs, link);
  }

  /** Handles the end of an open connection, or the refusal of a connection being opened. */
  closed(nowUs: number, connection: ConnectionId): void {
    const link = this.linkOf(connection);
    this.peers.delete(connection);
    if (link === undefined) return;
    if (link.connection === connection) {
      link.connection = NO_CONNECTION;
      this.note(link.sid, "closed");
    }
    if (link.dialing !== connection) return;
    this.note(link.sid, "refused");
    this.dialFailed(nowUs, link);
  }

  /**
   * Returns the sender of a message, or undefined if the message must be dropped. The first message on an accepted
   * connection must be a hello.
   */
  received(nowUs: number, connection: ConnectionId, message: ElectionMessage): ServerId | undefined {
    const peer = this.peers.get(connection);
    if (peer === undefined || peer >= 0) return peer;
    this.peers.delete(connection);
    if (!isHello(message) || message.hello === this.myid) {
      this.effects.close(connection);
      return undefined;
    }
    const link = this.link(message.hello);
    if (message.hello < this.myid) {
      this.closeConnection(link);
      this.effects.close(connection);
      this.note(link.sid, "closed-peer-id-smaller");
      const address = this.helloHasAddress ? message.electionPort : undefined;
      this.sendOrConnect(nowUs, link, null, address ?? this.configurations.electionPortOf(link.sid));
    } else {
      this.peers.set(connection, message.hello);
      this.use(link, connection);
    }
    return undefined;
  }

  /** Handles TIMER_DIAL: closes connections that did not open within cnxTimeout. */
  dialTimeout(nowUs: number): void {
    for (const link of this.links.values()) {
      if (link.dialing === NO_CONNECTION) continue;
      if (link.dialUntilUs <= nowUs) {
        this.peers.delete(link.dialing);
        this.effects.close(link.dialing);
        this.note(link.sid, "timed-out");
        this.dialFailed(nowUs, link);
      } else {
        this.effects.setTimer(TIMER_DIAL, link.dialUntilUs - nowUs);
      }
    }
  }

  /** Returns the first message that this server sends on a connection that it opens. */
  private hello(): Hello {
    const { configurations, helloHasAddress, myid } = this;
    return helloHasAddress ? { hello: myid, electionPort: configurations.own.election } : { hello: myid };
  }

  private connectOne(nowUs: number, link: PeerLink, port: number): void {
    const isBusy = link.connection !== NO_CONNECTION || link.dialing !== NO_CONNECTION;
    if (isBusy) return;
    const timeoutUs = this.settings.cnxTimeoutMs * 1000;
    link.dialing = this.effects.connect(link.sid, ELECTION_PORT, port);
    link.dialedPort = port;
    link.dialUntilUs = nowUs + timeoutUs;
    this.peers.set(link.dialing, link.sid);
    this.effects.setTimer(TIMER_DIAL, timeoutUs);
    if (this.connectsInTurn) this.blockingLink = link;
  }

  /** Handles an attempt to connect that has failed: tries the pending address, if the release does so. */
  private dialFailed(nowUs: number, link: PeerLink): void {
    const changed = this.configurations.changedElectionPortOf(link.sid, link.dialedPort);
    if (!this.dialsPendingAddress || changed === undefined) {
      this.dialEnded(nowUs, link);
      return;
    }
    link.dialing = NO_CONNECTION;
    this.connectOne(nowUs, link, changed);
  }

  /** Handles the end of an attempt to connect: the connection is open, was refused, or timed out. */
  private dialEnded(nowUs: number, link: PeerLink): void {
    link.dialing = NO_CONNECTION;
    if (this.blockingLink !== link) return;
    this.blockingLink = null;
    while (this.blockingLink === null) {
      const next = this.delayed.shift();
      if (next === undefined) return;
      this.sendOrConnect(nowUs, next.link, next.notification, next.port);
    }
  }

  /**
   * Makes this connection the one that sends to the peer (SendWorker), and closes the former connection to the peer.
   */
  private use(link: PeerLink, connection: ConnectionId): void {
    this.closeConnection(link);
    link.connection = connection;
    const first = link.queued ?? link.last;
    link.queued = null;
    if (first === null) return;
    link.last = first;
    this.effects.send(connection, first);
  }

  private note(peer: ServerId, event: ElectionLinkEvent): void {
    this.notes.electionLink(peer, event, this.settings.cnxTimeoutMs);
  }

  private closeConnection(link: PeerLink): void {
    if (link.connection === NO_CONNECTION) return;
    this.peers.delete(link.connection);
    this.effects.close(link.connection);
    link.connection = NO_CONNECTION;
  }

  private link(sid: ServerId): PeerLink {
    const known = this.links.get(sid);
    if (known !== undefined) return known;
    const link = {
      ...{ sid, connection: NO_CONNECTION, dialing: NO_CONNECTION, dialedPort: 0, dialUntilUs: 0 },
      ...{ queued: null, last: null },
    };
    this.links.set(sid, link);
    return link;
  }

  private linkOf(connection: ConnectionId): PeerLink | undefined {
    const sid = this.peers.get(connection);
    return sid === undefined ? undefined : this.links.get(sid);
  }
}
