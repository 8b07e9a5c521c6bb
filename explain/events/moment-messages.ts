/**
 * The messages between servers whose sending and arrival the logs show. Few messages have a line of their own at both
 * ends. For the others, the nearest line before the sending counts, and the nearest line after the arrival.
 */
import type { LoggedEvent, Notification } from "../../logs/index.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";
import type { Ensemble, ExplainedHandshake } from "../ensemble.ts";
import type { Evidence, RolePeriod } from "../history.ts";
import { lineKey, type Moment, phaseIn } from "./moment.ts";

/** A message. */
export interface MomentMessage {
  readonly type: string;
  /** The type with the zxid or the vote, such as `DIFF 1:43`. */
  readonly text: string;
  readonly from: Moment;
  readonly to: Moment;
}

/** How much earlier a message can seem to arrive than it was sent, because lines are written late. */
const SLACK_MS = 50;
/** The number of lines in which the sending of a vote is looked for. */
const VOTES_MAX = 400;

/** The moments of all servers, and indexes of them. */
export class Moments {
  readonly of: ReadonlyMap<number, readonly Moment[]>;
  private readonly byLine = new Map<string, Moment>();
  private readonly positions = new Map<Moment, number>();

  constructor(of: ReadonlyMap<number, readonly Moment[]>) {
    this.of = of;
    for (const moments of of.values()) {
      for (const [position, moment] of moments.entries()) {
        this.positions.set(moment, position);
        if (moment.name === "ended") continue;
        for (const line of moment.lines) this.byLine.set(lineKey(line), moment);
      }
    }
  }

  /** Returns the moment that a line belongs to. */
  at(line: Pick<Evidence, "server" | "file" | "line"> | undefined): Moment | undefined {
    return line && this.byLine.get(lineKey(line));
  }

  /** Yields the moments of a server up to a time, the last one first. */
  *until(server: number, timeMs: number): Generator<Moment> {
    const moments = this.of.get(server) ?? [];
    let [low, high] = [0, moments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((moments[middle] as Moment).timeMs <= timeMs) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0; i--) yield moments[i] as Moment;
  }

  /** Returns the moments of a role, from its first line to the end of the role. */
  ofPeriod(period: RolePeriod): readonly Moment[] {
    const first = this.at(period.at);
    if (first === undefined) return [];
    const moments = this.of.get(period.server) ?? [];
    const start = this.positions.get(first) ?? 0;
    const length = moments.slice(start + 1).findIndex(({ name }) => ENDS_ROLE.has(name));
    return moments.slice(start, length < 0 ? moments.length : start + 1 + length);
  }
}

const ENDS_ROLE: ReadonlySet<Moment["name"]> = new Set([
  ...(["looking", "leading", "following", "observing", "started", "ended"] as const),
]);

/** Returns the messages of an ensemble. */
export function messagesIn(ensemble: Ensemble, moments: Moments): MomentMessage[] {
  const found = new MessageFinder(ensemble, moments);
  found.addVotes();
  found.addRegistrations();
  for (const handshake of ensemble.handshakes) found.addHandshake(handshake);
  return found.messages;
}

class MessageFinder {
  readonly messages: MomentMessage[] = [];
  private readonly ensemble: Ensemble;
  private readonly moments: Moments;

  constructor(ensemble: Ensemble, moments: Moments) {
    this.ensemble = ensemble;
    this.moments = moments;
  }

  private add(type: string, from: Moment | undefined, to: Moment | undefined, detail = ""): void {
    if (from === undefined || to === undefined || from === to || from.timeMs > to.timeMs + SLACK_MS) return;
    this.messages.push({ type, text: detail === "" ? type : `${type} ${detail}`, from, to });
  }

  // ---- votes

  addVotes(): void {
    for (const [server, moments] of this.moments.of) {
      // A server sends its vote again until it hears others. Only the first arrival belongs to the first sending.
      const seen = new Set<string>();
      for (const to of moments) {
        if (to.logged?.event !== "notification" || to.logged.fields.sid === server) continue;
        const vote = to.logged.fields;
        const from = this.sendingOf(vote, to);
        const key = `${from && `${from.timeMs} ${from.lines[0]?.line}`} ${voteKey(vote)} ${vote.state}`;
        if (from === undefined || seen.has(key)) continue;
        seen.add(key);
        this.add("NOTIFICATION", from, to, `for ${vote.leader}`);
      }
    }
  }

  private sendingOf(vote: Notification, to: Moment): Moment | undefined {
    if (vote.state !== "LOOKING") return this.questionFor(vote, to);
    return vote.leader === vote.sid ? this.ownVote(vote, to) : this.changeOfVote(vote, to);
  }

  /** Returns the start of the election in which a server votes for itself. */
  private ownVote({ sid, zxid }: Notification, to: Moment): Moment | undefined {
    let rest = VOTES_MAX;
    for (const moment of this.moments.until(sid, to.timeMs + SLACK_MS)) {
      if (rest-- === 0) return undefined;
      const { logged, name } = moment;
      if (name !== "looking" && name !== "election-started") continue;
      const shown = logged?.event === "election-started" ? logged.fields.zxid : this.electionAt(moment)?.zxid;
      return shown === zxid ? moment : undefined;
    }
    return undefined;
  }

  private electionAt(moment: Moment) {
    const { elections } = this.ensemble.histories.find(({ server }) => server === moment.server) ?? {};
    const [first] = moment.lines;
    return elections?.find(({ at }) => at.line === first?.line && at.file === first.file);
  }

  /** Returns the line at which the sender first saw the vote that it then adopted, in its current election. */
  private changeOfVote(vote: Notification, to: Moment): Moment | undefined {
    let rest = VOTES_MAX;
    let first: Moment | undefined;
    const key = voteKey(vote);
    for (const moment of this.moments.until(vote.sid, to.timeMs + SLACK_MS)) {
      if (rest-- === 0 || moment.name === "looking" || moment.name === "election-started") break;
      if (moment.logged?.event === "notification" && voteKey(moment.logged.fields) === key) first = moment;
    }
    return first;
  }

  /** A server with a role sends its vote only in answer to a vote. Returns the line that shows this vote. */
  private questionFor({ sid, state }: Notification, to: Moment): Moment | undefined {
    let rest = VOTES_MAX;
    for (const moment of this.moments.until(sid, to.timeMs + SLACK_MS)) {
      if (rest-- === 0) return undefined;
      if (moment.logged?.event !== "notification") continue;
      const question = moment.logged.fields;
      if (question.sid === to.server && question.state === "LOOKING" && question.myState === state) return moment;
    }
    return undefined;
  }

  // ---- discovery

  addRegistrations(): void {
    for (const { periods } of this.ensemble.histories) {
      for (const period of periods) if (period.registered.size > 0) this.addRegistrationsOf(period);
    }
  }

  private addRegistrationsOf(leading: RolePeriod): void {
    const registrations = this.moments.ofPeriod(leading).filter(isEvent("learner-registered"));
    const quorum = registrations[Math.floor(this.voters.length / 2) - 1];
    for (const to of registrations) {
      const sid = (to.logged as LoggedEvent & { readonly event: "learner-registered" }).fields.sid;
      const period = this.learnerPeriod(sid, leading, to);
      if (period === undefined) continue;
      const moments = this.moments.ofPeriod(period);
      const until = to.timeMs + SLACK_MS;
      const connected = moments.filter(isEvent("leader-connected")).findLast(({ timeMs }) => timeMs <= until);
      this.add(period.role === "OBSERVING" ? "OBSERVERINFO" : "FOLLOWERINFO", connected ?? moments[0], to);
      if (leading.role !== "LEADING" || quorum === undefined) continue;
      // The leader sends LEADERINFO when a quorum is registered.
      const from = quorum.timeMs > to.timeMs ? quorum : to;
      this.add("LEADERINFO", from, moments.find(isPhase("synchronization")));
    }
  }

  /** The servers that vote: all but those that have only been observers. */
  private get voters(): readonly number[] {
    const { histories, members } = this.ensemble;
    return members.filter((sid) => {
      const periods = histories.find(({ server }) => server === sid)?.periods ?? [];
      return periods.length === 0 || periods.some(({ role }) => role !== "OBSERVING");
    });
  }

  /** Returns the role of a learner in which it registers with a leader. */
  private learnerPeriod(sid: number, { server }: RolePeriod, to: Moment): RolePeriod | undefined {
    const { aligned, histories } = this.ensemble;
    const periods = histories.find((one) => one.server === sid)?.periods ?? [];
    return periods.findLast(
      ({ at, leader, role }) =>
        role !== "LEADING" && leader === server && (aligned(sid, at.timeMs) ?? 0) <= to.timeMs + SLACK_MS,
    );
  }

  // ---- synchronization

  addHandshake({ epoch, leaderSide, learnerSide, operation, zxid }: ExplainedHandshake): void {
    if (leaderSide === undefined || learnerSide === undefined) return;
    const decided = this.moments.at(leaderSide.at);
    const learner = this.moments.ofPeriod(learnerSide.period);
    const newLeader = epoch === undefined ? "" : `${epoch}:0`;
    const received = this.moments.at(learnerSide.at);
    this.add("ACKEPOCH", learner.find(isPhase("synchronization")), decided);
    this.add(operation ?? "DIFF", decided, received, zxid === undefined ? "" : formatZxid64(zxid));
    const gotNewLeader = learner.find(isEvent("newleader-received"));
    this.add("NEWLEADER", decided, gotNewLeader, newLeader);
    const leader = this.moments.ofPeriod(leaderSide.period);
    const established = this.moments.at(leaderSide.period.established);
    // A learner that joins later can have been a supporter in an earlier synchronization.
    const isSupporter =
      leaderSide.period.supporters.includes(leaderSide.learner) &&
      (decided?.timeMs ?? 0) <= (established?.timeMs ?? Number.NEGATIVE_INFINITY);
    const readAck = leader.find(
      ({ logged, timeMs }) =>
        logged?.event === "newleader-acked" &&
        logged.fields.sid === leaderSide.learner &&
        timeMs >= (decided?.timeMs ?? timeMs),
    );
    // Releases from 3.5 on log only that the ACKs of a quorum have arrived.
    const acked = readAck ?? (isSupporter ? established : undefined);
    this.add("ACK", learner.find(isEvent("newleader-ack-sent")) ?? gotNewLeader ?? received, acked, newLeader);
    if (isSupporter) this.add("UPTODATE", established, learner.find(isEvent("uptodate-received")));
  }
}

function voteKey({ leader, round, zxid }: Notification): string {
  return `${leader} ${round} ${zxid}`;
}

function isEvent(event: LoggedEvent["event"]): (moment: Moment) => boolean {
  return ({ name }) => name === event;
}

function isPhase(phase: string): (moment: Moment) => boolean {
  return ({ logged }) => logged?.event === "state-changed" && phaseIn(logged.fields.state) === phase;
}
