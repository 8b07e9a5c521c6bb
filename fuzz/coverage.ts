/**
 * The coverage of runs as a count of features. A feature is one of the following: a message that a server handled in a
 * state and phase, with its outcome; a rule that made a sync decision; a failure, by its reason; a fault that had an
 * effect; a state of a configuration; a refused reconfiguration, by its reason.
 */

import type { ProtocolRecord } from "../cluster/records.ts";
import type { Message } from "../cluster/server.ts";
import {
  PACKET_NAMES,
  PHASE_NAMES,
  type QuorumPacket,
  rulesOf,
  SERVER_STATE_NAMES,
  type ServerId,
} from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import type { StartConfig } from "../scenarios/run.ts";
import { CONFIG_EVENTS, CONFIG_STATES, ConfigCoverage, REFUSALS } from "./config-coverage.ts";
import { ENSEMBLE_FAULTS, FAULT_NAMES } from "./fault-kinds.ts";

/** The outcomes of a message: the state of the server after it handled the message, compared with the state before. */
export const OUTCOMES = ["as before", "next phase", "LOOKING", "process ended"] as const;

/** A notification of the election has no packet type and is counted as type 0. */
const TYPES = PACKET_NAMES.map((name, type) => (type === 0 ? "NOTIFICATION" : name));
const STATES = SERVER_STATE_NAMES.length * PHASE_NAMES.length;

/** The features that runs have reached, with counts. */
export class Coverage {
  /** Number of messages for each state and phase, type and outcome. */
  private readonly messages = new Float64Array(STATES * TYPES.length * OUTCOMES.length);
  private readonly others = new Map<string, number>();
  private readonly configs = new ConfigCoverage((feature) => this.count(feature));

  /**
   * Counts a handled message. `before` and `after` are the numbers `state * 4 + phase` of the server. If the process
   * has ended, `after` is -1.
   */
  handled(before: number, message: Message, after: number): void {
    const type = (message as QuorumPacket).type ?? 0;
    const outcome = after === before ? 0 : after < 0 ? 3 : after >> 2 === before >> 2 ? 1 : 2;
    const cell = (before * TYPES.length + type) * OUTCOMES.length + outcome;
    this.messages[cell] = (this.messages[cell] as number) + 1;
  }

  /** Sets the configurations and the setting with which a server starts. */
  started(sid: ServerId, start: StartConfig): void {
    this.configs.started(sid, start);
  }

  /** Counts the rule of a sync decision, the reason for a failure, or the state of a configuration. */
  recorded(record: ProtocolRecord): void {
    if (CONFIG_EVENTS.has(record.event)) this.configs.recorded(record);
    else if (record.event === "sync-decided") this.count(`rule ${record.rule}`);
    else if (record.event === "failed") this.count(`failure ${record.reason}`);
  }

  /** Counts a fault that had an effect. */
  faultTookEffect(kind: string): void {
    this.count(`fault ${kind}`);
  }

  private count(feature: string, times = 1): void {
    this.others.set(feature, (this.others.get(feature) ?? 0) + times);
  }

  /** Number of different features. */
  get size(): number {
    let size = this.others.size;
    for (const count of this.messages) if (count > 0) size++;
    return size;
  }

  /** Adds the counts of another coverage. Returns the number of features that this coverage did not have before. */
  add(other: Coverage): number {
    let fresh = 0;
    const { messages } = this;
    for (let cell = 0; cell < messages.length; cell++) {
      const count = other.messages[cell] as number;
      if (count === 0) continue;
      if (messages[cell] === 0) fresh++;
      messages[cell] = (messages[cell] as number) + count;
    }
    for (const [feature, count] of other.others) {
      if (!this.others.has(feature)) fresh++;
      this.count(feature, count);
    }
    return fresh;
  }

  /** Removes all counts. */
  clear(): void {
    this.messages.fill(0);
    this.others.clear();
    this.configs.clear();
  }

  /**
   * Returns the counts by feature: `message FOLLOWING SYNCHRONIZATION UPTODATE: next phase`, `rule …`, `failure …`,
   * `fault …`, `config …`, `refusal …`.
   */
  toJSON(): Record<string, number> {
    const named: Record<string, number> = {};
    for (let cell = 0; cell < this.messages.length; cell++) {
      const count = this.messages[cell] as number;
      if (count > 0) named[cellName(cell)] = count;
    }
    for (const feature of [...this.others.keys()].sort()) named[feature] = this.others.get(feature) as number;
    return named;
  }

  /** Creates a coverage from the counts that toJSON() returned. */
  static fromJSON(named: Readonly<Record<string, number>>): Coverage {
    const coverage = new Coverage();
    for (const [name, count] of Object.entries(named)) {
      const cell = CELLS.get(name);
      if (cell === undefined) coverage.count(name, count);
      else coverage.messages[cell] = count;
    }
    return coverage;
  }

  /** Returns the sync rules of the release, the faults and the states of configurations that no run reached. */
  neverReached(release: string): string[] {
    return reachableFeatures(release).filter((feature) => !this.others.has(feature));
  }
}

/** Returns all features that runs of a release can reach, except messages and failures. */
export function reachableFeatures(release: string): string[] {
  const behavior = behaviorOf(release);
  const features = [
    ...rulesOf(behavior.syncSource).map((rule) => `rule ${rule}`),
    ...FAULT_NAMES.map((fault) => `fault ${fault}`),
  ];
  if (!behavior.knowsReconfig) return features.filter((feature) => !NEEDS_RECONFIG.has(feature));
  return [...features, ...CONFIG_STATES.map((state) => `config ${state}`), ...REFUSALS.map((one) => `refusal ${one}`)];
}

const NEEDS_RECONFIG: ReadonlySet<string> = new Set(ENSEMBLE_FAULTS.map((fault) => `fault ${fault}`));

function cellName(cell: number): string {
  const outcome = OUTCOMES[cell % OUTCOMES.length];
  const rest = Math.floor(cell / OUTCOMES.length);
  const stateAndPhase = Math.floor(rest / TYPES.length);
  const place = `${SERVER_STATE_NAMES[stateAndPhase >> 2]} ${PHASE_NAMES[stateAndPhase & 3]}`;
  return `message ${place} ${TYPES[rest % TYPES.length]}: ${outcome}`;
}

const CELLS: ReadonlyMap<string, number> = new Map(
  Array.from({ length: STATES * TYPES.length * OUTCOMES.length }, (_, cell) => [cellName(cell), cell]),
);
