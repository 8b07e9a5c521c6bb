/** `zabsim replay --step` opens a debugger that steps through one run in the terminal. */
import { existsSync } from "node:fs";
import { render } from "ink";
import { createElement, type ReactElement } from "react";
import { OutputError, saveWhole } from "../campaign/output-files.ts";
import { withSchemaLine } from "../campaign/schema-line.ts";
import { printableLine } from "../scenarios/printable.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { Recording } from "../view/session/recording.ts";
import { Session } from "../view/session/session.ts";
import { Debugger } from "../view/terminal/debugger.ts";
import { EXIT_INTERRUPTED, EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { paintFor } from "./options.ts";
import { StepScreen } from "./step-screen.ts";
import { UsageError } from "./usage-error.ts";

/** The control sequences that switch a terminal to a screen of its own and back to the earlier content. */
const OPEN_SCREEN = "\u001b[?1049h\u001b[H";
const CLOSE_SCREEN = "\u001b[?1049l";

/** The number of events that the debugger records before its first screen. */
const FIRST_EVENTS = 2000;
/** The time for which the debugger then records without a break. */
const SLICE_MS = 40;

/** Opens the debugger. Returns when the user quits, or when Ctrl-C or SIGTERM ends the command. */
export async function step(scenario: Scenario, seed: bigint): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError("--step needs a terminal for input and output (accepted: replay without --step)");
  }
  process.stdout.write(`${OPEN_SCREEN}Recording the run …\r\n`);
  try {
    const recording = new Recording(scenario, { seed });
    recording.advance(FIRST_EVENTS);
    const session = new Session(recording, 0, undefined, true);
    return await show(new Debugger(session, { file: `${scenario.name}.branch.yaml`, save }));
  } finally {
    process.stdout.write(CLOSE_SCREEN);
  }
}

function show(debug: Debugger): Promise<number> {
  const isColored = paintFor(process.stdout).level > 0;
  return interruptible(async (interruption) => {
    const { recording } = debug.session;
    const screen = (): ReactElement => createElement(StepScreen, { debug, isColored, recorded: recording.length });
    const app = render(screen(), { patchConsole: false });
    let isOpen = true;
    interruption.signal.addEventListener("abort", () => app.unmount());
    const recorded = recordRest(
      recording,
      () => isOpen,
      () => app.rerender(screen()),
    );
    await app.waitUntilExit();
    isOpen = false;
    await recorded;
    // The terminal sends Ctrl-C as a key while the debugger reads keys, so it is not a signal.
    return debug.isOver ? EXIT_OK : (interruption.exitCode ?? EXIT_INTERRUPTED);
  });
}

/** Records the rest of a run while `isOpen` returns true, in slices between which the debugger handles keys. */
async function recordRest(recording: Recording, isOpen: () => boolean, slice: () => void): Promise<void> {
  while (!recording.ended && isOpen()) {
    await new Promise((resolve) => setImmediate(resolve));
    const end = performance.now() + SLICE_MS;
    while (recording.advance(100) && performance.now() < end);
    if (isOpen()) slice();
  }
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
