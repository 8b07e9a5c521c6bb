/** Explains why settled servers that do not serve are not stuck: a configuration in force has no quorum among them. */
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { listText } from "./server-end.ts";

/** Returns one sentence. Returns an empty list if the settled servers serve, or must serve. */
export function needNotServeSentences({ liveness }: Pick<ScenarioRun, "liveness">): string[] {
  if (liveness?.missingQuorum === undefined) return [];
  const { available, config, pending, server } = liveness.missingQuorum;
  const voters = available.length === 0 ? "none of its voters is settled" : `only ${listText(available)} can vote`;
  const kind = pending ? "pending" : "committed";
  const reason = pending ? ", and it can be active on other servers" : "";
  return [
    `the settled servers need not serve: the ${kind} configuration of server ${server} (${config}) has no quorum ` +
      `among them, because ${voters}${reason}`,
  ];
}
