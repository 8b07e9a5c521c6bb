/** The faults that a data directory suggests: its log has other transactions at the end than the run. */
import { asServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { Scenario, Step } from "../scenarios/scenario.ts";
import type { Located } from "./distance.ts";
import { msText } from "./durations.ts";
import { leadersAt, type RepairContext } from "./repair-context.ts";
import { crashesIn, withStepAt, withSteps } from "./scenario-steps.ts";
import { timeOf } from "./write-triggers.ts";

/** The number of writes, the last ones of an epoch, before which a disk can have stalled. */
const WRITES_MAX = 4;

/** A directory lacks the last transactions that the run logs: the disk of the server stalled until the end. */
export function stallToEnd({ atMs, server }: Located, { evidence, trial: { scenario } }: RepairContext): Scenario[] {
  const times = scenario.steps.flatMap((step) => ("write" in step ? [timeOf(step, evidence)] : []));
  const last = [...new Set(times.filter((ms) => ms <= atMs))].sort((a, b) => b - a).slice(0, WRITES_MAX);
  const disk = { server: asServerId(server), stall: true };
  return last.map((ms) => withSteps(scenario, { from: msText(ms - BEFORE_WRITE_MS), disk }));
}

/** The times before the end of an epoch at which a client writes once more, in milliseconds. */
const LAST_WRITE_MS = [1.5, 6, 25];
/** The time before a write at which its proposals are held. */
const BEFORE_WRITE_MS = 0.3;

/**
 * A directory has transactions that the run lacks: a crash has lost nothing, or the leader and this server have logged
 * one more write shortly before the epoch ended.
 */
export function keepWrites({ atMs, server }: Located, context: RepairContext): Scenario[] {
  const { scenario } = context.trial;
  const kept = crashesIn(scenario)
    .filter(({ step }) => step.crash.server === server && step.crash.unsynced !== "kept")
    .map(({ index, step }) => withStepAt(scenario, index, { ...step, crash: { ...step.crash, unsynced: "kept" } }));
  const [leader] = leadersAt(context, atMs);
  if (leader === undefined) return kept;
  const others = serverIdsOf(scenario.servers).filter((sid) => sid !== leader && sid !== server);
  const written = LAST_WRITE_MS.flatMap((ms) => {
    const write: Step = { from: msText(atMs - ms), write: { at: "leader", count: 1, every: "1ms" } };
    const holds = others.map(
      (to): Step => ({
        from: msText(atMs - ms - BEFORE_WRITE_MS),
        hold: { match: { type: "PROPOSAL", from: asServerId(leader), to }, count: 1 },
      }),
    );
    return [withSteps(scenario, write), withSteps(scenario, write, ...holds)];
  });
  return [...kept, ...written];
}
