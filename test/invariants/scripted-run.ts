/**
 * A run written by hand, note by note: `run.server(1).proposes("1:1")`. Histories are lists of zxids; a quote makes it
 * another txn with the same zxid. Every server tells its notes as the core does, in the same order.
 */

import { Invariants, type InvariantsOptions } from "../../invariants/index.ts";
import {
  asEpoch,
  asServerId,
  asZxid,
  ELECTION,
  FOLLOWING,
  History,
  LOOKING,
  makeTxn,
  type Notes,
  parseZxid,
  SYNCHRONIZATION,
  type SyncDecision,
  type SyncFacts,
  type Txn,
} from "../../protocol/index.ts";

export class ScriptedRun {
  readonly invariants: Invariants;
  readonly empty = History.empty();
  private readonly servers = new Map<number, ScriptedServer>();

  /** Servers 1, 2, 3 and the observer 4. */
  constructor(options: Partial<InvariantsOptions> & { readonly before?: string } = {}) {
    const { before, ...rest } = options;
    const committed = before === undefined ? {} : { committed: this.history(before) };
    this.invariants = new Invariants({
      servers: [asServerId(1), asServerId(2), asServerId(3), asServerId(4)],
      observers: [asServerId(4)],
      now: () => 7,
      ...committed,
      ...rest,
    });
  }

  server(sid: number): ScriptedServer {
    const known = this.servers.get(sid) ?? new ScriptedServer(this, sid, this.invariants.notesFor(asServerId(sid)));
    this.servers.set(sid, known);
    return known;
  }

  history(text: string): History {
    const words = text.split(" ").filter((word) => word !== "");
    return words.reduce((history, word) => history.extend(this.txn(word)), this.empty);
  }

  txn(word: string): Txn {
    return makeTxn(asZxid(parseZxid(word.replace("'", "")) as number), word.endsWith("'") ? "other" : "one");
  }

  /** `primary-integrity at 2`, in the order of the first time. */
  get violated(): string[] {
    return this.invariants.violations.map(({ id, server }) => `${id} at ${server}`);
  }
}

export class ScriptedServer {
  private readonly run: ScriptedRun;
  private readonly sid: number;
  readonly notes: Notes;

  constructor(run: ScriptedRun, sid: number, notes: Notes) {
    this.run = run;
    this.sid = sid;
    this.notes = notes;
  }

  /** The process starts and finds this on its disk. */
  starts(disk: string): this {
    const history = this.run.history(disk);
    this.notes.loaded(history, history, history.zxid);
    return this.looks();
  }

  looks(): this {
    this.notes.stateChanged(LOOKING, ELECTION);
    this.notes.voted(1, asServerId(this.sid), asZxid(2 ** 50), asEpoch(0));
    return this;
  }

  crashes(): this {
    this.run.invariants.crashed(asServerId(this.sid));
    return this;
  }

  proposesEpoch(epoch: number): this {
    this.notes.elected(asServerId(this.sid), 1);
    this.notes.epochProposed(asEpoch(epoch));
    return this;
  }

  establishes(epoch: number, history: string): this {
    this.notes.established(asEpoch(epoch), this.run.history(history));
    return this;
  }

  leads(epoch: number, history: string): this {
    return this.proposesEpoch(epoch).establishes(epoch, history);
  }

  learnsFrom(leader: number): this {
    this.notes.elected(asServerId(leader), 1);
    this.notes.stateChanged(FOLLOWING, SYNCHRONIZATION);
    return this;
  }

  acksNewLeader(epoch: number, log: string): this {
    this.notes.newLeaderAcked(asEpoch(epoch), this.run.history(log));
    return this;
  }

  serves(epoch: number, leader: number, history: string): this {
    this.notes.active(asEpoch(epoch), asServerId(leader), this.run.history(history));
    return this;
  }

  follows(epoch: number, leader: number, history: string): this {
    return this.learnsFrom(leader).acksNewLeader(epoch, history).serves(epoch, leader, history);
  }

  proposes(...words: string[]): this {
    for (const word of words) this.notes.proposed(this.run.txn(word));
    return this;
  }

  /** The last txn goes into the log behind the others. */
  logs(text: string): this {
    const history = this.run.history(text);
    this.notes.logged(history.txn as Txn, history);
    return this;
  }

  syncs(text: string): this {
    this.notes.synced(this.run.history(text));
    return this;
  }

  /** The last txn is delivered behind the others. */
  delivers(text: string): this {
    const history = this.run.history(text);
    this.notes.delivered(history.txn as Txn, history);
    return this;
  }

  /** As a leader, for a learner. */
  decidesSync(learner: number): this {
    this.notes.syncDecided(asServerId(learner), false, {} as SyncFacts, {} as SyncDecision);
    return this;
  }

  truncates(before: string, after: string): this {
    this.notes.truncated(this.run.history(after).zxid, this.run.history(before), this.run.history(after));
    return this;
  }

  /** A SNAP, in memory. */
  installs(snapshot: string, log: string): this {
    this.notes.loaded(this.run.history(snapshot), this.run.history(log), this.run.history(log).zxid);
    return this;
  }

  shutdownFastForwards(memory: string, log: string): this {
    this.notes.fastForwarded(this.run.history(memory), this.run.history(log));
    return this;
  }
}
