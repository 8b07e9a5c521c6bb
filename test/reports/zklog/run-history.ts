/** What a run knows about each server, in the form in which `explain/` says it from the exported logs. */
import type { DecisionRecord, ProtocolRecord, RecordOf } from "../../../cluster/records.ts";
import type { ScenarioRun } from "../../../scenarios/scenario-run.ts";

/** A role of a server in a run. */
export interface RunPeriod {
  readonly server: number;
  readonly role: string;
  /** The elected server. Undefined if a reconfiguration gave the role to the server, or if it connects elsewhere. */
  readonly leader: number | undefined;
  /** The phases, each one once. */
  readonly phases: string[];
  /** The epoch that a leader established, or in which a learner served. Undefined if it did neither. */
  epoch: number | undefined;
  /** Whether the learner served. */
  serves: boolean;
  /** Why the server left the role. Undefined if it did not. */
  failure: RecordOf<"failed"> | undefined;
  /** The learners that the server dropped, with the reason. */
  readonly dropped: RecordOf<"failed">[];
  end: "looking" | "process" | undefined;
}

/** A process of a server in a run. */
export interface RunProcess {
  readonly release: string;
  /** The zxid of the first vote of each election. Undefined if there was none. */
  readonly elections: (number | undefined)[];
  readonly periods: RunPeriod[];
  /** How often the thread that listens on the election port ended, while the server went on. */
  lostPorts: number;
  exit: { readonly code: number; readonly failure: RecordOf<"failed"> | undefined } | undefined;
}

/** A synchronization of a run. */
export interface RunSync {
  readonly leader: number;
  readonly decision: DecisionRecord;
  /** Whether the learner served in this handshake. */
  isActive: boolean;
  /** Whether the leader dropped the learner before it sent the packet, because of too many synchronizations. */
  isThrottled: boolean;
}

/** Everything that a run knows. */
export interface RunHistory {
  readonly processes: ReadonlyMap<number, readonly RunProcess[]>;
  readonly syncs: readonly RunSync[];
}

/** Collects the history of a run from its records. */
export function historyOfRun({ records }: Pick<ScenarioRun, "records">): RunHistory {
  const collector = new Collector();
  for (const record of records) collector.read(record);
  return collector;
}

class Collector implements RunHistory {
  readonly processes = new Map<number, RunProcess[]>();
  readonly syncs: RunSync[] = [];
  private readonly proposed = new Map<number, number>();
  private readonly elected = new Map<number, number>();
  /** The servers that connect to ObserverMasters if they are observers. */
  private readonly withMaster = new Set<number>();
  private readonly failure = new Map<number, RecordOf<"failed">>();
  private readonly periods = new Map<number, RunPeriod>();

  read(record: ProtocolRecord): void {
    const { server } = record;
    const period = this.periods.get(server);
    switch (record.event) {
      case "started":
        this.endPeriod(server, "process");
        this.elected.delete(server);
        if (record.config?.settings.observerMasterPort) this.withMaster.add(server);
        this.processes.set(server, [
          ...(this.processes.get(server) ?? []),
          { release: record.config?.release ?? "", elections: [], periods: [], lostPorts: 0, exit: undefined },
        ]);
        break;
      case "looking":
        this.endPeriod(server, "looking");
        this.elected.delete(server);
        this.process(server)?.elections.push(undefined);
        break;
      case "voted": {
        const elections = this.process(server)?.elections;
        if (elections !== undefined && elections.at(-1) === undefined) elections[elections.length - 1] = record.zxid;
        break;
      }
      case "elected":
        this.elected.set(server, record.leader);
        break;
      case "leading":
      case "following":
      case "observing":
        this.enter(record.event, record.phase, server);
        break;
      case "epoch-proposed":
        this.proposed.set(server, record.epoch);
        break;
      case "active":
        if (period !== undefined) Object.assign(period, { epoch: record.epoch, serves: true });
        this.served(record);
        break;
      case "sync-decided":
        this.syncs.push({ leader: server, decision: record, isActive: false, isThrottled: false });
        break;
      case "failed":
        if (record.learner !== undefined) {
          period?.dropped.push(record);
          const sync = this.syncs.findLast((one) => one.leader === server && one.decision.learner === record.learner);
          if (sync !== undefined && record.reason === "sync-throttled") sync.isThrottled = true;
        } else {
          this.failure.set(server, record);
          if (period !== undefined) period.failure ??= record;
        }
        break;
      case "accept-failed": {
        const process = this.process(server);
        if (process !== undefined && record.change === "listener-ends") process.lostPorts++;
        break;
      }
      case "crashed":
        this.crash(record);
        break;
      default:
        break;
    }
  }

  private process(server: number): RunProcess | undefined {
    return this.processes.get(server)?.at(-1);
  }

  private enter(role: string, phase: string, server: number): void {
    if (phase === "ELECTION") {
      this.endPeriod(server, "looking");
      const period: RunPeriod = {
        ...{ server, role: role.toUpperCase(), leader: this.leaderOf(server, role), phases: [] },
        ...{ epoch: undefined, serves: false, failure: undefined, dropped: [], end: undefined },
      };
      this.elected.delete(server);
      this.periods.set(server, period);
      this.process(server)?.periods.push(period);
    } else {
      const period = this.periods.get(server);
      period?.phases.push(phase.toLowerCase());
      if (period?.role === "LEADING" && phase === "BROADCAST") period.epoch = this.proposed.get(server);
    }
  }

  private leaderOf(server: number, role: string): number | undefined {
    if (role === "leading") return server;
    return role === "observing" && this.withMaster.has(server) ? undefined : this.elected.get(server);
  }

  private endPeriod(server: number, end: "looking" | "process"): void {
    const period = this.periods.get(server);
    if (period !== undefined) period.end = end;
    this.periods.delete(server);
  }

  private served({ leader, server }: RecordOf<"active">): void {
    const sync = this.syncs.findLast((one) => one.leader === leader && one.decision.learner === server);
    if (sync !== undefined) sync.isActive = true;
  }

  private crash({ exitCode, server }: RecordOf<"crashed">): void {
    const process = this.process(server);
    const period = this.periods.get(server);
    if (process === undefined) return;
    if (exitCode === undefined) {
      this.failure.delete(server);
      return;
    }
    process.exit = { code: exitCode, failure: this.failure.get(server) };
    // The failure that ends the process is no failure of the role.
    if (period !== undefined && period.failure === this.failure.get(server)) period.failure = undefined;
  }
}
