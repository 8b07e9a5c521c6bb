/**
 * Describes the servers at the end of a run: which server leads, how an unexpected leader won, and why each server that
 * does not serve is not serving.
 */
import type { ServerId } from "../protocol/zxid.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { acceptErrorSentences } from "./accept-errors.ts";
import { configStalls } from "./config-stall.ts";
import { configurationSentences } from "./configurations.ts";
import { electionStalls } from "./election-stall.ts";
import { formatMoment, hanging } from "./format.ts";
import { needNotServeSentences } from "./need-not-serve.ts";
import { headlineOf, serverEnds, serverSentence } from "./server-end.ts";
import { shortLimitSentences } from "./short-limit.ts";
import { winOf, winText } from "./why/election.ts";
import { sharedIdSentences } from "./why/shared-ids.ts";

/** Returns the final state as lines of a report. Every line is indented by at least two columns. */
export function finalStateLines(run: ScenarioRun): string[] {
  const surprising = surprisingServers(run);
  const servers = serverEnds(run).filter((end) => end.kind !== "serves" || surprising.has(end.server.sid));
  return [
    ...hanging(`at the end (${formatMoment(run.endUs)} s) ${headlineOf(run)}`, "  ", "    "),
    ...unexpectedLeader(run).flatMap((sentence) => hanging(sentence, "    ", "      ")),
    ...needNotServeSentences(run).flatMap((sentence) => hanging(sentence, "    ", "      ")),
    ...shortLimitSentences(run).flatMap((sentence) => hanging(sentence, "    ", "      ")),
    ...sharedIdSentences(run).flatMap((sentence) => hanging(sentence, "    ", "      ")),
    ...acceptErrorSentences(run).flatMap((sentence) => hanging(sentence, "    ", "      ")),
    ...configurationSentences(run).flatMap((sentence) => hanging(sentence, "    ", "      ")),
    ...configStalls(run).flatMap((sentence) => hanging(sentence, "    ", "      ")),
    ...electionStalls(run).flatMap((sentence) => hanging(sentence, "    ", "      ")),
    ...servers.flatMap((end) => hanging(serverSentence(run, end), "    ", "      ")),
  ];
}

/** Returns the servers whose final state is not the one that the scenario expects. */
function surprisingServers({ scenario: { expect }, servers }: ScenarioRun): ReadonlySet<ServerId> {
  const surprising = new Set<ServerId>();
  const leader = servers.find(({ leading }) => leading)?.sid;
  if (expect.leader !== undefined && expect.leader !== (leader ?? "none")) {
    if (expect.leader !== "none") surprising.add(expect.leader);
  }
  const { active } = expect;
  if (active === undefined) return surprising;
  for (const server of servers) if (server.active !== active.includes(server.sid)) surprising.add(server.sid);
  return surprising;
}

/**
 * Returns how the leader won its election, if the scenario expects another leader or no leader. Otherwise, returns an
 * empty list.
 */
function unexpectedLeader(run: ScenarioRun): string[] {
  const leader = run.servers.find(({ leading }) => leading);
  const { leader: expected } = run.scenario.expect;
  if (leader === undefined || expected === undefined || expected === leader.sid) return [];
  const win = winOf(run.records, leader.sid, run.endUs);
  return win === undefined ? [] : [`${winText(win)} (${formatMoment(win.elected.atUs)} s)`];
}
