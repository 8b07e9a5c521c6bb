/**
 * A static space-time diagram of a run: a vertical line for each server, colored by its role, an arrow for each
 * message, and a note for each important record. Time runs from top to bottom, without idle time.
 */
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { eventText } from "../export/event-text.ts";
import { isHandshakeEvent } from "../export/mermaid.ts";
import { messageFacts, messageText } from "../export/messages.ts";
import { type RunEvent, runEvents } from "../export/run-events.ts";
import { formatMoment } from "../format.ts";
import { type Html, html } from "./page.ts";

const ROW = 17;
const TOP = 40;
/** The column with the times, and the column with the steps of the scenario. */
const TIMES = 80;
const STEPS = 230;
const COLUMN = 250;
const NOTE_CHARACTERS = 34;
/** The maximum number of rows. Of a longer run, the diagram shows the end. */
const ROWS_MAX = 160;

const ROLES: ReadonlySet<string> = new Set(["looking", "following", "leading", "observing"]);

interface Placed {
  readonly event: RunEvent;
  readonly row: number;
}

export function spaceTimeDiagram(run: ScenarioRun): Html {
  const events = runEvents(run);
  const fates = events.filter((event) => event.source === "trace" && isHandshakeEvent(event));
  const sends = new Set(fates.map(({ cause }) => cause));
  const shown = events.filter((event) => sends.has(event.id) || isHandshakeEvent(event));
  const placed = place(shown.slice(-ROWS_MAX));
  const drawing = new Drawing(run, placed);
  const hidden = shown.length - placed.size;
  return html`<div class="diagram scroll">${
    hidden > 0 ? html`<p class="muted">The first ${hidden} events are not shown.</p>` : undefined
  }${drawing.svg()}</div>`;
}

/**
 * Gives each event a row. Events at the same time share a row if they have no note and if their messages have different
 * senders, so that no two labels cover each other.
 */
function place(events: readonly RunEvent[]): Map<number, Placed> {
  const placed = new Map<number, Placed>();
  const senders = new Set<number>();
  let row = -1;
  let openUs = -1;
  for (const event of events) {
    const isSecond = event.kind === "send" && senders.has(event.server);
    if (event.source !== "trace" || event.atUs !== openUs || isSecond) {
      row++;
      senders.clear();
    }
    openUs = event.source === "trace" ? event.atUs : -1;
    if (event.kind === "send") senders.add(event.server);
    placed.set(event.id, { event, row });
  }
  return placed;
}

class Drawing {
  private readonly sids: readonly number[];
  private readonly placed: ReadonlyMap<number, Placed>;
  private readonly rows: number;
  private readonly left: number;

  constructor(run: ScenarioRun, placed: ReadonlyMap<number, Placed>) {
    this.sids = Object.keys(run.scenario.servers).map(Number);
    this.placed = placed;
    this.left = TIMES + ([...placed.values()].some(({ event }) => event.server < 0) ? STEPS : 0);
    this.rows = Math.max(0, ...[...placed.values()].map(({ row }) => row)) + 1;
  }

  svg(): Html {
    const width = this.left + this.sids.length * COLUMN;
    const height = TOP + this.rows * ROW + 8;
    const all = [...this.placed.values()];
    const size = html`viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
    return html`<svg ${size} role="img" aria-label="space-time diagram">
${this.sids.map((sid) => html`<text x="${this.x(sid)}" y="16" text-anchor="middle">server ${sid}</text>`)}
${this.sids.map((sid) => this.line(sid, height - 4))}
${all.map((one) => this.message(one))}
${all.map((one) => this.note(one))}
${this.times(all)}</svg>`;
  }

  private x(server: number): number {
    return this.left + this.sids.indexOf(server) * COLUMN + 8;
  }

  private y(row: number): number {
    return TOP + row * ROW;
  }

  /** Returns the line of a server: one segment for each role, dashed while its process does not run. */
  private line(server: number, end: number): Html[] {
    const segments: Html[] = [];
    let role = "looking";
    let from = 24;
    const close = (to: number): void => {
      const x = this.x(server);
      segments.push(html`<path class="time ${role}" d="M${x} ${from}V${to}" fill="none"/>`);
      from = to;
    };
    for (const { event, row } of this.placed.values()) {
      if (event.server !== server || event.source !== "record") continue;
      const next = ROLES.has(event.kind) ? event.kind : event.kind === "crashed" ? "down" : undefined;
      if (next === undefined) continue;
      close(this.y(row));
      role = next;
    }
    close(end);
    return segments;
  }

  /** Returns the arrow of a message from its send to its arrival or loss. */
  private message({ event, row }: Placed): Html | undefined {
    if (event.source !== "trace" || event.kind === "send") return undefined;
    const facts = messageFacts(event.fact.payload);
    const sent = event.cause === undefined ? undefined : this.placed.get(event.cause);
    if (facts === undefined || sent === undefined) return undefined;
    const { node, peer } = event.fact;
    const to = sent.event.server === node ? peer : node;
    if (!this.sids.includes(to) || !this.sids.includes(sent.event.server)) return undefined;
    const [x1, x2] = [this.x(sent.event.server), this.x(to)];
    const [y1, y2] = [this.y(sent.row), this.y(row)];
    const isArrival = event.kind === "deliver";
    const end = isArrival ? x2 : (x1 + x2) / 2;
    const direction = x2 > x1 ? -1 : 1;
    const head = html`<path class="head" d="M${end} ${y2}l${direction * 8} -4v8z"/>`;
    const text = `${messageText(facts)}${isArrival ? "" : event.kind === "hold" ? " (held)" : " (lost)"}`;
    const full = `${text}, sent ${formatMoment(sent.event.atUs)} s, ${formatMoment(event.atUs)} s`;
    // The label is close to the sender, where the notes of other servers do not cover it.
    const anchor = direction < 0 ? "start" : "end";
    const place = html`x="${x1 - direction * 14}" y="${y1 - 3}" text-anchor="${anchor}"`;
    const label = html`<text class="dim" ${place}>${text}</text>`;
    const line = html`<path class="message${isArrival ? "" : " lost"}" d="M${x1} ${y1}L${end} ${y2}"/>`;
    return html`<g><title>${full}</title>${line}${isArrival ? head : undefined}${label}</g>`;
  }

  private note({ event, row }: Placed): Html | undefined {
    if (event.source === "trace") return undefined;
    const text = eventText(event);
    const x = event.server < 0 ? TIMES : this.x(event.server);
    const kind = event.source === "violation" ? "violated" : event.server < 0 ? "dim" : "";
    const full = `${formatMoment(event.atUs)} s: ${text}`;
    const mark = event.server < 0 ? undefined : html`<circle class="mark" cx="${x}" cy="${this.y(row) - 4}" r="3"/>`;
    const start = mark === undefined ? x : x + 9;
    const note = html`<text class="${kind}" x="${start}" y="${this.y(row)}">${cut(text, NOTE_CHARACTERS)}</text>`;
    return html`<g><title>${full}</title>${mark}${note}</g>`;
  }

  /** Returns the virtual time at the left margin, where it changes. */
  private times(all: readonly Placed[]): Html[] {
    let last = -1;
    return all.flatMap(({ event, row }) => {
      if (event.atUs === last) return [];
      last = event.atUs;
      return [html`<text class="dim" x="4" y="${this.y(row)}">${formatMoment(event.atUs)}</text>`];
    });
  }
}

function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}
