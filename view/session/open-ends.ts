/** What a run leaves open at its end. Without it, "every invariant holds" says more than the run has shown. */
import { countOf, formatMoment } from "../../reports/format.ts";
import type { Recording } from "./recording.ts";

/**
 * Returns what had not happened when the run ended, such as `ends at 1.4900 s; steps 2 and 3 did not happen`. Returns
 * undefined if all steps happened and only PING is in flight, or if the run measured whether servers are live.
 */
export function openEnds(recording: Recording): string | undefined {
  const { run } = recording;
  if (!recording.ended || run.liveness !== undefined) return undefined;
  const missing = run.steps.filter(({ atUs }) => atUs === undefined).map(({ step }) => step + 1);
  const inFlight = recording.inFlightAt(recording.length).filter(({ type }) => type !== "PING").length;
  if (missing.length === 0 && inFlight === 0) return undefined;
  const open = [
    ...(missing.length === 0 ? [] : [`${missing.length === 1 ? "step" : "steps"} ${listOf(missing)} did not happen`]),
    ...(inFlight === 0 ? [] : [`${countOf(inFlight, "message")} ${inFlight === 1 ? "is" : "are"} in flight`]),
  ];
  return [`ends at ${formatMoment(run.endUs)} s`, ...open].join("; ");
}

function listOf(numbers: readonly number[]): string {
  if (numbers.length < 3) return numbers.join(" and ");
  return `${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`;
}
