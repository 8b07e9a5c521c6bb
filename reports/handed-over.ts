/** Names the leaders that lead at the end of a run although they have designated another server to lead. */
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { formatMoment } from "./format.ts";

/** Returns one sentence for each such leader. */
export function handedOverSentences(run: ScenarioRun): string[] {
  return run.servers.flatMap(({ leading, sid }) => {
    const own = run.records.filter((record) => record.server === sid);
    const role = own.slice(own.findLastIndex(({ event }) => event === "looking" || event === "started") + 1);
    const handOver = role.find((record) => record.event === "leader-designated");
    if (!leading || handOver?.event !== "leader-designated") return [];
    return [
      `leader ${sid} has committed nothing since ${formatMoment(handOver.atUs)} s: it is no voter of its newest ` +
        `configuration, so it designated server ${handOver.leader} to lead, but its followers stayed`,
    ];
  });
}
