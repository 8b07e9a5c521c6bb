/**
 * Explains what happened to a transaction in a synchronization: how far the learner got with it, or why the leader did
 * not send it.
 */
import type { RecordOf } from "../../cluster/records.ts";
import { formatZxid, type ServerId, type Zxid } from "../../protocol/zxid.ts";
import type { Step } from "../../scenarios/scenario.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { describeRecord, describeStep } from "../describe.ts";
import { formatZxidRange } from "../format.ts";
import { type Cause, type CauseFinder, decisionCause, masterText } from "./causes.ts";
import type { TransactionLife } from "./transaction-life.ts";

type Decision = RecordOf<"sync-decided">;

export class Synchronizations {
  private readonly run: ScenarioRun;
  private readonly finder: CauseFinder;

  constructor(run: ScenarioRun, finder: CauseFinder) {
    this.run = run;
    this.finder = finder;
  }

  /**
   * Returns what a learner did after a leader decided to send it a transaction: each epoch that the learner wrote, each
   * ACK of NEWLEADER that it sent, and how the synchronization ended. Each text says whether the learner had logged and
   * synced the transaction by then. The nearest cause comes first, and the sync decision last. Ignores records after
   * index `until`. Returns an empty list in two cases: no leader sent the transaction, or the learner had synced the
   * transaction when it began to serve.
   */
  interrupted(server: ServerId, life: TransactionLife, until: number): Cause[] {
    const { records } = this.run;
    const start = records.findLastIndex(
      (one, i) => i <= until && one.event === "sync-decided" && one.learner === server && this.sends(one, life),
    );
    const decision = records[start];
    if (decision?.event !== "sync-decided") return [];
    const causes = [decisionCause(decision)];
    for (const [i, record] of records.entries()) {
      if (i <= start || record.server !== server) continue;
      if (i > until || record.event === "looking") break;
      const progress = progressAt(life, server, start, i);
      if (record.event === "active" && (progress === "synced" || progress === "saved")) return [];
      if (record.event === "epoch-current" || record.event === "newleader-acked" || record.event === "active") {
        const text = `server ${server} ${describeRecord(record)}, ${PROGRESS_TEXTS[progress](life.name)}`;
        causes.unshift({ text, atUs: record.atUs, isDefect: progress === "none" || progress === "logged" });
      } else if (record.event === "failed" && record.learner === undefined) {
        causes.unshift({ text: `server ${server} ${describeRecord(record)}`, atUs: record.atUs });
      } else if (record.event === "crashed") {
        causes.unshift({ text: `server ${server} crashes ${PROGRESS_TEXTS[progress](life.name)}`, atUs: record.atUs });
        break;
      }
    }
    return causes;
  }

  /**
   * Returns why a leader that has a transaction does not send it to a learner: what the leader sends instead, and
   * whether the transaction is missing from committedLog or from the log on disk.
   */
  withheld(decision: Decision, life: TransactionLife): Cause[] {
    const { atUs, learner } = decision;
    const proposals = proposalsText(decision);
    const text = `${masterText(decision)} sends server ${learner} a ${decision.decision} with ${proposals}`;
    const without: Cause = { text: `${text}, without ${life.name}`, atUs };
    return [without, decisionCause(decision), ...this.missingFromSource(decision, life)];
  }

  /**
   * Returns why a leader cannot send a transaction that it has. The transaction is not committed or not applied yet, or
   * it is missing from the leader's committedLog or from its log on disk.
   */
  missingFromSource(decision: Decision, life: TransactionLife): Cause[] {
    const { atUs, maxCommittedLog, minCommittedLog, rule, server } = decision;
    const master = masterText(decision);
    const isOwn = (one: { server: ServerId; zxid: Zxid }): boolean => one.server === server && one.zxid === life.zxid;
    const proposed = this.finder.lastRecord("proposed", atUs, isOwn);
    const committed = this.finder.lastRecord("committed", atUs, isOwn);
    if (proposed !== undefined && committed === undefined) {
      return [
        {
          text: `leader ${server} has proposed ${life.name}, but not committed it yet`,
          atUs: proposed.atUs,
          isDefect: true,
        },
      ];
    }
    if (committed !== undefined && this.finder.lastRecord("delivered", atUs, isOwn) === undefined) {
      const text = `leader ${server} has committed ${life.name}, but its commit processor has not applied it yet`;
      return [{ text, atUs: committed.atUs, isDefect: true }, ...this.stall(server, atUs, isApplyStallOf)];
    }
    if (!rule.startsWith("txn-log")) {
      const end = `which covers ${formatZxidRange(minCommittedLog, maxCommittedLog)}`;
      const text = `${life.name} is missing from the committedLog of ${master}, ${end}`;
      return [{ text, atUs: undefined, isDefect: true }];
    }
    const lastLogged = this.finder.lastRecord("logged", atUs, (one) => one.server === server);
    if (lastLogged === undefined || lastLogged.zxid >= life.zxid || life.zxid >= minCommittedLog) {
      const text = `${life.name} is missing from the log on disk of ${master}`;
      return [{ text, atUs: undefined, isDefect: true }];
    }
    const text =
      `${life.name} is in a gap: the log on disk of ${master} ends at ${formatZxid(lastLogged.zxid)}, ` +
      `its committedLog starts at ${formatZxid(minCommittedLog)}`;
    return [{ text, atUs: undefined, isDefect: true }, ...this.stall(server, atUs, isDiskStallOf)];
  }

  /** Returns the last step that stalled the disk or a thread of a server, if there is one. */
  private stall(server: ServerId, untilUs: number, isStall: (step: Step, server: ServerId) => boolean): Cause[] {
    const { steps } = this.run.scenario;
    const step = this.finder.lastRecord("script", untilUs, (one) => isStall(steps[one.step] as Step, server));
    if (step === undefined) return [];
    return [{ text: `step ${step.step + 1}: ${describeStep(step)}`, atUs: step.atUs }];
  }

  private sends(decision: Decision, { zxid }: TransactionLife): boolean {
    const { firstZxid, lastZxid } = decision;
    if (firstZxid === undefined || lastZxid === undefined || zxid < firstZxid || zxid > lastZxid) return false;
    return this.run.trace === undefined || this.finder.wasSent(zxid, decision);
  }
}

type Progress = "none" | "logged" | "saved" | "synced";

const PROGRESS_TEXTS: Readonly<Record<Progress, (txn: string) => string>> = {
  none: (txn) => `before it logs ${txn}`,
  logged: (txn) => `before it syncs ${txn}`,
  saved: (txn) => `after it saved a snapshot with ${txn}`,
  synced: (txn) => `after it synced ${txn}`,
};

/**
 * Returns how far a server got with a transaction (nothing, logged or synced), according to the records after `start`
 * up to `index`.
 */
function progressAt(life: TransactionLife, server: ServerId, start: number, index: number): Progress {
  const kinds = life.at(server, index).flatMap((event) => (event.index > start ? [event.kind] : []));
  if (kinds.includes("synced")) return "synced";
  if (kinds.includes("saved")) return "saved";
  return kinds.includes("logged") ? "logged" : "none";
}

function proposalsText({ firstZxid, lastZxid, proposals }: Decision): string {
  if (firstZxid === undefined || lastZxid === undefined) return "no proposals";
  const range = formatZxidRange(firstZxid, lastZxid);
  return proposals === 1 ? `proposal ${range}` : `${proposals} proposals, ${range}`;
}

function isDiskStallOf(step: Step, server: ServerId): boolean {
  return "disk" in step && step.disk.server === server && step.disk.stall === true;
}

function isApplyStallOf(step: Step, server: ServerId): boolean {
  return "stall" in step && step.stall.thread === "apply" && [server, "leader"].includes(step.stall.server);
}
