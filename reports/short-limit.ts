/** Describes limits of a configuration that are too small, with the value that is large enough. */

import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import type { ShortLimit, TimedWork, WorkName } from "../scenarios/short-limit.ts";
import type { SmallBuffers } from "../scenarios/small-buffers.ts";
import { countOf, formatSpan } from "./format.ts";
import { listText } from "./server-end.ts";

/** Each work as the subject of a sentence. */
const WORK: Readonly<Record<WorkName, string>> = {
  "leader-snapshot": "writing the start-up snapshot",
  "accepted-epoch": "writing acceptedEpoch",
  "current-epoch": "writing currentEpoch",
  "serialize-snapshot": "serializing the snapshot",
  "transfer-snapshot": "sending the snapshot",
  truncate: "truncating the log",
  load: "loading the database",
  snapshot: "saving the snapshot",
  "log-sync": "syncing the log",
  network: "the network",
};

/** A report names a piece of work only if it takes at least this fraction of the limit. */
const NAMED_PART = 0.1;

/** Returns one sentence for each setting that is too short. It describes the longest work that the setting limits. */
export function shortLimitSentences({
  shortLimits,
  smallBuffers,
}: Pick<ScenarioRun, "shortLimits" | "smallBuffers">): string[] {
  const longest = new Map<string, ShortLimit>();
  for (const one of shortLimits) {
    if (one.maxUs > (longest.get(one.limit)?.maxUs ?? 0)) longest.set(one.limit, one);
  }
  return [
    ...[...longest.values()].map(sentence),
    ...(smallBuffers === undefined ? [] : [bufferSentence(smallBuffers)]),
  ];
}

function bufferSentence({ detail, neededBytes, servers }: SmallBuffers): string {
  const at = `${servers.length === 1 ? "server" : "servers"} ${listText(servers)}`;
  return `The configuration needs jute.maxbuffer of at least ${countOf(neededBytes, "byte")} at ${at}: ${detail}.`;
}

function sentence({ awaited, limit, neededTicks, tickTimeMs, ticks, waiting, work, working }: ShortLimit): string {
  const limitUs = ticks * tickTimeMs * 1000;
  const named = work.filter(({ maxUs }) => maxUs >= NAMED_PART * limitUs).map(workText);
  return (
    `The configuration needs ${limit} of at least ${countOf(neededTicks, "tick")} of ${spanText(tickTimeMs * 1000)}: ` +
    `before server ${working} sends ${awaited} to server ${waiting}, ${listText(named)}, but ${limit} is ` +
    `${countOf(ticks, "tick")} (${spanText(limitUs)}).`
  );
}

function workText({ maxUs, name }: TimedWork): string {
  return `${WORK[name]} takes up to ${spanText(maxUs)}`;
}

/** Returns a duration without trailing zeros: `40 s`. */
function spanText(us: number): string {
  return formatSpan(us).replace(/\.0+(?= )|(\.\d*[1-9])0+(?= )/, "$1");
}
