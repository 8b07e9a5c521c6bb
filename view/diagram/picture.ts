/** What the diagram shows of one run, and in which size and colors. */
import type { Timeline } from "../session/timeline.ts";
import type { DiagramFilter } from "./filter.ts";
import type { MessageGroup } from "./groups.ts";
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
  readonly recording: Timeline;
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
