/**
 * Facts about a run at the time of a violation, each with the chain of causes that led to it: which server has a
 * transaction, lacks it, delivered it first, or was established without it.
 */

import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import type { Violation } from "../../invariants/violation.ts";
import { PACKET_NAMES } from "../../protocol/packets.ts";
import { asZxid, type Epoch, formatZxid, type ServerId, type Zxid } from "../../protocol/zxid.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { describeRecord, describeStep } from "../describe.ts";
import { type Cause, CauseFinder } from "./causes.ts";
import type { LifeEvent } from "./life-tracker.ts";
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

export class FactFinder {
  private readonly run: ScenarioRun;
  private readonly finder: CauseFinder;
  private readonly atUs: number;
  /** The index of the last record before the violation. */
  private readonly until: number;
  private readonly lives = new Map<Zxid, TransactionLife>();

  constructor(run: ScenarioRun, violation: Violation) {
    this.run = run;
    this.finder = new CauseFinder(run);
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
    return {
      text: lossText(life, lost, this.run.records[lost.index]),
      atUs: lost.atUs,
      causes: this.causesOfLoss(lost),
    };
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
  establishment(epoch: Epoch | undefined, server?: ServerId, which: "first" | "last" = "last"): Fact {
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
      (one) => one.event === "newleader-acked" && one.epoch === epoch && one.atUs <= record.atUs,
    );
    const quorum: Cause[] = acks.map((ack) => ({
      text: `server ${ack.server} ${describeRecord(ack)}`,
      atUs: ack.atUs,
    }));
    const election = this.finder.election(record.server, record.atUs);
    return { text, atUs: record.atUs, causes: [...quorum, ...listOf(election)] };
  }

  establishmentWithout(server: ServerId, epoch: Epoch | undefined, zxid: FactZxid): Fact {
    const { text, atUs } = this.establishment(epoch, server);
    const election = this.finder.election(server, this.atUs);
    const { causes, ...lacks } = this.lacks(server, zxid);
    return { text: `${text} without ${this.life(zxid).name}`, atUs, causes: [...listOf(election), lacks, ...causes] };
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

  /** Returns the fact that the memory of a server ends at a zxid. */
  memoryEndsAt(server: ServerId, zxid: FactZxid): Fact {
    const causes: Cause[] = [];
    const failed = this.lastFailure(server);
    if (failed !== undefined) {
      causes.push({ text: `server ${server} ${describeRecord(failed)}`, atUs: failed.atUs });
    }
    const loaded = this.finder.lastRecord("loaded", this.atUs, (one) => one.server === server);
    if (loaded !== undefined) {
      causes.push({ text: `server ${server} ${describeRecord(loaded)}`, atUs: loaded.atUs });
    }
    const text = `the memory of server ${server} ends at ${formatZxid(zxid ?? NO_TXN)}`;
    return { text, atUs: undefined, causes: [...causes, this.origin(server)] };
  }

  /** Returns the fact that a server read a packet that is illegal in its state. */
  anomaly({ atUs, facts: { packet, zxid }, server }: Violation): Fact {
    const text = `server ${server} reads ${PACKET_NAMES[packet ?? 0]} ${formatZxid(zxid ?? NO_TXN)}`;
    const record = this.finder.lastRecord("anomaly", this.atUs, (one) => one.server === server);
    if (record === undefined) return { text, atUs, causes: [] };
    return {
      text: `${text}: ${record.detail}`,
      atUs: record.atUs,
      causes: this.finder.chain(record, undefined),
    };
  }

  /** Returns the state and phase of a server, and the time at which it entered them. */
  state(server: ServerId): Fact {
    const role = this.run.records.findLast((one) => one.server === server && "phase" in one && one.atUs <= this.atUs);
    if (role === undefined) return { text: `server ${server} was not running`, atUs: undefined, causes: [] };
    const cause = this.finder.decision(server, this.atUs) ?? this.finder.election(server, this.atUs);
    return { text: `server ${server} ${describeRecord(role)} since`, atUs: role.atUs, causes: listOf(cause) };
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
    return [{ text, atUs }, ...listOf(this.finder.decision(server, atUs))];
  }

  private causesOfLoss({ atUs, index, kind, server }: LifeEvent): Cause[] {
    if (kind === "truncated" || kind === "replaced") return listOf(this.finder.decision(server, atUs));
    const step = this.finder.step(this.run.records[index]?.sequence ?? -1);
    return [step ?? { text: `server ${server} crashed`, atUs, isRoot: true }];
  }

  private causesOfNeverHaving(server: ServerId, life: TransactionLife): Cause[] {
    const undelivered = this.finder.undelivered(life.zxid, server, this.atUs);
    if (undelivered !== undefined) return [undelivered];
    const decided = this.finder.lastRecord(
      "sync-decided",
      this.atUs,
      (one) => one.learner === server && one.lastProcessedZxid >= life.zxid,
    );
    if (decided === undefined) return listOf(this.finder.election(server, this.atUs));
    const { atUs, firstZxid, lastZxid } = decided;
    const sent =
      firstZxid === undefined || lastZxid === undefined
        ? "no proposals"
        : `proposals ${formatZxid(firstZxid)} to ${formatZxid(lastZxid)}`;
    const text = `leader ${decided.server} sends server ${server} a ${decided.decision} with ${sent}`;
    return [{ text, atUs }, ...listOf(this.finder.decision(server, atUs))];
  }

  /**
   * Returns the failure that happened before the server could write the transaction, and what led to it, such as a
   * fault of the disk.
   */
  private causesOfNoWrite(server: ServerId, life: TransactionLife, withOrigin: boolean): Cause[] {
    const failed = this.lastFailure(server);
    if (failed === undefined || failed.atUs < (life.gained(server, this.until)?.atUs ?? 0)) return [];
    const failure: Cause = { text: `before that, server ${server} ${describeRecord(failed)}`, atUs: failed.atUs };
    const fault = this.finder.lastRecord("script", failed.atUs, ({ step }) => this.isDiskStep(step, server));
    if (fault !== undefined) {
      const step = { text: `step ${fault.step + 1}: ${describeStep(fault)}`, atUs: fault.atUs, isRoot: true };
      return [failure, step];
    }
    return withOrigin ? [failure, this.origin(server)] : [failure];
  }

  private isDiskStep(index: number, server: ServerId): boolean {
    const step = this.run.scenario.steps[index];
    return step !== undefined && "disk" in step && step.disk.server === server;
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

function lossText({ name }: TransactionLife, { kind, server }: LifeEvent, record?: ProtocolRecord): string {
  const ends = record?.event === "crashed" && record.planned !== undefined ? "stops" : "crashes";
  if (kind === "truncated") return `server ${server} truncates ${name} from its log`;
  if (kind === "lost") return `server ${server} ${ends} and loses ${name}, which was not synced`;
  if (kind === "forgotten") return `server ${server} ${ends} and loses ${name}, which was only in memory`;
  return `server ${server} loads a snapshot without ${name}`;
}

function listOf<Value>(value: Value | undefined): Value[] {
  return value === undefined ? [] : [value];
}
