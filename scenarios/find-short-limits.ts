/**
 * Finds the time limits of a configuration that are too short. A server waits for a packet of another server, and the
 * other server first does work whose longest duration is known from the scenario: it writes files, serializes a
 * snapshot, or uses a slow network. If this work can take longer than initLimit or syncLimit, the wait can never
 * succeed reliably, although no fault is active.
 *
 * Each ShortLimit is based on a timeout in the records. Work that a fault prolongs (a stalled disk or thread, a pause,
 * a clock) has no known duration and is ignored.
 */
import type { ProtocolRecord, RecordOf } from "../cluster/records.ts";
import type { ServerId } from "../protocol/index.ts";
import { DEFAULT_SETTINGS } from "../protocol/settings.ts";
import { parseDurationRange } from "../sim/duration-range.ts";
import type { DiskFault, Scenario } from "./scenario.ts";
import type { FinalServer, LivenessOutcome } from "./scenario-run.ts";
import type { ShortLimit, TimedWork, WorkName } from "./short-limit.ts";

/** The part of a run that decides which limits are too short. */
export interface LimitedRun {
  /** The scenario. */
  readonly scenario: Scenario;
  /** The records. */
  readonly records: readonly ProtocolRecord[];
  /** The states of the servers at the end. */
  readonly servers: readonly FinalServer[];
  /** The liveness of the settled servers. If it is defined, only timeouts after the settle step count. */
  readonly liveness: LivenessOutcome | undefined;
}

type Failure = RecordOf<"failed">;
type Wait = Pick<ShortLimit, "awaited" | "limit" | "waiting" | "working" | "work">;

/**
 * Returns the limits that are too short, in the order of the first timeout. Considers only pairs of servers of which
 * one does not serve at the end.
 */
export function findShortLimits(run: LimitedRun): ShortLimit[] {
  const sinceUs = run.liveness?.settledUs ?? 0;
  const serving = new Set(run.servers.filter(({ active }) => active).map(({ sid }) => sid));
  const scripted = run.records.filter((one): one is RecordOf<"script"> => one.event === "script");
  const found = new Map<string, ShortLimit>();
  for (const [index, record] of run.records.entries()) {
    if (record.event !== "failed" || record.atUs < sinceUs) continue;
    for (const wait of new Moment(run, scripted, index, record).waits()) {
      if (serving.has(wait.waiting) && serving.has(wait.working)) continue;
      const short = shortLimit(run.scenario, wait);
      if (short === undefined) continue;
      const key = `${wait.limit} ${wait.awaited} ${wait.waiting} ${wait.working}`;
      if (short.maxUs > (found.get(key)?.maxUs ?? 0)) found.set(key, short);
    }
  }
  return [...found.values()];
}

/** Returns the wait with its durations if its work can take at least as long as its limit. */
function shortLimit({ servers, settings }: Scenario, wait: Wait): ShortLimit | undefined {
  const own = { ...DEFAULT_SETTINGS, ...settings, ...servers[wait.waiting]?.settings };
  const { [wait.limit]: ticks, tickTimeMs } = own;
  const maxUs = wait.work.reduce((sum, work) => sum + work.maxUs, 0);
  const tickUs = tickTimeMs * 1000;
  if (maxUs < ticks * tickUs) return undefined;
  return { ...wait, maxUs, ticks, tickTimeMs, neededTicks: Math.floor(maxUs / tickUs) + 1 };
}

/** One timeout, and the records before it. */
class Moment {
  private readonly run: LimitedRun;
  private readonly scripted: readonly RecordOf<"script">[];
  private readonly index: number;
  private readonly failure: Failure;

  constructor(run: LimitedRun, scripted: readonly RecordOf<"script">[], index: number, failure: Failure) {
    this.run = run;
    this.scripted = scripted;
    this.index = index;
    this.failure = failure;
  }

  /** Returns the waits that ended with this failure. Returns an empty list if the failure is not a timeout. */
  waits(): Wait[] {
    const { learner, reason, server } = this.failure;
    if (reason === "read-timeout" && learner === undefined) return this.waitsOfLearner(server);
    if (reason === "read-timeout" && learner !== undefined) return this.waitsFor(learner, server);
    if (reason === "txn-timeout" && learner !== undefined) return [this.proposalWait(server, learner)];
    if (reason === "epoch-ack-timeout" && learner === undefined) return this.ackEpochWaits(server);
    if (reason === "newleader-ack-timeout") return this.newLeaderWaits(server, this.learnersWithout(server));
    return [];
  }

  /** Returns what a learner waited for when the read from its leader timed out. */
  private waitsOfLearner(learner: ServerId): Wait[] {
    const leader = this.last("elected", learner)?.leader;
    if (leader === undefined) return [];
    const pair = { limit: "initLimit", waiting: learner, working: leader } as const;
    const network = this.roundTrip(leader, learner);
    const role = this.lastIndex((one) => one.server === learner && "phase" in one);
    const phase = this.run.records[role];
    if (phase === undefined || !("phase" in phase)) return [];
    if (phase.phase !== "DISCOVERY") return [];
    const work = [...this.leaderSnapshot(leader), this.replacing("accepted-epoch", leader), network];
    return [{ ...pair, awaited: "LEADERINFO", work }];
  }

  /** Returns what a leader waited for when the read from a learner timed out. */
  private waitsFor(learner: ServerId, leader: ServerId): Wait[] {
    if (this.decision(leader, learner) !== undefined) return this.newLeaderWaits(leader, [learner]);
    return this.ackEpochWaits(leader).filter(({ working }) => working === learner);
  }

  private ackEpochWaits(leader: ServerId): Wait[] {
    const offered = this.sinceLeading(leader, "epoch-offered").map(({ learner }) => learner);
    const acked = new Set(this.sinceLeading(leader, "epoch-acked").map(({ learner }) => learner));
    return [...new Set(offered)]
      .filter((learner) => !acked.has(learner))
      .map((learner) => ({
        limit: "initLimit",
        waiting: leader,
        working: learner,
        awaited: "ACKEPOCH",
        work: [this.replacing("accepted-epoch", learner), this.roundTrip(leader, learner)],
      }));
  }

  private newLeaderWaits(leader: ServerId, learners: readonly ServerId[]): Wait[] {
    return learners.flatMap((learner): Wait[] => {
      const decided = this.decision(leader, learner);
      if (decided === undefined || this.hasAcked(leader, learner)) return [];
      const isSnap = decided.decision === "SNAP";
      const work = [
        ...(isSnap ? [...this.sending(), this.saving("snapshot", learner)] : []),
        ...(decided.decision === "TRUNC" ? this.truncation(learner) : []),
        { name: "log-sync" as const, maxUs: this.disk(learner).syncUs },
        this.replacing("current-epoch", learner),
        this.roundTrip(leader, learner),
      ];
      return [{ limit: "initLimit", waiting: leader, working: learner, awaited: "ACK of NEWLEADER", work }];
    });
  }

  /** A proposal can arrive during a sync of the log. Then the next sync contains it. */
  private proposalWait(leader: ServerId, learner: ServerId): Wait {
    const work = [{ name: "log-sync" as const, maxUs: 2 * this.disk(learner).syncUs }, this.roundTrip(leader, learner)];
    return { limit: "syncLimit", waiting: leader, working: learner, awaited: "ACK of a proposal", work };
  }

  /** Returns the learners that the leader synchronizes and that have not acknowledged NEWLEADER. */
  private learnersWithout(leader: ServerId): ServerId[] {
    const decided = this.sinceLeading(leader, "sync-decided").map(({ learner }) => learner);
    return [...new Set(decided)];
  }

  private hasAcked(leader: ServerId, learner: ServerId): boolean {
    return this.sinceLeading(leader, "newleader-ack-read").some((one) => one.learner === learner);
  }

  // ---- durations

  private leaderSnapshot(leader: ServerId): TimedWork[] {
    const isSaving = this.sinceLeading(leader, "snapshot-started").some(({ inBackground }) => !inBackground);
    return isSaving ? [{ name: "leader-snapshot", maxUs: this.disk(leader).snapshotUs }] : [];
  }

  private saving(name: WorkName, server: ServerId): TimedWork {
    const { snapshotUs, syncUs } = this.disk(server);
    return { name, maxUs: snapshotUs + syncUs };
  }

  private replacing(name: WorkName, server: ServerId): TimedWork {
    const { syncUs, writeUs } = this.disk(server);
    return { name, maxUs: writeUs + syncUs };
  }

  private truncation(server: ServerId): TimedWork[] {
    const { loadUs, writeUs } = this.disk(server);
    return [
      { name: "truncate", maxUs: writeUs },
      { name: "load", maxUs: loadUs },
    ];
  }

  /** Returns the work of a LearnerHandler that sends a SNAP. */
  private sending(): TimedWork[] {
    const { serializeSnapshot, transferSnapshot } = this.run.scenario.threads;
    return [
      { name: "serialize-snapshot", maxUs: maxUsOf(serializeSnapshot) },
      { name: "transfer-snapshot", maxUs: maxUsOf(transferSnapshot) },
    ];
  }

  private roundTrip(a: ServerId, b: ServerId): TimedWork {
    return { name: "network", maxUs: this.latencyUs(a, b) + this.latencyUs(b, a) };
  }

  private latencyUs(a: ServerId, b: ServerId): number {
    const { latency, links } = this.run.scenario.network;
    const own = links.findLast(
      ({ bothWays, from, to }) => (from === a && to === b) || (bothWays && from === b && to === a),
    );
    return maxUsOf(own?.latency ?? latency);
  }

  /**
   * Returns the longest durations of a disk at this moment. A `disk` step for the server `leader` is ignored, because
   * its record does not name the server.
   */
  private disk(server: ServerId): Readonly<Record<"syncUs" | "writeUs" | "snapshotUs" | "loadUs", number>> {
    const { disk } = this.run.scenario;
    let { sync, write } = disk;
    for (const { argument, atUs, moment, verb } of this.scripted) {
      if (atUs > this.failure.atUs) break;
      const fault = verb === "disk" ? (argument as DiskFault) : undefined;
      if (verb === "settle") ({ sync, write } = disk);
      if (fault?.server !== server) continue;
      if (fault.sync !== undefined) sync = moment === "start" ? fault.sync : disk.sync;
      if (fault.write !== undefined) write = moment === "start" ? fault.write : disk.write;
    }
    return {
      syncUs: maxUsOf(sync),
      writeUs: maxUsOf(write),
      snapshotUs: maxUsOf(disk.snapshot ?? write),
      loadUs: maxUsOf(disk.load ?? write),
    };
  }

  // ---- records before the timeout

  /** Returns the records of this event since the server became the leader. */
  private sinceLeading<Event extends ProtocolRecord["event"]>(leader: ServerId, event: Event): RecordOf<Event>[] {
    const from = this.lastIndex((one) => one.server === leader && one.event === "elected");
    return this.run.records
      .slice(Math.max(0, from), this.index)
      .filter((one): one is RecordOf<Event> => one.server === leader && one.event === event);
  }

  private decision(leader: ServerId, learner: ServerId): RecordOf<"sync-decided"> | undefined {
    return this.sinceLeading(leader, "sync-decided").findLast((one) => one.learner === learner);
  }

  private last<Event extends ProtocolRecord["event"]>(event: Event, server: ServerId): RecordOf<Event> | undefined {
    const index = this.lastIndex((one) => one.server === server && one.event === event);
    return this.run.records[index] as RecordOf<Event> | undefined;
  }

  private lastIndex(matches: (record: ProtocolRecord) => boolean): number {
    for (let i = this.index - 1; i >= 0; i--) if (matches(this.run.records[i] as ProtocolRecord)) return i;
    return -1;
  }
}

function maxUsOf(text: string): number {
  return parseDurationRange(text)?.maxUs ?? 0;
}
