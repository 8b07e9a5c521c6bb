/**
 * Facts about a run at the time of a violation, each with the chain of causes that led to it: which server has a
 * transaction, lacks it, delivered it first, or was established without it.
 */

import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import type { Violation } from "../../invariants/violation.ts";
import { ACK, COMMIT, PACKET_NAMES, type PacketType, PROPOSAL } from "../../protocol/packets.ts";
import { asZxid, counterOf, type Epoch, formatZxid, type ServerId, type Zxid } from "../../protocol/zxid.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { describeRecord, describeStep } from "../describe.ts";
import { formatMoment } from "../format.ts";
import { type Cause, CauseFinder, decisionCause, listOf } from "./causes.ts";
import { isWonByEpochAlone, winOf } from "./election.ts";
import type { LifeEvent } from "./life-tracker.ts";
import { Synchronizations } from "./synchronization.ts";
import { TransactionLife } from "./transaction-life.ts";

export interface Fact {
  readonly text: string;
  readonly atUs: number | undefined;
  /** The nearest cause first. */
  readonly causes: readonly Cause[];
}

/** An undefined zxid stands for the end of a history. The empty history ends at 0:0. */
export type FactZxid = Zxid | undefined;
const NO_TXN = asZxid(0);

/** The fields of a disk step that are faults. */
const DISK_FAULTS = ["fail", "full", "stall", "corrupt"] as const;
type DiskFaultKind = (typeof DISK_FAULTS)[number];

export class FactFinder {
  private readonly run: ScenarioRun;
  private readonly finder: CauseFinder;
  private readonly atUs: number;
  /** The index of the last record before the violation. */
  private readonly until: number;
  private readonly synchronizations: Synchronizations;
  private readonly lives = new Map<Zxid, TransactionLife>();

  constructor(run: ScenarioRun, violation: Violation) {
    this.run = run;
    this.finder = new CauseFinder(run);
    this.synchronizations = new Synchronizations(run, this.finder);
    this.atUs = violation.atUs;
    this.until = lastRecordOf(run, violation);
  }

  /** Returns the fact that a server has a transaction. The causes say how the server got it. */
  has(server: ServerId, zxid: FactZxid, place = ""): Fact {
    const life = this.life(zxid);
    const gained = life.gained(server, this.until);
    const text = `server ${server} has ${life.name}${place === "" ? "" : ` ${place}`}`;
    return { text, atUs: undefined, causes: gained === undefined ? [] : this.causesOfGain(life, gained) };
  }

  /**
   * Returns the fact that a server does not have a transaction. The causes say how the server lost it, or why the
   * server never got it.
   */
  lacks(server: ServerId, zxid: FactZxid): Fact {
    const life = this.life(zxid);
    const lost = life.lost(server, this.until);
    if (lost === undefined) {
      const text = `server ${server} never had ${life.name}`;
      return { text, atUs: undefined, causes: this.causesOfNeverHaving(server, life) };
    }
    return { text: lossText(life, lost), atUs: lost.atUs, causes: this.causesOfLoss(life, lost) };
  }

  delivers(server: ServerId, zxid: FactZxid): Fact {
    const life = this.life(zxid);
    const delivered = life.at(server, this.until).findLast(({ kind }) => kind === "delivered");
    if (delivered === undefined) return this.has(server, zxid);
    const text = `server ${server} delivers ${life.name}`;
    return { text, atUs: delivered.atUs, causes: this.chain(delivered, life) };
  }

  /** Returns which server delivered a transaction first, or was the first to serve with it. */
  firstDelivery(zxid: FactZxid): Fact {
    const life = this.life(zxid);
    const delivered = life.events.find(({ kind }) => kind === "delivered");
    const serving = this.firstServerWith(life);
    if (delivered !== undefined && (serving === undefined || delivered.atUs <= serving.atUs)) {
      const text = `server ${delivered.server} delivered ${life.name} first`;
      return { text, atUs: delivered.atUs, causes: this.chain(delivered, life) };
    }
    if (serving === undefined) {
      const before: Cause = {
        text: `clients may have read ${life.name} before the run`,
        atUs: undefined,
        isRoot: true,
      };
      return { text: `${life.name} is committed`, atUs: undefined, causes: [before] };
    }
    const gained = life.gained(serving.server, this.run.records.indexOf(serving));
    const text = `server ${serving.server} began to serve with ${life.name}`;
    return { text, atUs: serving.atUs, causes: gained === undefined ? [] : this.causesOfGain(life, gained) };
  }

  proposal(zxid: FactZxid): Fact {
    const life = this.life(zxid);
    const proposed = life.events.find(({ kind }) => kind === "proposed");
    if (proposed === undefined) {
      return { text: `a primary broadcast ${life.name} before the run`, atUs: undefined, causes: [] };
    }
    const text = `server ${proposed.server} proposed ${life.name}`;
    return { text, atUs: proposed.atUs, causes: this.chain(proposed, life) };
  }

  /**
   * Returns the fact that no primary broadcast a transaction. If a server proposed the same zxid with another value,
   * returns that proposal instead.
   */
  noProposal(zxid: FactZxid): Fact {
    const life = this.life(zxid);
    if (life.events.some(({ kind }) => kind === "proposed")) return this.proposal(zxid);
    const text = `no primary broadcast ${life.name}, and no disk held it before the run`;
    return { text, atUs: undefined, causes: [] };
  }

  /** Returns the fact that a leader was established in an epoch: the first or the last establishment that matches. */
  establishment(
    epoch: Epoch | undefined,
    server?: ServerId,
    { which = "last", subject }: { readonly which?: "first" | "last"; readonly subject?: FactZxid } = {},
  ): Fact {
    const matches = this.run.records.filter(
      (record): record is RecordOf<"established"> =>
        record.event === "established" &&
        record.epoch === epoch &&
        record.atUs <= this.atUs &&
        (server === undefined || record.server === server),
    );
    const record = which === "first" ? matches[0] : matches[matches.length - 1];
    if (record === undefined) return { text: `epoch ${epoch} was established`, atUs: undefined, causes: [] };
    const text = `server ${record.server} was established in epoch ${epoch} at ${formatZxid(record.zxid)}`;
    const acks = this.run.records.filter(
      (one): one is RecordOf<"newleader-acked"> =>
        one.event === "newleader-acked" && one.epoch === epoch && one.atUs <= record.atUs,
    );
    const quorum = acks.map((ack) => this.newLeaderAck(ack, subject));
    const causes = [...quorum, ...this.unwrittenEpoch(record), ...this.electionOf(record.server, record.atUs, subject)];
    return { text, atUs: record.atUs, causes };
  }

  /** Returns the ACK of NEWLEADER of a server, and whether a transaction was on its disk by then. */
  private newLeaderAck(ack: RecordOf<"newleader-acked">, subject: FactZxid): Cause {
    const text = `server ${ack.server} ${describeRecord(ack)}`;
    if (subject === undefined) return { text, atUs: ack.atUs };
    const life = this.life(subject);
    const index = this.run.records.indexOf(ack);
    const kinds = life.at(ack.server, index).map(({ kind }) => kind);
    const isDurable = kinds.some((kind) => kind === "synced" || kind === "saved" || kind === "before");
    const progress = kinds.includes("logged") ? "syncs" : "logs";
    return { text: isDurable ? text : `${text}, before it ${progress} ${life.name}`, atUs: ack.atUs };
  }

  /** Returns the causes if a leader proposed an epoch that it had not written as its acceptedEpoch. */
  private unwrittenEpoch({ atUs, epoch, server }: RecordOf<"established">): Cause[] {
    const isOwn = (one: { server: ServerId; epoch: Epoch }): boolean => one.server === server && one.epoch === epoch;
    const proposed = this.finder.lastRecord("epoch-proposed", atUs, isOwn);
    if (proposed === undefined) return [];
    if (this.finder.lastRecord("epoch-accepted", proposed.atUs, isOwn) !== undefined) return [];
    const text = `server ${server} proposes epoch ${epoch}, although its acceptedEpoch ${epoch} is not on disk`;
    const step = this.finder.lastRecord("script", atUs, (one) => this.diskFaultOf(one.step, server) !== undefined);
    return [{ text, atUs: proposed.atUs }, ...listOf(step && this.stepCause(step))];
  }

  /** Returns the election of a leader. If its epoch decided although its history is older, adds how it got this epoch. */
  private electionOf(server: ServerId, untilUs: number, subject: FactZxid): Cause[] {
    const election = listOf(this.finder.election(server, untilUs));
    const win = winOf(this.run.records, server, untilUs);
    if (subject === undefined || win === undefined || !isWonByEpochAlone(win)) return election;
    const until = this.run.records.indexOf(win.elected);
    return [...election, ...this.synchronizations.interrupted(server, this.life(subject), until)];
  }

  private stepCause(record: RecordOf<"script">): Cause {
    return { text: `step ${record.step + 1}: ${describeStep(record)}`, atUs: record.atUs, isRoot: true };
  }

  private establishmentWithout(server: ServerId, epoch: Epoch | undefined, zxid: FactZxid): Fact {
    const { text, atUs } = this.establishment(epoch, server);
    return { text: `${text} without ${this.life(zxid).name}`, atUs, causes: this.causesOfLeadingWithout(server, zxid) };
  }

  /**
   * Returns the fact that a leader was established with a history that differs from an earlier one. `here` and `there`
   * are the zxids at the first difference. The lower one is in one history and missing from the other.
   */
  establishmentApart(server: ServerId, epoch: Epoch | undefined, here: FactZxid, there: FactZxid): Fact {
    const isExtra = here !== undefined && (there === undefined || here < there);
    if (!isExtra) return this.establishmentWithout(server, epoch, there);
    const { text, atUs } = this.establishment(epoch, server);
    const { causes } = this.has(server, here);
    const election = listOf(this.finder.election(server, this.atUs));
    return { text: `${text} with ${this.life(here).name}`, atUs, causes: [...election, ...causes] };
  }

  /** Returns how a server without a transaction won, and how it lost the transaction or why it never got it. */
  private causesOfLeadingWithout(server: ServerId, zxid: FactZxid, untilUs = this.atUs): Cause[] {
    const election = this.electionOf(server, untilUs, zxid);
    if (election.length > 1) return election;
    const life = this.life(zxid);
    if (life.gained(server, this.recordAt(untilUs)) !== undefined) {
      return [
        { text: `server ${server} has ${life.name} on its disk, but not in memory`, atUs: undefined },
        ...election,
      ];
    }
    const { causes, ...lacks } = this.lacks(server, zxid);
    const isElection = causes.every((cause) => election.some(({ text }) => text === cause.text));
    return isElection ? [lacks, ...election] : [...election, lacks, ...causes];
  }

  /** Returns the fact that the disk of a server lacks a transaction that its memory has. */
  diskLacks(server: ServerId, zxid: FactZxid): Fact {
    const life = this.life(zxid);
    if (life.lost(server, this.until) !== undefined) return this.lacks(server, zxid);
    const text = `server ${server} never wrote ${life.name} to its disk`;
    const truncated = this.finder.lastRecord("truncated", this.atUs, (one) => one.server === server);
    const causes = this.causesOfNoWrite(server, life, truncated === undefined);
    if (truncated !== undefined) {
      causes.push({ text: `server ${server} ${describeRecord(truncated)}`, atUs: truncated.atUs });
      causes.push(...listOf(this.finder.decision(server, truncated.atUs)));
    }
    return { text, atUs: undefined, causes };
  }

  /**
   * Returns the fact that the memory of a server ends at a zxid. `missing` is a transaction that is on its disk or that
   * it should have.
   */
  memoryEndsAt(server: ServerId, zxid: FactZxid, missing?: Zxid): Fact {
    const text = `the memory of server ${server} ends at ${formatZxid(zxid ?? NO_TXN)}`;
    const life = missing === undefined ? undefined : this.life(missing);
    const failed = this.lastFailure(server);
    const active = this.finder.lastRecord("active", this.atUs, (one) => one.server === server);
    const causes =
      failed !== undefined && failed.atUs >= (active?.atUs ?? 0)
        ? this.causesOfLeaving(failed, life)
        : this.causesOfOldMemory(server, active, life);
    return { text, atUs: undefined, causes };
  }

  /** Returns why a server that stopped following or leading lacks a transaction in memory. */
  private causesOfLeaving(failed: RecordOf<"failed">, life: TransactionLife | undefined): Cause[] {
    const { server } = failed;
    const failure: Cause = { text: `server ${server} ${describeRecord(failed)}`, atUs: failed.atUs };
    const sync = life === undefined ? [] : this.synchronizations.interrupted(server, life, this.until);
    const history = sync.length > 0 ? sync : [failure, this.origin(server)];
    return [...this.replayOfLog(failed, life), ...history];
  }

  /** Returns whether a server replayed its log into memory when it left, and what its log thread wrote after that. */
  private replayOfLog({ atUs, server }: RecordOf<"failed">, life: TransactionLife | undefined): Cause[] {
    const isOwn = (one: ProtocolRecord): boolean => one.server === server && one.atUs >= atUs;
    const logged = life?.at(server, this.until).findLast(({ kind }) => kind === "logged");
    const replayed = this.finder.lastRecord("fast-forwarded", this.atUs, isOwn);
    if (replayed !== undefined) {
      const text = `server ${server} ${describeRecord(replayed)}`;
      if (logged === undefined || logged.atUs <= replayed.atUs) return [{ text, atUs: replayed.atUs }];
      const late = `before its log thread writes ${formatZxid(life?.zxid ?? NO_TXN)} (${formatMoment(logged.atUs)} s)`;
      return [{ text: `${text}, ${late}`, atUs: replayed.atUs }];
    }
    const looking = this.finder.lastRecord("looking", this.atUs, isOwn);
    if (looking === undefined || logged === undefined) return [];
    return [{ text: `server ${server} does not replay its log into memory when it leaves`, atUs: looking.atUs }];
  }

  /** Returns why the memory of a server that serves lacks a transaction. */
  private causesOfOldMemory(
    server: ServerId,
    active: RecordOf<"active"> | undefined,
    life: TransactionLife | undefined,
  ): Cause[] {
    const later = life?.at(server).find(({ index, kind }) => kind === "delivered" && index > this.until);
    if (life !== undefined && later !== undefined && active !== undefined) {
      const text = `server ${server} ${describeRecord(active)}, and applies ${life.name} only later`;
      return [{ text: `${text} (${formatMoment(later.atUs)} s)`, atUs: active.atUs }, this.origin(server)];
    }
    if (life?.gained(server, this.until) === undefined && life !== undefined)
      return this.causesOfNeverHaving(server, life);
    const loaded = this.finder.lastRecord("loaded", this.atUs, (one) => one.server === server);
    const load = listOf(loaded).map((one) => ({ text: `server ${server} ${describeRecord(one)}`, atUs: one.atUs }));
    return [...load, this.origin(server)];
  }

  /** Returns the fact that a server saved a snapshot under a zxid that is lower than a transaction in it. */
  snapshotHolds(server: ServerId, tree: FactZxid): Fact {
    const life = this.life(tree);
    const received = life.at(server, this.until).find(({ kind }) => kind === "snapshot");
    const decided = received && this.finder.lastRecord("sync-decided", received.atUs, (one) => one.learner === server);
    if (decided === undefined) return this.has(server, tree, "in memory");
    const causes: Cause[] = [];
    const saved = this.finder.lastRecord("snapshot-saved", this.atUs, (one) => one.server === server);
    if (saved !== undefined) {
      const name = `snapshot ${formatZxid(saved.zxid)}`;
      const text = `server ${server} saves the SNAP as ${name}, although it holds ${life.name}`;
      causes.push({ text, atUs: saved.atUs });
    }
    const applied = life
      .at(decided.server, this.until)
      .find(({ atUs, kind }) => kind === "delivered" && atUs > decided.atUs);
    if (applied !== undefined) {
      const moment = "after it queues the SNAP and before it serializes the SNAP";
      causes.push({ text: `leader ${decided.server} applies ${life.name} ${moment}`, atUs: applied.atUs });
    }
    causes.push(...listOf(this.finder.proposedAfterNewLeader(decided, life.zxid)));
    const text = `server ${server} has ${life.name} in its snapshot`;
    return { text, atUs: undefined, causes: [...causes, decisionCause(decided)] };
  }

  /** Returns the fact that a server read a packet that is illegal in its state. */
  anomaly({ atUs, facts: { packet, zxid }, server }: Violation): Fact {
    const text = `server ${server} reads ${PACKET_NAMES[packet ?? 0]} ${formatZxid(zxid ?? NO_TXN)}`;
    const record = this.finder.lastRecord("anomaly", this.atUs, (one) => one.server === server);
    if (record === undefined) return { text, atUs, causes: [] };
    return {
      text: `${text}: ${record.detail}`,
      atUs: record.atUs,
      causes: [...this.causesOfAnomaly(record), ...this.finder.chain(record, undefined)],
    };
  }

  private causesOfAnomaly(record: RecordOf<"anomaly">): Cause[] {
    return record.packet === 0 ? [] : (this.anomalyCauses[record.packet]?.(record) ?? []);
  }

  /** What led to a packet that is illegal in the state of its receiver, by the type of the packet. */
  private readonly anomalyCauses: Readonly<Partial<Record<PacketType, (record: RecordOf<"anomaly">) => Cause[]>>> = {
    [ACK]: ({ atUs, from, server }) => {
      const taken = this.finder.lastRecord("newleader-ack-read", atUs, (one) => one.server === server);
      const sent = this.finder.lastRecord("newleader-acked", atUs, (one) => one.server === from);
      if (taken?.atUs !== atUs || sent === undefined) return [];
      const text = `leader ${server} takes it for the ACK of NEWLEADER and does not count server ${from}`;
      return [
        { text, atUs },
        { text: `server ${from} sends the ACK of NEWLEADER in another packet`, atUs: sent.atUs },
      ];
    },
    [COMMIT]: ({ atUs, server, zxid }) => {
      const logged = this.finder.lastRecord("logged", atUs, (one) => one.server === server && one.zxid === zxid);
      const acked = this.finder.lastRecord("newleader-acked", atUs, (one) => one.server === server);
      if (logged === undefined || acked === undefined) return [];
      const text = `at NEWLEADER, server ${server} logs ${formatZxid(zxid)} and clears its pending proposals`;
      const before = `server ${server} acknowledges NEWLEADER and waits for UPTODATE`;
      return [
        { text: before, atUs: acked.atUs },
        { text, atUs: logged.atUs },
      ];
    },
    [PROPOSAL]: ({ atUs, server, zxid }) => {
      if (counterOf(zxid) <= 1) return [];
      const life = this.life(asZxid(zxid - 1));
      const decided = this.decisionAbove(server, life.zxid, atUs);
      if (decided === undefined || this.finder.wasSent(life.zxid, decided)) return [];
      return this.synchronizations.missingFromSource(decided, life);
    },
  };

  /** Returns the last sync decision about a learner that a leader made with at least this lastProcessedZxid. */
  private decisionAbove(learner: ServerId, zxid: Zxid, untilUs: number): RecordOf<"sync-decided"> | undefined {
    return this.finder.lastRecord(
      "sync-decided",
      untilUs,
      (one) => one.learner === learner && one.lastProcessedZxid >= zxid,
    );
  }

  /** Returns the state and phase of a server, and the time at which it entered them. */
  state(server: ServerId): Fact {
    const role = this.run.records.findLast((one) => one.server === server && "phase" in one && one.atUs <= this.atUs);
    if (role === undefined) return { text: `server ${server} was not running`, atUs: undefined, causes: [] };
    const cause = this.finder.decision(server, this.atUs) ?? this.finder.election(server, this.atUs);
    return { text: `server ${server} ${describeRecord(role)} since`, atUs: role.atUs, causes: listOf(cause) };
  }

  /** Whether a server does not have a transaction at the time of the violation. */
  isMissing(server: ServerId, zxid: Zxid): boolean {
    return this.life(zxid).gained(server, this.until) === undefined;
  }

  /**
   * Returns another server whose history contradicts that of `server`. If possible, the other server has `there` and
   * lacks `here`.
   */
  opponentOf(server: ServerId, here: FactZxid, there: FactZxid): ServerId {
    const has = (sid: ServerId, zxid: FactZxid): boolean => this.life(zxid).gained(sid, this.until) !== undefined;
    const others = this.run.servers.map(({ sid }) => sid).filter((sid) => sid !== server);
    const holders = there === undefined ? others : others.filter((sid) => has(sid, there));
    return holders.find((sid) => !has(sid, here)) ?? holders[0] ?? server;
  }

  private firstServerWith(life: TransactionLife): ProtocolRecord | undefined {
    return this.run.records.find(
      ({ event, server }, index) =>
        index <= this.until &&
        (event === "established" || event === "active") &&
        life.gained(server, index) !== undefined,
    );
  }

  private causesOfGain(life: TransactionLife, gained: LifeEvent): Cause[] {
    const { server } = gained;
    const later = life.at(server, this.until).filter((one) => one.index > gained.index);
    const kept = later.findLast(({ kind }) => kind === "kept");
    const causes = kept === undefined ? [] : this.causesOfKeeping(life, kept);
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
    } else if (gained.kind === "snapshot") causes.push(...listOf(this.finder.decision(server, gained.atUs)));
    else causes.push(...this.chain(gained, life));
    return causes;
  }

  /** Returns the causes if a TRUNC to a lower zxid left the transaction on disk. */
  private causesOfKeeping(life: TransactionLife, { atUs, index, server }: LifeEvent): Cause[] {
    const record = this.run.records[index];
    if (record?.event !== "truncated" || record.zxid >= life.zxid) return [];
    const end = formatZxid(record.end);
    const text = `${formatZxid(life.zxid)} survives the TRUNC: the log of server ${server} still ends at ${end}`;
    return [{ text, atUs }, this.whyKept(record, index), ...listOf(this.finder.decision(server, atUs))];
  }

  /** Returns why a TRUNC left a transaction: it is in a snapshot, or the log has no record with the zxid of the TRUNC. */
  private whyKept({ end, server, zxid }: RecordOf<"truncated">, index: number): Cause {
    const saved = this.run.records.findLast(
      (one, i): one is RecordOf<"snapshot-saved"> =>
        i < index && one.event === "snapshot-saved" && one.server === server && one.zxid > zxid,
    );
    if (saved !== undefined) {
      const text = `server ${server} saved snapshot ${formatZxid(saved.zxid)}, which a TRUNC does not remove`;
      return { text, atUs: saved.atUs };
    }
    const text = `the log of server ${server} has no record ${formatZxid(zxid)}, so the TRUNC keeps the next one, ${formatZxid(end)}`;
    return { text, atUs: undefined };
  }

  private causesOfLoss(life: TransactionLife, { atUs, index, kind, server }: LifeEvent): Cause[] {
    if (kind === "truncated" || kind === "replaced") {
      const decided = this.finder.lastRecord("sync-decided", atUs, (one) => one.learner === server);
      return decided === undefined ? [] : [decisionCause(decided), ...this.causesOfRemoval(decided, life)];
    }
    if (kind === "unloaded") {
      const fault = this.finder.lastRecord("script", atUs, (one) => this.diskFaultOf(one.step, server) === "corrupt");
      if (fault !== undefined) return [this.stepCause(fault)];
    }
    const step = this.finder.step(this.run.records[index]?.sequence ?? -1);
    const crash = step ?? { text: `server ${server} crashed`, atUs, isRoot: true };
    return [crash, ...this.synchronizations.interrupted(server, life, index - 1)];
  }

  /** Returns why a leader made a server remove a transaction: the leader lacks it, or does not find it in its log. */
  private causesOfRemoval(decided: RecordOf<"sync-decided">, life: TransactionLife): Cause[] {
    const { atUs, server } = decided;
    const gained = life.gained(server, this.run.records.indexOf(decided));
    const isOnlyOnDisk = decided.lastProcessedZxid < life.zxid && gained?.kind !== "proposed";
    if (gained === undefined || isOnlyOnDisk) return this.causesOfLeadingWithout(server, life.zxid, atUs);
    return [...this.synchronizations.missingFromSource(decided, life), ...this.causesOfGain(life, gained)];
  }

  private causesOfNeverHaving(server: ServerId, life: TransactionLife): Cause[] {
    const undelivered = this.finder.undelivered(life.zxid, server, this.atUs);
    if (undelivered !== undefined) return [undelivered];
    const decided = this.decisionAbove(server, life.zxid, this.atUs);
    if (decided === undefined) return listOf(this.finder.election(server, this.atUs));
    const received = this.synchronizations.interrupted(server, life, this.until);
    if (received.length > 0) return received;
    if (decided.decision === "SNAP") return [decisionCause(decided)];
    const gained = life.gained(decided.server, this.run.records.indexOf(decided));
    const withheld = this.synchronizations.withheld(decided, life);
    return gained === undefined ? withheld : [...withheld, ...this.causesOfGain(life, gained)];
  }

  /**
   * Returns the failure that happened before the server could write the transaction, and what led to it, such as a
   * fault of the disk.
   */
  private causesOfNoWrite(server: ServerId, life: TransactionLife, withOrigin: boolean): Cause[] {
    const failed = this.lastFailure(server);
    if (failed === undefined || failed.atUs < (life.gained(server, this.until)?.atUs ?? 0)) return [];
    const failure: Cause = { text: `before that, server ${server} ${describeRecord(failed)}`, atUs: failed.atUs };
    const fault = this.finder.lastRecord(
      "script",
      failed.atUs,
      ({ step }) => this.diskFaultOf(step, server) !== undefined,
    );
    const kept = `server ${server} keeps ${life.name} in memory when it leaves, and has saved no snapshot of it`;
    const causes: Cause[] = [{ text: kept, atUs: failed.atUs }, failure];
    if (fault !== undefined) return [...causes, this.stepCause(fault)];
    return withOrigin ? [...causes, this.origin(server)] : causes;
  }

  /** Returns the fault of the disk of a server in a step; undefined if the step only changes the speed of the disk. */
  private diskFaultOf(index: number, server: ServerId): DiskFaultKind | undefined {
    const step = this.run.scenario.steps[index];
    if (step === undefined || !("disk" in step) || step.disk.server !== server) return undefined;
    const { disk } = step;
    return DISK_FAULTS.find((kind) => disk[kind] !== undefined);
  }

  /** Returns how a server got its history: by a synchronization, by an election, or from its disk. */
  private origin(server: ServerId): Cause {
    return (
      this.finder.decision(server, this.atUs) ??
      this.finder.election(server, this.atUs) ?? {
        text: `the disk of server ${server} held this history before the run`,
        atUs: undefined,
        isRoot: true,
      }
    );
  }

  /** Returns the last failure that ended a role of the server, and not only the connection of one learner. */
  private lastFailure(server: ServerId): RecordOf<"failed"> | undefined {
    return this.finder.lastRecord("failed", this.atUs, (one) => one.server === server && one.learner === undefined);
  }

  private chain({ index }: LifeEvent, { zxid }: TransactionLife): Cause[] {
    return this.finder.chain(this.run.records[index] as ProtocolRecord, zxid);
  }

  /** Returns the index of the last record up to a time. */
  private recordAt(atUs: number): number {
    return this.run.records.findLastIndex((record) => record.atUs <= atUs);
  }

  private life(zxid: FactZxid): TransactionLife {
    const key = zxid ?? NO_TXN;
    let life = this.lives.get(key);
    if (life === undefined) {
      life = new TransactionLife(this.run, key);
      this.lives.set(key, life);
    }
    return life;
  }
}

/** Returns the index of the last record that can explain a violation. */
export function lastRecordOf(run: ScenarioRun, { atUs }: Violation): number {
  return run.records.findLastIndex((record) => record.atUs <= atUs);
}

function lossText({ name }: TransactionLife, { kind, server }: LifeEvent): string {
  if (kind === "truncated") return `server ${server} truncates ${name} from its log`;
  if (kind === "lost") return `server ${server} crashes and loses ${name}, which was not synced`;
  if (kind === "unloaded") return `server ${server} starts again with an older snapshot, without ${name}`;
  if (kind === "forgotten") return `server ${server} crashes and loses ${name}, which was only in memory`;
  return `server ${server} loads a snapshot without ${name}`;
}
