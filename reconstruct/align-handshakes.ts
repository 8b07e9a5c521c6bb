/**
 * Puts the synchronizations of a run at the times of the logs. A real server connects later than a simulated one, for
 * example because it loads classes, and what its leader has committed meanwhile decides.
 */
import type { RecordOf } from "../cluster/records.ts";
import { asServerId } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import { recordsOf } from "../scenarios/scenario-run.ts";
import { msOf, msText } from "./durations.ts";
import type { Evidence } from "./evidence.ts";
import { readyMsOf } from "./scenario-steps.ts";
import type { Trial } from "./trial.ts";

/** A synchronization that has another time in the run than in the logs. Times are in milliseconds. */
interface MovedSync {
  readonly leader: number;
  readonly epoch: number | undefined;
  readonly learner: number;
  readonly isObserver: boolean;
  /** The time in the run. */
  readonly syncMs: number;
  /** The time in the logs minus the time in the run. */
  readonly byMs: number;
  /** The start of the learner's election before it. */
  readonly lookingMs: number;
  /** The time by which the learner connects before its leader accepts connections. At most 0 if it does not. */
  readonly tooEarlyMs: number;
}

/** A difference in time that the order of events does not notice. */
const TOLERANCE_MS = 4;
/** The time by which a synchronization of the run may be later than the one of the logs to which it belongs. */
const LATE_MS = 1500;
/** The time by which it is later than the synchronization before it. */
const APART_MS = 100;
/** The difference between the starts of one election in two runs. */
const SAME_ELECTION_MS = 500;

/**
 * Returns the scenario in which learners connect, and epochs are established, at the times of the logs. Returns
 * undefined if all of them have these times already.
 */
export function withAlignedHandshakes(trial: Trial, evidence: Evidence): Scenario | undefined {
  const { scenario } = trial;
  const moved = syncsAtOtherTimes(trial, evidence);
  const steps = [...moved.reduce(withOtherTime, scenario.steps), ...epochDelays(trial, evidence, moved)];
  const isSame = steps.length === scenario.steps.length && steps.every((step, index) => step === scenario.steps[index]);
  return isSame ? undefined : { ...scenario, steps };
}

function syncsAtOtherTimes({ run }: Trial, { ensemble, startMs }: Evidence): MovedSync[] {
  const decided = recordsOf(run.records, "sync-decided");
  const looking = recordsOf(run.records, "looking");
  const [following, leading] = [recordsOf(run.records, "following"), recordsOf(run.records, "leading")];
  const lastUntil = new Map<number, number>();
  return ensemble.handshakes.flatMap(({ epoch, leader, leaderSide, learner, observer, timeMs }): MovedSync[] => {
    if (leader === undefined || leaderSide === undefined || timeMs === undefined) return [];
    const atMs = timeMs - startMs;
    const afterMs = lastUntil.get(learner) ?? Number.NEGATIVE_INFINITY;
    lastUntil.set(learner, atMs);
    const own = decided
      .filter((one) => isSyncOf(one, leader, learner, afterMs, atMs))
      .sort((a, b) => Math.abs(a.atUs / 1000 - atMs) - Math.abs(b.atUs / 1000 - atMs))[0];
    if (own === undefined) return [];
    const syncMs = own.atUs / 1000;
    const byMs = atMs - syncMs;
    const start = looking.findLast((one) => one.server === learner && one.atUs <= own.atUs);
    if (Math.abs(byMs) <= TOLERANCE_MS || start === undefined) return [];
    const followed = following.find((one) => one.server === learner && one.atUs >= start.atUs);
    const led = leading.findLast((one) => one.server === leader && one.atUs <= own.atUs && one.phase === "DISCOVERY");
    const lookingMs = start.atUs / 1000;
    const tooEarlyMs = ((led?.atUs ?? 0) - (followed?.atUs ?? 0)) / 1000;
    return [{ leader, epoch, learner, isObserver: observer, syncMs, byMs, lookingMs, tooEarlyMs }];
  });
}

function isSyncOf(
  { atUs, learner: of, server }: RecordOf<"sync-decided">,
  leader: number,
  learner: number,
  afterMs: number,
  atMs: number,
): boolean {
  return server === leader && of === learner && atUs / 1000 > afterMs + APART_MS && atUs / 1000 <= atMs + LATE_MS;
}

/** The shortest time for which the connection of a learner is held, in milliseconds. */
const HELD_MS = 20;
/** A connection this close to the time at which the leader leads is refused or not by chance. */
const CLOSE_MS = 10;

/**
 * A learner of a run connects as soon as it follows, and a real one some milliseconds later. If it is too early in the
 * run, its connection is held. Otherwise, its registration is delayed.
 */
function withOtherTime(steps: readonly Step[], sync: MovedSync): readonly Step[] {
  const { byMs, tooEarlyMs } = sync;
  const isByChance = Math.abs(tooEarlyMs) < CLOSE_MS;
  const isRefused = tooEarlyMs > 0 && byMs < 0;
  const held = isByChance || isRefused ? withLaterConnection(steps, sync) : steps;
  return isRefused && held !== steps ? held : withLaterRegistration(held, sync);
}

/** Holds the connection of a learner until its leader accepts connections. */
function withLaterConnection(
  steps: readonly Step[],
  { leader, learner, lookingMs, tooEarlyMs }: MovedSync,
): readonly Step[] {
  const known = steps.find(
    (step) =>
      "clog" in step &&
      String(step.clog.from) === String(learner) &&
      Math.abs(readyMsOf(step) - lookingMs) < SAME_ELECTION_MS,
  );
  const lastsMs = Math.max(HELD_MS, tooEarlyMs + CLOSE_MS);
  if (known?.for !== undefined && msOf(known.for) >= lastsMs) return steps;
  const step: Step = {
    from: known?.from ?? msText(lookingMs),
    when: { event: "following", server: asServerId(learner), nth: 1 },
    clog: { from: [asServerId(learner)], to: [asServerId(leader)] },
    for: msText(lastsMs),
  };
  return [...steps.filter((one) => one !== known), step];
}

/** Delays the message with which a learner registers, or changes this delay. */
function withLaterRegistration(
  steps: readonly Step[],
  { byMs, isObserver, leader, learner, lookingMs, syncMs }: MovedSync,
): Step[] {
  const lastMs = Math.max(syncMs, syncMs + byMs) + LATE_MS;
  const type = isObserver ? "OBSERVERINFO" : "FOLLOWERINFO";
  const index = steps.findIndex(
    (step) =>
      "delay" in step &&
      step.delay.match.type === type &&
      step.delay.match.from === learner &&
      readyMsOf(step) > lookingMs - SAME_ELECTION_MS &&
      readyMsOf(step) < syncMs,
  );
  const known = steps[index];
  if (known !== undefined && "delay" in known) {
    const delayMs = Math.max(0, msOf(known.delay.by) + byMs);
    return steps.map((step, i) => (i === index ? { ...known, delay: { ...known.delay, by: msText(delayMs) } } : step));
  }
  if (byMs < 0) return [...steps];
  const match = { type, from: asServerId(learner), to: asServerId(leader) };
  const lasts = msText(lastMs - lookingMs);
  return [...steps, { from: msText(lookingMs), delay: { match, by: msText(byMs), count: 1 }, for: lasts }];
}

/** The time by which an epoch is established after a synchronization that finds it not yet established. */
const ESTABLISHED_AFTER_MS = 2;

/**
 * Returns delays of the ACK with which a leader counts its quorum, if the leader synchronizes a learner before it does:
 * its lastProcessedZxid is then that of an earlier epoch.
 */
function epochDelays({ run }: Trial, { ensemble, startMs }: Evidence, moved: readonly MovedSync[]): Step[] {
  const acked = recordsOf(run.records, "newleader-ack-read");
  const decided = recordsOf(run.records, "sync-decided");
  return recordsOf(run.records, "established").flatMap(({ atUs, epoch, server }): Step[] => {
    const before = ensemble.handshakes.filter(
      (one) =>
        one.leader === server &&
        one.epoch === epoch &&
        one.timeMs !== undefined &&
        one.facts?.lastProcessedZxid !== undefined &&
        Number(one.facts.lastProcessedZxid >> 32n) < epoch,
    );
    if (moved.some((one) => one.byMs > 0 && one.leader === server && one.epoch === epoch)) return [];
    const lastMs = Math.max(
      ...before.map(({ learner, timeMs = startMs }) => {
        const own = decided.find((one) => isSyncOf(one, server, learner, atUs / 1000 - LATE_MS, timeMs - startMs));
        return Math.max(timeMs - startMs, (own?.atUs ?? 0) / 1000);
      }),
    );
    const ack = acked.findLast((one) => one.server === server && one.atUs <= atUs);
    const byMs = lastMs + ESTABLISHED_AFTER_MS - atUs / 1000;
    if (ack === undefined || before.length === 0 || byMs <= 0) return [];
    const sync = decided.findLast(
      (one) => one.server === server && one.learner === ack.learner && one.atUs <= ack.atUs,
    );
    const match = { type: "ACK", from: ack.learner, to: server };
    return [{ from: msText((sync?.atUs ?? ack.atUs) / 1000), delay: { match, by: msText(byMs), count: 1 } }];
  });
}
