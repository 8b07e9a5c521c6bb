/**
 * The verdicts of `zabsim confirm` for many scenarios: the rows of docs/verdicts.json, which `npm run verdicts` writes,
 * and how pages show them.
 */
import type { Confirmation, Try, Verdict } from "../confirm/confirm.ts";
import { ensembleOf, type RecordedEnsemble } from "./ensemble-answers.ts";
import { markdownTable } from "./markdown-table.ts";

/**
 * Why a scenario is asked. `affected`: the release has the bug that the scenario shows, according to zabsim. `free`: it
 * does not. `conformance`: the scenario shows no bug.
 */
export type VerdictRole = "affected" | "free" | "conformance";

/** The verdict about one scenario on real servers of one release. */
export interface VerdictRow {
  readonly scenario: string;
  readonly release: string;
  readonly role: VerdictRole;
  /** "confirmed" if at least CONFIRMED_SHARE_MIN of the tries are confirmed, also if there are fewer than TRIES. */
  readonly verdict: Verdict;
  /** The number of tries that are confirmed. */
  readonly confirmed: number;
  readonly tries: number;
  /** The number of tries in which no deviation from the order comes before the violation. */
  readonly inOrder: number;
  /** The first difference of a refuted try, or the step, field or invariant that cannot be staged; otherwise null. */
  readonly reason: string | null;
  /** The invariants of the simulated run that the real servers violate. */
  readonly shown: readonly string[];
  /** What the real servers do in a confirmed try, as a sentence; null if there is no such try. */
  readonly evidence: string | null;
  /** The median length of a try in seconds; null if there is none. */
  readonly seconds: number | null;
  /** A digest of the scenario file. */
  readonly scenarioDigest: string;
  /** A digest of the code of the package `confirm/`. */
  readonly codeDigest: string;
}

/** What real servers show. */
export interface RealServers {
  /** docs/verdicts.json. */
  readonly verdicts: readonly VerdictRow[];
  /** docs/findings/ensembles.json. */
  readonly ensembles: readonly RecordedEnsemble[];
}

/** How many tries of a scenario are confirmed. */
export type TryCount = Pick<VerdictRow, "confirmed" | "inOrder" | "tries">;

/** The share of tries that must be confirmed. */
const CONFIRMED_SHARE_MIN = 0.9;

/** The number of tries after which a verdict is final. */
export const TRIES = 10;

/** Returns the row for an answer of `zabsim confirm`. */
export function verdictRow(
  { reason, release, scenario, simulated, tries, verdict }: Confirmation,
  facts: Pick<VerdictRow, "codeDigest" | "role" | "scenarioDigest">,
): VerdictRow {
  const confirmed = tries.filter((one) => one.verdict === "confirmed");
  const [first] = confirmed;
  const seconds = tries.map((one) => one.seconds).sort((a, b) => a - b)[Math.floor(tries.length / 2)];
  return {
    scenario,
    release,
    role: facts.role,
    verdict: tries.length === 0 ? verdict : verdictOf({ confirmed: confirmed.length, tries: tries.length }),
    confirmed: confirmed.length,
    tries: tries.length,
    inOrder: tries.filter(({ deviations }) => !deviations.some(({ isBeforeViolation }) => isBeforeViolation)).length,
    reason,
    shown: first?.invariants.filter(({ showing }) => showing === "shown").map(({ invariant }) => invariant) ?? [],
    evidence: first === undefined ? null : evidenceOf(first, simulated.length > 0),
    seconds: seconds ?? null,
    ...{ scenarioDigest: facts.scenarioDigest, codeDigest: facts.codeDigest },
  };
}

/** Returns the row for the tries of two rows about the same scenario, release and code. */
export function addTries(row: VerdictRow, more: VerdictRow): VerdictRow {
  const confirmed = row.confirmed + more.confirmed;
  const tries = row.tries + more.tries;
  return {
    ...row,
    verdict: verdictOf({ confirmed, tries }),
    ...{ confirmed, tries, inOrder: row.inOrder + more.inOrder },
    reason: row.reason ?? more.reason,
    shown: row.shown.length > 0 ? row.shown : more.shown,
    evidence: row.evidence ?? more.evidence,
    seconds: more.seconds ?? row.seconds,
  };
}

/** Returns the verdict of these tries, of which there must be one. */
export function verdictOf({ confirmed, tries }: Pick<TryCount, "confirmed" | "tries">): Verdict {
  return confirmed >= CONFIRMED_SHARE_MIN * tries ? "confirmed" : "refuted";
}

function evidenceOf({ invariants, servers, violations }: Try, isViolating: boolean): string {
  const shown = invariants.filter(({ showing }) => showing === "shown").map(({ invariant }) => invariant);
  const violation = violations.find(({ invariant }) => shown.includes(invariant));
  if (violation !== undefined) return `${violation.invariant}: server ${violation.server} ${violation.text}`;
  if (isViolating) return `${shown.join(", ")}: the real servers keep the order and end in the same state`;
  const modes = servers.map(({ mode, server }) => `server ${server}: ${mode}`).join(", ");
  return `the real servers keep the order and end in the same state (${modes})`;
}

/** Returns the rows with the newer ones in place of older ones, by scenario and release. */
export function mergeVerdicts(rows: readonly VerdictRow[], newer: readonly VerdictRow[]): VerdictRow[] {
  const merged = new Map(rows.map((row) => [keyOf(row), row]));
  for (const row of newer) merged.set(keyOf(row), row);
  return [...merged.values()].sort((a, b) => compare(keyOf(a), keyOf(b)));
}

function keyOf({ release, scenario }: Pick<VerdictRow, "release" | "scenario">): string {
  return `${scenario} ${release}`;
}

/** Returns the tries on each release as text: `3.6.2: 10 of 10; 3.6.4: 0 of 10`. */
export function triesText({ ensembles, verdicts }: RealServers): string {
  const texts = verdicts.map((row) => ({ release: row.release, text: cellText(row, ensembles) }));
  const groups = [...new Set(texts.map(({ text }) => text))].map((text) => {
    const releases = texts.filter((one) => one.text === text).map(({ release }) => release);
    return `${releases.join(", ")}: ${text}`;
  });
  return groups.length === 0 ? "·" : groups.join("; ");
}

function cellText(row: VerdictRow, ensembles: readonly RecordedEnsemble[]): string {
  return row.tries > 0 ? countText(row) : verdictText(row, ensembles);
}

/** Returns the verdict, and says if it rests on the kind `ensembles` or on fewer than TRIES tries. */
function verdictText(row: VerdictRow, ensembles: readonly RecordedEnsemble[]): string {
  if (row.verdict !== "confirmed" && ensembleOf(row, ensembles) !== undefined) return "confirmed (ensembles)";
  return row.tries > 0 && row.tries < TRIES ? `${row.verdict} so far` : row.verdict;
}

function countText({ confirmed, tries }: VerdictRow): string {
  return `${confirmed} of ${tries}`;
}

const INTRODUCTION = `# Verdicts on real servers

\`npm run verdicts\` writes this page and verdicts.json. It runs \`zabsim confirm\` ([confirm.md](confirm.md)) for each
scenario of an open bug on the newest two releases, and for each scenario of a fixed bug on the newest release that has
the bug and on the first later one that does not.

- **tries**: how many tries are confirmed, of all tries. A scenario is confirmed if at least 9 of ${TRIES} tries are.
- **so far**: fewer than ${TRIES} tries have run, so the verdict can still change. \`npm run verdicts\` runs the others.
- **in order**: the tries in which the real servers keep the order of the simulated run until the violation.
- **confirmed (ensembles)**: \`zabsim confirm\` cannot stage the scenario, but the kind \`ensembles\` of
  \`npm run test:java\` stages the bug with other steps: unmodified servers and the simulator end with the same roles,
  configurations and epochs. [ensembles.json](findings/ensembles.json) has one recorded run of the real servers.
`;

/** Returns the page docs/verdicts.md. */
export function verdictsPage({ ensembles, verdicts }: RealServers): string {
  const ofRole = (role: VerdictRole): VerdictRow[] => verdicts.filter((row) => row.role === role);
  const shipped = ofRole("conformance");
  const cells = (row: VerdictRow): string[] => [row.scenario, row.release, verdictText(row, ensembles), triesCell(row)];
  const affectedCells = (row: VerdictRow): string[] => [...cells(row), orderCell(row), evidenceCell(row)];
  const freeCells = (row: VerdictRow): string[] => [...cells(row), escapeCell(row.reason ?? row.evidence ?? "")];
  return [
    INTRODUCTION,
    `${finalText(verdicts)}\n`,
    "## Releases with the bug\n",
    markdownTable(
      ["scenario", "release", "verdict", "tries", "in order", "evidence"],
      ofRole("affected").map(affectedCells),
    ),
    "## Releases without the bug\n",
    markdownTable(["scenario", "release", "verdict", "tries", "reason"], ofRole("free").map(freeCells)),
    "## Scenarios without a bug\n",
    `${conformanceText(shipped)}\n`,
    markdownTable(["scenario", "release", "verdict", "tries", "reason"], shipped.map(freeCells)),
  ].join("\n");
}

/** Says how many verdicts are final. */
function finalText(rows: readonly VerdictRow[]): string {
  const tried = rows.filter(({ tries }) => tries > 0);
  const final = tried.filter(({ tries }) => tries >= TRIES).length;
  return `Rows with tries: ${tried.length}. Rows with ${TRIES} tries or more: ${final}.`;
}

function conformanceText(rows: readonly VerdictRow[]): string {
  const count = (verdict: Verdict): string => {
    const all = rows.filter((row) => row.verdict === verdict);
    const open = all.filter(({ tries }) => tries > 0 && tries < TRIES).length;
    return `${verdict} ${all.length}${open === 0 ? "" : ` (${open} of them so far)`}`;
  };
  return (
    "A confirmed run is a trace conformance test: the real servers do the same as the simulated ones, in the same " +
    `order, and end in the same state. Of ${rows.length} scenarios: ${count("confirmed")}, ${count("refuted")}, ` +
    `${count("not stageable")}.`
  );
}

function orderCell({ inOrder, tries }: VerdictRow): string {
  return tries === 0 ? "" : String(inOrder);
}

function evidenceCell({ evidence, reason, verdict }: VerdictRow): string {
  return escapeCell((verdict === "confirmed" ? evidence : reason) ?? "");
}

function triesCell(row: VerdictRow): string {
  return row.tries === 0 ? "" : countText(row);
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
