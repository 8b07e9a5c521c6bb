/**
 * Paints the space-time diagram of one run on a canvas: one line for each server, colored by its state and phase,
 * messages as slanted arrows, faults as bands, and the events on the lines. It paints only the visible part.
 */
import type { ServerId } from "../../protocol/index.ts";
import { messageText } from "../session/describe-event.ts";
import type { SentMessage } from "../session/message-log.ts";
import { lastAtMost, type Recording } from "../session/recording.ts";
import type { DiagramFilter } from "./filter.ts";
import { groupOf, type MessageGroup } from "./groups.ts";
import type { Scale } from "./scale.ts";
import type { Band, Segment } from "./segments.ts";

/** The colors of the diagram, from the style sheet of the page. */
export interface Palette {
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
  readonly cursor: string;
  readonly violation: string;
  readonly states: readonly string[];
  readonly groups: Readonly<Record<MessageGroup, string>>;
}

/** What to paint. */
export interface Picture {
  readonly recording: Recording;
  readonly filter: DiagramFilter;
  readonly events: Int32Array;
  readonly scale: Scale;
  readonly segments: ReadonlyMap<number, readonly Segment[]>;
  readonly bands: readonly Band[];
  readonly palette: Palette;
  /** The size in CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** The unit of the axis at the left edge, and pixels for each unit. */
  readonly left: number;
  readonly pixelsPerUnit: number;
  /** The current event; undefined if the diagram has no cursor. */
  readonly at: number | undefined;
  /** Whether `at` is only the same moment of the other run. */
  readonly isEcho: boolean;
  /** If defined, only these events are bright. */
  readonly lit: ReadonlySet<number> | undefined;
  readonly differsAt: number | undefined;
}

export const TOP = 26;
export const LABEL_WIDTH = 34;
/** The width of the corner that the zoom buttons cover. */
const ZOOM_BUTTONS_WIDTH = 130;
const DIM = 0.12;
/** Below this distance between events, arrows are too dense to have texts. */
const TEXT_FROM_PIXELS = 26;
/** Below this distance, arrows of all messages would cover the picture. */
const ARROWS_FROM_PIXELS = 0.8;

/** Returns the vertical place of a server's line. */
export function laneY({ filter, height }: Pick<Picture, "filter" | "height">, sid: number): number {
  const index = [...filter.servers].indexOf(sid);
  const gap = (height - TOP - 14) / Math.max(1, filter.servers.size);
  return TOP + gap * (index + 0.5);
}

/** Paints a picture. */
export function paint(ctx: CanvasRenderingContext2D, picture: Picture): void {
  const painter = new Painter(ctx, picture);
  ctx.clearRect(0, 0, picture.width, picture.height);
  ctx.save();
  ctx.beginPath();
  ctx.rect(LABEL_WIDTH - 6, 0, picture.width, picture.height);
  ctx.clip();
  painter.bands();
  painter.lanes();
  painter.messages();
  painter.marks();
  painter.violations();
  painter.cursors();
  ctx.restore();
  painter.labels();
}

class Painter {
  private readonly ctx: CanvasRenderingContext2D;
  private readonly picture: Picture;
  private readonly firstEvent: number;
  private readonly lastEvent: number;
  private readonly lanesY: ReadonlyMap<number, number>;

  constructor(ctx: CanvasRenderingContext2D, picture: Picture) {
    this.ctx = ctx;
    this.picture = picture;
    const { left, pixelsPerUnit, scale, width } = picture;
    this.firstEvent = scale.eventAt(left - LABEL_WIDTH / pixelsPerUnit);
    this.lastEvent = scale.eventAt(left + width / pixelsPerUnit + 1);
    this.lanesY = new Map([...picture.filter.servers].map((sid) => [sid, laneY(picture, sid)]));
    ctx.font = "11px system-ui, sans-serif";
    ctx.lineCap = "round";
  }

  private x(event: number): number {
    const { left, pixelsPerUnit, scale } = this.picture;
    return LABEL_WIDTH + (scale.unitOf(event) - left) * pixelsPerUnit;
  }

  private y(sid: number): number {
    return this.lanesY.get(sid) ?? 0;
  }

  private alpha(...events: (number | undefined)[]): number {
    const { lit } = this.picture;
    return lit === undefined || events.some((event) => event !== undefined && lit.has(event)) ? 1 : DIM;
  }

  bands(): void {
    const { bands, filter, palette } = this.picture;
    for (const { a, b, from, kind, to } of bands) {
      if (to < this.firstEvent || from > this.lastEvent) continue;
      if (!filter.servers.has(a) || !filter.servers.has(b)) continue;
      const [x1, x2] = [this.x(from), this.x(to)];
      this.ctx.globalAlpha = 0.05;
      this.ctx.fillStyle = kind === "cut" ? palette.violation : palette.groups.broadcast;
      const [top, bottom] = [Math.min(this.y(a), this.y(b)), Math.max(this.y(a), this.y(b))];
      this.ctx.fillRect(x1, top, Math.max(1, x2 - x1), bottom - top);
    }
    this.ctx.globalAlpha = 1;
  }

  lanes(): void {
    const { ctx, picture } = this;
    for (const sid of picture.filter.servers) {
      const y = this.y(sid);
      for (const segment of picture.segments.get(sid) ?? []) {
        if (segment.to < this.firstEvent || segment.from > this.lastEvent) continue;
        const [x1, x2] = [Math.max(this.x(segment.from), 0), Math.min(this.x(segment.to), picture.width)];
        if (x2 >= x1) this.lane(segment, x1, Math.max(x2, x1 + 1), y);
      }
    }
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
  }

  private lane({ phase, process, state }: Segment, x1: number, x2: number, y: number): void {
    const { ctx, picture } = this;
    const { palette } = picture;
    ctx.globalAlpha = picture.lit === undefined ? 1 : 0.5;
    ctx.setLineDash([]);
    if (process === "down" || state === undefined) {
      ctx.setLineDash([2, 5]);
      ctx.strokeStyle = palette.violation;
      ctx.lineWidth = 1.5;
    } else {
      // The line gets thicker from phase to phase.
      ctx.strokeStyle = palette.states[state] ?? palette.faint;
      ctx.lineWidth = 2 + 2 * (phase ?? 0);
      ctx.lineCap = "butt";
      if (process === "paused") ctx.setLineDash([4, 3]);
    }
    ctx.beginPath();
    ctx.moveTo(x1, y);
    ctx.lineTo(x2, y);
    ctx.stroke();
  }

  messages(): void {
    const { events, filter, pixelsPerUnit, recording, scale } = this.picture;
    if (
      pixelsPerUnit * (scale.length / Math.max(1, events.length)) < ARROWS_FROM_PIXELS &&
      this.picture.lit === undefined
    )
      return;
    for (const sent of visibleMessages(recording, this.firstEvent, this.lastEvent)) {
      if (!filter.groups.has(groupOf(sent.type))) continue;
      if (filter.servers.has(sent.from) && filter.servers.has(sent.to)) this.message(sent);
    }
    this.ctx.globalAlpha = 1;
    this.ctx.setLineDash([]);
  }

  private message(sent: SentMessage): void {
    const { ctx, picture } = this;
    const { endEvent, fate, from, heldEvent, sentEvent, to, type } = sent;
    const end = endEvent ?? picture.recording.length;
    const [x1, y1, x2] = [this.x(sentEvent), this.y(from), this.x(end)];
    const isCurrent =
      !picture.isEcho && picture.at !== undefined && (picture.at === sentEvent || picture.at === endEvent);
    const alpha = this.alpha(...(picture.lit === undefined ? [] : [sentEvent, endEvent]));
    ctx.globalAlpha = isCurrent ? 1 : alpha * 0.85;
    ctx.strokeStyle = picture.palette.groups[groupOf(type)];
    ctx.fillStyle = ctx.strokeStyle;
    ctx.lineWidth = isCurrent ? 2.5 : 1.2;
    ctx.setLineDash(fate === "delivered" ? (heldEvent === undefined ? [] : [7, 3]) : [2, 3]);
    // A message that never arrives ends on its way.
    const share = fate === "delivered" ? 1 : 0.6;
    const [xEnd, yEnd] = [
      x1 + (x2 - x1) * (fate === "delivered" ? 1 : Math.min(1, share + 0.2)),
      y1 + (this.y(to) - y1) * share,
    ];
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(xEnd, yEnd);
    ctx.stroke();
    ctx.setLineDash([]);
    if (fate === "delivered") this.tip(x1, y1, xEnd, yEnd, sent.repeats.length > 0);
    else if (fate === "lost") this.cross(xEnd, yEnd);
    else this.dot(xEnd, yEnd);
    if (picture.pixelsPerUnit >= TEXT_FROM_PIXELS || isCurrent) this.text(sent, (x1 + xEnd) / 2, (y1 + yEnd) / 2);
  }

  private tip(x1: number, y1: number, x2: number, y2: number, isRepeated: boolean): void {
    const { ctx } = this;
    const angle = Math.atan2(y2 - y1, x2 - x1);
    for (const back of isRepeated ? [0, 6] : [0]) {
      const [x, y] = [x2 - Math.cos(angle) * (back + 3), y2 - Math.sin(angle) * (back + 3)];
      ctx.beginPath();
      ctx.moveTo(x, y);
      ctx.lineTo(x - 7 * Math.cos(angle - 0.4), y - 7 * Math.sin(angle - 0.4));
      ctx.lineTo(x - 7 * Math.cos(angle + 0.4), y - 7 * Math.sin(angle + 0.4));
      ctx.fill();
    }
  }

  private cross(x: number, y: number): void {
    const { ctx } = this;
    ctx.lineWidth = 2;
    ctx.beginPath();
    for (const [dx, dy] of [
      [4, 4],
      [4, -4],
    ] as const) {
      ctx.moveTo(x - dx, y - dy);
      ctx.lineTo(x + dx, y + dy);
    }
    ctx.stroke();
  }

  private dot(x: number, y: number): void {
    this.ctx.beginPath();
    this.ctx.arc(x, y, 3, 0, 2 * Math.PI);
    this.ctx.fill();
  }

  private text(sent: SentMessage, x: number, y: number): void {
    const { ctx, picture } = this;
    const text = messageText(sent.message);
    ctx.textAlign = "center";
    ctx.lineWidth = 3;
    ctx.strokeStyle = picture.palette.grid;
    ctx.strokeText(text, x, y - 3);
    ctx.fillText(text, x, y - 3);
  }

  /** Paints what happened on the lines: records, disk operations, crashes and starts. */
  marks(): void {
    const { events, picture } = { events: this.picture.events, picture: this.picture };
    const { recording } = picture;
    if (picture.pixelsPerUnit < 2) return;
    const numbers = events as unknown as readonly number[];
    for (let i = Math.max(0, lastAtMost(numbers, this.firstEvent)); i < events.length; i++) {
      const number = events[i] as number;
      if (number > this.lastEvent) break;
      this.ctx.globalAlpha = this.alpha(number);
      for (const { kind, node } of recording.traceOf(number)) {
        if (!picture.filter.servers.has(node)) continue;
        if (kind === "disk") this.square(this.x(number), this.y(node));
        if (kind === "crash" || kind === "stop") this.bigCross(this.x(number), this.y(node));
        if (kind === "start") this.triangle(this.x(number), this.y(node));
      }
      for (const { event, server } of recording.recordsOf(number)) {
        if (event === "sync-decided" && picture.filter.servers.has(server))
          this.diamond(this.x(number), this.y(server));
      }
    }
    this.ctx.globalAlpha = 1;
  }

  private square(x: number, y: number): void {
    this.ctx.fillStyle = this.picture.palette.text;
    this.ctx.fillRect(x - 2.5, y - 2.5, 5, 5);
  }

  private bigCross(x: number, y: number): void {
    this.ctx.strokeStyle = this.picture.palette.violation;
    this.cross(x, y);
  }

  private triangle(x: number, y: number): void {
    const { ctx } = this;
    ctx.fillStyle = this.picture.palette.text;
    ctx.beginPath();
    ctx.moveTo(x - 3, y - 5);
    ctx.lineTo(x + 5, y);
    ctx.lineTo(x - 3, y + 5);
    ctx.fill();
  }

  private diamond(x: number, y: number): void {
    const { ctx, picture } = this;
    ctx.fillStyle = picture.palette.groups.synchronization;
    ctx.strokeStyle = picture.palette.grid;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.moveTo(x, y - 7);
    ctx.lineTo(x + 6, y);
    ctx.lineTo(x, y + 7);
    ctx.lineTo(x - 6, y);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }

  violations(): void {
    const { ctx, picture } = this;
    const { recording } = picture;
    for (const [index, { server }] of recording.violations.entries()) {
      const x = this.x(recording.eventOfViolation(index));
      if (x < 0 || x > picture.width) continue;
      ctx.globalAlpha = 1;
      ctx.strokeStyle = picture.palette.violation;
      ctx.fillStyle = picture.palette.violation;
      ctx.lineWidth = 1;
      ctx.setLineDash([3, 3]);
      this.vertical(x);
      ctx.setLineDash([]);
      if (!picture.filter.servers.has(server)) continue;
      ctx.beginPath();
      ctx.arc(x, this.y(server), 7, 0, 2 * Math.PI);
      ctx.fill();
      ctx.fillStyle = picture.palette.grid;
      ctx.textAlign = "center";
      ctx.fillText("!", x, this.y(server) + 4);
    }
  }

  cursors(): void {
    const { ctx, picture } = this;
    ctx.setLineDash([]);
    if (picture.differsAt !== undefined) {
      const x = this.x(picture.differsAt);
      ctx.strokeStyle = picture.palette.groups.synchronization;
      ctx.fillStyle = ctx.strokeStyle;
      ctx.lineWidth = 2;
      this.vertical(x);
      ctx.textAlign = "left";
      ctx.fillText("first difference", x + 4, picture.height - 4);
    }
    if (picture.at === undefined) return;
    ctx.strokeStyle = picture.palette.cursor;
    ctx.lineWidth = 2;
    ctx.globalAlpha = picture.isEcho ? 0.4 : 1;
    // On whole pixels, the cursor is sharp.
    this.vertical(Math.round(this.x(picture.at)));
    ctx.globalAlpha = 1;
  }

  private vertical(x: number): void {
    this.ctx.beginPath();
    this.ctx.moveTo(x, TOP - 8);
    this.ctx.lineTo(x, this.picture.height - 14);
    this.ctx.stroke();
  }

  labels(): void {
    const { ctx, picture } = this;
    ctx.textAlign = "center";
    for (const sid of picture.filter.servers) {
      ctx.fillStyle = picture.palette.grid;
      ctx.fillRect(0, this.y(sid) - 10, LABEL_WIDTH - 8, 20);
      ctx.fillStyle = picture.palette.text;
      ctx.font = "600 13px system-ui, sans-serif";
      ctx.fillText(String(sid), (LABEL_WIDTH - 8) / 2, this.y(sid) + 5);
    }
    ctx.font = "11px system-ui, sans-serif";
    ctx.fillStyle = picture.palette.faint;
    for (let x = LABEL_WIDTH; x < picture.width - ZOOM_BUTTONS_WIDTH; x += 140) {
      const unit = picture.left + (x - LABEL_WIDTH) / picture.pixelsPerUnit;
      if (unit > picture.scale.length) break;
      const event = picture.scale.eventAt(unit);
      ctx.textAlign = "left";
      ctx.fillText(`${(picture.recording.event(event).timeUs / 1e6).toFixed(4)} s`, x, 12);
      ctx.fillRect(x, 15, 1, 4);
    }
  }
}

/** The number of messages that a picture shows at most. More would not be visible. */
const MESSAGES_MAX = 4000;

/** Returns the messages that are in flight between two events. */
function visibleMessages(recording: Recording, first: number, last: number): readonly SentMessage[] {
  const before = recording.inFlightAt(first);
  const sent = recording.messagesSentBetween(first, last);
  return before.length + sent.length > MESSAGES_MAX ? sent.slice(0, MESSAGES_MAX) : [...before, ...sent];
}

/** Returns the visible server whose line is nearest to a vertical place. */
export function serverAtY(picture: Pick<Picture, "filter" | "height">, y: number): ServerId | undefined {
  let best: ServerId | undefined;
  for (const sid of picture.filter.servers) {
    const isNearer = best === undefined || Math.abs(laneY(picture, sid) - y) < Math.abs(laneY(picture, best) - y);
    if (isNearer) best = sid as ServerId;
  }
  return best;
}
