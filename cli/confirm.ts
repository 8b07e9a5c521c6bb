/** `zabsim confirm` runs a scenario on real servers, and says whether they do what the simulated ones did. */
import { classPathOf } from "../confirm/class-path.ts";
import { type Confirmation, confirmScenario } from "../confirm/confirm.ts";
import { MissingTool } from "../confirm/tools.ts";
import { PUBLISHED_RELEASES } from "../protocol/index.ts";
import { confirmationText } from "../reports/confirmation.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { EXIT_BAD_INPUT, EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { type Interruption, interruptible } from "./interrupt.ts";
import { hint, textWidth, write } from "./output.ts";
import { ProgressLine } from "./progress-line.ts";
import { readScenario, scenarioPath } from "./scenario-files.ts";
import { UsageError } from "./usage-error.ts";

export interface ConfirmCliOptions {
  readonly release?: string;
  readonly classpath?: string;
  readonly tries?: bigint;
  readonly seed?: bigint;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

const EXIT_CODES: Readonly<Record<Confirmation["verdict"], number>> = {
  confirmed: EXIT_OK,
  refuted: EXIT_FINDING,
  "not stageable": EXIT_BAD_INPUT,
};
const PROGRESS_MS = 200;

export async function confirm(name: string, options: ConfirmCliOptions): Promise<number> {
  const { scenario } = readScenario(scenarioPath(name), []);
  const release = options.release ?? (PUBLISHED_RELEASES.at(-1) as string);
  if (!PUBLISHED_RELEASES.includes(release)) {
    throw new UsageError(
      `--release ${release}: is no published release, so there is no jar of it (accepted: such as 3.9.5)`,
    );
  }
  return await interruptible(async (interruption) => {
    try {
      const answer = await answerOf(scenario, release, options, interruption);
      await write(`${options.json ? JSON.stringify(answer) : confirmationText(answer, textWidth())}\n`);
      return EXIT_CODES[answer.verdict];
    } catch (error) {
      if (interruption.exitCode !== undefined) return interruption.exitCode;
      if (error instanceof MissingTool) throw new UsageError(error.message);
      throw error;
    }
  });
}

async function answerOf(
  scenario: Scenario,
  release: string,
  options: ConfirmCliOptions,
  { signal }: Interruption,
): Promise<Confirmation> {
  const tries = Number(options.tries ?? 1n);
  const startMs = Date.now();
  const line = new ProgressLine();
  let current = 0;
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - startMs) / 1000);
    if (line.isDue) line.write(`confirm: try ${current} of ${tries}, ${seconds} s`);
  }, PROGRESS_MS);
  try {
    return await confirmScenario(scenario, {
      ...{ release, tries, seed: options.seed, signal },
      classPath: () => options.classpath ?? classPathOf(release),
      log: options.verbose ? hint : undefined,
      onTry: (number) => {
        current = number;
      },
    });
  } finally {
    clearInterval(timer);
    line.end();
  }
}
