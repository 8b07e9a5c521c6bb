/**
 * Prints docs/attribution.md: a Markdown page with the known bugs that explain the failure of each kept scenario.
 */
import type { BugEvidence } from "../fuzz/attribution.ts";
import type { AttributionRow } from "../fuzz/attribution-table.ts";
import { markdownTable } from "./markdown-table.ts";

const INTRODUCTION = `# Attribution of the kept findings

\`npm run golden\` writes this page. Each scenario in [scenarios/bugs](../scenarios/bugs) keeps one failure of
ZooKeeper: an invariant that its run violates, or servers that are stuck. zabsim attributes the failure to a known bug:
it runs the scenario again with changed behaviors. If the scenario has no seed, zabsim uses the seeds 1, 2 and 3.

- **bug**: the known bug to which the failure is attributed. "Same name" means that the bug has the name of the
  scenario.
- **this bug fixed**: the failure "vanishes" if it occurs with none of the seeds when only this bug is fixed.
- **others fixed**: the failure "remains" if it occurs with each of the seeds when all known bugs except this one are
  fixed. Then this bug alone is enough. If the failure vanishes, it needs a second bug, which the note names.

If a scenario violates no invariant, and the only failure is a server that cannot start, zabsim settles all servers
after the last step. The failure is then that they are stuck.
`;

const COLUMNS = ["scenario", "failure", "bug", "this bug fixed", "others fixed", "note"];

/** Returns the page for these rows. */
export function attributionPage(rows: readonly AttributionRow[]): string {
  return `${INTRODUCTION}\n${markdownTable(COLUMNS, rows.flatMap(linesOf))}`;
}

/** Returns the cells of one line for each bug of the row. */
function linesOf(row: AttributionRow): string[][] {
  const { bugs, failure, scenario } = row;
  if (bugs.length === 0) return [[linkTo(scenario), failure, "none", "-", "-", "no known bug explains it"]];
  return bugs.map((bug) => [linkTo(scenario), failure, nameOf(bug, row), ...verdictOf(bug), noteOn(bug, row)]);
}

function linkTo(scenario: string): string {
  return `[${scenario}](../scenarios/bugs/${scenario}.yaml)`;
}

function nameOf({ id }: BugEvidence, { scenario }: AttributionRow): string {
  return id === scenario ? "same name" : id;
}

function verdictOf({ remainsIfOthersFixed, vanishesIfFixed }: BugEvidence): string[] {
  return [vanishesIfFixed ? "vanishes" : "remains", remainsIfOthersFixed ? "remains" : "vanishes"];
}

/** Returns a note on the other bugs that the failure depends on; an empty text if it depends on this bug only. */
function noteOn({ id, needs, remainsIfOthersFixed, vanishesIfFixed }: BugEvidence, { bugs }: AttributionRow): string {
  const others = bugs.filter((one) => one.id !== id).map((one) => one.id);
  if (!vanishesIfFixed) return `either bug is enough: vanishes only if ${others.join(" and ")} is fixed, too`;
  if (remainsIfOthersFixed) return "";
  return needs.length === 0 ? "needs several other bugs" : `two bugs together: needs ${needs.join(" or ")}, too`;
}
