/** The state of a run at the time of a violation. The classes that build facts about the violation read it. */
import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import type { Violation } from "../../invariants/violation.ts";
import { asZxid, type ServerId, type Zxid } from "../../protocol/zxid.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { describeStep } from "../describe.ts";
import { type Cause, CauseFinder } from "./causes.ts";
import type { LifeEvent } from "./life-tracker.ts";
import { Synchronizations } from "./synchronization.ts";
import { TransactionLife } from "./transaction-life.ts";

/** A statement about a run, with the chain of causes that led to it. */
export interface Fact {
  readonly text: string;
  readonly atUs: number | undefined;
  /** The causes, in order from the nearest to the root cause. */
  readonly causes: readonly Cause[];
}

/** The zxid of a fact. Undefined stands for the end of a history. An empty history ends at 0:0. */
export type FactZxid = Zxid | undefined;
export const NO_TXN = asZxid(0);

/** The fields of a disk step that inject a fault. The other fields of a disk step change only the speed of the disk. */
const DISK_FAULTS = ["fail", "full", "readOnly", "loseSyncs", "stall", "corrupt"] as const;
type DiskFaultKind = (typeof DISK_FAULTS)[number];

export class Moment {
  readonly run: ScenarioRun;
  readonly finder: CauseFinder;
  readonly synchronizations: Synchronizations;
  readonly atUs: number;
  /** The index of the last record that is not later than the violation. */
  readonly until: number;
  private readonly lives = new Map<Zxid, TransactionLife>();

  constructor(run: ScenarioRun, violation: Violation) {
    this.run = run;
    this.finder = new CauseFinder(run);
    this.synchronizations = new Synchronizations(run, this.finder);
    this.atUs = violation.atUs;
    this.until = lastRecordOf(run, violation);
  }

  /** Returns the last sync decision for a learner whose leader had already applied the transaction with this zxid. */
  decisionAbove(learner: ServerId, zxid: Zxid, untilUs: number): RecordOf<"sync-decided"> | undefined {
    return this.finder.lastRecord(
      "sync-decided",
      untilUs,
      (one) => one.learner === learner && one.lastProcessedZxid >= zxid,
    );
  }

  stepCause(record: RecordOf<"script">): Cause {
    return { text: `step ${record.step + 1}: ${describeStep(record)}`, atUs: record.atUs, isRoot: true };
  }

  /**
   * Returns which fault a step injects into the disk of a server. Returns undefined if the step injects no such fault.
   */
  diskFaultOf(index: number, server: ServerId): DiskFaultKind | undefined {
    const step = this.run.scenario.steps[index];
    if (step === undefined || !("disk" in step) || step.disk.server !== server) return undefined;
    const { disk } = step;
    return DISK_FAULTS.find((kind) => disk[kind] !== undefined);
  }

  /** Returns where a server got its history from: a synchronization with a leader, its own election, or its disk. */
  origin(server: ServerId): Cause {
    return (
      this.finder.decision(server, this.atUs) ??
      this.finder.election(server, this.atUs) ?? {
        text: `the disk of server ${server} held this history before the run`,
        atUs: undefined,
        isRoot: true,
      }
    );
  }

  /**
   * Returns the last failure that made the server stop following or leading. Ignores failures of a single learner
   * connection.
   */
  lastFailure(server: ServerId): RecordOf<"failed"> | undefined {
    return this.finder.lastRecord("failed", this.atUs, (one) => one.server === server && one.learner === undefined);
  }

  chain({ index }: LifeEvent, { zxid }: TransactionLife): Cause[] {
    return this.finder.chain(this.run.records[index] as ProtocolRecord, zxid);
  }

  /** Returns the index of the last record at or before a time. */
  recordAt(atUs: number): number {
    return this.run.records.findLastIndex((record) => record.atUs <= atUs);
  }

  life(zxid: FactZxid): TransactionLife {
    const key = zxid ?? NO_TXN;
    let life = this.lives.get(key);
    if (life === undefined) {
      life = new TransactionLife(this.run, key);
      this.lives.set(key, life);
    }
    return life;
  }
}

/**
 * Returns the index of the last record that is not later than a violation. Later records cannot explain the violation.
 */
export function lastRecordOf(run: ScenarioRun, { atUs, id, server }: Violation): number {
  // The server can get the transaction back in the event that handles the TRUNC, so later records of that event are
  // ignored.
  const isTrunc = id === "trunc-keeps-committed";
  const at = (record: ProtocolRecord): boolean =>
    isTrunc ? record.event === "truncated" && record.server === server && record.atUs === atUs : record.atUs <= atUs;
  return run.records.findLastIndex(at);
}
