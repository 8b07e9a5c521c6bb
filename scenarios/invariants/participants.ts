/**
 * The logs of those who take part in an epoch: I-1, I-8, I-10, follower-is-prefix.
 *
 * For each epoch the longest log of a participant is kept, one history for each length from where the epoch began, so that
 * a log that grows by one txn is compared with one entry.
 */
import type { Epoch, History } from "../../protocol/index.ts";
import { type Ensemble, endOf, type Watched } from "./ensemble.ts";
import type { Violations } from "./violation.ts";

/** The longest log of an epoch; entry i has length `offset + i`. */
interface EpochLog {
  readonly offset: number;
  readonly histories: History[];
}

export class Participants {
  private readonly logs = new Map<Epoch, EpochLog>();
  private readonly established = new Map<Epoch, { readonly leader: Watched; readonly history: History }>();
  private readonly ensemble: Ensemble;
  private readonly violations: Violations;

  constructor(ensemble: Ensemble, violations: Violations) {
    this.ensemble = ensemble;
    this.violations = violations;
  }

  epochEstablished(leader: Watched, epoch: Epoch, history: History): void {
    const other = this.established.get(epoch);
    if (other !== undefined && other.leader !== leader) {
      const text = `is established in epoch ${epoch}, in which ${other.leader.sid} was already`;
      this.violations.report("I-1", leader.sid, text);
    }
    this.checkInitialHistories(leader, epoch, history);
    this.established.set(epoch, { leader, history });
  }

  /** I-8, against the neighbouring epochs: with those the rest follows. */
  private checkInitialHistories(leader: Watched, epoch: Epoch, history: History): void {
    let older: Epoch = -1;
    let newer: Epoch = Number.POSITIVE_INFINITY;
    for (const other of this.established.keys()) {
      if (other < epoch && other > older) older = other;
      if (other > epoch && other < newer) newer = other;
    }
    const before = this.established.get(older)?.history;
    const after = this.established.get(newer)?.history;
    if (before !== undefined && !before.isPrefixOf(history)) {
      const text = `starts epoch ${epoch} at ${endOf(history)}, not an extension of epoch ${older}'s ${endOf(before)}`;
      this.violations.report("I-8", leader.sid, text);
    }
    if (after !== undefined && !history.isPrefixOf(after)) {
      const text = `starts epoch ${epoch} at ${endOf(history)}, not a prefix of epoch ${newer}'s ${endOf(after)}`;
      this.violations.report("I-8", leader.sid, text);
    }
  }

  /** A follower acknowledges NEWLEADER. */
  joined(server: Watched, epoch: Epoch, log: History): void {
    const sid = this.ensemble.leaderOf.get(epoch);
    const leader = sid === undefined ? undefined : this.ensemble.servers.get(sid);
    const history = leader?.tree;
    if (history !== undefined && !log.isPrefixOf(history)) {
      const text = `acknowledges epoch ${epoch} with its log at ${endOf(log)}, not a prefix of leader ${sid}'s ${endOf(history)}`;
      this.violations.report("follower-is-prefix", server.sid, text);
    }
    this.logIs(server, epoch, log);
  }

  /** The log of a participant of this epoch, compared with the longest. */
  logIs(server: Watched, epoch: Epoch, log: History): void {
    const longest = this.logs.get(epoch);
    if (longest === undefined) {
      this.logs.set(epoch, { offset: log.length, histories: [log] });
      return;
    }
    const { histories, offset } = longest;
    const index = log.length - offset;
    const there = histories[index];
    if (there === log) return;
    let fits: boolean;
    if (there !== undefined) fits = there.equals(log);
    else if (index < 0) fits = log.isPrefixOf(histories[0] as History);
    else fits = this.extend(longest, log);
    if (!fits) {
      const text = `has ${endOf(log)} in its log of epoch ${epoch} where another participant has ${endOf(there)}`;
      this.violations.report("I-10", server.sid, text);
    }
  }

  /** False if the longer log does not continue the longest so far. */
  private extend({ histories, offset }: EpochLog, log: History): boolean {
    const added: History[] = [];
    let at = log;
    while (at.length - offset >= histories.length && at.previous !== null) {
      added.push(at);
      at = at.previous;
    }
    if (!(histories[histories.length - 1] as History).equals(at)) return false;
    for (let i = added.length - 1; i >= 0; i--) histories.push(added[i] as History);
    return true;
  }
}
