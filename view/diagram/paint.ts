/**
 * Paints the space-time diagram of one run on a canvas: one line for each server, colored by its state and phase,
 * messages as slanted arrows, faults as bands, and the events on the lines. It paints only the visible part.
 */
import { lastAtMost } from "../session/recording.ts";
import type { TimelineMessage } from "../session/timeline.ts";
import { groupOf } from "./groups.ts";
import { isCurrent, type MessageText, messageTexts } from "./message-texts.ts";
import type { Picture } from "./picture.ts";
import { arrowOf, endOffset, eventX, LABEL_WIDTH, laneY, TOP, visibleEvents, visibleMessages } from "./places.ts";
import type { Segment } from "./segments.ts";

/** The width of the corner that the zoom buttons cover. */
const ZOOM_BUTTONS_WIDTH = 130;
const DIM = 0.12;
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
    [this.firstEvent, this.lastEvent] = visibleEvents(picture);
    this.lanesY = new Map([...picture.filter.servers].map((sid) => [sid, laneY(picture, sid)]));
    ctx.font = "11px system-ui, sans-serif";
    ctx.lineCap = "round";
  }

  private x(event: number): number {
    return eventX(this.picture, event);
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
    const messages = visibleMessages(this.picture);
    for (const sent of messages) this.message(sent);
    for (const text of messageTexts(this.picture, (one) => this.ctx.measureText(one).width)) this.text(text);
    this.ctx.globalAlpha = 1;
    this.ctx.setLineDash([]);
  }

  /** Sets the color and the opacity of a message. */
  private colorOf(sent: TimelineMessage): void {
    const { ctx, picture } = this;
    const alpha = this.alpha(sent.sentEvent, sent.endEvent);
    ctx.globalAlpha = isCurrent(this.picture, sent) ? 1 : alpha * 0.85;
    ctx.strokeStyle = picture.palette.groups[groupOf(sent.type)];
    ctx.fillStyle = ctx.strokeStyle;
  }

  private message(sent: TimelineMessage): void {
    const { ctx } = this;
    const { fate, heldEvent } = sent;
    const [start, end] = arrowOf(this.picture, sent);
    this.colorOf(sent);
    ctx.lineWidth = isCurrent(this.picture, sent) ? 2.5 : 1.2;
    ctx.setLineDash(fate === "delivered" ? (heldEvent === undefined ? [] : [7, 3]) : [2, 3]);
    ctx.beginPath();
    ctx.moveTo(start.x, start.y);
    ctx.lineTo(end.x, end.y);
    ctx.stroke();
    ctx.setLineDash([]);
    if (fate === "delivered") this.tip(start.x, start.y, end.x, end.y, sent.repeats.length > 0);
    else if (fate === "lost") this.cross(end.x, end.y);
    else if (fate === "reset") this.bar(start.x, start.y, end.x, end.y);
    else this.dot(end.x, end.y);
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

  /** Paints a bar across the end of a line. */
  private bar(x1: number, y1: number, x2: number, y2: number): void {
    const { ctx } = this;
    const angle = Math.atan2(y2 - y1, x2 - x1) + Math.PI / 2;
    const [dx, dy] = [6 * Math.cos(angle), 6 * Math.sin(angle)];
    ctx.lineWidth = 2.5;
    ctx.beginPath();
    ctx.moveTo(x2 - dx, y2 - dy);
    ctx.lineTo(x2 + dx, y2 + dy);
    ctx.stroke();
  }

  private dot(x: number, y: number): void {
    this.ctx.beginPath();
    this.ctx.arc(x, y, 3, 0, 2 * Math.PI);
    this.ctx.fill();
  }

  private text({ sent, text, x, y }: MessageText): void {
    const { ctx, picture } = this;
    this.colorOf(sent);
    ctx.textAlign = "center";
    ctx.lineWidth = 3;
    ctx.strokeStyle = picture.palette.grid;
    ctx.strokeText(text, x, y);
    ctx.fillText(text, x, y);
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
      const trace = recording.traceOf(number);
      for (const [index, { kind, node }] of trace.entries()) {
        if (!picture.filter.servers.has(node)) continue;
        if (kind === "disk") this.square(this.x(number), this.y(node));
        if (kind === "crash" || kind === "stop") this.bigCross(this.x(number) + endOffset(trace, index), this.y(node));
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
      ctx.fillText(picture.recording.timeText(picture.recording.event(event).timeUs), x, 12);
      ctx.fillRect(x, 15, 1, 4);
    }
  }
}
