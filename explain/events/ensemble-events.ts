/**
 * The events of an ensemble as plain data, for a page that steps through them: what each log shows, in one order, with
 * the messages between the servers, the state of each server, and the places of decisions and findings.
 */
import type { LineAnswer } from "../answer.ts";
import type { Ensemble } from "../ensemble.ts";
import type { Finding } from "../finding.ts";
import { snapAdvice } from "../findings/snapshots.ts";
import { findingsOf } from "../findings.ts";
import type { Evidence } from "../history.ts";
import { causalOrder } from "./causal-order.ts";
import type { EventList } from "./event-list.ts";
import { lineKey, type Moment, momentsOf } from "./moment.ts";
import { Moments, messagesIn } from "./moment-messages.ts";
import { isQuiet, type MomentFacts, type MomentSign, signOf, titleOf } from "./moment-texts.ts";
import { type ServerChange, ServerStates } from "./server-states.ts";

/** One event. */
export interface EnsembleEvent {
  /** By the reference clock. Never less than that of the event before. */
  readonly timeMs: number;
  readonly server: number;
  readonly title: string;
  readonly lines: readonly LineAnswer[];
  readonly sign?: MomentSign;
  /** Whether a diagram shows it only together with its message. */
  readonly isQuiet?: true;
  readonly changes: readonly ServerChange[];
}

/** A message whose sending and arrival the logs show. Events count from 1. */
export interface EnsembleMessage {
  readonly type: string;
  readonly text: string;
  readonly from: number;
  readonly to: number;
  readonly sentEvent: number;
  readonly endEvent: number;
}

/** The events of an ensemble. */
export interface EnsembleEvents {
  readonly servers: readonly number[];
  readonly events: readonly EnsembleEvent[];
  /** In the order in which they were sent. */
  readonly messages: readonly EnsembleMessage[];
  /** One entry for each handshake of the answer. */
  readonly handshakes: readonly HandshakePlace[];
  /** One entry for each finding of the answer. */
  readonly findings: readonly FindingPlace[];
  /** The number of events that were left out: those before the first event, and those after the last one. */
  readonly leftOut: { readonly before: number; readonly after: number };
}

/** Where a handshake is, and what would have made a DIFF of a SNAP. */
export interface HandshakePlace {
  /** Null if the event is left out. */
  readonly event: number | null;
  readonly advice: readonly string[];
}

/** Where a finding is. */
export interface FindingPlace {
  /** Null if the event is left out. */
  readonly event: number | null;
  /** The event of each line of the finding; null if it is left out. */
  readonly lines: readonly (number | null)[];
}

/** The number of events in a page, so that it stays small and fast. */
export const EVENTS_MAX = 20_000;

/** Which events to return. Times are by the reference clock. */
export interface EventRange {
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** The number of events. If there are more, the newest ones are returned. Default: EVENTS_MAX. */
  readonly limit?: number;
}

/** Returns the events of an ensemble. */
export function ensembleEvents(
  ensemble: Ensemble,
  lists: readonly EventList[],
  { fromMs = Number.NEGATIVE_INFINITY, limit = EVENTS_MAX, untilMs = Number.POSITIVE_INFINITY }: EventRange = {},
): EnsembleEvents {
  const moments = new Moments(momentsOf(ensemble, lists));
  const { messages, moments: all } = causalOrder(moments.of, messagesIn(ensemble, moments));
  const facts = new FactsOfMoments(ensemble);
  const states = new ServerStates(ensemble, moments);
  const events: EnsembleEvent[] = [];
  let timeMs = Number.NEGATIVE_INFINITY;
  for (const moment of all) {
    const known = facts.of(moment);
    const sign = signOf(moment);
    timeMs = Math.max(timeMs, moment.timeMs);
    events.push({
      ...{ timeMs, server: moment.server, title: titleOf(moment, known), lines: moment.lines },
      ...(sign !== undefined && { sign }),
      ...(isQuiet(moment) && { isQuiet: true as const }),
      changes: states.changesIn(moment, known),
    });
  }
  const end = countWhile(events, (one) => one.timeMs <= untilMs);
  const omitted = Math.max(
    countWhile(events, (one) => one.timeMs < fromMs),
    end - limit,
  );
  const numbers = new Map(all.slice(0, end).map((moment, index) => [moment, index + 1 - omitted]));
  const numberOf = (moment: Moment | undefined): number | null => {
    const number = moment === undefined ? 0 : (numbers.get(moment) ?? 0);
    return number > 0 ? number : null;
  };
  const eventOf = (line: Evidence | undefined): number | null => numberOf(moments.at(line));
  return {
    servers: ensemble.histories.map(({ server }) => server),
    events: withStatesBefore(events.slice(0, end), omitted),
    messages: messages
      .flatMap(({ from, text, to, type }) => {
        const [sentEvent, endEvent] = [numberOf(from), numberOf(to)];
        if (sentEvent === null || endEvent === null) return [];
        return [{ type, text, from: from.server, to: to.server, sentEvent, endEvent }];
      })
      .sort((a, b) => a.sentEvent - b.sentEvent),
    handshakes: ensemble.handshakes.map((handshake) => ({
      event: eventOf(handshake.leaderSide?.at) ?? eventOf(handshake.learnerSide?.at),
      advice: snapAdvice(handshake),
    })),
    findings: findingsOf(ensemble).map((finding) => {
      const lines = finding.evidence.map(eventOf);
      return { event: eventOfFinding(finding, lines, events.slice(0, end), omitted), lines };
    }),
    leftOut: {
      before: omitted + lists.reduce((sum, { dropped }) => sum + dropped, 0),
      after: events.length - end,
    },
  };
}

/** Returns the number of events at the start that fulfill a condition. */
function countWhile(events: readonly EnsembleEvent[], condition: (event: EnsembleEvent) => boolean): number {
  const first = events.findIndex((event) => !condition(event));
  return first < 0 ? events.length : first;
}

/** Returns the event of a finding: that of the line at its time, or else of its first line, or else at its time. */
function eventOfFinding(
  { timeMs, servers }: Finding,
  lines: readonly (number | null)[],
  events: readonly EnsembleEvent[],
  omitted: number,
): number | null {
  const known = lines.filter((line) => line !== null);
  const timeOf = (number: number): number | undefined => events[number - 1 + omitted]?.timeMs;
  const atTime = known.find((number) => timeOf(number) === timeMs);
  if (atTime !== undefined || known[0] !== undefined) return atTime ?? (known[0] as number);
  if (timeMs === undefined) return null;
  const found = events.findLastIndex((one) => one.timeMs <= timeMs && servers.includes(one.server)) + 1 - omitted;
  return found > 0 ? found : null;
}

/** Returns the events without the first ones. The first one that is left also has the changes of those before it. */
function withStatesBefore(events: readonly EnsembleEvent[], omitted: number): readonly EnsembleEvent[] {
  const first = events[omitted];
  if (omitted === 0 || first === undefined) return events;
  const before = new Map<number, ServerChange>();
  for (const change of events.slice(0, omitted + 1).flatMap(({ changes }) => changes)) {
    const known = before.get(change.server);
    before.set(change.server, { ...known, ...change, rows: { ...known?.rows, ...change.rows } });
  }
  return [{ ...first, changes: [...before.values()] }, ...events.slice(omitted + 1)];
}

/** Finds what the histories know about each moment. */
class FactsOfMoments {
  private readonly processes: ReadonlyMap<string, MomentFacts["process"]>;
  private readonly periods: ReadonlyMap<string, MomentFacts["period"]>;
  private readonly handshakes: ReadonlyMap<string, MomentFacts["handshake"]>;

  constructor({ handshakes, histories }: Ensemble) {
    this.processes = new Map(
      histories.flatMap(({ processes }) => processes.map((process) => [lineKey(process.at), process])),
    );
    this.periods = new Map(histories.flatMap(({ periods }) => periods.map((period) => [lineKey(period.at), period])));
    this.handshakes = new Map(
      handshakes.flatMap((handshake) => {
        const { leaderSide } = handshake;
        return leaderSide === undefined ? [] : [[lineKey(leaderSide.at), handshake]];
      }),
    );
  }

  of({ lines }: Moment): MomentFacts {
    const [first] = lines;
    const key = first === undefined ? "" : lineKey(first);
    return { process: this.processes.get(key), period: this.periods.get(key), handshake: this.handshakes.get(key) };
  }
}
