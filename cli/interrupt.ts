/**
 * Handles Ctrl-C and SIGTERM for commands that must save or print results before they exit. In a command that does not
 * use this module, the signal ends the process.
 */
import { EXIT_INTERRUPTED, EXIT_TERMINATED } from "./exit-codes.ts";

const EXIT_CODES = { SIGINT: EXIT_INTERRUPTED, SIGTERM: EXIT_TERMINATED } as const;
type Interrupt = keyof typeof EXIT_CODES;
const INTERRUPTS = Object.keys(EXIT_CODES) as Interrupt[];

/**
 * Handles Ctrl-C and SIGTERM from the construction of this object until end() is called. In this time, each of the two
 * signals aborts `signal` instead of ending the process.
 */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly onSignal = (name: Interrupt): void => this.controller.abort(name);

  constructor() {
    for (const name of INTERRUPTS) process.on(name, this.onSignal);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The exit code of an interrupted command. Undefined if the command was not interrupted. */
  get exitCode(): number | undefined {
    return this.signal.aborted ? EXIT_CODES[this.signal.reason as Interrupt] : undefined;
  }

  /** Stops handling the signals, so that Ctrl-C and SIGTERM end the process again. */
  end(): void {
    for (const name of INTERRUPTS) process.removeListener(name, this.onSignal);
  }
}

/** Calls `work`, and handles Ctrl-C and SIGTERM until `work` has finished. */
export async function interruptible<T>(work: (interruption: Interruption) => Promise<T>): Promise<T> {
  const interruption = new Interruption();
  try {
    return await work(interruption);
  } finally {
    interruption.end();
  }
}
