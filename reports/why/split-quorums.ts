/** Explains violations that follow from configuration files that differ: two leaders can have disjoint quorums. */
import type { EnsembleConfig } from "../../cluster/cluster-spec.ts";
import type { Violation } from "../../invariants/violation.ts";
import type { LeaderConfig } from "../../scenarios/find-split-quorums.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { describeStep } from "../describe.ts";
import { listText } from "../server-end.ts";
import type { Cause } from "./causes.ts";
import type { Fact } from "./moment.ts";

/**
 * Returns the fact that two leaders had configurations with disjoint quorums before the violation. The steps that
 * changed their configurations are its causes. Returns undefined if there are no such leaders.
 */
export function splitQuorumsFact({ splitQuorums }: ScenarioRun, { atUs }: Violation): Fact | undefined {
  if (splitQuorums === undefined || splitQuorums[1].establishedUs > atUs) return undefined;
  const [first, second] = splitQuorums;
  const text = `two configurations allow disjoint quorums: ${quorumText(first)}, and ${quorumText(second)}`;
  return { text, atUs: undefined, causes: splitQuorums.map(originOf) };
}

function quorumText({ config, leader, quorum }: LeaderConfig): string {
  return `servers ${listText(quorum)} are a quorum in the configuration of leader ${leader} (${configText(config)})`;
}

/** Returns a configuration in words, such as `voters 1, 2 and 3`. */
function configText({ groups, observers, voters }: EnsembleConfig): string {
  const observing = observers.length === 0 ? "" : `, observers ${listText(observers)}`;
  return `voters ${listText(voters)}${groups === undefined ? "" : " in groups"}${observing}`;
}

function originOf({ leader, step }: LeaderConfig): Cause {
  if (step === undefined) {
    const text = `server ${leader} has had its configuration from the start of the run`;
    return { text, atUs: undefined, isRoot: true };
  }
  return { text: `step ${step.step + 1}: ${describeStep(step)}`, atUs: step.atUs, isRoot: true };
}
