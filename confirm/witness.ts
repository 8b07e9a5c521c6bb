/**
 * What real servers show, as notes for the invariants: their packets, their disks, and what clients read from them.
 * Nothing here comes from the simulated run, except the history that was committed before it.
 */
import { basename } from "node:path";
import { Invariants, type Violation } from "../invariants/index.ts";
import { quorumTest } from "../invariants/quorum-test.ts";
import { Violations } from "../invariants/violation.ts";
import {
  ACK,
  asEpoch,
  asServerId,
  asZxid,
  BROADCAST,
  COMMIT,
  counterOf,
  DISCOVERY,
  ELECTION,
  type Epoch,
  epochOf,
  FOLLOWERINFO,
  FOLLOWING,
  formatZxid,
  History,
  LEADERINFO,
  LEADING,
  LOOKING,
  makeTxn,
  NEWLEADER,
  type Notes,
  OBSERVERINFO,
  OBSERVING,
  PROPOSAL,
  SYNC_OPERATIONS,
  SYNCHRONIZATION,
  type SyncDecision,
  type SyncFacts,
  serverIdsOf,
  TRUNC,
  type Txn,
  UPTODATE,
  type Zxid,
} from "../protocol/index.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { ProxiedConnection, WaitingMessage } from "../traffic/proxied-connection.ts";
import type { WireNotification } from "../wire/index.ts";
import { Client } from "./client.ts";
import { startPath } from "./disk-files.ts";
import { type Creation, creationOf, creationsInSnapshot, creationsOnDisk, isOfClient } from "./disk-history.ts";
import type { Evidence } from "./evidence.ts";
import { PORTS, type RealServer } from "./real-server.ts";

const READ_MS_MAX = 700;
const NO_FACTS = {} as SyncFacts;
const NO_DECISION = {} as SyncDecision;

/** What is known about one server. */
interface Known {
  readonly notes: Notes;
  /** The leader of which it is a learner; undefined if it leads or looks for a leader. */
  leader: number | undefined;
  epoch: Epoch;
  hasAckedNewLeader: boolean;
  /** The epoch in which it serves. */
  serves: Epoch | undefined;
  isLooking: boolean;
  /** The znodes that clients have read from it since it serves. */
  tree: History | undefined;
  /** The history in its last snapshot as a leader. */
  snapshot: History | undefined;
  /** The history on its disk before its last truncation, and after the last operation of this truncation. */
  beforeTrunc: History | undefined;
  afterTrunc: History | undefined;
  truncatedTo: Zxid | undefined;
  proposed: Set<Zxid>;
  committed: Set<Zxid>;
}

/** Collects what real servers show. */
export class Witness implements Evidence {
  readonly invariants: Invariants;
  private readonly release: string;
  private readonly empty = History.empty();
  private readonly known = new Map<number, Known>();
  private readonly servers = new Map<number, RealServer>();
  private readonly observers: ReadonlySet<number>;
  /** The violations that votes show. */
  private readonly ofVotes: Violations;
  /** The servers that have sent a vote on a connection. */
  private readonly votersOf = new WeakMap<ProxiedConnection, Set<number>>();

  /** `startMs`: the time of day, in milliseconds, from which the times of violations count. */
  constructor(scenario: Scenario, release: string, committed: History | undefined, startMs: number) {
    this.release = release;
    const servers = serverIdsOf(scenario.servers);
    const observers = servers.filter((sid) => scenario.servers[sid]?.role === "observer");
    const voters = servers.filter((sid) => !observers.includes(sid));
    this.observers = new Set<number>(observers);
    const now = (): number => (Date.now() - startMs) * 1000;
    this.ofVotes = new Violations(now, () => "looking");
    this.invariants = new Invariants({ servers, observers, isQuorum: quorumTest(voters, scenario.quorum), now });
    if (committed !== undefined)
      this.invariants.startWith(this.historyOf(committed.txns().map(({ zxid }) => ({ zxid, path: startPath(zxid) }))));
  }

  get violations(): readonly Violation[] {
    return [...this.invariants.violations, ...this.ofVotes.list];
  }

  /** The history that clients read from a server, or undefined if it serves none. */
  treeOf(server: number): History | undefined {
    return this.known.get(server)?.tree;
  }

  started(server: RealServer): void {
    this.servers.set(server.id, server);
    const notes = this.invariants.notesFor(asServerId(server.id));
    this.known.set(server.id, {
      ...{ notes, leader: undefined, epoch: asEpoch(-1), hasAckedNewLeader: false, serves: undefined, isLooking: true },
      ...{ tree: undefined, snapshot: undefined },
      ...{ beforeTrunc: undefined, afterTrunc: undefined, truncatedTo: undefined },
      ...{ proposed: new Set<Zxid>(), committed: new Set<Zxid>() },
    });
    notes.stateChanged(LOOKING, ELECTION);
    const disk = this.historyOnDisk(server.id);
    notes.loaded(disk, disk, disk.zxid);
  }

  ended({ id }: RealServer): void {
    const known = this.known.get(id);
    if (known === undefined) return;
    this.afterTruncation(id, known);
    this.known.delete(id);
    this.invariants.crashed(asServerId(id));
  }

  /** A leader has proposed or committed a transaction, even if the packet does not reach its learner. */
  sent({ connection, from, notification, packet, to }: WaitingMessage): void {
    const sender = this.known.get(from);
    if (sender === undefined) return;
    if (notification?.state === LOOKING && !this.isFirst(connection, from)) this.votes(from, sender, notification);
    if (packet === undefined) return;
    const zxid = asZxid(Number(packet.zxid));
    // The invariants only read which learner the leader decides about.
    if (SYNC_OPERATIONS.has(packet.type)) sender.notes.syncDecided(asServerId(to), false, NO_FACTS, NO_DECISION);
    if (packet.type === PROPOSAL) this.proposes(sender, zxid, packet.data);
    if (packet.type === COMMIT) this.commits(sender, zxid);
    if (packet.type === UPTODATE) this.establishes(sender);
  }

  /** When a connection opens, QuorumCnxManager sends its last message once more, which can be an old vote. */
  private isFirst(connection: ProxiedConnection, from: number): boolean {
    const voters = this.votersOf.get(connection) ?? new Set();
    this.votersOf.set(connection, voters);
    const isFirst = !voters.has(from);
    voters.add(from);
    return isFirst;
  }

  /** A server that votes for itself shows the last zxid in its memory. */
  private votes(id: number, voter: Known, { leader, zxid }: WireNotification): void {
    if (voter.serves !== undefined) looksForLeader(voter);
    const isOwn = Number(leader) === id;
    const memory = asZxid(Number(zxid));
    // A zxid with the counter 0 is that of a NEWLEADER, and no transaction has it.
    if (!isOwn || this.observers.has(id) || counterOf(memory) === 0) return;
    const disk = this.historyOnDisk(id).zxid;
    const isLogging = (this.servers.get(id)?.questions.length ?? 0) > 0;
    if (memory === disk || (memory > disk && isLogging)) return;
    const text = `looks for a leader with ${formatZxid(memory)} in memory and ${formatZxid(disk)} on disk`;
    this.ofVotes.report("memory-equals-disk", asServerId(id), text, { memory, disk });
  }

  packet({ from, packet, to }: WaitingMessage): void {
    if (packet === undefined) return;
    const sender = this.known.get(from);
    const receiver = this.known.get(to);
    if (sender === undefined || receiver === undefined) return;
    const zxid = asZxid(Number(packet.zxid));
    switch (packet.type) {
      case FOLLOWERINFO:
      case OBSERVERINFO:
        this.follows(from, sender, to);
        break;
      case LEADERINFO:
        this.leads(from, sender, epochOf(zxid));
        break;
      case TRUNC:
        receiver.truncatedTo = zxid;
        break;
      case NEWLEADER:
        receiver.epoch = epochOf(zxid);
        break;
      case ACK:
        if (counterOf(zxid) === 0) this.acks(from, sender, to, receiver, zxid);
        break;
    }
  }

  private follows(id: number, learner: Known, leader: number): void {
    looksForLeader(learner);
    learner.isLooking = false;
    learner.leader = leader;
    learner.notes.elected(asServerId(leader), 0);
    learner.notes.stateChanged(this.observers.has(id) ? OBSERVING : FOLLOWING, DISCOVERY);
  }

  private leads(id: number, leader: Known, epoch: Epoch): void {
    if (leader.leader === undefined && !leader.isLooking && leader.epoch === epoch) return;
    looksForLeader(leader);
    // A leader saves its tree before it proposes an epoch (ZooKeeperServer#loadData).
    if (leader.snapshot !== undefined) leader.notes.fastForwarded(leader.snapshot, this.historyOnDisk(id));
    leader.isLooking = false;
    leader.epoch = epoch;
    leader.proposed.clear();
    leader.committed.clear();
    leader.notes.stateChanged(LEADING, DISCOVERY);
    leader.notes.epochProposed(epoch, asEpoch(0));
  }

  private proposes(leader: Known, zxid: Zxid, data: Uint8Array | null): void {
    if (epochOf(zxid) !== leader.epoch || leader.serves === undefined || leader.proposed.has(zxid) || data === null)
      return;
    leader.proposed.add(zxid);
    const creation = creationOf(data, this.release);
    if (creation !== undefined) leader.notes.proposed(txnOf(creation));
  }

  private commits(leader: Known, zxid: Zxid): void {
    if (epochOf(zxid) !== leader.epoch || !leader.proposed.has(zxid) || leader.committed.has(zxid)) return;
    leader.committed.add(zxid);
    leader.notes.committed(makeTxn(zxid, ""));
  }

  private establishes(leader: Known): void {
    if (leader.serves === leader.epoch) return;
    leader.serves = leader.epoch;
    leader.notes.stateChanged(LEADING, BROADCAST);
    leader.notes.established(leader.epoch, leader.snapshot ?? this.empty);
    leader.tree = leader.snapshot ?? this.empty;
  }

  private acks(id: number, learner: Known, leaderId: number, leader: Known, zxid: Zxid): void {
    if (!learner.hasAckedNewLeader) {
      learner.hasAckedNewLeader = true;
      this.afterTruncation(id, learner);
      learner.notes.stateChanged(this.observers.has(id) ? OBSERVING : FOLLOWING, SYNCHRONIZATION);
      learner.notes.newLeaderAcked(epochOf(zxid), this.historyOnDisk(id));
      leader.notes.newLeaderAckRead(asServerId(id), zxid);
      return;
    }
    if (learner.serves === undefined) learner.serves = learner.epoch;
    leader.notes.uptodateAckRead(asServerId(id), zxid);
    learner.leader = leaderId;
  }

  beforeDisk({ id }: RealServer, operation: string, path: string): void {
    const known = this.known.get(id);
    if (known !== undefined && isTruncation(operation, path)) known.beforeTrunc ??= this.historyOnDisk(id);
  }

  disk(server: RealServer, operation: string, path: string): void {
    const known = this.known.get(server.id);
    if (known === undefined) return;
    if (isTruncation(operation, path)) known.afterTrunc = this.historyOnDisk(server.id);
    const name = basename(path);
    if ((operation === "close" || operation === "rename") && name.startsWith("snapshot.")) {
      this.afterTruncation(server.id, known);
      const creations = creationsInSnapshot(path, this.release);
      if (creations !== undefined) known.snapshot = this.historyOf(creations);
    }
    if ((operation === "fsync" || operation === "fdatasync") && name.startsWith("log.")) {
      const disk = this.historyOnDisk(server.id);
      if (disk.txn !== null) known.notes.logged(disk.txn, disk);
      known.notes.synced(disk);
    }
  }

  private afterTruncation(id: number, known: Known): void {
    const { afterTrunc, beforeTrunc, truncatedTo } = known;
    if (beforeTrunc === undefined) return;
    known.beforeTrunc = undefined;
    known.afterTrunc = undefined;
    known.notes.truncated(truncatedTo ?? asZxid(0), beforeTrunc, afterTrunc ?? this.historyOnDisk(id));
  }

  /** Reads the znodes of every server that serves. */
  async read(): Promise<void> {
    for (const [id, known] of this.known) this.afterTruncation(id, known);
    await Promise.all([...this.known].map(([id, known]) => this.readServer(id, known).catch(() => undefined)));
  }

  private async readServer(id: number, known: Known): Promise<void> {
    const server = this.servers.get(id);
    if (known.serves === undefined || server === undefined || !server.isRunning) return;
    const client = await Client.open(server.plan.host, PORTS.client, READ_MS_MAX);
    try {
      const names = await within(client.children());
      const paths = names.map((name) => `/${name}`).filter(isOfClient);
      const creations = await within(
        Promise.all(paths.map(async (path) => ({ path, zxid: asZxid(Number(await client.czxid(path))) }))),
      );
      if (this.known.get(id) === known && known.serves !== undefined) this.hasRead(known, creations);
    } finally {
      client.close();
    }
  }

  private hasRead(known: Known, creations: readonly Creation[]): void {
    const tree = this.historyOf(creations);
    const { leader, notes, tree: before } = known;
    known.tree = tree;
    if (before === undefined && leader !== undefined) {
      notes.stateChanged(FOLLOWING, BROADCAST);
      notes.active(known.epoch, asServerId(leader), tree, false);
      return;
    }
    const earlier = before ?? this.empty;
    if (!earlier.isPrefixOf(tree)) {
      if (leader !== undefined) notes.active(known.epoch, asServerId(leader), tree, false);
      return;
    }
    for (let length = earlier.length + 1; length <= tree.length; length++) {
      const history = tree.prefix(length);
      notes.delivered(history.txn as Txn, history);
    }
  }

  /** Returns the history on the disk of a server. */
  diskOf(server: RealServer): History {
    return this.historyOf(creationsOnDisk(server.files, this.release));
  }

  private historyOnDisk(id: number): History {
    const server = this.servers.get(id);
    return server === undefined ? this.empty : this.diskOf(server);
  }

  private historyOf(creations: readonly Creation[]): History {
    const sorted = [...creations].sort((a, b) => a.zxid - b.zxid);
    return sorted.reduce((history, creation) => history.extend(txnOf(creation)), this.empty);
  }
}

/** Returns whether an operation is a part of the truncation of the log. */
function isTruncation(operation: string, path: string): boolean {
  return /\/log\.[0-9a-f]+$/.test(path) && (operation.startsWith("ftruncate") || operation === "unlink");
}

function looksForLeader(known: Known): void {
  known.notes.stateChanged(LOOKING, ELECTION);
  known.isLooking = true;
  known.leader = undefined;
  known.hasAckedNewLeader = false;
  known.serves = undefined;
  known.tree = undefined;
}

function txnOf({ path, zxid }: Creation): Txn {
  return makeTxn(zxid, path);
}

function within<Result>(promise: Promise<Result>): Promise<Result> {
  return Promise.race([
    promise,
    new Promise<never>((_, reject) => setTimeout(() => reject(new Error("no answer")), READ_MS_MAX).unref()),
  ]);
}
