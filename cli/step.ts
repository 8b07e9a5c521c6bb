/** `zabsim replay --step` opens a debugger that steps through one run in the terminal. */
import { existsSync } from "node:fs";
import { render } from "ink";
import { createElement } from "react";
import { OutputError, saveWhole } from "../campaign/output-files.ts";
import { withSchemaLine } from "../campaign/schema-line.ts";
import { printableLine } from "../scenarios/printable.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { Recording } from "../view/session/recording.ts";
import { Session } from "../view/session/session.ts";
import { Debugger } from "../view/terminal/debugger.ts";
import { EXIT_INTERRUPTED, EXIT_OK } from "./exit-codes.ts";
import { StepScreen } from "./step-screen.ts";
import { UsageError } from "./usage-error.ts";

/** The control sequences that switch a terminal to a screen of its own and back to the earlier content. */
const OPEN_SCREEN = "\u001b[?1049h\u001b[H";
const CLOSE_SCREEN = "\u001b[?1049l";

/** Opens the debugger. Returns when the user quits. */
export async function step(scenario: Scenario, seed: bigint): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError("--step needs a terminal for input and output (accepted: replay without --step)");
  }
  const session = new Session(new Recording(scenario, { seed }));
  const debug = new Debugger(session, { file: `${scenario.name}.branch.yaml`, save });
  process.stdout.write(OPEN_SCREEN);
  try {
    await render(createElement(StepScreen, { debug }), { exitOnCtrlC: true, patchConsole: false }).waitUntilExit();
  } finally {
    process.stdout.write(CLOSE_SCREEN);
  }
  return debug.isOver ? EXIT_OK : EXIT_INTERRUPTED;
}

/** Writes a scenario file. Never replaces a file. Returns a message for the user. */
function save(file: string, text: string): string {
  if (existsSync(file)) return `not saved: ${printableLine(file)} exists already`;
  try {
    saveWhole(file, withSchemaLine(text, file));
  } catch (error) {
    if (error instanceof OutputError) return printableLine(`not saved: ${error.message}`);
    throw error;
  }
  return printableLine(`saved; zabsim run ${file} reproduces this run`);
}
