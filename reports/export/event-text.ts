/** Describes an event of a run in a few words, for the labels of diagrams. */
import type { TraceEvent } from "../../sim/trace.ts";
import { describeRecord } from "../describe.ts";
import { messageFacts, messageText } from "./messages.ts";
import type { RunEvent } from "./run-events.ts";

/** Returns the text of an event without its time and its server. */
export function eventText(event: RunEvent): string {
  switch (event.source) {
    case "record":
      return describeRecord(event.fact);
    case "violation":
      return `violates ${event.fact.id}: ${event.fact.text}`;
    case "trace":
      return traceText(event.fact);
  }
}

/** Returns the name of the host of an event: `server 2`, or `scenario` for a step of the scenario. */
export function hostName(server: number): string {
  return server < 0 ? "scenario" : `server ${server}`;
}

function traceText(event: TraceEvent): string {
  const { detail, kind, payload, peer } = event;
  const facts = messageFacts(payload);
  const message = facts === undefined ? "the connection" : messageText(facts);
  switch (kind) {
    case "send":
      return `sends ${message} to ${peer}`;
    case "deliver":
      return `receives ${message} from ${peer}`;
    case "drop":
      return `${message} is lost (peer ${peer})`;
    case "hold":
      return `${message} is held (peer ${peer})`;
    case "release":
      return `${message} is released (peer ${peer})`;
    case "timer":
      return `timer ${detail} fires`;
    case "disk": {
      const { file, kind: operation, result } = payload as { file: string; kind: string; result: string };
      return `disk: ${operation} ${file}${result === "ok" ? "" : `, ${result}`}`;
    }
    case "connect":
      return `connects to ${peer}`;
    case "connected":
      return `is connected to ${peer}`;
    case "accept":
      return `accepts a connection from ${peer}`;
    case "refuse":
      return `connection with ${peer} is refused`;
    case "close":
    case "reset":
      return `connection with ${peer}: ${kind}`;
    default:
      return peer < 0 ? kind : `${kind}: link to ${peer}`;
  }
}
