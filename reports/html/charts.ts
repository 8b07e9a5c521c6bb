/** Charts and tables as markup without scripts. */
import { type Html, html } from "./page.ts";

const WIDTH = 520;
const HEIGHT = 200;
const LEFT = 52;
const BOTTOM = 28;
const TOP = 12;
const PLOT_WIDTH = WIDTH - LEFT - 12;
const PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Returns a chart of a value that never decreases, as steps. */
export function stepChart(title: string, points: readonly Point[], xLabel: string, yLabel: string): Html {
  const last = points.at(-1) ?? { x: 1, y: 1 };
  const x = (value: number): number => round(LEFT + (value / Math.max(1, last.x)) * PLOT_WIDTH);
  const y = (value: number): number => round(TOP + PLOT_HEIGHT - (value / Math.max(1, last.y)) * PLOT_HEIGHT);
  const path = points.map((point) => `H${x(point.x)}V${y(point.y)}`).join("");
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" role="img" aria-label="${title}">
<path class="curve" d="M${LEFT} ${TOP + PLOT_HEIGHT}${path}"/>${axes()}
<text x="${LEFT - 6}" y="${TOP + 8}" text-anchor="end">${short(last.y)}</text>
<text x="${LEFT - 6}" y="${TOP + PLOT_HEIGHT}" text-anchor="end">0</text>
<text class="dim" x="${LEFT + 8}" y="${TOP + 4}">${yLabel}</text>
<text x="${WIDTH - 12}" y="${HEIGHT - 10}" text-anchor="end">${short(last.x)} ${xLabel}</text></svg>`;
}

/** Returns a chart with one column for each count. */
export function columnChart(title: string, columns: readonly (readonly [label: string, count: number])[]): Html {
  const most = Math.max(1, ...columns.map(([, count]) => count));
  const step = PLOT_WIDTH / columns.length;
  const bars = columns.map(([label, count], i) => {
    const height = round((count / most) * (PLOT_HEIGHT - 14));
    const left = round(LEFT + i * step + 3);
    const center = round(LEFT + (i + 0.5) * step);
    const top = TOP + PLOT_HEIGHT - height;
    return html`<rect class="column" x="${left}" y="${top}" width="${round(step - 6)}" height="${height}"/>
<text x="${center}" y="${top - 3}" text-anchor="middle">${count === 0 ? "" : short(count)}</text>
<text class="dim" x="${center}" y="${HEIGHT - 10}" text-anchor="middle">${label}</text>`;
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" role="img" aria-label="${title}">
${bars}${axes()}</svg>`;
}

function axes(): Html {
  const base = TOP + PLOT_HEIGHT;
  return html`<path class="axis" d="M${LEFT} ${TOP}V${base}H${WIDTH - 12}" fill="none"/>`;
}

/** Returns a bar for a share between 0 and 1. */
export function shareBar(share: number): Html {
  return html`<span class="bar" aria-hidden="true"><i style="width:${Math.round(share * 100)}%"></i></span>`;
}

/** Returns a count in a short form, such as `12k`. */
export function short(count: number): string {
  if (count < 10_000) return String(count);
  return count < 10_000_000 ? `${Math.round(count / 1000)}k` : `${Math.round(count / 1_000_000)}M`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
