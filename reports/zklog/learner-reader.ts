/**
 * Follows which packets of its leader a learner has read, and which still wait because the learner truncates its log,
 * writes a file or reads a snapshot (Learner#registerWithLeader, #syncWithLeader, Follower#processPacket). The log
 * shows a packet when it is read.
 */
import {
  COMMIT,
  COMMITANDACTIVATE,
  DIFF,
  INFORM,
  INFORMANDACTIVATE,
  NEWLEADER,
  PROPOSAL,
  type QuorumPacket,
  SNAP,
  TRUNC,
  UPTODATE,
} from "../../protocol/packets.ts";

/** What a learner does with the packets of its leader. */
export interface PacketLines {
  /** The learner has read DIFF, TRUNC, SNAP, or another packet in their place. */
  op(packet: QuorumPacket): void;
  /** The learner has read a proposal, or a transaction of an observer. `isFirst`: the first one since it registered. */
  proposal(zxid: number, lastQueued: number, inSync: boolean): void;
  newLeader(): void;
  upToDate(): void;
}

type Stage =
  | "registering" // reads LEADERINFO, and writes acceptedEpoch
  | "reading-op"
  | "reading-snapshot"
  | "busy" // truncates its log, or handles NEWLEADER
  | "reading"
  | "serving";

/** The packets that one learner reads in one role. */
export class LearnerReader {
  private stage: Stage = "registering";
  private readonly inbox: QuorumPacket[] = [];
  private readonly lines: PacketLines;
  private lastQueued = 0;
  private hasLeaderInfo = false;
  /** Whether committed transactions are logged, and not applied to the tree as they arrive. */
  private logsCommits = false;
  /** The proposals that are neither logged nor applied. */
  readonly notLogged: number[] = [];
  /** The transactions whose COMMIT has been read, and which are not applied. */
  readonly committed: number[] = [];
  /** The proposals that the serving learner has read and not committed. */
  readonly pending: number[] = [];

  constructor(lines: PacketLines) {
    this.lines = lines;
  }

  get isServing(): boolean {
    return this.stage === "serving";
  }

  /** A packet has arrived. */
  arrived(packet: QuorumPacket): void {
    if (this.stage === "registering" && !this.hasLeaderInfo) {
      this.hasLeaderInfo = true;
      // A leader from before Zab 1.0 sends NEWLEADER or another packet instead of LEADERINFO.
      return;
    }
    this.inbox.push(packet);
    this.read();
  }

  /** The learner has registered, and reads on. */
  registered(): void {
    this.resume("reading-op");
  }

  /** The log is truncated, or the database of a SNAP is loaded. */
  opDone(): void {
    if (this.stage === "busy") this.resume("reading");
  }

  /** The learner has acknowledged NEWLEADER. */
  newLeaderDone(): void {
    this.notLogged.splice(0, this.logsCommits ? 0 : this.notLogged.length);
    this.logsCommits = true;
    this.resume("reading");
  }

  private resume(stage: Stage): void {
    this.stage = stage;
    this.read();
  }

  private read(): void {
    while (this.stage === "reading-op" || this.stage === "reading-snapshot" || this.isReading) {
      const packet = this.inbox.shift();
      if (packet === undefined) return;
      if (this.stage === "reading-op") this.readOp(packet);
      else if (this.stage === "reading-snapshot") this.readSnapshot(packet);
      else this.readNext(packet);
    }
  }

  private get isReading(): boolean {
    return this.stage === "reading" || this.stage === "serving";
  }

  private readOp(packet: QuorumPacket): void {
    this.lines.op(packet);
    if (packet.type === DIFF) {
      this.logsCommits = true;
      this.stage = "reading";
    } else if (packet.type === SNAP) {
      this.readSnapshot(packet);
    } else {
      this.stage = packet.type === TRUNC ? "busy" : "registering";
    }
  }

  /** The leader sends a large snapshot in parts. */
  private readSnapshot({ data }: QuorumPacket): void {
    const isPart = typeof data === "object" && data !== null && "incomplete" in data;
    this.stage = isPart ? "reading-snapshot" : "busy";
  }

  private readNext(packet: QuorumPacket): void {
    switch (packet.type) {
      case PROPOSAL:
        this.propose(packet.zxid);
        break;
      case INFORM:
      case INFORMANDACTIVATE:
        this.inform(packet.zxid);
        break;
      case COMMIT:
      case COMMITANDACTIVATE:
        this.commit(packet.zxid);
        break;
      case NEWLEADER:
        if (this.stage === "serving") break;
        this.stage = "busy";
        this.lines.newLeader();
        break;
      case UPTODATE:
        if (this.stage === "serving") break;
        this.stage = "serving";
        this.pending.push(...this.notLogged);
        this.lastQueued = 0;
        this.lines.upToDate();
        break;
      default:
        break;
    }
  }

  private propose(zxid: number): void {
    this.queue(zxid);
    (this.isServing ? this.pending : this.notLogged).push(zxid);
  }

  private inform(zxid: number): void {
    if (this.isServing) return;
    this.queue(zxid);
    if (!this.logsCommits) return;
    this.notLogged.push(zxid);
    this.committed.push(zxid);
  }

  private queue(zxid: number): void {
    this.lines.proposal(zxid, this.lastQueued, !this.isServing);
    this.lastQueued = zxid;
  }

  private commit(zxid: number): void {
    if (this.isServing) {
      if (this.pending[0] === zxid) this.pending.shift();
    } else if (this.logsCommits) {
      this.committed.push(zxid);
    } else if (this.notLogged[0] === zxid) {
      this.notLogged.shift();
    }
  }
}
