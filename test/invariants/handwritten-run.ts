/**
 * A run that a test writes by hand, note by note, for example `run.server(1).proposes("1:1")`.
 *
 * A history is a list of zxids. A quote after a zxid, as in `1:2'`, means a different transaction with the same zxid.
 * Each method passes the notes that the core passes in that situation, in the same order.
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
  majority,
  makeTxn,
  type Notes,
  type Notification,
  parseZxid,
  type ServerId,
  SYNCHRONIZATION,
  type SyncDecision,
  type SyncFacts,
  type Txn,
  type Zxid,
} from "../../protocol/index.ts";

const SERVERS: readonly ServerId[] = [1, 2, 3, 4].map(asServerId);

/** A zxid above all zxids that a test uses, so that no vote is below the server's history. */
export const LARGE_ZXID = asZxid(2 ** 50);

export class HandwrittenRun {
  readonly invariants: Invariants;
  readonly empty = History.empty();
  private readonly servers = new Map<number, HandwrittenServer>();

  /** Participants 1, 2 and 3, and observer 4. `before` is the history that clients may have read before the run. */
  constructor(options: Partial<InvariantsOptions> & { readonly before?: string } = {}) {
    const { before, ...rest } = options;
    const committed = before === undefined ? {} : { committed: this.history(before) };
    const observers = [asServerId(4)];
    this.invariants = new Invariants({ servers: SERVERS, observers, now: () => 7, ...committed, ...rest });
  }

  server(sid: number): HandwrittenServer {
    const known = this.servers.get(sid);
    if (known !== undefined) return known;
    const server = new HandwrittenServer(this, asServerId(sid), this.invariants.notesFor(asServerId(sid)));
    this.servers.set(sid, server);
    return server;
  }

  /** Starts all servers with this history on their disks. */
  allStart(disk: string): this {
    for (const sid of SERVERS) this.server(sid).starts(disk);
    return this;
  }

  history(text: string): History {
    const words = text.split(" ").filter((word) => word !== "");
    return words.reduce((history, word) => history.extend(this.txn(word)), this.empty);
  }

  txn(word: string): Txn {
    const zxid = parseZxid(word.replace("'", ""));
    if (zxid === undefined) throw new RangeError(`"${word}" is not a zxid such as 1:2`);
    return makeTxn(zxid, word.endsWith("'") ? "other" : "one");
  }

  /** The violations as text, such as `primary-integrity at 2`, in the order in which they occurred. */
  get violations(): string[] {
    return this.invariants.violations.map(({ id, server }) => `${id} at ${server}`);
  }

  /** The ids of the violated invariants without repetitions, in the order of their first violations. */
  get violatedIds(): string[] {
    return [...new Set(this.invariants.violations.map(({ id }) => id))];
  }
}

export class HandwrittenServer {
  readonly notes: Notes;
  private readonly run: HandwrittenRun;
  private readonly sid: ServerId;

  constructor(run: HandwrittenRun, sid: ServerId, notes: Notes) {
    this.run = run;
    this.sid = sid;
    this.notes = notes;
  }

  /** Returns the server with this id. Its methods continue the run. */
  server(sid: number): HandwrittenServer {
    return this.run.server(sid);
  }

  /** The process starts, finds this history on its disk and looks for a leader. */
  starts(disk: string): this {
    const history = this.run.history(disk);
    this.notes.loaded(history, history, history.zxid);
    return this.looks();
  }

  /** The server sees a pending configuration with these voters. */
  sees(voters: readonly number[], version: number): this {
    this.notes.configSeen(majority(voters.map(asServerId), [], version));
    return this;
  }

  /** The server commits a configuration with these voters. */
  commits(voters: readonly number[], version: number): this {
    this.notes.configCommitted(majority(voters.map(asServerId), [], version));
    return this;
  }

  /** The server starts to serve with these voters in /zookeeper/config, and others in its committed configuration. */
  shows(znode: readonly number[], committed: readonly number[]): this {
    this.notes.configShown(majority(znode.map(asServerId)), majority(committed.map(asServerId)));
    return this;
  }

  /** The process starts with these voters in the committed configuration, and without a pending one. */
  startsWith(voters: readonly number[], version: number): this {
    this.run.invariants.startsWith(this.sid, majority(voters.map(asServerId), [], version), undefined);
    return this;
  }

  /** The process starts with lists in zoo.cfg. zoo.cfg.dynamic.next has these voters. */
  startsWithLists(lists: readonly number[], next: readonly number[], version: Zxid, isRead: boolean): this {
    const voters = new Set(lists.map(asServerId));
    const listed = majority([...voters]);
    const configuration = { voters, isQuorum: () => true };
    const file = majority(next.map(asServerId), [], version);
    this.run.invariants.startsWithLists(this.sid, configuration, listed, file, isRead);
    return this;
  }

  /** The server looks for a leader and votes for itself. */
  looks(): this {
    this.notes.stateChanged(LOOKING, ELECTION);
    this.notes.voted(1, this.sid, LARGE_ZXID, asEpoch(0));
    return this;
  }

  /** The server counts the vote of another server: LOOKING in round 1, or of any state and round. */
  counts(from: number, vote: { readonly leader: number } & Partial<Omit<Notification, "leader">>): this {
    this.notes.voteCounted(asServerId(from), {
      state: LOOKING,
      zxid: LARGE_ZXID,
      electionEpoch: 1,
      peerEpoch: asEpoch(0),
      version: 2,
      ...vote,
      leader: asServerId(vote.leader),
    });
    return this;
  }

  crashes(): this {
    this.run.invariants.crashed(this.sid);
    return this;
  }

  proposesEpoch(epoch: number): this {
    this.notes.elected(this.sid, 1);
    this.notes.epochProposed(asEpoch(epoch), asEpoch(-1));
    return this;
  }

  establishes(epoch: number, history: string): this {
    this.notes.established(asEpoch(epoch), this.run.history(history));
    return this;
  }

  /** The server proposes the epoch and is established in it with this history. */
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

  /** The server handles UPTODATE with this history in memory. */
  serves(epoch: number, leader: number, history: string): this {
    this.notes.active(asEpoch(epoch), asServerId(leader), this.run.history(history), false);
    return this;
  }

  /** The server passes all phases from the election to BROADCAST, with this history in its log and in memory. */
  follows(epoch: number, leader: number, history: string): this {
    return this.learnsFrom(leader).acksNewLeader(epoch, history).serves(epoch, leader, history);
  }

  /** The server, a leader, broadcasts these transactions. */
  proposes(...words: string[]): this {
    for (const word of words) this.notes.proposed(this.run.txn(word));
    return this;
  }

  /** The server logs the last transaction of this history. */
  logs(text: string): this {
    const history = this.run.history(text);
    this.notes.logged(history.txn as Txn, history);
    return this;
  }

  syncs(text: string): this {
    this.notes.synced(this.run.history(text));
    return this;
  }

  /** The server delivers the last transaction of this history. */
  delivers(text: string): this {
    const history = this.run.history(text);
    this.notes.delivered(history.txn as Txn, history);
    return this;
  }

  /** The server, a leader, decides how to synchronize a learner. */
  decidesSync(learner: number): this {
    this.notes.syncDecided(asServerId(learner), false, {} as SyncFacts, {} as SyncDecision);
    return this;
  }

  /** The server, a leader, reads a learner's ACK of UPTODATE. */
  readsUptodateAck(learner: number): this {
    this.notes.uptodateAckRead(asServerId(learner), asZxid(0));
    return this;
  }

  truncates(before: string, after: string): this {
    this.notes.truncated(this.run.history(after).zxid, this.run.history(before), this.run.history(after));
    return this;
  }

  /** The server installs a SNAP in memory; its disk still holds `log`. */
  installs(snapshot: string, log: string): this {
    this.notes.loaded(this.run.history(snapshot), this.run.history(log), this.run.history(log).zxid);
    return this;
  }

  /** The server stops following or leading, and replays its log into memory. */
  fastForwards(memory: string, log: string): this {
    this.notes.fastForwarded(this.run.history(memory), this.run.history(log));
    return this;
  }
}
