/**
 * Shows the progress of a synchronous loop and pauses the loop regularly. During a pause, the process can handle
 * Ctrl-C, which the loop would otherwise block.
 */
import { Interruption } from "./interrupt.ts";
import { ProgressLine } from "./progress-line.ts";

/** Minimum time between two pauses. Each pause costs the loop one turn of Node's event loop. */
const PAUSE_EVERY_MS = 50;

export class Progress {
  private readonly interruption = new Interruption();
  private readonly line = new ProgressLine();
  private readonly startMs = Date.now();
  private lastPauseMs = this.startMs;

  /** Whether the user has pressed Ctrl-C or the process has received SIGTERM. */
  get interrupted(): boolean {
    return this.interruption.signal.aborted;
  }

  /** The exit code of an interrupted command. Undefined if the command was not interrupted. */
  get exitCode(): number | undefined {
    return this.interruption.exitCode;
  }

  /**
   * Updates the progress line and pauses, if enough time has passed since the last pause. A loop must await this
   * function after each unit of work. `line` returns the text to show, given the seconds since the start.
   */
  async step(line: (elapsedS: number) => string): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.lastPauseMs < PAUSE_EVERY_MS) return;
    if (this.line.isDue) this.line.write(line((nowMs - this.startMs) / 1000));
    await new Promise((resolve) => setImmediate(resolve));
    this.lastPauseMs = Date.now();
  }

  /** Erases the line and stops handling the signals, so that Ctrl-C ends the process again. */
  done(): void {
    this.interruption.end();
    this.line.end();
  }
}
