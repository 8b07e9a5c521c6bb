/**
 * Runs a scenario: creates the cluster, performs the script, checks the invariants, keeps records, and returns the
 * result. Two runs of the same scenario with the same seed give results that are equal byte for byte.
 */

import { Cluster } from "../cluster/cluster.ts";
import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import { Liveness } from "../cluster/liveness.ts";
import {
  EXPLAINING_EVENTS,
  NoteRecorder,
  type ProtocolRecord,
  type RecordFilter,
  recordFilter,
  type ScriptedStep,
} from "../cluster/records.ts";
import type { Message, MessageCoverage } from "../cluster/server.ts";
import { historyOf, zxidOf } from "../cluster/start-disk.ts";
import type { ConfigRules } from "../invariants/ensemble.ts";
import { Invariants, type Violation } from "../invariants/index.ts";
import { type Configuration, quorumTest } from "../invariants/quorum-test.ts";
import {
  asEpoch,
  asZxid,
  type Behavior,
  BROADCAST,
  configText,
  type History,
  type Peer,
  type ServerId,
  serverIdsOf,
} from "../protocol/index.ts";
import type { RunResult, Trace } from "../sim/index.ts";
import { durationUs } from "../sim/time.ts";
import { type ActionContext, perform } from "./actions.ts";
import { unmetExpectations } from "./expectation.ts";
import { findShortLimits } from "./find-short-limits.ts";
import { findSmallBuffers } from "./find-small-buffers.ts";
import { findSplitQuorums } from "./find-split-quorums.ts";
import { messageName } from "./message-match.ts";
import type { Scenario, Step } from "./scenario.ts";
import type { FinalServer, LivenessOutcome, ScenarioRun } from "./scenario-run.ts";
import { Script, scriptRecord } from "./script.ts";

/** The options of a run. */
export interface RunOptions {
  /** The seed from which latencies, durations of disk operations and ZooKeeper's own random values are drawn. */
  readonly seed: bigint | number;
  /** Receives every message, timer and disk operation. Default: no trace. */
  readonly trace?: Trace | undefined;
  /** Whether to compute the digest. Default: true. */
  readonly digest?: boolean;
  /** Whether the records include messages. Default: false. */
  readonly messages?: boolean;
  /**
   * Whether to keep records. Without records, expectations about decisions and failures are not checked, and a run
   * without `until` may end earlier, because without records the run cannot detect that servers are still working.
   * Default: true.
   */
  readonly records?: boolean;
  /** The run ends at the first violation for which this function returns true. Default: no violation ends the run. */
  readonly stopAt?: ((violation: Violation) => boolean) | undefined;
  /** Counts the features that the run reaches. Default: counts nothing. */
  readonly coverage?: RunCoverage | undefined;
  /** The run ends after this number of events. Default: EVENTS_MAX. */
  readonly maxEvents?: number | undefined;
  /** Changes the behavior of every server, for example to apply a fix. */
  readonly change?: ((behavior: Behavior) => Behavior) | undefined;
}

/** The versions of the configurations with which a server starts, and its setting. */
export interface StartConfig {
  /** The version of the committed configuration, as a zxid. */
  readonly committed: number;
  /** The version of the pending configuration, as a zxid; the committed one if none is pending. */
  readonly pending: number;
  /** The setting reconfigEnabled. */
  readonly reconfigEnabled: boolean;
}

/** Counts the features that a run reaches: its records, and the effect of each message. */
export interface RunCoverage extends MessageCoverage {
  /** A server starts with these configurations and this setting. */
  started(sid: ServerId, start: StartConfig): void;
  /** Counts a record. */
  recorded(record: ProtocolRecord): void;
}

/** The events that coverage counts. */
const COVERED: readonly ProtocolRecord["event"][] = [
  "sync-decided",
  "failed",
  "looking",
  "elected",
  "config-seen",
  "config-committed",
  "reconfig-refused",
  "leader-designated",
];

/**
 * Default limit of events in one run. It is far above the 25,000 events that a shipped scenario needs, and a run with
 * this number of events takes at most a few seconds.
 */
export const EVENTS_MAX = 500_000;

const DEFAULT_UNTIL = "120s";
const IDLE_CHECK_INTERVAL_US = 250_000;
/**
 * If the scenario has no `until`, the script is done, and all servers serve, the run ends after this duration without
 * new records.
 */
const IDLE_US = 1_000_000;

/** A run in progress. Its caller can handle one event at a time, for example to compare two runs. */
export class ScenarioRunner {
  /** The simulated cluster. */
  readonly cluster: Cluster;
  /** The records so far. */
  readonly records: ProtocolRecord[] = [];
  private readonly scenario: Scenario;
  private readonly options: RunOptions;
  private readonly keepsRecords: boolean;
  private readonly invariants: Invariants;
  private readonly liveness: Liveness;
  private readonly script: Script;
  private readonly configurations = new Map<EnsembleConfig, Configuration>();
  /**
   * The latest time at which the run ends. If the scenario expects `live` or `stuck`, the `settle` step changes this
   * time.
   */
  private endUs: number;
  private lastRecordUs = 0;
  /** Whether the script is done, every running server serves, and only pings have happened for IDLE_US. */
  private isIdle = false;
  /** Whether the run ended because it reached its limit of events. */
  private isTooLarge = false;

  constructor(scenario: Scenario, options: RunOptions) {
    this.scenario = scenario;
    this.options = options;
    this.keepsRecords = options.records !== false;
    this.endUs = durationUs(scenario.until ?? DEFAULT_UNTIL);
    this.invariants = this.createInvariants();
    this.cluster = this.createCluster();
    const { committed } = scenario;
    if (committed !== undefined) {
      this.invariants.startWith(committedHistory(scenario, committed, this.cluster.emptyHistory));
    }
    this.liveness = new Liveness(this.cluster);
    const context: ActionContext = {
      ...{ cluster: this.cluster, holdRules: [], txnsWritten: 0 },
      onSettle: (servers) => this.settled(servers),
      onTolerated: (receiver, sender) => this.invariants.tolerate(receiver, sender),
      onDamaged: (server) => this.invariants.damaged(server),
    };
    this.script = new Script(
      this.cluster,
      scenario.steps,
      (step) => perform(step, context),
      (step, moment) => this.scripted(step, moment),
    );
    this.cluster.start();
    this.script.start();
    if (scenario.until === undefined) this.endWhenIdle();
  }

  private createInvariants(): Invariants {
    const { quorum, servers: specs } = this.scenario;
    const servers = serverIdsOf(specs);
    const observers = servers.filter((sid) => specs[sid]?.role === "observer");
    const voters = servers.filter((sid) => !observers.includes(sid));
    return new Invariants({
      servers,
      observers,
      isQuorum: quorumTest(voters, quorum),
      notesAreComplete: true,
      now: () => this.cluster.world.kernel.nowUs,
    });
  }

  /** Returns the configuration of a server as the invariants need it. */
  private configurationOf(config: EnsembleConfig): Configuration {
    const { groups, voters, weights = {} } = config;
    let configuration = this.configurations.get(config);
    if (configuration === undefined) {
      const isQuorum = quorumTest(voters, groups && { groups, weights });
      configuration = { voters: new Set(voters), isQuorum };
      this.configurations.set(config, configuration);
    }
    return configuration;
  }

  /** Records the configurations with which a server starts. */
  private startsWith(cluster: Cluster, sid: ServerId): void {
    const { committed, next } = cluster.configFiles(sid);
    if (committed === undefined) {
      const configuration = this.configurationOf(cluster.ensembleConfigOf(sid));
      const { isNextRead, lists, reconfigEnabled } = cluster.listsOf(sid);
      if (reconfigEnabled) this.invariants.startsWithLists(sid, configuration, lists, next, isNextRead);
      else this.invariants.configured(sid, configuration);
      return;
    }
    this.invariants.startsWith(sid, committed, next);
  }

  private createCluster(): Cluster {
    const isNeeded = this.neededRecords();
    const cluster = new Cluster(this.scenario, {
      ...this.options,
      watch: (sid, now) => {
        const invariants = this.invariants.notesFor(sid);
        if (isNeeded === undefined) return [invariants];
        return [invariants, new NoteRecorder(sid, now, (record) => this.recorded(record), isNeeded)];
      },
      lifeCycle: {
        started: (sid) => {
          this.startsWith(cluster, sid);
          const peer = cluster.server(sid)?.peer;
          if (peer !== undefined) {
            this.invariants.setRules(sid, configRules(peer));
            this.options.coverage?.started(sid, startConfig(peer));
          }
          const record = { atUs: cluster.world.nowUs, server: sid, event: "started" } as const;
          this.recorded(this.keepsRecords ? { ...record, config: cluster.configOf(sid) } : record);
        },
        ended: (sid, exitCode, lost, planned) => {
          this.invariants.crashed(sid);
          const record = { atUs: cluster.world.nowUs, server: sid, event: "crashed", exitCode, lost } as const;
          this.recorded(planned === undefined ? record : { ...record, planned });
        },
      },
    });
    if (this.options.messages === true) {
      cluster.watchMessages({
        sent: () => {},
        delivered: (from, to, message) => this.keep(receivedRecord(cluster.world.nowUs, from, to, message)),
      });
    }
    return cluster;
  }

  /** Returns a filter that selects the events that need records. Returns undefined if no event needs a record. */
  private neededRecords(): RecordFilter | undefined {
    const { coverage } = this.options;
    const awaited = new Set(this.scenario.steps.map((step) => step.when?.event));
    awaited.delete(undefined);
    if (!this.keepsRecords && coverage === undefined && awaited.size === 0) return undefined;
    return recordFilter(
      (event) =>
        this.keepsRecords || awaited.has(event as never) || (coverage !== undefined && COVERED.includes(event)),
    );
  }

  private recorded(record: ProtocolRecord): void {
    if (this.keepsRecords) this.keep(record);
    if (EXPLAINING_EVENTS.has(record.event)) return;
    this.lastRecordUs = record.atUs;
    this.options.coverage?.recorded(record);
    this.liveness.recorded(record);
    this.script.recorded(record);
  }

  private scripted(index: number, moment: ScriptedStep["moment"]): void {
    const { nowUs } = this.cluster.world;
    this.lastRecordUs = nowUs;
    if (this.keepsRecords) this.keep(scriptRecord(nowUs, this.scenario.steps[index] as Step, index, moment));
  }

  private keep(record: ProtocolRecord): void {
    const { trace } = this.options;
    this.records.push(trace === undefined ? record : { ...record, sequence: this.cluster.world.currentSequence });
  }

  /**
   * Handles a `settle` step. If the scenario expects `live` or `stuck`, starts to measure liveness, and ends the run
   * after the expected duration.
   */
  private settled(servers: readonly ServerId[]): void {
    const { live, stuck } = this.scenario.expect;
    const within = live ?? stuck;
    if (within === undefined) return;
    this.endUs = this.cluster.world.nowUs + durationUs(within);
    this.liveness.settled(servers);
  }

  /**
   * Schedules checks that end the run when the script is done, all servers serve, and only pings have happened for one
   * virtual second.
   */
  private endWhenIdle(): void {
    const { world } = this.cluster;
    // The label is part of the digest, so a different label would change the digest of every run.
    const checkAt = (timeUs: number): void => world.at(timeUs, check, "calm?");
    const check = (): void => {
      if (this.liveness.settledUs !== undefined) return;
      this.isIdle =
        this.script.done &&
        world.nowUs - this.lastRecordUs >= IDLE_US &&
        this.cluster.running.every((server) => server.peer.serving);
      const nextUs = world.nowUs + IDLE_CHECK_INTERVAL_US;
      if (!this.isIdle && nextUs <= this.endUs) checkAt(nextUs);
    };
    checkAt(IDLE_CHECK_INTERVAL_US);
  }

  /** Runs to the end and returns the result. */
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
    const maxEvents = this.options.maxEvents ?? EVENTS_MAX;
    let reason: RunResult["reason"] = "until";
    // The loop repeats because a settle step can move the end of the run.
    while (world.nowUs < this.endUs && reason === "until") {
      reason = world.run({ untilUs: this.endUs, stopWhen, maxEvents: maxEvents - world.eventsHandled }).reason;
    }
    this.isTooLarge = reason === "events";
    return this.result();
  }

  /** Handles one event. Returns false at the end of the run. */
  step(): boolean {
    return !this.mayEnd && this.cluster.world.run({ untilUs: this.endUs, maxEvents: 1 }).events > 0;
  }

  /** Whether the run may end early: it is idle, or all settled servers are live. */
  private get mayEnd(): boolean {
    return this.isIdle || this.liveness.liveUs !== undefined;
  }

  /** The violations so far. */
  get violations(): readonly Violation[] {
    return this.invariants.violations;
  }

  /** Returns the digest of the events so far as 16 hexadecimal digits. */
  digest(): string {
    return this.cluster.world.digestHex();
  }

  /** Describes the last handled event. */
  describe(): string {
    return this.cluster.world.describe();
  }

  /** Returns the result of the run so far. */
  result(): ScenarioRun {
    const { cluster, options, records, scenario } = this;
    const run = {
      scenario,
      seed: options.seed,
      digest: this.digest(),
      endUs: cluster.world.nowUs,
      events: cluster.world.eventsHandled,
      isTooLarge: this.isTooLarge,
      records,
      trace: options.trace,
      steps: this.script.outcomes,
      servers: cluster.ids.map((sid) => finalServer(cluster, sid)),
      violations: this.invariants.violations,
      liveness: this.livenessOutcome(),
    };
    const unmet = unmetExpectations(run, this.keepsRecords);
    const splitQuorums = findSplitQuorums(scenario, records);
    const [shortLimits, smallBuffers] = [findShortLimits(run), findSmallBuffers(run)];
    return { ...run, shortLimits, splitQuorums, smallBuffers, unmet, ok: unmet.length === 0 };
  }

  private livenessOutcome(): LivenessOutcome | undefined {
    const { failures, servers, settledUs, liveUs, missingQuorum } = this.liveness;
    const isKnown = liveUs !== undefined || this.cluster.world.nowUs >= this.endUs;
    if (settledUs === undefined || !isKnown) return undefined;
    const stuck = liveUs === undefined && missingQuorum === undefined;
    return { servers, settledUs, liveUs, failures, missingQuorum, stuck };
  }
}

/** Runs a scenario to its end and returns the result. */
export function runScenario(scenario: Scenario, options: RunOptions): ScenarioRun {
  return new ScenarioRunner(scenario, options).run();
}

/**
 * Returns the history that ends with the zxid `text` and that most participants hold, compared by content, because the
 * log of a server can lack transactions before this zxid. If two histories have equally many holders, returns the
 * longer one.
 */
function committedHistory({ servers }: Scenario, text: string, empty: History): History {
  const zxid = zxidOf(text);
  const participants = Object.values(servers).filter(({ role }) => role !== "observer");
  const histories = participants.map(({ history }) => historyOf(history, empty).upTo(zxid));
  const held = histories.filter((history) => history.zxid === zxid);
  const holdersOf = (history: History): number => held.filter((other) => other.equals(history)).length;
  const [most] = held.toSorted((a, b) => holdersOf(b) - holdersOf(a) || b.length - a.length);
  return most ?? empty;
}

function finalServer(cluster: Cluster, sid: ServerId): FinalServer {
  const peer = cluster.server(sid)?.peer;
  const serving = peer?.phase === BROADCAST;
  return {
    sid,
    running: peer !== undefined,
    leading: serving && cluster.leader?.peer === peer,
    active: serving,
    epoch: peer?.currentEpoch ?? asEpoch(-1),
    lastProcessedZxid: peer?.database.lastProcessedZxid ?? asZxid(-1),
    history: peer?.database.history,
    config: peer && configText(peer.configurations.committed),
    ...(peer?.configurations.second && { pending: configText(peer.configurations.second) }),
    inForce: peer?.configurations.inForce ?? [],
  };
}

function startConfig({ configurations, settings }: Peer): StartConfig {
  const { committed, pending } = configurations;
  return { committed: committed.version, pending: pending.version, reconfigEnabled: settings.reconfigEnabled };
}

/** Returns the rules about configurations that hold for a server. */
function configRules({ behavior, settings }: Peer): ConfigRules {
  return {
    adoptsConfigs: behavior.knowsReconfig && settings.reconfigEnabled,
    keepsPending: behavior.uptodateKeepsPending,
    keepsOwnConfig: !behavior.knowsReconfig || !settings.reconfigEnabled,
    electsOnlyVoters: behavior.ignoresVotesForNonVoters,
    joinsWithCommittedQuorum: behavior.joinsWithCommittedQuorum,
    activationEndsOldQuorum: behavior.activationEndsOldQuorum,
  };
}

function receivedRecord(atUs: number, from: ServerId, server: ServerId, message: Message): ProtocolRecord {
  const zxid = "zxid" in message ? message.zxid : asZxid(0);
  return { atUs, server, event: "received", from, message: messageName(message), zxid };
}
