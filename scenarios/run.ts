/**
 * One run of a scenario: world, script, watchers, and at the end everything a report or a test wants to know. The same
 * scenario and seed give the same result, to the byte.
 */
import { BROADCAST, type History, type ServerId, type Zxid } from "../protocol/index.ts";
import type { Trace } from "../sim/index.ts";
import { Cluster, durationUs } from "./cluster.ts";
import { checkExpectation, checkUnderNoise } from "./expectation.ts";
import { Invariants, type Violation } from "./invariants/index.ts";
import { Noise } from "./noise.ts";
import { NoteRecorder, type ProtocolRecord, type RecordOf } from "./protocol-trace.ts";
import type { Scenario } from "./scenario.ts";
import { messageName, Script, type StepOutcome } from "./script.ts";
import type { Message } from "./server.ts";
import { historyOf, zxidOf } from "./start-state.ts";

export interface RunOptions {
  readonly seed: bigint | number;
  /** Every message, timer and disk operation besides the protocol's records. */
  readonly trace?: Trace | undefined;
  /** Default true. */
  readonly digest?: boolean;
  /** Whether messages are among the records. Default false. */
  readonly messages?: boolean;
  /** Faults at drawn moments besides the script's; then only invariants are expected to hold. Default false. */
  readonly noise?: boolean;
  /** Whether the protocol's records are kept; without them nothing but invariants can be checked. Default true. */
  readonly records?: boolean;
}

/** How long noise lasts, and how long the run goes on after it, in microseconds. */
const NOISE_US = 15_000_000;
const AFTER_NOISE_US = 15_000_000;

/** A server as it stands at the end of a run. */
export interface FinalServer {
  readonly sid: ServerId;
  readonly running: boolean;
  readonly leading: boolean;
  /** Serves in BROADCAST. */
  readonly active: boolean;
  readonly epoch: number;
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
  private readonly noisy: boolean;
  private readonly trace: Trace | undefined;
  private readonly endUs: number;
  /** Nothing more is going to happen. */
  private calm = false;
  private lastNoteUs = 0;

  constructor(scenario: Scenario, options: RunOptions) {
    this.scenario = scenario;
    this.seed = options.seed;
    this.noisy = options.noise === true;
    const keep = options.records !== false;
    const waits = scenario.steps.some((step) => step.when !== undefined);
    this.trace = options.trace;
    const take = (record: ProtocolRecord): void => {
      if (keep) this.keep(record);
      this.lastNoteUs = record.atUs;
      this.script.recorded(record);
    };
    const servers = Object.keys(scenario.servers).map(Number);
    const now = (): number => this.cluster.world.kernel.nowUs;
    const observers = servers.filter((sid) => scenario.servers[sid]?.role === "observer");
    this.invariants = new Invariants({ servers, observers, now });
    this.cluster = new Cluster(scenario, {
      ...options,
      watch: (sid) => {
        const invariants = this.invariants.notesFor(sid);
        return keep || waits ? [invariants, new NoteRecorder(sid, now, take)] : [invariants];
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
    this.script = new Script(this.cluster, (record) => {
      this.keep(record);
      this.lastNoteUs = record.atUs;
    });
    this.endUs = options.noise === true ? NOISE_US + AFTER_NOISE_US : durationUs(scenario.until ?? "120s");
    this.cluster.start();
    this.script.start();
    if (options.noise === true) new Noise(this.cluster, NOISE_US).start();
    else if (scenario.until === undefined) this.watchForCalm();
  }

  /** Handles one event; false at the end of the run. */
  step(): boolean {
    return !this.calm && this.cluster.world.run({ untilUs: this.endUs, maxEvents: 1 }).events > 0;
  }

  run(): ScenarioRun {
    this.cluster.world.run({ untilUs: this.endUs, stopWhen: () => this.calm });
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
      trace: this.trace,
      steps: this.script.outcomes,
      servers: cluster.ids.map((sid) => this.finalServer(sid)),
      violations: this.invariants.violations,
    };
    const unmet = this.noisy ? checkUnderNoise(run) : checkExpectation(run);
    return { ...run, unmet, ok: unmet.length === 0 };
  }

  private keep(record: ProtocolRecord): void {
    const { trace, records } = this;
    records.push(trace === undefined ? record : { ...record, sequence: this.cluster.world.currentSequence });
  }

  /** Ends the run when the script is done and, for a virtual second, nothing but pings has happened to servers that all serve. */
  private watchForCalm(): void {
    const { world } = this.cluster;
    const look = (): void => {
      const calm =
        this.script.done &&
        world.nowUs - this.lastNoteUs >= 1_000_000 &&
        this.cluster.running.every((server) => server.peer.serving);
      if (calm) this.calm = true;
      else if (world.nowUs + 250_000 <= this.endUs) world.at(world.nowUs + 250_000, look, "calm?");
    };
    world.at(250_000, look, "calm?");
  }

  private committedHistory(zxid: string): History {
    let longest: History | undefined;
    for (const { history } of Object.values(this.scenario.servers)) {
      const one = historyOf(history, this.cluster.emptyHistory);
      if (longest === undefined || one.length > longest.length) longest = one;
    }
    return (longest as History).upTo(zxidOf(zxid));
  }

  private finalServer(sid: ServerId): FinalServer {
    const peer = this.cluster.server(sid)?.peer;
    const serving = peer?.phase === BROADCAST;
    return {
      sid,
      running: peer !== undefined,
      leading: serving && this.cluster.leader?.peer === peer,
      active: serving,
      epoch: peer?.currentEpoch ?? -1,
      lastProcessedZxid: peer?.database.lastProcessedZxid ?? -1,
      history: peer?.database.history,
    };
  }
}

/** Runs a scenario to its end. */
export function runScenario(scenario: Scenario, options: RunOptions): ScenarioRun {
  return new ScenarioRunner(scenario, options).run();
}

function receivedRecord(atUs: number, from: ServerId, server: ServerId, message: Message): ProtocolRecord {
  const zxid = "zxid" in message ? message.zxid : 0;
  return { atUs, server, event: "received", from, message: messageName(message), zxid };
}

/** The records of one event, in order. */
export function recordsOf<Event extends ProtocolRecord["event"]>(
  records: readonly ProtocolRecord[],
  event: Event,
): RecordOf<Event>[] {
  return records.filter((record): record is RecordOf<Event> => record.event === event);
}
