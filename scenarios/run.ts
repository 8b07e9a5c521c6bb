/**
 * Runs a scenario: creates the cluster, performs the script, checks the invariants, keeps records, and returns the
 * result. The same scenario and seed give the same result, to the byte.
 */

import { Cluster } from "../cluster/cluster.ts";
import { Liveness } from "../cluster/liveness.ts";
import { NoteRecorder, type ProtocolRecord, recordFilter } from "../cluster/records.ts";
import type { Message, MessageCoverage } from "../cluster/server.ts";
import { historyOf, zxidOf } from "../cluster/start-disk.ts";
import { Invariants, type Violation } from "../invariants/index.ts";
import {
  asEpoch,
  asZxid,
  type Behavior,
  BROADCAST,
  type History,
  type ServerId,
  serverIdsOf,
} from "../protocol/index.ts";
import type { Trace } from "../sim/index.ts";
import { durationUs } from "../sim/time.ts";
import { checkExpectation } from "./expectation.ts";
import { messageName } from "./message-match.ts";
import type { Scenario, Step } from "./scenario.ts";
import type { FinalServer, LivenessOutcome, ScenarioRun } from "./scenario-run.ts";
import { Script, type StepSink, scriptRecord } from "./script.ts";

export interface RunOptions {
  readonly seed: bigint | number;
  /** Records every message, timer and disk operation. Default: no trace. */
  readonly trace?: Trace | undefined;
  /** Whether to compute the digest. Default: true. */
  readonly digest?: boolean;
  /** Whether the records include messages. Default: false. */
  readonly messages?: boolean;
  /**
   * Whether to keep records. Without them, expectations about decisions and failures are not checked. Default: true.
   */
  readonly records?: boolean;
  /** The run ends at the first violation for which this returns true. Default: no violation ends it. */
  readonly stopAt?: ((violation: Violation) => boolean) | undefined;
  readonly coverage?: RunCoverage | undefined;
  /** Changes the behavior of every server, for example to apply a fix. */
  readonly change?: ((behavior: Behavior) => Behavior) | undefined;
}

/** Notified of what a run reaches. */
export interface RunCoverage extends MessageCoverage {
  recorded(record: ProtocolRecord): void;
}

/** The events that coverage counts. */
const COVERED: readonly ProtocolRecord["event"][] = ["sync-decided", "failed"];

/** A run in progress, for stepping through it or for comparing two runs event by event. */
export class ScenarioRunner {
  readonly cluster: Cluster;
  readonly records: ProtocolRecord[] = [];
  private readonly scenario: Scenario;
  private readonly seed: bigint | number;
  private readonly script: Script;
  private readonly invariants: Invariants;
  private readonly options: RunOptions;
  private readonly liveness: Liveness;
  private endUs: number;
  /** Only pings happen, and every server serves. */
  private isIdle = false;
  private lastNoteUs = 0;

  constructor(scenario: Scenario, options: RunOptions) {
    this.scenario = scenario;
    this.seed = options.seed;
    this.options = options;
    const { coverage } = options;
    const keep = options.records !== false;
    const awaited = new Set(scenario.steps.map((step) => step.when?.event));
    const awaitsEvents = scenario.steps.some((step) => step.when?.event !== undefined);
    const wanted = recordFilter(
      (event) => keep || awaited.has(event as never) || (coverage !== undefined && COVERED.includes(event)),
    );
    const take = (record: ProtocolRecord): void => {
      if (keep) this.keep(record);
      this.lastNoteUs = record.atUs;
      coverage?.recorded(record);
      this.liveness.recorded(record);
      this.script.recorded(record);
    };
    const servers = serverIdsOf(scenario.servers);
    const now = (): number => this.cluster.world.kernel.nowUs;
    const observers = servers.filter((sid) => scenario.servers[sid]?.role === "observer");
    this.invariants = new Invariants({ servers, observers, now });
    this.cluster = new Cluster(scenario, {
      ...options,
      watch: (sid) => {
        const invariants = this.invariants.notesFor(sid);
        const needed = keep || coverage !== undefined || awaitsEvents;
        return needed ? [invariants, new NoteRecorder(sid, now, take, wanted)] : [invariants];
      },
      lifeCycle: {
        started: (sid) => {
          take({ atUs: now(), server: sid, event: "started" });
        },
        ended: (sid, exitCode, lost) => {
          this.invariants.crashed(sid);
          take({ atUs: now(), server: sid, event: "crashed", exitCode, lost });
        },
      },
    });
    if (scenario.committed !== undefined) this.invariants.startWith(this.committedHistory(scenario.committed));
    if (options.messages === true) {
      this.cluster.watchMessages({
        sent: () => {},
        delivered: (from, to, message) => this.keep(receivedRecord(now(), from, to, message)),
      });
    }
    this.liveness = new Liveness(this.cluster);
    const scripted: StepSink = (step, moment) => {
      this.lastNoteUs = now();
      if (keep) this.keep(scriptRecord(now(), scenario.steps[step] as Step, step, moment));
    };
    this.script = new Script(this.cluster, scenario.steps, scripted, (settled) => this.settled(settled));
    this.endUs = durationUs(scenario.until ?? "120s");
    this.cluster.start();
    this.script.start();
    if (scenario.until === undefined) this.endWhenIdle();
  }

  /** Whether the run may end early: it is idle, or the liveness of the settled servers is known. */
  private get mayEnd(): boolean {
    return this.isIdle || this.liveness.liveUs !== undefined;
  }

  /** Handles one event. Returns false at the end of the run. */
  step(): boolean {
    return !this.mayEnd && this.cluster.world.run({ untilUs: this.endUs, maxEvents: 1 }).events > 0;
  }

  run(): ScenarioRun {
    const { world } = this.cluster;
    const { stopAt } = this.options;
    const { violations } = this.invariants;
    let seen = 0;
    const stopWhen = (): boolean => {
      if (this.mayEnd || world.nowUs > this.endUs) return true;
      if (violations.length === seen) return false;
      seen = violations.length;
      return stopAt !== undefined && violations.some(stopAt);
    };
    // A settle step moves the end of the run.
    while (world.nowUs < this.endUs && world.run({ untilUs: this.endUs, stopWhen }).reason === "until");
    return this.result();
  }

  digest(): string {
    return this.cluster.world.digestHex();
  }

  describe(): string {
    return this.cluster.world.describe();
  }

  result(): ScenarioRun {
    const { cluster, records, scenario, seed } = this;
    const run = {
      scenario,
      seed,
      digest: this.digest(),
      endUs: cluster.world.nowUs,
      events: cluster.world.eventsHandled,
      records,
      trace: this.options.trace,
      steps: this.script.outcomes,
      servers: cluster.ids.map((sid) => this.finalServer(sid)),
      violations: this.invariants.violations,
      liveness: this.livenessOutcome(),
    };
    const unmet = checkExpectation(run, this.options.records !== false);
    return { ...run, unmet, ok: unmet.length === 0 };
  }

  /** If the scenario expects `live` or `stuck`, the run lasts as long after the settling as the servers have time. */
  private settled(servers: readonly ServerId[]): void {
    const { live, stuck } = this.scenario.expect;
    const within = live ?? stuck;
    if (within === undefined) return;
    this.endUs = this.cluster.world.nowUs + durationUs(within);
    this.liveness.settled(servers);
  }

  private livenessOutcome(): LivenessOutcome | undefined {
    const { failures, servers, settledUs, liveUs } = this.liveness;
    const over = liveUs !== undefined || this.cluster.world.nowUs >= this.endUs;
    return settledUs === undefined || !over ? undefined : { servers, settledUs, liveUs, failures };
  }

  private keep(record: ProtocolRecord): void {
    const { records } = this;
    const { trace } = this.options;
    records.push(trace === undefined ? record : { ...record, sequence: this.cluster.world.currentSequence });
  }

  /** Ends the run when the script is done, all servers serve, and only pings have happened for one virtual second. */
  private endWhenIdle(): void {
    const { world } = this.cluster;
    const check = (): void => {
      if (this.liveness.settledUs !== undefined) return;
      const isIdle =
        this.script.done &&
        world.nowUs - this.lastNoteUs >= 1_000_000 &&
        this.cluster.running.every((server) => server.peer.serving);
      if (isIdle) this.isIdle = true;
      else if (world.nowUs + 250_000 <= this.endUs) world.at(world.nowUs + 250_000, check, "calm?");
    };
    world.at(250_000, check, "calm?");
  }

  /** Returns the history up to this zxid, taken from a server that has it. */
  private committedHistory(text: string): History {
    const zxid = zxidOf(text);
    const histories = Object.values(this.scenario.servers).map(({ history }) =>
      historyOf(history, this.cluster.emptyHistory).upTo(zxid),
    );
    return histories.find((history) => history.zxid === zxid) ?? (histories[0] as History);
  }

  private finalServer(sid: ServerId): FinalServer {
    const peer = this.cluster.server(sid)?.peer;
    const serving = peer?.phase === BROADCAST;
    return {
      sid,
      running: peer !== undefined,
      leading: serving && this.cluster.leader?.peer === peer,
      active: serving,
      epoch: peer?.currentEpoch ?? asEpoch(-1),
      lastProcessedZxid: peer?.database.lastProcessedZxid ?? asZxid(-1),
      history: peer?.database.history,
    };
  }
}

/** Runs a scenario to its end and returns the result. */
export function runScenario(scenario: Scenario, options: RunOptions): ScenarioRun {
  return new ScenarioRunner(scenario, options).run();
}

function receivedRecord(atUs: number, from: ServerId, server: ServerId, message: Message): ProtocolRecord {
  const zxid = "zxid" in message ? message.zxid : asZxid(0);
  return { atUs, server, event: "received", from, message: messageName(message), zxid };
}
