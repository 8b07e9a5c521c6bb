/**
 * A small, correct model of Zab. Each epoch has one leader. A follower truncates its log to a prefix of its leader's
 * history. The leader proposes transactions in order and commits a transaction when a quorum has acknowledged it. A
 * crash loses unsynced records. The model passes notes to the invariants.
 *
 * Not modeled: network, time, snapshots and observers. Each flaw in `Flaws` breaks the model in the same way
 * as a bug of ZooKeeper.
 */

import { Invariants } from "../../invariants/index.ts";
import {
  asEpoch,
  asServerId,
  asZxid,
  ELECTION,
  type Epoch,
  FOLLOWING,
  History,
  LEADING,
  LOOKING,
  makeTxn,
  makeZxid,
  type Notes,
  type ServerId,
  SYNCHRONIZATION,
  type Txn,
} from "../../protocol/index.ts";

export interface Flaws {
  /** An election does not compare the logs of the candidates. */
  readonly electsAnyone?: boolean;
  /** A leader may propose an epoch that was proposed before (ZOOKEEPER-1343). */
  readonly reusesEpoch?: boolean;
  /** A follower keeps transactions that its leader does not have (ZOOKEEPER-1154). */
  readonly skipsTrunc?: boolean;
  /** A follower acknowledges NEWLEADER and proposals before it has synced its log (ZOOKEEPER-3911). */
  readonly acksUnsynced?: boolean;
  /** A server that leaves its role does not replay its log into memory (ZOOKEEPER-2845). */
  readonly skipsFastForward?: boolean;
  /** The leader still counts the ACKs that a follower sent before it truncated its log. */
  readonly keepsOldAcks?: boolean;
}

interface Role {
  readonly epoch: Epoch;
  readonly leader: Server;
}

class Server {
  readonly sid: ServerId;
  readonly notes: Notes;
  log: History;
  durable: History;
  tree: History;
  accepted: Epoch = asEpoch(0);
  current: Epoch = asEpoch(0);
  up = true;
  role: Role | undefined;
  // The following fields are used only while the server leads.
  established = false;
  head: History;
  counter = 0;
  committed = 0;
  /** For each server, the length of the prefix of this leader's history that the server has acknowledged. */
  readonly acked = new Map<Server, number>();

  constructor(sid: ServerId, notes: Notes, empty: History) {
    this.sid = sid;
    this.notes = notes;
    this.log = this.durable = this.tree = this.head = empty;
    notes.loaded(empty, empty, asZxid(0));
  }
}

const KINDS = ["elect", "join", "propose", "log", "sync", "commit", "deliver", "leave", "crash", "start"] as const;
export type Action = readonly [kind: number, server: number, extra: number];
export const KIND_COUNT = KINDS.length;

export class AbstractZab {
  readonly invariants: Invariants;
  readonly counts = { established: 0, delivered: 0, truncated: 0, crashed: 0 };
  private readonly servers: Server[];
  private readonly flaws: Flaws;
  /** Learners that have handled UPTODATE. */
  private readonly serving = new Set<Role>();
  private values = 0;

  constructor(size: number, flaws: Flaws = {}) {
    const sids = Array.from({ length: size }, (_, i) => asServerId(i + 1));
    const empty = History.empty();
    this.flaws = flaws;
    this.invariants = new Invariants({ servers: sids, now: () => 0 });
    this.servers = sids.map((sid) => new Server(sid, this.invariants.notesFor(sid), empty));
  }

  act([kind, index, extra]: Action): void {
    const server = this.servers[index % this.servers.length] as Server;
    const name = KINDS[kind % KINDS.length] as (typeof KINDS)[number];
    if (name === "start") this.start(server);
    else if (!server.up) return;
    else if (name === "elect") this.elect(server, extra);
    else if (name === "join") this.join(server);
    else if (name === "leave") this.leave(server);
    else if (name === "crash") this.crash(server, extra);
    else if (server.role !== undefined) this[name](server, server.role);
  }

  /**
   * Lets a group of servers leave their roles and elect one of them. The group is `server` and the running servers that
   * the bits of `extra` select. The server with the highest currentEpoch wins. If several servers have this
   * currentEpoch, the highest last zxid decides, and then the highest sid.
   */
  private elect(server: Server, extra: number): void {
    const voters = this.servers.filter((other) => other.up && (other === server || (extra >> (other.sid - 1)) & 1));
    if (!this.isQuorum(voters.length) || server.established) return;
    for (const voter of voters) this.leave(voter);
    const better = (a: Server, b: Server): number => b.current - a.current || b.log.zxid - a.log.zxid || b.sid - a.sid;
    const leader = this.flaws.electsAnyone ? server : (voters.toSorted(better)[0] as Server);
    const increment = this.flaws.reusesEpoch && server.accepted > 0 ? 0 : 1;
    const epoch = asEpoch(Math.max(...voters.map((voter) => voter.accepted)) + increment);
    for (const voter of voters) {
      voter.accepted = epoch;
      voter.notes.elected(leader.sid, 1);
      voter.role = { epoch, leader };
      voter.notes.stateChanged(voter === leader ? LEADING : FOLLOWING, SYNCHRONIZATION);
    }
    leader.notes.epochProposed(epoch, asEpoch(-1));
    leader.current = epoch;
    leader.head = leader.log;
    leader.counter = 0;
    leader.committed = leader.log.length;
    leader.acked.clear();
    leader.acked.set(leader, leader.log.length);
  }

  /**
   * Lets a server synchronize with the leader that it has elected. If it has elected none, it synchronizes with an
   * established leader.
   */
  private join(server: Server): void {
    const leader = server.role?.leader ?? this.servers.find((one) => one.established && one.up);
    const epoch = leader?.role?.epoch ?? asEpoch(-1);
    if (leader === undefined || leader === server || leader.role?.leader !== leader || server.accepted > epoch) return;
    if (server.role !== undefined && (server.role.epoch !== epoch || leader.acked.has(server))) return;
    server.accepted = epoch;
    server.notes.elected(leader.sid, 1);
    server.role = { epoch, leader };
    server.notes.stateChanged(FOLLOWING, SYNCHRONIZATION);
    const committed = leader.head.prefix(leader.committed);
    leader.notes.syncDecided(server.sid, false, {} as never, {} as never);
    if (!this.flaws.skipsTrunc) this.truncate(server, committed);
    for (const txn of committed.txns(server.log.length)) this.append(server, txn);
    server.tree = server.log;
    if (!this.flaws.acksUnsynced) this.sync(server);
    server.current = epoch;
    server.notes.newLeaderAcked(epoch, server.log);
    if (!this.flaws.keepsOldAcks || !leader.acked.has(server)) leader.acked.set(server, server.log.length);
    if (!leader.established && this.isQuorum(leader.acked.size)) this.establish(leader, epoch);
    if (!leader.established) return;
    for (const one of this.servers) if (one.role?.epoch === epoch && leader.acked.has(one)) this.serve(one, leader);
  }

  private establish(leader: Server, epoch: Epoch): void {
    leader.established = true;
    leader.tree = leader.head;
    this.counts.established++;
    leader.notes.established(epoch, leader.head);
  }

  private serve(server: Server, leader: Server): void {
    const role = server.role as Role;
    if (server === leader || this.serving.has(role)) return;
    this.serving.add(role);
    server.notes.active(role.epoch, leader.sid, server.tree, false);
  }

  /** Truncates the log to the longest prefix that it shares with `target`. */
  private truncate(server: Server, target: History): void {
    const before = server.log;
    let after = before.prefix(target.length);
    while (!after.isPrefixOf(target)) after = after.previous as History;
    if (after.length === before.length) return;
    server.log = server.durable = server.tree = after;
    this.counts.truncated++;
    server.notes.truncated(after.zxid, before, after);
  }

  /** Lets a client write through any server. The server forwards the request to its leader. */
  private propose(_server: Server, { epoch, leader }: Role): void {
    if (!leader.established || leader.role?.epoch !== epoch) return;
    const txn = makeTxn(makeZxid(epoch, ++leader.counter), ++this.values);
    leader.head = leader.head.extend(txn);
    leader.notes.proposed(txn);
  }

  /** Lets a server append the next proposal of its leader to its log. */
  private log(server: Server, { epoch, leader }: Role): void {
    if (!leader.established || leader.role?.epoch !== epoch || !leader.acked.has(server)) return;
    const next = leader.head.txns(server.log.length)[0];
    if (next !== undefined) this.append(server, next);
    if (next !== undefined && this.flaws.acksUnsynced) leader.acked.set(server, server.log.length);
  }

  private append(server: Server, txn: Txn): void {
    server.log = server.log.extend(txn);
    server.notes.logged(txn, server.log);
  }

  private sync(server: Server): void {
    server.durable = server.log;
    server.notes.synced(server.log);
    const leader = server.role?.leader;
    if (leader === undefined || leader.role?.epoch !== server.role?.epoch || !leader.acked.has(server)) return;
    leader.acked.set(server, Math.max(leader.acked.get(server) ?? 0, server.log.length));
  }

  /** Lets the leader commit and deliver the transactions that a quorum has acknowledged. */
  private commit(_server: Server, { epoch, leader }: Role): void {
    if (!leader.established || leader.role?.epoch !== epoch) return;
    const lengths = [...leader.acked.values()].sort((a, b) => b - a);
    const committed = lengths[Math.floor(this.servers.length / 2)] ?? 0;
    for (const txn of leader.head.prefix(committed).txns(leader.committed)) {
      leader.notes.committed(txn);
      leader.committed++;
      this.deliverOne(leader, txn);
    }
  }

  private deliver(server: Server, role: Role): void {
    const { epoch, leader } = role;
    if (leader === server || leader.role?.epoch !== epoch || !this.serving.has(role)) return;
    const reached = Math.min(leader.committed, server.log.length);
    for (const txn of server.log.prefix(reached).txns(server.tree.length)) this.deliverOne(server, txn);
  }

  private deliverOne(server: Server, txn: Txn): void {
    server.tree = server.tree.extend(txn);
    this.counts.delivered++;
    server.notes.delivered(txn, server.tree);
  }

  private leave(server: Server): void {
    if (server.role === undefined) return;
    server.notes.failed("connection-closed", undefined, "");
    // The log thread syncs all its records before it ends.
    this.sync(server);
    this.forget(server);
    if (!this.flaws.skipsFastForward) {
      server.tree = server.log;
      server.notes.fastForwarded(server.tree, server.log);
    }
    this.look(server);
  }

  private crash(server: Server, extra: number): void {
    this.forget(server);
    server.up = false;
    this.counts.crashed++;
    this.invariants.crashed(server.sid);
    // The disk may have kept some of the unsynced records.
    server.log = server.log.prefix(Math.max(server.durable.length, server.log.length - (extra % 4)));
    if (!this.flaws.keepsOldAcks) server.acked.clear();
  }

  private forget(server: Server): void {
    const leader = server.role?.leader;
    // When a follower rejoins, its earlier acknowledgments no longer count.
    if (!this.flaws.keepsOldAcks && leader !== server) leader?.acked.delete(server);
    server.role = undefined;
    server.established = false;
  }

  private start(server: Server): void {
    if (server.up) return;
    server.up = true;
    server.durable = server.tree = server.log;
    server.notes.loaded(server.log, server.log, server.log.zxid);
    this.look(server);
  }

  private look(server: Server): void {
    server.notes.stateChanged(LOOKING, ELECTION);
    server.notes.voted(1, server.sid, server.log.zxid, server.current);
  }

  private isQuorum(count: number): boolean {
    return count > this.servers.length / 2;
  }
}
