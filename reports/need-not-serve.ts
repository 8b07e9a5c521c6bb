/**
 * Explains why settled servers that do not serve are not stuck: a configuration in force has no quorum among them, or
 * the leader cannot commit one.
 */
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { listText } from "./server-end.ts";

/** Returns one sentence. Returns an empty list if the settled servers serve, or must serve. */
export function needNotServeSentences({ liveness }: Pick<ScenarioRun, "liveness">): string[] {
  if (liveness?.missingQuorum === undefined) return [];
  const { available, config, exiting, pending, server, unreachable } = liveness.missingQuorum;
  if (exiting !== undefined) {
    const cause =
      exiting.length === 1
        ? `server ${exiting} exits at its start, because its committed configuration does not list it`
        : `servers ${listText(exiting)} exit at their start, because their committed configurations do not list ` +
          "them";
    return [
      `the settled servers need not serve: leader ${server} cannot commit its pending configuration (${config}): ` +
        `${cause}, and the other voters that acknowledge proposals are not a quorum`,
    ];
  }
  const kind = pending ? "pending" : "committed";
  if (unreachable !== undefined) {
    const cause =
      unreachable.length === 1
        ? `server ${unreachable} and the other settled servers do not know each other's election addresses`
        : `servers ${listText(unreachable)} do not know the election address of another settled server, and no ` +
          "other one knows theirs";
    return [
      `the settled servers need not serve: the ${kind} configuration of server ${server} (${config}) has no quorum ` +
        `among them, because ${cause}`,
    ];
  }
  const voters = available.length === 0 ? "none of its voters is settled" : `only ${listText(available)} can vote`;
  const reason = pending ? ", and it can be active on other servers" : "";
  return [
    `the settled servers need not serve: the ${kind} configuration of server ${server} (${config}) has no quorum ` +
      `among them, because ${voters}${reason}`,
  ];
}
