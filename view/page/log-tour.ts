/** The steps of the tour of a page that shows logs. */
import { countOf } from "../../reports/format.ts";
import type { Timeline } from "../session/timeline.ts";
import type { TourStep } from "./tour-steps.ts";

/** What the tour shows. */
export interface LogTourPlaces {
  readonly timeline: Timeline;
  readonly titleOf: (event: number) => string;
  /** The event of the first sync decision. */
  readonly decision: number | undefined;
  /** The worst finding. */
  readonly finding: { readonly title: string; readonly event: number | undefined } | undefined;
}

/** Returns the five steps. */
export function logTour({ decision, finding, timeline, titleOf }: LogTourPlaces): readonly TourStep[] {
  const first = timeline.messages.find(({ type }) => type === "FOLLOWERINFO") ?? timeline.messages[0];
  const arrival = first?.endEvent ?? 0;
  return [
    {
      title: "Real servers, one line each",
      text:
        `This page shows what the logs of ${countOf(timeline.servers.length, "server")} say: ` +
        `${countOf(timeline.length, "event")}. The color of a line is the state of the server. The line gets thicker ` +
        "from phase to phase: ELECTION, DISCOVERY, SYNCHRONIZATION, BROADCAST. A dotted line is a server that is down.",
      event: 0,
      panel: "event",
    },
    {
      title: "Messages are arrows",
      text:
        `${arrival === 0 ? "" : `Here: ${titleOf(arrival)}. `}An arrow is a message whose sending ` +
        "and arrival the logs show. ZooKeeper logs no line for most messages, and these have no arrow.",
      event: arrival,
      panel: "event",
    },
    {
      title: "The state of every server at this moment",
      text:
        "Below the diagram: what the log of each server has shown so far. What the event changed is marked. " +
        "The panel Event has the lines of the log, with file and line number.",
      event: decision ?? 1,
      panel: "event",
    },
    {
      title: "Why DIFF, TRUNC or SNAP",
      text:
        decision === undefined
          ? "No log shows a synchronization. The table of sync decisions is empty."
          : "The table shows each decision of a leader with its rule, the zxids that decided it, and the setting " +
            "that would have changed it.",
      event: decision ?? 1,
      panel: "decisions",
    },
    {
      title: finding === undefined ? "No findings" : "What zabsim found",
      text:
        finding === undefined
          ? "zabsim found nothing to explain in these logs."
          : `${finding.title}. The panel Why has the cause of each finding, the lines that show it, and what helps.`,
      event: finding?.event ?? timeline.length,
      panel: "why",
    },
  ];
}
