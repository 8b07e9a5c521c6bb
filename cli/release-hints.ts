/**
 * Hints about releases without a profile of their own. A command prints one hint for each such release, to stderr.
 */
import { noteOnRelease } from "../protocol/releases.ts";
import { wrap } from "../reports/format.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { releasesOf } from "../scenarios/scenario-releases.ts";

const printed = new Set<string>();

export function hintAboutRelease(release: string): void {
  const note = noteOnRelease(release);
  if (note === undefined || printed.has(release)) return;
  printed.add(release);
  const { columns, isTTY } = process.stderr;
  const lines = isTTY && columns ? wrap(`zabsim: note: ${note}`, columns) : [`zabsim: note: ${note}`];
  process.stderr.write(`${lines.join("\n")}\n`);
}

/** Prints a hint about each release of the scenario's servers that has no profile of its own. */
export function hintAboutReleasesOf(scenario: Scenario): void {
  for (const release of releasesOf(scenario)) hintAboutRelease(release);
}
