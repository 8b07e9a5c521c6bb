/** The diagram of one run: the canvas, zoom and pan, and the choice of an event by a click. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { paint } from "../diagram/paint.ts";
import { eventAtPoint } from "../diagram/pick.ts";
import type { Palette, Picture } from "../diagram/picture.ts";
import { LABEL_WIDTH } from "../diagram/places.ts";
import type { Scale } from "../diagram/scale.ts";
import { sameMoment } from "./counterpart.ts";
import type { PageModel } from "./model.ts";

/** The part of the axis that a diagram shows. Both diagrams of a comparison have one of their own. */
interface Window {
  left: number;
  pixelsPerUnit: number;
}

const PIXELS_PER_UNIT_MAX = 120;
/** The distance between two events at first, if the run does not fit. */
const COMFORTABLE_PIXELS = 16;

export function DiagramView({ model, index }: { readonly model: PageModel; readonly index: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<Window | undefined>(undefined);
  const drag = useRef<{ x: number; left: number; moved: boolean } | undefined>(undefined);
  const frame = useRef(0);
  const run = model.runs.value[index];
  const shown = model.shown.value[index];
  const isCurrent = model.current.value === index;
  // Only signals that are read while rendering render the component again.
  const at = isCurrent ? model.at.value : sameMoment(model);
  const lit = isCurrent ? model.lit.value : undefined;
  const filter = model.filter.value;

  const picture = (): Picture | undefined => {
    const element = canvas.current;
    if (element === null || run === undefined || shown === undefined) return undefined;
    const { clientHeight: height, clientWidth: width } = element;
    view.current ??= startWindow(shown.scale, width, at);
    const { bands, differsAt, segments, timeline } = run;
    return {
      ...{ recording: timeline, segments, bands, differsAt },
      ...{ events: shown.events, scale: shown.scale, filter, palette: paletteOf(element) },
      ...{ width, height, ...view.current },
      ...{ at, isEcho: !isCurrent, lit },
    };
  };
  const paintNow = (): void => {
    const element = canvas.current;
    const next = picture();
    const ctx = element?.getContext("2d");
    if (element === null || next === undefined || !ctx) return;
    const ratio = window.devicePixelRatio;
    if (element.width !== next.width * ratio || element.height !== next.height * ratio) {
      element.width = next.width * ratio;
      element.height = next.height * ratio;
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(ctx, next);
  };
  // The observers below keep the functions of the first rendering, so they must find the latest one here.
  const latestPaint = useRef(paintNow);
  latestPaint.current = paintNow;
  const repaint = (): void => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => latestPaint.current());
  };

  useEffect(() => {
    const observer = new ResizeObserver(repaint);
    if (canvas.current !== null) observer.observe(canvas.current);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", repaint);
    return () => {
      observer.disconnect();
      scheme.removeEventListener("change", repaint);
    };
  }, []);
  useLayoutEffect(() => {
    view.current = undefined;
    paintNow();
  }, [shown?.scale]);
  // The current event stays visible, except if the user moves the picture away from it.
  useLayoutEffect(() => {
    const now = picture();
    if (now !== undefined && view.current !== undefined) view.current.left = leftToShow(now);
    repaint();
  }, [at, shown?.scale]);
  useLayoutEffect(repaint, [lit, run]);

  const zoom = (factor: number, x: number): void => {
    const now = picture();
    if (now === undefined || view.current === undefined) return;
    const unit = now.left + (x - LABEL_WIDTH) / now.pixelsPerUnit;
    const smallest = (now.width - LABEL_WIDTH - 20) / now.scale.length;
    const next = Math.max(
      Math.min(smallest, COMFORTABLE_PIXELS),
      Math.min(PIXELS_PER_UNIT_MAX, now.pixelsPerUnit * factor),
    );
    view.current = { pixelsPerUnit: next, left: unit - (x - LABEL_WIDTH) / next };
    repaint();
  };
  const onWheel = (event: WheelEvent): void => {
    event.preventDefault();
    const now = view.current;
    if (now === undefined) return;
    if (event.ctrlKey || Math.abs(event.deltaY) > Math.abs(event.deltaX)) zoom(1.0015 ** -event.deltaY, event.offsetX);
    else {
      now.left += event.deltaX / now.pixelsPerUnit;
      repaint();
    }
  };
  const onPointerDown = (event: PointerEvent): void => {
    if (view.current === undefined) return;
    drag.current = { x: event.clientX, left: view.current.left, moved: false };
    canvas.current?.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (drag.current === undefined || view.current === undefined) return;
    const distance = event.clientX - drag.current.x;
    if (Math.abs(distance) > 4) drag.current.moved = true;
    if (!drag.current.moved) return;
    view.current.left = drag.current.left - distance / view.current.pixelsPerUnit;
    repaint();
  };
  const onPointerUp = (event: PointerEvent): void => {
    const moved = drag.current?.moved;
    drag.current = undefined;
    const now = picture();
    if (moved !== false || now === undefined) return;
    model.select(index, eventAtPoint(now, { x: event.offsetX, y: event.offsetY }));
  };

  if (run === undefined) return null;
  return (
    <figure class={`diagram${isCurrent ? " current" : ""}`}>
      {model.runs.value.length > 1 && <figcaption>{run.label}</figcaption>}
      <div class="zoom">
        <button type="button" aria-label="Zoom in" onClick={() => zoom(1.5, centerOf(canvas.current))}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => zoom(1 / 1.5, centerOf(canvas.current))}>
          −
        </button>
      </div>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Space-time diagram of ${run.label}: one line for each server, messages as arrows`}
        onWheel={onWheel}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
      />
    </figure>
  );
}

function centerOf(element: HTMLCanvasElement | null): number {
  return (element?.clientWidth ?? 0) / 2;
}

/** Returns the part of the axis to show at first: everything if it fits, or else the part around an event. */
function startWindow({ length, unitOf }: Scale, width: number, at: number): Window {
  const space = width - LABEL_WIDTH - 20;
  const pixelsPerUnit = Math.min(60, Math.max(space / length, COMFORTABLE_PIXELS));
  const visible = space / pixelsPerUnit;
  return { left: visible >= length ? -0.5 : Math.max(-0.5, unitOf(at) - visible / 2), pixelsPerUnit };
}

/** Returns the left edge of the picture with which the current event is visible: the present one, if it suffices. */
function leftToShow({ at, left, pixelsPerUnit, scale, width }: Picture): number {
  if (at === undefined) return left;
  const unit = scale.unitOf(at);
  const visible = (width - LABEL_WIDTH) / pixelsPerUnit;
  const margin = Math.min(3, visible / 4);
  const isVisible = unit >= left + margin && unit <= left + visible - margin;
  return isVisible ? left : Math.max(-1, unit - visible / 2);
}

function paletteOf(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    text: color("text"),
    faint: color("faint"),
    grid: color("panel"),
    cursor: color("cursor"),
    violation: color("violation"),
    states: [color("looking"), color("following"), color("leading"), color("observing")],
    groups: {
      election: color("election"),
      discovery: color("discovery"),
      synchronization: color("synchronization"),
      broadcast: color("broadcast"),
      ping: color("ping"),
    },
  };
}
