/** Compares what real servers did with the expectations of a scenario. Each difference becomes one sentence. */
import { formatZxid64, parseZxid } from "../protocol/index.ts";
import { verbOf } from "../scenarios/actions.ts";
import type { ExpectedDecision, Scenario, Step } from "../scenarios/scenario.ts";
import type { SeenHandshake } from "./handshakes.ts";
import type { ProxyResult } from "./scenario-proxy.ts";

/** Returns the differences. */
export function unmetExpectations({ expect, steps }: Scenario, result: ProxyResult): string[] {
  const { active, decisions, epoch, leader } = expect;
  const list = (servers: readonly number[]): string => [...servers].sort((a, b) => a - b).join(", ");
  return [
    ...unreachedStep(steps, result),
    ...(decisions === undefined ? [] : decisionsOf(decisions, result)),
    ...compared("leader", leader, result.leader ?? "none"),
    ...compared("epoch", epoch, result.epoch ?? "none"),
    ...compared("active servers", active && list(active), list(result.active)),
  ];
}

function unreachedStep(steps: readonly Step[], { steps: outcomes }: ProxyResult): string[] {
  const first = outcomes.find(({ atUs, step }) => atUs === undefined && steps[step]?.from === undefined);
  if (first === undefined) return [];
  const verb = verbOf(steps[first.step] as Step);
  return [`step ${first.step + 1} (${verb}) was not performed: its trigger never came`];
}

function compared(what: string, expected: string | number | undefined, got: string | number): string[] {
  return expected === undefined || expected === got ? [] : [`${what} at the end: expected ${expected}, got ${got}`];
}

function decisionsOf(expected: readonly ExpectedDecision[], { handshakes }: ProxyResult): string[] {
  const made = handshakes.filter(({ operation }) => operation !== undefined);
  return Array.from({ length: Math.max(expected.length, made.length) }, (_, i) => i).flatMap((i) => {
    const [one, got] = [expected[i], made[i]];
    if (one === undefined) return [`sync decision ${i + 1} was not expected: ${madeText(got as SeenHandshake)}`];
    if (got === undefined) return [`sync decision ${i + 1} (${expectedText(one)}) was not made`];
    if (matches(one, got)) return [];
    return [`sync decision ${i + 1}: expected ${expectedText(one)}, got ${madeText(got)}`];
  });
}

function matches({ decision, leader, learner, zxid }: ExpectedDecision, got: SeenHandshake): boolean {
  return (
    learner === got.learner &&
    decision === got.operation &&
    (leader === undefined || leader === got.leader) &&
    (zxid === undefined || BigInt(parseZxid(zxid) as number) === got.zxid)
  );
}

function expectedText({ decision, leader, learner, zxid }: ExpectedDecision): string {
  const parts = [decision, zxid, leader === undefined ? undefined : `from ${leader}`];
  return `${learner}: ${parts.filter((part) => part !== undefined).join(" ")}`;
}

function madeText({ leader, learner, operation, zxid }: SeenHandshake): string {
  return `${learner}: ${operation} ${zxid === undefined ? "" : formatZxid64(zxid)} from ${leader}`;
}
