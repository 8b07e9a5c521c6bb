/** The steps of the tour, which explain the page on the run at hand. */
import { countOf, formatMoment } from "../../reports/format.ts";
import { eventTitle } from "../session/describe-event.ts";
import { findEvent } from "../session/find-event.ts";
import type { Recording } from "../session/recording.ts";
import type { Panel } from "./panel.ts";

export interface TourStep {
  readonly title: string;
  readonly text: string;
  /** The event that the step shows. */
  readonly event: number;
  readonly panel: Panel;
}

/** Returns the five steps for a run. */
export function tourOf(recording: Recording): readonly TourStep[] {
  const { run, servers } = recording;
  const decision = findEvent(recording, 0, 1, { what: "decision" });
  const message = recording.messages.find(({ type }) => type === "FOLLOWERINFO" || type === "LEADERINFO");
  const [violation] = run.violations;
  const violated = violation === undefined ? undefined : recording.eventOfViolation(0);
  return [
    {
      title: "A run, one line for each server",
      text:
        `This page runs ${countOf(servers.length, "server")} of ZooKeeper in the simulator: ` +
        `${recording.length} events in ${formatMoment(run.endUs)} s of virtual time. ` +
        "The color of a line is the state of the server. The line gets thicker from phase to phase: " +
        "ELECTION, DISCOVERY, SYNCHRONIZATION, BROADCAST. A dotted line is a server that is down.",
      event: 0,
      panel: "event",
    },
    {
      title: "Messages are arrows",
      text:
        `Here: ${eventTitle(recording, message?.endEvent ?? 1)}. ` +
        "A dashed arrow with a cross is a message that the network lost. A dashed arrow with a bar is a message " +
        "whose connection ended. A long-dashed one was held by a fault. " +
        "Click an event, or use the arrow keys.",
      event: message?.endEvent ?? 1,
      panel: "event",
    },
    {
      title: "The state of every server at this moment",
      text:
        "Below the diagram: role, epochs, log, votes and the leader's sets. What the event changed is marked. " +
        "In a log, full boxes are committed, outlined ones are synced, and dashed ones would be lost in a power loss.",
      event: decision ?? 1,
      panel: "event",
    },
    {
      title: "Why DIFF, TRUNC or SNAP",
      text:
        decision === undefined
          ? "In this run, no leader synchronizes a learner. The table of sync decisions is empty."
          : "The table shows each decision of a leader, with committedLog, the log files and the peer's " +
            "zxid on a line.",
      event: decision ?? 1,
      panel: "decisions",
    },
    {
      title: violated === undefined ? "Change it" : "Why it went wrong",
      text:
        violated === undefined
          ? "Every invariant holds. Under What if, crash a server or drop a message here, and see the branch."
          : `An invariant is violated: server ${violation?.server} ${violation?.text}. ` +
            "The explanation names the events that led to it, and the diagram lights them. " +
            "Under What if, change one of them, and see the branch.",
      event: violated ?? recording.length,
      panel: violated === undefined ? "whatif" : "why",
    },
  ];
}
