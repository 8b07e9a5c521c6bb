/** Holds the notifications between real servers so that they elect the leaders of the simulated run. */
import { LOOKING } from "../protocol/index.ts";
import type { WaitingMessage } from "../traffic/proxied-connection.ts";
import type { WireNotification } from "../wire/index.ts";
import type { Progress } from "./progress.ts";
import { type VoteFacts, voteText } from "./schedule.ts";

const NOTIFICATION_WAIT_MS = 500;
/** The longest wait of a vote for a server that the receiver does not elect. */
const OTHER_VOTE_WAIT_MS = 10_000;

/** Decides which notifications pass. */
export class HeldVotes {
  private readonly progress: Progress;
  private readonly waiting: () => Iterable<WaitingMessage>;

  /** `waiting` returns the messages of all connections that wait. */
  constructor(progress: Progress, waiting: () => Iterable<WaitingMessage>) {
    this.progress = progress;
    this.waiting = waiting;
  }

  /**
   * Returns the message with the notification that the simulated server gets next, of those that the real one has not
   * got; undefined if there is none. Real servers also repeat votes, so this is not always the oldest message.
   */
  nextOf(messages: readonly WaitingMessage[]): WaitingMessage | undefined {
    let next: WaitingMessage | undefined;
    let firstPlace = Number.POSITIVE_INFINITY;
    for (const message of messages) {
      const place = this.placeOf(message);
      if (place === undefined || place >= firstPlace) continue;
      next = message;
      firstPlace = place;
    }
    return next;
  }

  private placeOf({ from, notification, to }: WaitingMessage): number | undefined {
    if (notification === undefined) return undefined;
    const found = this.progress.order.notification(to, from, voteOf(notification));
    return found === undefined || found === "known" ? undefined : found.place;
  }

  /** Returns whether a notification passes that has waited for this time. The caller then passes it on. */
  mayPass({ from, notification, to }: WaitingMessage, waitedMs: number): boolean {
    if (notification === undefined) return true;
    const { log, order } = this.progress;
    const vote = voteOf(notification);
    const found = order.notification(to, from, vote);
    const isLate = waitedMs >= NOTIFICATION_WAIT_MS;
    if (found === "known") return !order.isCut(from, to);
    if (found === undefined) return isLate && this.mayPassLate(from, to, vote);
    if (order.earlierNotifications(found).length > 0 && !isLate) return false;
    if (waitedMs < OTHER_VOTE_WAIT_MS && this.misleads(to, vote)) return false;
    order.takeNotification(found);
    log(`notification ${from} -> ${to}: ${voteText(vote)}`);
    return true;
  }

  /**
   * Returns whether a server could elect another leader than the simulated one if it got this vote now: with a quorum
   * of votes, it waits only 200 ms for a better one (FastLeaderElection.finalizeWait). So the vote waits until one for
   * the right leader can pass, too.
   */
  private misleads(to: number, { leader, state }: VoteFacts): boolean {
    const { order } = this.progress;
    const elected = order.electedNext(to);
    if (state !== LOOKING || elected === undefined || elected === to || elected === leader) return false;
    return !order.hasVoteFor(to, elected) && !this.isVoteWaiting(to, elected);
  }

  /** Returns whether a vote for a leader waits that a server gets before its next item. */
  private isVoteWaiting(to: number, leader: number): boolean {
    for (const message of this.waiting()) {
      if (message.to !== to || message.notification === undefined) continue;
      const vote = voteOf(message.notification);
      if (vote.leader === leader && this.progress.order.notification(to, message.from, vote) !== undefined) return true;
    }
    return false;
  }

  /**
   * A vote that the simulated server does not get here helps an election to its end if it is for the right leader. A
   * server that does not look for a leader only answers it.
   */
  private mayPassLate(from: number, to: number, { leader, state }: VoteFacts): boolean {
    const { order, starting } = this.progress;
    if (starting.size > 0 || order.isCut(from, to)) return false;
    const elected = order.electedNext(to);
    return elected === undefined ? state === LOOKING : elected === leader;
  }
}

/** Returns the vote in a notification. */
export function voteOf({ leader, peerEpoch, state, zxid }: WireNotification): VoteFacts {
  return { state, leader: Number(leader), zxid: Number(zxid), peerEpoch: Number(peerEpoch) };
}
