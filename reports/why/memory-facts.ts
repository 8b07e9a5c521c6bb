/** Facts about differences between the memory and the disk of a server. */
import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import { formatZxid, type ServerId, type Zxid } from "../../protocol/zxid.ts";
import { describeRecord } from "../describe.ts";
import { formatMoment } from "../format.ts";
import { type Cause, decisionCause, listOf } from "./causes.ts";
import type { HistoryFacts } from "./history-facts.ts";
import { type Fact, type FactZxid, type Moment, NO_TXN } from "./moment.ts";
import type { TransactionLife } from "./transaction-life.ts";

export class MemoryFacts {
  private readonly moment: Moment;
  private readonly histories: HistoryFacts;

  constructor(moment: Moment, histories: HistoryFacts) {
    this.moment = moment;
    this.histories = histories;
  }

  /** Builds the fact that a server has a transaction in memory, but not on disk. */
  diskLacks(server: ServerId, zxid: FactZxid): Fact {
    const life = this.moment.life(zxid);
    if (life.lost(server, this.moment.until) !== undefined) return this.histories.lacks(server, zxid);
    const text = `server ${server} never wrote ${life.name} to its disk`;
    const truncated = this.moment.finder.lastRecord("truncated", this.moment.atUs, (one) => one.server === server);
    const causes = this.causesOfNoWrite(server, life, truncated === undefined);
    if (truncated !== undefined) {
      causes.push({ text: `server ${server} ${describeRecord(truncated)}`, atUs: truncated.atUs });
      causes.push(...listOf(this.moment.finder.decision(server, truncated.atUs)));
    }
    return { text, atUs: undefined, causes };
  }

  /**
   * Returns why a server never wrote a transaction that it has in memory. The causes are the failure that happened
   * before the write and the event that led to this failure, such as a disk fault.
   */
  private causesOfNoWrite(server: ServerId, life: TransactionLife, withOrigin: boolean): Cause[] {
    const failed = this.moment.lastFailure(server);
    const gained = life.gained(server, this.moment.until);
    if (failed === undefined || failed.atUs < (gained?.atUs ?? 0)) return [];
    const failure: Cause = { text: `before that, server ${server} ${describeRecord(failed)}`, atUs: failed.atUs };
    const fault = this.moment.finder.lastRecord(
      "script",
      failed.atUs,
      ({ step }) => this.moment.diskFaultOf(step, server) !== undefined,
    );
    const kept =
      `server ${server} keeps ${life.name} in memory when it returns to LOOKING, ` +
      `and no snapshot on its disk contains ${life.name}`;
    const causes: Cause[] =
      gained === undefined ? [failure] : [{ text: kept, atUs: failed.atUs, isDefect: true }, failure];
    if (fault !== undefined) return [...causes, this.moment.stepCause(fault)];
    return withOrigin ? [...causes, this.moment.origin(server)] : causes;
  }

  /**
   * Builds the fact that the database in a server's memory ends at a zxid. `missing` is a later transaction that is on
   * the server's disk or that the server should have.
   */
  endsAt(server: ServerId, zxid: FactZxid, missing?: Zxid): Fact {
    const text = `the memory of server ${server} ends at ${formatZxid(zxid ?? NO_TXN)}`;
    const life = missing === undefined ? undefined : this.moment.life(missing);
    const failed = this.moment.lastFailure(server);
    const active = this.moment.finder.lastRecord("active", this.moment.atUs, (one) => one.server === server);
    const causes =
      failed !== undefined && failed.atUs >= (active?.atUs ?? 0)
        ? this.causesOfLeaving(failed, life)
        : this.causesOfOldMemory(server, active, life);
    return { text, atUs: undefined, causes };
  }

  /** For a server that has stopped following or leading, returns why its memory lacks a transaction. */
  private causesOfLeaving(failed: RecordOf<"failed">, life: TransactionLife | undefined): Cause[] {
    const { server } = failed;
    const failure: Cause = { text: `server ${server} ${describeRecord(failed)}`, atUs: failed.atUs };
    const sync = life === undefined ? [] : this.moment.synchronizations.interrupted(server, life, this.moment.until);
    const history = sync.length > 0 ? sync : [failure, this.moment.origin(server)];
    return [...this.replayOfLog(failed, life), ...history];
  }

  /**
   * Returns a cause that says whether a server replayed its log into memory when it stopped following or leading, and
   * whether its log thread wrote the transaction only after that replay.
   */
  private replayOfLog({ atUs, server }: RecordOf<"failed">, life: TransactionLife | undefined): Cause[] {
    const isOwn = (one: ProtocolRecord): boolean => one.server === server && one.atUs >= atUs;
    const logged = life?.at(server, this.moment.until).findLast(({ kind }) => kind === "logged");
    const replayed = this.moment.finder.lastRecord("fast-forwarded", this.moment.atUs, isOwn);
    if (replayed !== undefined) {
      const text = `server ${server} ${describeRecord(replayed)}`;
      if (logged === undefined || logged.atUs <= replayed.atUs) return [{ text, atUs: replayed.atUs }];
      const late = `before its log thread writes ${formatZxid(life?.zxid ?? NO_TXN)} (${formatMoment(logged.atUs)} s)`;
      return [{ text: `${text}, ${late}`, atUs: replayed.atUs, isDefect: true }];
    }
    const looking = this.moment.finder.lastRecord("looking", this.moment.atUs, isOwn);
    if (looking === undefined || logged === undefined) return [];
    const text = `server ${server} does not replay its log into memory when it returns to LOOKING`;
    return [{ text, atUs: looking.atUs, isDefect: true }];
  }

  /** For a server that has not stopped following or leading, returns why its memory lacks a transaction. */
  private causesOfOldMemory(
    server: ServerId,
    active: RecordOf<"active"> | undefined,
    life: TransactionLife | undefined,
  ): Cause[] {
    const later = life?.at(server).find(({ index, kind }) => kind === "delivered" && index > this.moment.until);
    if (life !== undefined && later !== undefined && active !== undefined) {
      const text = `server ${server} ${describeRecord(active)}, and applies ${life.name} only later`;
      return [{ text: `${text} (${formatMoment(later.atUs)} s)`, atUs: active.atUs }, this.moment.origin(server)];
    }
    if (life?.gained(server, this.moment.until) === undefined && life !== undefined)
      return this.histories.neverHaving(server, life);
    const loaded = this.moment.finder.lastRecord("loaded", this.moment.atUs, (one) => one.server === server);
    const load = listOf(loaded).map((one) => ({ text: `server ${server} ${describeRecord(one)}`, atUs: one.atUs }));
    return [...load, this.moment.origin(server)];
  }

  /** Builds the fact that the snapshot of a server contains a transaction above the zxid in the snapshot's name. */
  snapshotHolds(server: ServerId, tree: FactZxid): Fact {
    const life = this.moment.life(tree);
    const received = life.at(server, this.moment.until).find(({ kind }) => kind === "snapshot");
    const decided =
      received && this.moment.finder.lastRecord("sync-decided", received.atUs, (one) => one.learner === server);
    if (decided === undefined) return this.histories.has(server, tree, "in memory");
    const causes: Cause[] = [];
    const saved = this.moment.finder.lastRecord("snapshot-saved", this.moment.atUs, (one) => one.server === server);
    if (saved !== undefined) {
      const name = `snapshot ${formatZxid(saved.zxid)}`;
      const text = `server ${server} saves the SNAP as ${name}, although the SNAP contains ${life.name}`;
      causes.push({ text, atUs: saved.atUs, isDefect: true });
    }
    const applied = life
      .at(decided.server, this.moment.until)
      .find(({ atUs, kind }) => kind === "delivered" && atUs > decided.atUs);
    if (applied !== undefined) {
      const moment = "after it queues the SNAP and before it serializes the SNAP";
      causes.push({ text: `leader ${decided.server} applies ${life.name} ${moment}`, atUs: applied.atUs });
    }
    causes.push(...listOf(this.moment.finder.proposedAfterNewLeader(decided, life.zxid)));
    const text = `server ${server} has ${life.name} in its snapshot`;
    return { text, atUs: undefined, causes: [...causes, decisionCause(decided)] };
  }
}
