/** The families (groups) of benchmark figures, and the conversion of their results to one JSON object. */
import { measureChaos } from "./chaos.ts";
import { measureColdStarts } from "./cold-starts.ts";
import type { Family, FamilyResult, FigureValue } from "./harness.ts";
import { measureKernel } from "./kernel.ts";
import { measureLogs } from "./logs.ts";
import { measureNoisy } from "./noisy.ts";
import { measureProtocol } from "./protocol.ts";
import { measureScale } from "./scale.ts";

export const FAMILIES: readonly Family[] = [
  { name: "kernel", measure: measureKernel },
  { name: "protocol", measure: measureProtocol },
  { name: "cold-starts", measure: measureColdStarts },
  { name: "noisy", measure: measureNoisy },
  { name: "scale", measure: measureScale },
  { name: "chaos", measure: measureChaos },
  { name: "logs", measure: measureLogs },
];

/** Returns every figure by its name, rounded to four digits. */
export function figuresOf(results: readonly FamilyResult[]): Record<string, FigureValue> {
  const rounded = (value: FigureValue): FigureValue => {
    if (value === null) return null;
    if (typeof value === "number") return Number(value.toPrecision(4));
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rounded(one) as number]));
  };
  const all = results.flatMap(({ figures }) => Object.entries(figures));
  return Object.fromEntries(all.map(([figure, value]) => [figure, rounded(value)]));
}
