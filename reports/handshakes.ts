/**
 * The handshakes of a run, from its records. A handshake starts when a leader reads the FOLLOWERINFO or OBSERVERINFO of
 * a learner. It ends when the learner serves, or when one of the two fails.
 */
import type { DecisionRecord, ProtocolRecord, RecordOf } from "../cluster/records.ts";
import type { FailureReason } from "../protocol/notes.ts";
import type { Epoch, ServerId } from "../protocol/zxid.ts";

/** One handshake: its leader, its learner, the epochs, the decision, and how it ended. */
export interface Handshake {
  /** The leader. */
  readonly leader: ServerId;
  /** The learner. */
  readonly learner: ServerId;
  /** Whether the learner is an observer. */
  readonly observer: boolean;
  /** The acceptedEpoch in FOLLOWERINFO or OBSERVERINFO. */
  readonly epochOffered: Epoch;
  /** The epoch in LEADERINFO; undefined until a quorum of servers has sent its acceptedEpochs. */
  epochAccepted: Epoch | undefined;
  /** The currentEpoch in ACKEPOCH; -1 if the leader must not count it. */
  epochAcked: Epoch | undefined;
  /** The sync decision; undefined if there was none. */
  decision: DecisionRecord | undefined;
  /** Whether the learner acknowledged NEWLEADER. */
  newLeaderAcked: boolean;
  /** The time at which the learner entered DISCOVERY. */
  readonly startUs: number;
  /** The time at which the learner began to serve. */
  activeUs: number | undefined;
  /** Why the handshake ended before the learner served. */
  failure: HandshakeFailure | undefined;
}

/** Why a handshake ended before the learner served. */
export interface HandshakeFailure {
  /** The server that failed or crashed. */
  readonly server: ServerId;
  /** A reason of the core, or the reason why the process ended. */
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
  /** The last handshake of each leader and learner. */
  private readonly last = new Map<string, Handshake>();
  /** The time at which each learner entered DISCOVERY. */
  private readonly discoveryUs = new Map<ServerId, number>();
  /** The epoch that each leader has proposed. */
  private readonly epochs = new Map<ServerId, Epoch>();

  read(record: ProtocolRecord): void {
    const { server } = record;
    switch (record.event) {
      case "following":
      case "observing":
        if (record.phase === "DISCOVERY") this.discoveryUs.set(server, record.atUs);
        break;
      case "leading":
        if (record.phase === "DISCOVERY") this.epochs.delete(server);
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
    const handshake: Handshake = {
      leader: server,
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
   * Ends the unfinished handshakes of a server as leader or learner. If the failure names a learner, ends only the
   * handshake with that learner.
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
