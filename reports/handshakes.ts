/**
 * The handshakes of a run, one for each time a learner reached a leader: what was offered, accepted and acknowledged,
 * what the leader decided and why, and how it ended. Read off the trace.
 */
import type { DecisionRecord, ProtocolRecord } from "../cluster/records.ts";

export interface Handshake {
  readonly leader: number;
  readonly learner: number;
  readonly observer: boolean;
  /** acceptedEpoch in FOLLOWERINFO / OBSERVERINFO. */
  readonly epochOffered: number;
  /** The epoch of LEADERINFO, once it is settled. */
  epochAccepted: number | undefined;
  /** currentEpoch in ACKEPOCH; -1 when it does not count. */
  epochAcked: number | undefined;
  decision: DecisionRecord | undefined;
  newLeaderAcked: boolean;
  /** From the moment the learner set out to find its leader. */
  readonly startUs: number;
  /** When the learner was up to date. */
  activeUs: number | undefined;
  /** Why it ended before that. */
  failure: string | undefined;
}

export function handshakesOf(records: readonly ProtocolRecord[]): Handshake[] {
  const all: Handshake[] = [];
  const open = new Map<string, Handshake>();
  const setOut = new Map<number, number>();
  const epochs = new Map<number, number>();
  const of = (leader: number, learner: number): Handshake | undefined => open.get(`${leader} ${learner}`);
  const openOf = (server: number): Handshake[] =>
    [...open.values()].filter(
      (one) =>
        (one.learner === server || one.leader === server) && one.activeUs === undefined && one.failure === undefined,
    );

  for (const record of records) {
    const { server, atUs } = record;
    switch (record.event) {
      case "following":
      case "observing":
        if (record.phase === "DISCOVERY") setOut.set(server, atUs);
        break;
      case "leading":
        if (record.phase === "DISCOVERY") epochs.delete(server);
        break;
      case "epoch-offered": {
        const { learner, observer, epoch } = record;
        const one: Handshake = {
          leader: server,
          learner,
          observer,
          epochOffered: epoch,
          epochAccepted: epochs.get(server),
          epochAcked: undefined,
          decision: undefined,
          newLeaderAcked: false,
          startUs: setOut.get(learner) ?? atUs,
          activeUs: undefined,
          failure: undefined,
        };
        open.set(`${server} ${learner}`, one);
        all.push(one);
        break;
      }
      case "epoch-proposed":
        epochs.set(server, record.epoch);
        for (const one of openOf(server)) if (one.leader === server) one.epochAccepted = record.epoch;
        break;
      case "epoch-acked": {
        const one = of(server, record.learner);
        if (one !== undefined) one.epochAcked = record.currentEpoch;
        break;
      }
      case "sync-decided": {
        const one = of(server, record.learner);
        if (one !== undefined) one.decision = record;
        break;
      }
      case "newleader-ack-read": {
        const one = of(server, record.learner);
        if (one !== undefined) one.newLeaderAcked = true;
        break;
      }
      case "active": {
        const one = of(record.leader, server);
        if (one !== undefined) one.activeUs = atUs;
        break;
      }
      case "failed":
        // A learner names no learner: it is the one. A leader that fails ends all that are open.
        for (const one of openOf(server)) {
          if (record.learner !== undefined && record.learner !== one.learner) continue;
          one.failure ??= record.reason;
        }
        break;
      case "crashed":
        for (const one of openOf(server)) one.failure ??= `${server} crashed`;
        break;
      default:
        break;
    }
  }
  return all;
}
