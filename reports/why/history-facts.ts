/**
 * Facts about the history of a server: how the server got a transaction, how it lost the transaction, or why it never
 * got it. Also explains how a server without the transaction became leader.
 */
import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import { INFORM } from "../../protocol/packets.ts";
import { formatZxid, parseZxid, type ServerId } from "../../protocol/zxid.ts";
import { type Cause, decisionCause, listOf } from "./causes.ts";
import { isWonByEpochAlone, winOf } from "./election.ts";
import type { LifeEvent } from "./life-tracker.ts";
import type { Fact, FactZxid, Moment } from "./moment.ts";
import type { TransactionLife } from "./transaction-life.ts";

export class HistoryFacts {
  private readonly moment: Moment;

  constructor(moment: Moment) {
    this.moment = moment;
  }

  /** Builds the fact `server 2 has 1:4`. Its causes say how the server got the transaction. */
  has(server: ServerId, zxid: FactZxid, place = ""): Fact {
    const life = this.moment.life(zxid);
    const gained = life.gained(server, this.moment.until);
    const text = `server ${server} has ${life.name}${place === "" ? "" : ` ${place}`}`;
    return { text, atUs: undefined, causes: gained === undefined ? [] : this.gain(life, gained) };
  }

  /**
   * Builds the fact that a server does not have a transaction. Its causes say how the server lost the transaction, or
   * why the server never got it.
   */
  lacks(server: ServerId, zxid: FactZxid): Fact {
    const life = this.moment.life(zxid);
    const lost = life.lost(server, this.moment.until);
    if (lost === undefined) {
      const text = `server ${server} never had ${life.name}`;
      return { text, atUs: undefined, causes: this.neverHaving(server, life) };
    }
    return {
      text: lossText(life, lost, this.moment.run.records[lost.index]),
      atUs: lost.atUs,
      causes: this.loss(life, lost),
    };
  }

  /** Returns how a server got a transaction and kept it. */
  gain(life: TransactionLife, gained: LifeEvent): Cause[] {
    const { server } = gained;
    const later = life.at(server, this.moment.until).filter((one) => one.index > gained.index);
    const kept = later.findLast(({ kind }) => kind === "kept" || kind === "left-in-log");
    const causes = kept === undefined ? [] : this.keeping(life, kept);
    const readBack = later.findLast(({ kind }) => kind === "read-back");
    if (readBack !== undefined) {
      const text = `server ${server} reads ${life.name} back from its log, although it was never synced`;
      causes.push({ text, atUs: readBack.atUs });
    }
    if (gained.kind === "before") {
      causes.push({
        text: `the disk of server ${server} held ${life.name} before the run`,
        atUs: undefined,
        isRoot: true,
      });
    } else if (gained.kind === "snapshot") causes.push(...listOf(this.moment.finder.decision(server, gained.atUs)));
    else causes.push(...this.moment.chain(gained, life));
    return causes;
  }

  /**
   * Returns causes if a TRUNC to a lower zxid, or a SNAP that ends at a lower zxid, left the transaction on disk.
   * Otherwise, returns an empty list.
   */
  private keeping(life: TransactionLife, { atUs, index, server }: LifeEvent): Cause[] {
    const record = this.moment.run.records[index];
    if (record?.event === "loaded") {
      const name = formatZxid(life.zxid);
      const end = formatZxid(record.zxid);
      const text = `${name} survives the SNAP: the snapshot ends at ${end}, and ${name} stays in the log`;
      return [{ text, atUs, isDefect: true }, ...listOf(this.moment.finder.decision(server, atUs))];
    }
    if (record?.event !== "truncated" || record.zxid >= life.zxid) return [];
    const end = formatZxid(record.end);
    const text = `${formatZxid(life.zxid)} survives the TRUNC: the database of server ${server} still ends at ${end}`;
    return [{ text, atUs }, this.whyKept(record, index), ...listOf(this.moment.finder.decision(server, atUs))];
  }

  /**
   * Returns why a TRUNC did not remove a transaction. Either a snapshot contains the transaction, or the log has no
   * record with the zxid of the TRUNC.
   */
  private whyKept({ end, server, zxid }: RecordOf<"truncated">, index: number): Cause {
    const saved = this.moment.run.records.findLast(
      (one, i): one is RecordOf<"snapshot-saved"> =>
        i < index && one.event === "snapshot-saved" && one.server === server && one.zxid > zxid,
    );
    if (saved !== undefined) {
      const text = `server ${server} saved snapshot ${formatZxid(saved.zxid)}, which a TRUNC does not remove`;
      return { text, atUs: saved.atUs, isDefect: true };
    }
    const initial = this.moment.run.scenario.servers[server]?.snapshots?.find((name) => parseZxid(name) === end);
    if (initial !== undefined) {
      const text = `server ${server} had snapshot ${initial} on its disk before the run; a TRUNC keeps snapshots`;
      return { text, atUs: undefined, isDefect: true };
    }
    const kept = `so the TRUNC keeps the next one, ${formatZxid(end)}`;
    const text = `the log of server ${server} has no record ${formatZxid(zxid)}, ${kept}`;
    return { text, atUs: undefined, isDefect: true };
  }

  private diskFault(server: ServerId, untilUs: number, kind: "corrupt" | "loseSyncs"): RecordOf<"script"> | undefined {
    return this.moment.finder.lastRecord(
      "script",
      untilUs,
      (one) => this.moment.diskFaultOf(one.step, server) === kind,
    );
  }

  /** Returns how a server lost a transaction. */
  private loss(life: TransactionLife, { atUs, index, kind, server }: LifeEvent): Cause[] {
    if (kind === "truncated" || kind === "replaced") {
      const decided = this.moment.finder.lastRecord("sync-decided", atUs, (one) => one.learner === server);
      return decided === undefined ? [] : [decisionCause(decided), ...this.removal(decided, life)];
    }
    const record = this.moment.run.records[index];
    if (record?.event === "script") return [this.moment.stepCause(record)];
    const fault = kind === "unloaded" ? this.diskFault(server, atUs, "corrupt") : undefined;
    if (fault !== undefined) return [this.moment.stepCause(fault)];
    const step = this.moment.finder.step(record?.sequence ?? -1);
    const crash = step ?? { text: `server ${server} crashed`, atUs, isRoot: true };
    const lie = kind === "lost" ? this.diskFault(server, atUs, "loseSyncs") : undefined;
    if (lie !== undefined) return [crash, this.moment.stepCause(lie)];
    return [crash, ...this.moment.synchronizations.interrupted(server, life, index - 1)];
  }

  /**
   * Returns why a leader made a server remove a transaction: the leader lacks the transaction, or does not find it in
   * committedLog or in its log on disk.
   */
  private removal(decided: RecordOf<"sync-decided">, life: TransactionLife): Cause[] {
    const { atUs, server } = decided;
    const gained = life.gained(server, this.moment.run.records.indexOf(decided));
    const isOnlyOnDisk = decided.lastProcessedZxid < life.zxid && gained?.kind !== "proposed";
    if (gained === undefined || isOnlyOnDisk) return this.leadingWithout(server, life.zxid, atUs);
    return [...this.moment.synchronizations.missingFromSource(decided, life), ...this.gain(life, gained)];
  }

  /** Returns why an observer lacks a transaction for which the follower that it follows sent no INFORM. */
  private uninformed(observer: ServerId, { name, zxid }: TransactionLife): Cause[] {
    const { atUs, finder } = this.moment;
    const decided = finder.lastRecord("sync-decided", atUs, (one) => one.learner === observer);
    if (!decided?.masterFollows || finder.wasSent(zxid, decided, INFORM)) return [];
    const master = `follower ${decided.server}`;
    const logged = finder.lastRecord("logged", atUs, (one) => one.server === decided.server && one.zxid === zxid);
    const text = `${master} sends server ${observer} no INFORM for ${name}`;
    const before: Cause = { text: `${master} got ${name} while it joined its leader`, atUs: logged?.atUs };
    const served = finder.lastRecord("active", atUs, (one) => one.server === decided.server);
    const isEarly = logged !== undefined && served !== undefined && logged.atUs <= served.atUs;
    return [{ text, atUs: undefined, isDefect: true }, ...(isEarly ? [before] : []), decisionCause(decided)];
  }

  /** Returns why a server never got a transaction. */
  neverHaving(server: ServerId, life: TransactionLife): Cause[] {
    const undelivered = this.moment.finder.undelivered(life.zxid, server, this.moment.atUs);
    if (undelivered !== undefined) return [undelivered];
    const decided = this.moment.decisionAbove(server, life.zxid, this.moment.atUs);
    if (decided === undefined) {
      const uninformed = this.uninformed(server, life);
      return uninformed.length > 0 ? uninformed : listOf(this.moment.finder.election(server, this.moment.atUs));
    }
    const received = this.moment.synchronizations.interrupted(server, life, this.moment.until);
    if (received.length > 0) return received;
    if (decided.decision === "SNAP") return [decisionCause(decided)];
    const gained = life.gained(decided.server, this.moment.run.records.indexOf(decided));
    const withheld = this.moment.synchronizations.withheld(decided, life);
    return gained === undefined ? withheld : [...withheld, ...this.gain(life, gained)];
  }

  /**
   * Returns how a server won an election without a transaction, and why it did not have the transaction: it had lost it
   * or never got it.
   */
  leadingWithout(server: ServerId, zxid: FactZxid, untilUs = this.moment.atUs): Cause[] {
    const election = this.election(server, untilUs, zxid);
    if (election.length > 1) return election;
    const life = this.moment.life(zxid);
    if (life.gained(server, this.moment.recordAt(untilUs)) !== undefined) {
      return [
        { text: `server ${server} has ${life.name} on its disk, but not in memory`, atUs: undefined },
        ...election,
      ];
    }
    const { causes, ...lacks } = this.lacks(server, zxid);
    const isElection = causes.every((cause) => election.some(({ text }) => text === cause.text));
    return isElection ? [lacks, ...election] : [...election, lacks, ...causes];
  }

  /**
   * Returns a cause for the election of a leader. If the leader won only because of its higher epoch, also returns how
   * it got this epoch.
   */
  election(server: ServerId, untilUs: number, subject: FactZxid): Cause[] {
    const election = listOf(this.moment.finder.election(server, untilUs));
    const win = winOf(this.moment.run.records, server, untilUs);
    if (subject === undefined || win === undefined || !isWonByEpochAlone(win)) return election;
    const until = this.moment.run.records.indexOf(win.elected);
    return [...election, ...this.moment.synchronizations.interrupted(server, this.moment.life(subject), until)];
  }
}

function lossText({ name }: TransactionLife, { kind, server }: LifeEvent, record?: ProtocolRecord): string {
  const ends = record?.event === "crashed" && record.planned !== undefined ? "stops" : "crashes";
  if (kind === "truncated") return `server ${server} truncates ${name} from its log`;
  if (kind === "lost") return `server ${server} ${ends} and loses ${name}, which was not synced`;
  if (kind === "wiped") return `server ${server} loses ${name}, because its disk is wiped`;
  if (kind === "deleted") return `server ${server} loses ${name}, because files on its disk are deleted or replaced`;
  if (kind === "unloaded") return `server ${server} starts again with an older snapshot, without ${name}`;
  if (kind === "forgotten") return `server ${server} ${ends} and loses ${name}, which was only in memory`;
  return `server ${server} loads a snapshot without ${name}`;
}
