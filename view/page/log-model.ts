/** What the logs of real servers show, with everything about it that depends on no filter. */
import type { FindingAnswer, HandshakeAnswer, LineAnswer } from "../../explain/answer.ts";
import { PHASE_NAMES, type ServerId } from "../../protocol/index.ts";
import { findingLabel, reasonOf, zxidText } from "../../reports/explanation-texts.ts";
import { type Segment, segmentsOf } from "../diagram/segments.ts";
import { LogTimeline } from "../logs/log-timeline.ts";
import { Cursor } from "../session/cursor.ts";
import type { EventQuery, MessagePattern } from "../session/find-event.ts";
import { type ServerRow, STATE_NAMES } from "../session/server-rows.ts";
import type { TimelineMessage } from "../session/timeline.ts";
import { logTour } from "./log-tour.ts";
import { type LineZxid, type NumberLine, numberLine } from "./number-line.ts";
import type { LogPageData } from "./page-data.ts";
import type { ShownDecision, ShownServer, Subject } from "./subject.ts";
import type { TourStep } from "./tour-steps.ts";

/** A finding of `zabsim explain`, and its places in the page. */
export interface ShownFinding {
  readonly finding: FindingAnswer;
  /** How bad and how sure it is, and its title. */
  readonly title: string;
  /** Undefined if the page has no event for it. */
  readonly event: number | undefined;
  /** The lines that show it, each with its event if the page has one. */
  readonly lines: readonly { readonly line: LineAnswer; readonly event: number | undefined }[];
}

/** What the rows of the cards mean, by name. */
export const LOG_ROW_MEANINGS: Readonly<Record<string, string>> = {
  epoch: "the epoch in which the server leads or follows, or its last one",
  "last zxid": "the last transaction in the memory of the server when it started or voted",
  vote: "the last vote of the server in its election",
  "votes heard": "the last vote of each other server in this election",
  leader: "the server that it follows",
  synchronization: "how far the synchronization with the leader is, as far as the log of the learner shows it",
  learners: "the last that the log of the leader shows of each learner",
  "ACKs of NEWLEADER": "the servers whose ACKs of NEWLEADER established the leader",
};

/** The rows in the order in which a card shows them. */
const ROW_ORDER = [...Object.keys(LOG_ROW_MEANINGS), "last snapshot", "release", "settings"];

/** The position in the timeline, and the search. */
class LogCursor extends Cursor {
  private readonly model: LogModel;

  constructor(model: LogModel) {
    super(model.timeline, 0);
    this.model = model;
  }

  override matches(number: number, { message, pattern, record, server, text, what, without }: EventQuery): boolean {
    const { timeline } = this.model;
    if (server !== undefined && timeline.event(number).server !== server) return false;
    if (what === "violation" && timeline.violationsOf(number).length === 0) return false;
    const observed = what === "decision" ? "sync-decided" : record;
    if (observed !== undefined && !timeline.recordsOf(number).some(({ event }) => event === observed)) return false;
    const arrived = timeline.messagesThatEndAt(number);
    if (message !== undefined && !arrived.some(({ type }) => type === message)) return false;
    if (pattern !== undefined && !this.hasMessage(arrived, pattern)) return false;
    if (without !== undefined && this.arrivesLater(number, without)) return false;
    return text === undefined || this.model.textsOf(number).join("\n").toLowerCase().includes(text.toLowerCase());
  }

  private hasMessage(messages: readonly TimelineMessage[], { from, to, type, zxid }: MessagePattern): boolean {
    return messages.some(
      (one) =>
        one.type === type &&
        (from ?? one.from) === one.from &&
        (to ?? one.to) === one.to &&
        (zxid === undefined || this.model.timeline.messageText(one) === `${type} ${zxid}`),
    );
  }

  private arrivesLater(number: number, pattern: MessagePattern): boolean {
    const later = this.model.timeline.messages.filter(({ endEvent }) => endEvent > number);
    return this.hasMessage(later, pattern);
  }
}

export class LogModel implements Subject {
  readonly label: string;
  readonly data: LogPageData;
  readonly timeline: LogTimeline;
  readonly cursor: Cursor;
  readonly segments: ReadonlyMap<number, readonly Segment[]>;
  readonly bands: readonly [] = [];
  readonly differsAt = undefined;
  readonly findings: readonly ShownFinding[];
  /** The findings that are more than a note. */
  readonly problems: readonly ShownFinding[];

  constructor(data: LogPageData) {
    const { answer, events, title } = data;
    this.data = data;
    this.label = title;
    this.findings = answer.findings.map((finding, index) => shownFinding(finding, events.findings[index]));
    this.problems = this.findings.filter(({ finding }) => finding.severity !== "note");
    const marked = this.problems.flatMap(({ event }) => (event === undefined ? [] : [event]));
    this.timeline = new LogTimeline(events, marked);
    this.segments = new Map(this.timeline.servers.map((sid) => [sid, segmentsOf(this.timeline, sid)]));
    this.cursor = new LogCursor(this);
  }

  titleOf(event: number): string {
    return this.timeline.entry(event)?.title ?? "the start of the logs";
  }

  detailsOf(event: number): readonly string[] {
    return this.findingsAt(event).map(({ title }) => title);
  }

  linesOf(event: number): readonly LineAnswer[] {
    return this.timeline.entry(event)?.lines ?? [];
  }

  /** Returns the findings that are about an event, or that an event shows. */
  private findingsAt(at: number): readonly ShownFinding[] {
    return this.findings.filter(({ event, lines }) => event === at || lines.some((line) => line.event === at));
  }

  /** Returns everything that the page says about an event. */
  textsOf(event: number): readonly string[] {
    const lines = this.linesOf(event).map(({ text }) => text);
    const messages = this.timeline.messagesThatEndAt(event).map((one) => this.timeline.messageText(one));
    return [this.titleOf(event), ...this.detailsOf(event), ...lines, ...messages];
  }

  serverAt(sid: ServerId, event: number): ShownServer {
    const { isUp, phase, role, rows } = this.timeline.stateAt(sid, event);
    const ordered = [...rows].sort(([a], [b]) => ROW_ORDER.indexOf(a) - ROW_ORDER.indexOf(b));
    const shown = ordered.map(([name, value]): ServerRow => {
      const about = LOG_ROW_MEANINGS[name];
      return { name, value, ...(about !== undefined && { about }) };
    });
    const known = role === undefined ? "not logged yet" : `${STATE_NAMES[role]} · ${PHASE_NAMES[phase ?? 0]}`;
    return { state: isUp ? role : undefined, rows: [{ name: "role", value: isUp ? known : "down" }, ...shown] };
  }

  decisions(): readonly ShownDecision[] {
    const { answer, events } = this.data;
    const isComplete = events.leftOut.before + events.leftOut.after === 0;
    const all = answer.handshakes.flatMap((handshake, index): ShownDecision[] => {
      const { advice, event } = events.handshakes[index] ?? { advice: [], event: null };
      const { decision, leader, learner, observer, zxid } = handshake;
      if (event === null && !isComplete) return [];
      return [
        {
          event: event ?? undefined,
          ...{ leader: String(leader ?? "?"), learner: String(learner), observer, loss: undefined },
          packet: `${decision ?? "unknown"}${zxid === null ? "" : ` ${zxidText(zxid)}`}`,
          line: lineOf(handshake),
          why: reasonOf(handshake),
          notes: [...checkTexts(handshake), ...advice.map((text) => `→ ${text}`)],
        },
      ];
    });
    return all.sort((a, b) => (a.event ?? 0) - (b.event ?? 0));
  }

  litEvents(at: number): ReadonlySet<number> | undefined {
    const here = this.findingsAt(at);
    const shown = here.length > 0 ? here : this.problems.length > 0 ? this.problems : this.findings;
    const events = shown.flatMap(({ event, lines }) => [event, ...lines.map((line) => line.event)]);
    const known = events.filter((event) => event !== undefined);
    return known.length === 0 ? undefined : new Set(known);
  }

  tour(): readonly TourStep[] {
    return logTour({
      timeline: this.timeline,
      titleOf: (event) => this.titleOf(event),
      decision: this.decisions().find(({ event }) => event !== undefined)?.event,
      finding: this.problems[0] ?? this.findings[0],
    });
  }
}

function shownFinding(
  finding: FindingAnswer,
  place: LogPageData["events"]["findings"][number] | undefined,
): ShownFinding {
  return {
    finding,
    title: `${findingLabel(finding)}: ${finding.title}`,
    event: place?.event ?? undefined,
    lines: finding.evidence.map((line, index) => ({ line, event: place?.lines[index] ?? undefined })),
  };
}

/** Returns the zxids of a decision on a line. Undefined if the log of the leader is not given. */
function lineOf({
  lastProcessedZxid,
  maxCommittedLog,
  minCommittedLog,
  peerLastZxid,
}: HandshakeAnswer): NumberLine | undefined {
  if (peerLastZxid === null || minCommittedLog === null || maxCommittedLog === null) return undefined;
  return numberLine({
    peer: lineZxid(peerLastZxid),
    last: lastProcessedZxid === null ? undefined : lineZxid(lastProcessedZxid),
    // ZooKeeper logs 0x0 for both ends of an empty committedLog.
    committedLog: maxCommittedLog === "0x0" ? [] : [lineZxid(minCommittedLog), lineZxid(maxCommittedLog)],
    log: undefined,
  });
}

/** A zxid is signed in ZooKeeper, and written without a sign. */
function lineZxid(hex: string): LineZxid {
  return { value: BigInt.asIntN(64, BigInt(hex)), text: zxidText(hex) };
}

/** Returns whether the decision is that of zabsim's model of the release, if that is worth saying. */
function checkTexts({ check, leaderRelease, otherDecisions, rules }: HandshakeAnswer): readonly string[] {
  const model = `zabsim's model of ${leaderRelease ?? "the release"}`;
  if (check === "agrees") return [`rule ${rules.join(" or ")}; ${model} decides the same`];
  if (check !== "possible") return [];
  return [
    `rule ${rules.join(" or ")}; ${model} can decide the same, or ${otherDecisions.join(" or ")}: this depends on ` +
      "transactions that no log line contains",
  ];
}
