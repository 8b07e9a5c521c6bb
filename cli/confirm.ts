/** `zabsim confirm` runs a scenario on real servers, and says whether they do what the simulated ones did. */
import { spawnSync } from "node:child_process";
import { platform } from "node:os";
import { classPathOf } from "../confirm/class-path.ts";
import { type Confirmation, confirmScenario } from "../confirm/confirm.ts";
import { MissingTool } from "../confirm/preload.ts";
import { PUBLISHED_RELEASES } from "../protocol/index.ts";
import { confirmationText } from "../reports/confirmation.ts";
import { EXIT_BAD_INPUT, EXIT_FINDING, EXIT_INTERRUPTED, EXIT_OK, EXIT_TERMINATED } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { hint, textWidth, write } from "./output.ts";
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

const INTERRUPTS = { SIGINT: EXIT_INTERRUPTED, SIGTERM: EXIT_TERMINATED } as const;

const EXIT_CODES: Readonly<Record<Confirmation["verdict"], number>> = {
  confirmed: EXIT_OK,
  refuted: EXIT_FINDING,
  "not stageable": EXIT_BAD_INPUT,
};

export async function confirm(name: string, options: ConfirmCliOptions): Promise<number> {
  const { scenario } = readScenario(scenarioPath(name), []);
  const release = options.release ?? (PUBLISHED_RELEASES.at(-1) as string);
  if (!PUBLISHED_RELEASES.includes(release)) {
    throw new UsageError(
      `--release ${release}: is no published release, so there is no jar of it (accepted: such as 3.9.5)`,
    );
  }
  try {
    needsTools();
    return await interruptible(async ({ signal }) => {
      const answer = await confirmScenario(scenario, {
        ...{ release, tries: Number(options.tries ?? 1n), seed: options.seed, signal },
        classPath: options.classpath ?? classPathOf(release),
        log: options.verbose ? hint : undefined,
      });
      await write(`${options.json ? JSON.stringify(answer) : confirmationText(answer, textWidth())}\n`);
      return EXIT_CODES[answer.verdict];
    }).catch((error: unknown) => {
      if (error === "SIGINT" || error === "SIGTERM") return INTERRUPTS[error];
      throw error;
    });
  } catch (error) {
    if (error instanceof MissingTool) throw new UsageError(error.message);
    throw error;
  }
}

function needsTools(): void {
  if (platform() !== "linux") throw new MissingTool(`zabsim confirm runs on Linux only (this is ${platform()})`);
  const { error } = spawnSync("java", ["-version"], { stdio: "ignore" });
  if (error !== undefined)
    throw new MissingTool("no Java found (accepted: the program java in PATH, version 8 or newer)");
}
