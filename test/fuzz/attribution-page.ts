/** The page docs/attribution.md. scripts/attribution.mjs writes it, and attribution-page.test.ts checks it. */
import { bugPaths, readScenario } from "../../cli/scenario-files.ts";
import { type AttributionRow, attributionRow } from "../../fuzz/attribution-table.ts";
import { attributionPage } from "../../reports/attribution-page.ts";

/** Returns a row for each scenario in scenarios/bugs/. Takes about 15 s. */
export function keptRows(): AttributionRow[] {
  return bugPaths().map((path) => attributionRow(readScenario(path, []).scenario));
}

export function pageOfKeptFindings(): string {
  return attributionPage(keptRows());
}
