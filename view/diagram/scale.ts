/**
 * Where an event is on the horizontal axis. In the order of events, each shown event takes the same space, so that a
 * burst of messages is as readable as a long wait. In time, the space is proportional to virtual time.
 */
import { lastAtMost } from "../session/recording.ts";
import type { Timeline } from "../session/timeline.ts";

export type AxisKind = "order" | "time";

export interface Scale {
  /** The length of the axis, in units. */
  readonly length: number;
  /** Returns the place of an event on the axis. */
  unitOf(number: number): number;
  /** Returns the shown event that is nearest to a place. */
  eventAt(unit: number): number;
}

export function makeScale(recording: Timeline, shown: Int32Array, kind: AxisKind): Scale {
  return kind === "order" ? orderScale(shown) : timeScale(recording, shown);
}

function orderScale(shown: Int32Array): Scale {
  const numbers = shown as unknown as readonly number[];
  return {
    length: Math.max(1, shown.length - 1),
    unitOf(number) {
      const index = lastAtMost(numbers, number);
      return shown[index] === number ? index : index + 0.5;
    },
    eventAt: (unit) => shown[clamp(Math.round(unit), shown.length - 1)] ?? 0,
  };
}

function timeScale(recording: Timeline, shown: Int32Array): Scale {
  const unitOf = (number: number): number => recording.event(number).timeUs / recording.usPerUnit;
  const units = Array.from(shown, unitOf);
  return {
    length: Math.max(1, units.at(-1) ?? 1),
    unitOf,
    eventAt(unit) {
      const left = clamp(lastAtMost(units, unit), shown.length - 1);
      const right = Math.min(left + 1, shown.length - 1);
      const isLeft = unit - (units[left] as number) <= (units[right] as number) - unit;
      return shown[isLeft ? left : right] ?? 0;
    },
  };
}

function clamp(value: number, max: number): number {
  return Math.max(0, Math.min(value, max));
}
