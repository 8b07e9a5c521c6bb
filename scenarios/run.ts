/**
 * One run of a scenario: world, script, watchers, and at the end everything a report or a test wants to know. The same
 * scenario and seed give the same result, to the byte.
 */

import { Cluster } from "../cluster/cluster.ts";
import { Liveness } from "../cluster/liveness.ts";
import { NoteRecorder, type ProtocolRecord, type RecordOf, wantedRecords } from "../cluster/records.ts";
import type { Message, MessageCoverage } from "../cluster/server.ts";
import { historyOf, zxidOf } from "../cluster/start-disk.ts";
import { Invariants, type Violation } from "../invariants/index.ts";
import {
  asEpoch,
  asZxid,
  type Behavior,
  BROADCAST,
  type Epoch,
  type History,
  type ServerId,
  serverIdsOf,
  type Zxid,
} from "../protocol/index.ts";
import type { Trace } from "../sim/index.ts";
import { durationUs } from "../sim/time.ts";
import { checkExpectation } from "./expectation.ts";
import { messageName } from "./message-match.ts";
import type { Scenario, Step } from "./scenario.ts";
import { Script, type StepOutcome, type StepSink, scriptRecord } from "./script.ts";

export interface RunOptions {
  readonly seed: bigint | number;
  /** Every message, timer and disk operation besides the protocol's records. */
  readonly trace?: Trace | undefined;
  /** Default true. */
  readonly digest?: boolean;
  /** Whether messages are among the records. Default false. */
  readonly messages?: boolean;
  /** Whether the protocol's records are kept; without them only invariants and liveness are checked. Default true. */
  readonly records?: boolean;
  /** The run ends with the first violation of which this is true. Default: no violation ends it. */
  readonly stopAt?: ((violation: Violation) => boolean) | undefined;
  readonly coverage?: RunCoverage | undefined;
  /** What becomes of each server's release. */
  readonly change?: ((behavior: Behavior) => Behavior) | undefined;
}

/** Told of what a run reaches. */
export interface RunCoverage extends MessageCoverage {
  recorded(record: ProtocolRecord): void;
}

/** What became of the servers that were settled. */
export interface LivenessOutcome {
  readonly servers: readonly ServerId[];
  readonly settledUs: number;
  /** Undefined: stuck until the end of the time they had. */
  readonly liveUs: number | undefined;
  /** What they failed of, and how often: with records or coverage. */
  readonly failures: ReadonlyMap<string, number>;
}

/** The records that coverage is made of. */
const COVERED: readonly ProtocolRecord["event"][] = ["sync-decided", "failed"];

/** A server as it stands at the end of a run. */
export interface FinalServer {
  readonly sid: ServerId;
  readonly running: boolean;
  readonly leading: boolean;
  /** Serves in BROADCAST. */
  readonly active: boolean;
  readonly epoch: Epoch;
  readonly lastProcessedZxid: Zxid;
  readonly history: History | undefined;
}

export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly seed: bigint | number;
  /** Empty when the digest is off. */
  readonly digest: string;
  readonly endUs: number;
  readonly events: number;
  readonly records: readonly ProtocolRecord[];
  /** Undefined unless the run was traced. */
  readonly trace: Trace | undefined;
  readonly steps: readonly StepOutcome[];
  readonly servers: readonly FinalServer[];
  readonly violations: readonly Violation[];
  /** Undefined if nothing was settled, or its time was not over. */
  readonly liveness: LivenessOutcome | undefined;
  /** What was expected and did not come, or came and was not expected, in sentences. */
  readonly unmet: readonly string[];
  /** Whether everything was as expected, violations included. */
  readonly ok: boolean;
}

/** A run in progress: for stepping through, and for running twice side by side. */
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
  /** Nothing more is going to happen. */
  private quiet = false;
  private lastNoteUs = 0;

  constructor(scenario: Scenario, options: RunOptions) {
    this.scenario = scenario;
    this.seed = options.seed;
    this.options = options;
    const { coverage } = options;
    const keep = options.records !== false;
    const awaited = new Set(scenario.steps.map((step) => step.when?.event));
    const awaitsEvents = scenario.steps.some((step) => step.when?.event !== undefined);
    const wanted = wantedRecords(
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
    if (scenario.until === undefined) this.watchForCalm();
  }

  /** Nothing more is going to happen, or nothing that anybody asks about. */
  private get calm(): boolean {
    return this.quiet || this.liveness.liveUs !== undefined;
  }

  /** Handles one event; false at the end of the run. */
  step(): boolean {
    return !this.calm && this.cluster.world.run({ untilUs: this.endUs, maxEvents: 1 }).events > 0;
  }

  run(): ScenarioRun {
    const { world } = this.cluster;
    const { stopAt } = this.options;
    const { violations } = this.invariants;
    let seen = 0;
    const stopWhen = (): boolean => {
      if (this.calm || world.nowUs > this.endUs) return true;
      if (violations.length === seen) return false;
      seen = violations.length;
      return stopAt !== undefined && violations.some(stopAt);
    };
    // A settling moves the end.
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

  /** Where liveness is measured, the run ends when it is certain: it takes as long as the settled servers have. */
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

  /** Ends the run when the script is done and, for a virtual second, nothing but pings has happened to servers that all serve. */
  private watchForCalm(): void {
    const { world } = this.cluster;
    const look = (): void => {
      if (this.liveness.settledUs !== undefined) return;
      const calm =
        this.script.done &&
        world.nowUs - this.lastNoteUs >= 1_000_000 &&
        this.cluster.running.every((server) => server.peer.serving);
      if (calm) this.quiet = true;
      else if (world.nowUs + 250_000 <= this.endUs) world.at(world.nowUs + 250_000, look, "calm?");
    };
    world.at(250_000, look, "calm?");
  }

  /** The history up to that zxid, of a server that has it. */
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

/** Runs a scenario to its end. */
export function runScenario(scenario: Scenario, options: RunOptions): ScenarioRun {
  return new ScenarioRunner(scenario, options).run();
}

function receivedRecord(atUs: number, from: ServerId, server: ServerId, message: Message): ProtocolRecord {
  const zxid = "zxid" in message ? message.zxid : asZxid(0);
  return { atUs, server, event: "received", from, message: messageName(message), zxid };
}

/** The records of one event, in order. */
export function recordsOf<Event extends ProtocolRecord["event"]>(
  records: readonly ProtocolRecord[],
  event: Event,
): RecordOf<Event>[] {
  return records.filter((record): record is RecordOf<Event> => record.event === event);
}
