/**
 * Ctrl-C and SIGTERM for commands that have results to save or print before they exit. A command that has none does not
 * use this module: the signal ends its process.
 */
import { EXIT_INTERRUPTED, EXIT_TERMINATED } from "./exit-codes.ts";

const EXIT_CODES = { SIGINT: EXIT_INTERRUPTED, SIGTERM: EXIT_TERMINATED } as const;
type Interrupt = keyof typeof EXIT_CODES;
const INTERRUPTS = Object.keys(EXIT_CODES) as Interrupt[];

/** From its creation to end(), Ctrl-C and SIGTERM abort its signal instead of ending the process. */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly onSignal = (name: Interrupt): void => this.controller.abort(name);

  constructor() {
    for (const name of INTERRUPTS) process.on(name, this.onSignal);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The exit code of the command; undefined if it was not interrupted. */
  get exitCode(): number | undefined {
    return this.signal.aborted ? EXIT_CODES[this.signal.reason as Interrupt] : undefined;
  }

  /** Gives the signals back to the process. */
  end(): void {
    for (const name of INTERRUPTS) process.removeListener(name, this.onSignal);
  }
}

/** Runs `work`, which Ctrl-C and SIGTERM interrupt. */
export async function interruptible<T>(work: (interruption: Interruption) => Promise<T>): Promise<T> {
  const interruption = new Interruption();
  try {
    return await work(interruption);
  } finally {
    interruption.end();
  }
}
