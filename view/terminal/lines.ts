/** The lines of text that the terminal debugger shows. A line can be emphasized; the screen decides how it looks. */
import { explainDecision } from "../../reports/describe.ts";
import { formatMoment, hanging } from "../../reports/format.ts";
import { printableLine } from "../../scenarios/printable.ts";
import { eventDetails, eventTitle } from "../session/describe-event.ts";
import { messageText, zxidText } from "../session/message-text.ts";
import { roleText, serverRows } from "../session/server-rows.ts";
import type { Debugger } from "./debugger.ts";

/** The meaning of a line: the current event, a change by the current event, a violation, or a less important line. */
export type Emphasis = "current" | "changed" | "bad" | "dim";

export interface Line {
  readonly text: string;
  readonly emphasis?: Emphasis | undefined;
}

/** The width of the names of a server's rows. */
const NAME_WIDTH = 25;

/** Returns the first line: the position in the run, its virtual time and the digest. */
export function headerLine({ session: { at, recording } }: Debugger): string {
  const { ended, length, scenario } = recording;
  const moment = formatMoment(recording.event(at).timeUs);
  const progress = ended ? "" : " so far, recording …";
  return printableLine(
    `event ${at}/${length}${progress} · ${moment} s · digest ${recording.digestAt(at)} · ${scenario.name}`,
  );
}

/** Returns one line for each server: its role, its epochs, the end of its log, and the last transaction it applied. */
export function serverLines({ server, session: { at, recording } }: Debugger): Line[] {
  return recording.servers.map((sid) => {
    const view = recording.serverAt(sid, at);
    const { disk, peer } = view;
    const epochs = `epochs ${disk.acceptedEpoch ?? "-"}/${disk.currentEpoch ?? "-"}`;
    const zxids =
      peer === undefined ? "" : `log ${zxidText(peer.log.zxid)}  applied ${zxidText(peer.lastProcessedZxid)}`;
    const isChanged = at > 0 && recording.lastChangeOf(sid, at) === at;
    return {
      text: `${sid === server ? "▸" : " "}${sid}  ${roleText(view).padEnd(30)}  ${epochs}  ${zxids}`,
      emphasis: isChanged ? "changed" : undefined,
    };
  });
}

/** Returns the events around the current one. */
export function eventLines({ session: { at, recording } }: Debugger, height: number): Line[] {
  const last = Math.min(recording.length, Math.max(height - 1, at + Math.floor(height / 2)));
  const first = Math.max(0, last - height + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const number = first + i;
    const isBad = recording.violationsOf(number).length > 0;
    const moment = formatMoment(recording.event(number).timeUs).padStart(11);
    const place = `${number === at ? "▸" : " "}${String(number).padStart(6)} ${moment}`;
    const text = printableLine(`${place}  ${eventTitle(recording, number)}`);
    return { text, emphasis: isBad ? "bad" : number === at ? "current" : undefined };
  });
}

/** Returns the title of the panel and its lines, each of at most `width` characters if its words are not longer. */
export function panelLines(
  debug: Debugger,
  width: number,
): { readonly title: string; readonly lines: readonly Line[] } {
  switch (debug.panel) {
    case "event":
      return { title: "what happened in this event", lines: detailLines(debug).flatMap(wrapped("  ", width)) };
    case "server":
      return { title: `server ${debug.server}`, lines: rowLines(debug, width) };
    case "messages":
      return { title: "messages in flight", lines: messageLines(debug) };
    case "decisions":
      return { title: "sync decisions so far", lines: decisionLines(debug).flatMap(wrapped("    ", width)) };
    case "help":
      return { title: "keys", lines: HELP.map((text) => ({ text })) };
  }
}

/** Returns a function that breaks a line at spaces, and indents the rest of it. */
function wrapped(indent: string, width: number): (line: Line) => Line[] {
  return ({ emphasis, text }) => hanging(text, "", indent, width).map((part) => ({ text: part, emphasis }));
}

function detailLines({ session: { at, recording } }: Debugger): Line[] {
  const details = eventDetails(recording, at);
  if (details.length === 0) return [{ text: "nothing that a server reports", emphasis: "dim" }];
  const violations = recording.violationsOf(at).length;
  return details.map((text, i) => ({ text: printableLine(text), emphasis: i < violations ? "bad" : undefined }));
}

/** Returns the rows of the selected server. Rows that the current event changed are emphasized. */
function rowLines({ server, session: { at, recording } }: Debugger, width: number): Line[] {
  const earlier = serverRows(recording.serverAt(server, Math.max(0, at - 1)));
  const before = new Map(earlier.map(({ name, value }) => [name, value]));
  return serverRows(recording.serverAt(server, at)).flatMap(({ name, value }) =>
    hanging(printableLine(value), name.padEnd(NAME_WIDTH), " ".repeat(NAME_WIDTH), width).map((text) => ({
      text,
      emphasis: before.get(name) === value ? undefined : "changed",
    })),
  );
}

function messageLines({ session: { at, recording } }: Debugger): Line[] {
  const inFlight = recording.inFlightAt(at);
  if (inFlight.length === 0) return [{ text: "none", emphasis: "dim" }];
  return inFlight.map(({ from, heldEvent, message, sentEvent, sentUs, to }, i) => {
    const held = heldEvent !== undefined && heldEvent <= at ? ", held" : "";
    const text = `${String(i + 1).padStart(3)}  ${from} → ${to}  ${messageText(message).padEnd(22)}`;
    return {
      text: `${text} sent in event ${sentEvent} at ${formatMoment(sentUs)} s${held}`,
      emphasis: sentEvent === at ? "changed" : undefined,
    };
  });
}

function decisionLines({ session: { at, recording } }: Debugger): Line[] {
  const lines: Line[] = [];
  for (const [index, record] of recording.records.entries()) {
    if (record.event !== "sync-decided") continue;
    const event = recording.eventOfRecord(index);
    if (event > at) break;
    const text = `event ${event}, ${formatMoment(record.atUs)} s: ${record.server} synchronizes ${record.learner}: `;
    lines.push({ text: text + explainDecision(record), emphasis: event === at ? "changed" : undefined });
  }
  return lines.length === 0 ? [{ text: "none", emphasis: "dim" }] : lines;
}

const HELP: readonly string[] = [
  "n → space   next event             b ←         previous event",
  "N B         next, previous event of the selected server",
  "1 … 9       select and inspect a server",
  "v V         next, previous violation",
  "d D         next, previous sync decision",
  "c e         cause of this event, first effect of this event",
  "g G         run to, run back to: an event, a time, a kind of event, a message, a server, a violation",
  "/           find a text             Home End    start, end of the run",
  "m l         messages in flight, list of sync decisions",
  "Tab         next panel              ↑ ↓         scroll the panel",
  "w           what if: crash a server, drop a message, … and continue in a branch",
  "u           return from the branch  s           save the run as a scenario",
  "? Esc       this help, back to the event         q  quit",
];
