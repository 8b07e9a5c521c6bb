/**
 * `zabsim coverage` prints the sync rules, messages, failures and faults that a campaign reached, and the rules and
 * faults that it never reached.
 */
import { Journal } from "../campaign/journal.ts";
import { reachedIn } from "../campaign/reached.ts";
import { coverageJson, coverageReport } from "../reports/coverage.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { write } from "./output.ts";
import { UsageError } from "./usage-error.ts";

const DEFAULT_FOLDER = "zabsim-findings";

export async function coverage(folder = DEFAULT_FOLDER, options: { readonly json?: boolean }): Promise<number> {
  const journal = new Journal(folder);
  if (!journal.exists) {
    throw new UsageError(
      `coverage ${folder}: the folder contains no campaign (accepted: the --out folder of an earlier \`zabsim fuzz\`)`,
    );
  }
  const { faults, features, reachable } = reachedIn(journal);
  if (options.json) await write(`${JSON.stringify(coverageJson(features, faults, reachable), null, 2)}\n`);
  else await write(`${coverageReport(features, faults, reachable)}\n`);
  return EXIT_OK;
}
