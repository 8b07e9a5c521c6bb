/**
 * Explains why a run is stuck. The explanation says which time limits are too short, how different configurations keep
 * servers from serving, why no leader was elected and, for
 * each server, its state, the time at which it entered that state, and what it waits for.
 */
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { acceptErrorSentences } from "./accept-errors.ts";
import { configStalls } from "./config-stall.ts";
import { configurationSentences } from "./configurations.ts";
import { electionStalls } from "./election-stall.ts";
import { formatMoment, hanging } from "./format.ts";
import { needNotServeSentences } from "./need-not-serve.ts";
import { headlineOf, serverEnds, serverSentence } from "./server-end.ts";
import { shortLimitSentences } from "./short-limit.ts";

/** Returns the explanation in lines of at most 80 columns. */
export function whyStuck(run: ScenarioRun): string {
  return [
    ...hanging(`at ${formatMoment(run.endUs)} s ${headlineOf(run)}`, "", "  "),
    ...needNotServeSentences(run).flatMap((sentence) => hanging(sentence, "  ", "    ")),
    ...shortLimitSentences(run).flatMap((sentence) => hanging(sentence, "  ", "    ")),
    ...acceptErrorSentences(run).flatMap((sentence) => hanging(sentence, "  ", "    ")),
    ...configurationSentences(run).flatMap((sentence) => hanging(sentence, "  ", "    ")),
    ...configStalls(run).flatMap((sentence) => hanging(sentence, "  ", "    ")),
    ...electionStalls(run).flatMap((sentence) => hanging(sentence, "  ", "    ")),
    ...serverEnds(run).flatMap((end) => hanging(serverSentence(run, end), "  ", "    ")),
  ].join("\n");
}

/**
 * Returns whether the servers that the scenario settles, which means frees from all faults, did not become live within
 * the time limit, although they must serve.
 */
export function isStuck({ liveness }: ScenarioRun): boolean {
  return liveness?.stuck ?? false;
}
