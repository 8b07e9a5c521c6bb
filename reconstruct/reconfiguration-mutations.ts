/** Changes of what the logs do not show of configurations: the members of a reconfiguration, and its moment. */
import { type ServerId, serverIdsOf } from "../protocol/index.ts";
import type { ReconfigAction, Scenario, Step } from "../scenarios/scenario.ts";
import type { Random } from "../sim/random.ts";
import { msText } from "./durations.ts";
import { readyMsOf, withStepAt } from "./scenario-steps.ts";

/** Changes the members or the moment of a reconfiguration. Undefined if the scenario has none. */
export function changeReconfiguration(scenario: Scenario, random: Random): Scenario | undefined {
  const indexes = scenario.steps.flatMap((step, index) => ("reconfig" in step ? [index] : []));
  if (indexes.length === 0) return undefined;
  const index = random.pick(indexes);
  const step = scenario.steps[index] as Step & { readonly reconfig: ReconfigAction };
  const changed = random.chance(0.7)
    ? { ...step, reconfig: withOtherMember(step.reconfig, random.pick(serverIdsOf(scenario.servers)), random.u01()) }
    : {
        ...step,
        from: msText(readyMsOf(step) + (random.u01() - 0.5) * random.pick([1, 10, 200])),
      };
  return withStepAt(scenario, index, changed as Step);
}

/** Adds, removes or keeps a server: another one of the three than now, by a number in [0, 1). */
function withOtherMember(
  { add = {}, remove = [], ...rest }: ReconfigAction,
  sid: ServerId,
  drawn: number,
): ReconfigAction {
  const { [sid]: now, ...others } = add;
  const removed = remove.filter((one) => one !== sid);
  const isRemoved = removed.length < remove.length;
  const fate = (now !== undefined ? ["remove", "keep"] : isRemoved ? ["add", "keep"] : ["add", "remove"])[
    drawn < 0.5 ? 0 : 1
  ];
  const added = fate === "add" ? { ...others, [sid]: "participant" as const } : others;
  const gone = fate === "remove" ? [...removed, sid] : removed;
  return {
    ...rest,
    ...(Object.keys(added).length > 0 && { add: added }),
    ...(gone.length > 0 && { remove: gone }),
  };
}
