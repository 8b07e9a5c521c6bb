/** The formats of `zabsim export`. */
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { mergedLogs } from "../zklog/merged-logs.ts";
import { causalGraph } from "./graphviz.ts";
import { jsonLines } from "./json-lines.ts";
import { mermaidDiagram } from "./mermaid.ts";
import { perfettoTrace } from "./perfetto.ts";
import type { RunEvent } from "./run-events.ts";
import type { EventFilter } from "./selection.ts";
import { shivizLog } from "./shiviz.ts";

export const EXPORT_FORMATS = ["jsonl", "shiviz", "perfetto", "mermaid", "dot", "zklog"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * Returns a traced run in a format, in pieces of text. `end` is the event whose causal cone `dot` shows. The other
 * formats ignore it.
 */
export function exportRun(
  run: ScenarioRun,
  format: ExportFormat,
  filter: EventFilter,
  end: RunEvent | undefined,
): Iterable<string> {
  switch (format) {
    case "jsonl":
      return jsonLines(run, filter);
    case "shiviz":
      return shivizLog(run, filter);
    case "perfetto":
      return perfettoTrace(run, filter);
    case "mermaid":
      return mermaidDiagram(run, filter);
    case "dot":
      if (end === undefined) throw new Error("dot: the run has no event whose causes the graph can show");
      return causalGraph(run, filter, end);
    case "zklog":
      return mergedLogs(run, filter);
  }
}
