/**
 * Collects the handshakes of a run from its records. A handshake starts when a leader reads the FOLLOWERINFO or
 * OBSERVERINFO of a learner. It ends when the learner serves, or when the leader or the learner fails.
 */
import type { DecisionRecord, ProtocolRecord, RecordOf } from "../cluster/records.ts";
import type { FailureReason } from "../protocol/notes.ts";
import type { Epoch, ServerId } from "../protocol/zxid.ts";

/** One handshake: its leader, its learner, the epochs, the sync decision, and how the handshake ended. */
export interface Handshake {
  /** The learner master: the server that leads, or a follower with an ObserverMaster. */
  readonly leader: ServerId;
  /** Present if the learner master is a follower. */
  readonly masterFollows?: true;
  /**
   * The leader's committed configuration at the start of the handshake, as text. Absent if its zoo.cfg has the lists.
   */
  readonly config?: string;
  /** The server that joins the leader. */
  readonly learner: ServerId;
  /** Whether the learner is an observer. */
  readonly observer: boolean;
  /** The acceptedEpoch in FOLLOWERINFO or OBSERVERINFO. */
  readonly epochOffered: Epoch;
  /**
   * The epoch in LEADERINFO. Undefined if the leader has not proposed an epoch. To propose one, the leader needs the
   * acceptedEpochs of a quorum.
   */
  epochAccepted: Epoch | undefined;
  /**
   * The currentEpoch in ACKEPOCH. It is -1 if the learner had already accepted the epoch, so that the leader does not
   * count this ACKEPOCH. Undefined if the leader read no ACKEPOCH.
   */
  epochAcked: Epoch | undefined;
  /** The sync decision. Undefined if the handshake ended before it. */
  decision: DecisionRecord | undefined;
  /** Whether the leader has read the learner's ACK of NEWLEADER. */
  newLeaderAcked: boolean;
  /** The time at which the learner entered DISCOVERY. */
  readonly startUs: number;
  /** The time at which the learner began to serve. Undefined if it did not serve. */
  activeUs: number | undefined;
  /**
   * Why the handshake ended before the learner served. Undefined if the learner served, or if the handshake did not
   * end.
   */
  failure: HandshakeFailure | undefined;
}

/** The server that ended a handshake before the learner served, and the reason. */
export interface HandshakeFailure {
  /** The server that failed or crashed. */
  readonly server: ServerId;
  /** The reason for the failure or, if the process ended, what ended it. */
  readonly reason: FailureReason | "crash" | "restart" | "upgrade";
}

/** Returns all handshakes, in the order in which they started. */
export function handshakesOf(records: readonly ProtocolRecord[]): Handshake[] {
  const collector = new HandshakeCollector();
  for (const record of records) collector.read(record);
  return collector.all;
}

class HandshakeCollector {
  readonly all: Handshake[] = [];
  /** The last handshake of each pair of a leader and a learner. */
  private readonly last = new Map<string, Handshake>();
  /** The time at which each learner last entered DISCOVERY. */
  private readonly discoveryUs = new Map<ServerId, number>();
  /** The epoch that each leader has proposed, or in which each learner serves, since it last entered DISCOVERY. */
  private readonly epochs = new Map<ServerId, Epoch>();
  /** The committed configuration of each server that has it in a file of its own. */
  private readonly configs = new Map<ServerId, string>();
  /** The servers that have entered DISCOVERY as learners, and not as leaders since then. */
  private readonly following = new Set<ServerId>();

  read(record: ProtocolRecord): void {
    const { server } = record;
    switch (record.event) {
      case "following":
      case "observing":
        if (record.phase !== "DISCOVERY") break;
        this.discoveryUs.set(server, record.atUs);
        this.epochs.delete(server);
        this.following.add(server);
        break;
      case "leading":
        if (record.phase !== "DISCOVERY") break;
        this.epochs.delete(server);
        this.following.delete(server);
        break;
      case "started":
        if (record.config?.dynamicFile === undefined) this.configs.delete(server);
        else this.configs.set(server, record.config.dynamicFile.config);
        break;
      case "config-committed":
        this.configs.set(server, record.config);
        break;
      case "epoch-offered":
        this.start(record);
        break;
      case "epoch-proposed":
        this.epochs.set(server, record.epoch);
        for (const one of this.unfinished(server)) if (one.leader === server) one.epochAccepted = record.epoch;
        break;
      case "epoch-acked":
        this.update(server, record.learner, { epochAcked: record.currentEpoch });
        break;
      case "sync-decided":
        this.update(server, record.learner, { decision: record });
        break;
      case "newleader-ack-read":
        this.update(server, record.learner, { newLeaderAcked: true });
        break;
      case "active":
        this.epochs.set(server, record.epoch);
        this.update(record.leader, server, { activeUs: record.atUs });
        break;
      case "failed":
        this.fail(server, record.reason, record.learner);
        break;
      case "crashed":
        this.fail(server, record.planned?.for ?? "crash", undefined);
        break;
      default:
        break;
    }
  }

  private start({ atUs, epoch, learner, observer, server }: RecordOf<"epoch-offered">): void {
    const config = this.configs.get(server);
    const handshake: Handshake = {
      leader: server,
      ...(config !== undefined && { config }),
      ...(this.following.has(server) && { masterFollows: true }),
      learner,
      observer,
      epochOffered: epoch,
      epochAccepted: this.epochs.get(server),
      epochAcked: undefined,
      decision: undefined,
      newLeaderAcked: false,
      startUs: this.discoveryUs.get(learner) ?? atUs,
      activeUs: undefined,
      failure: undefined,
    };
    this.last.set(key(server, learner), handshake);
    this.all.push(handshake);
  }

  private update(leader: ServerId, learner: ServerId, change: Partial<Handshake>): void {
    const handshake = this.last.get(key(leader, learner));
    if (handshake !== undefined) Object.assign(handshake, change);
  }

  /**
   * Ends the unfinished handshakes in which a server takes part as leader or learner. If the failure names a learner,
   * ends only the handshake with that learner.
   */
  private fail(server: ServerId, reason: HandshakeFailure["reason"], learner: ServerId | undefined): void {
    for (const handshake of this.unfinished(server)) {
      if (learner === undefined || learner === handshake.learner) handshake.failure = { server, reason };
    }
  }

  private unfinished(server: ServerId): Handshake[] {
    return [...this.last.values()].filter(
      ({ activeUs, failure, leader, learner }) =>
        (learner === server || leader === server) && activeUs === undefined && failure === undefined,
    );
  }
}

function key(leader: ServerId, learner: ServerId): string {
  return `${leader} ${learner}`;
}
