/**
 * Progress of a synchronous loop. Its pauses let the process handle Ctrl-C, which a loop without a pause would block.
 */
import { Interruption } from "./interrupt.ts";
import { ProgressLine } from "./progress-line.ts";

/** Shortest time between two pauses: each one costs a turn of the event loop. */
const PAUSE_EVERY_MS = 50;

export class Progress {
  private readonly interruption = new Interruption();
  private readonly line = new ProgressLine();
  private readonly startMs = Date.now();
  private lastPauseMs = this.startMs;

  /** Whether the user has pressed Ctrl-C, or the process got SIGTERM. */
  get interrupted(): boolean {
    return this.interruption.signal.aborted;
  }

  /** The exit code of an interrupted command; undefined if it was not interrupted. */
  get exitCode(): number | undefined {
    return this.interruption.exitCode;
  }

  /** Call and await this after each unit of work. `line` gets the seconds since the start. */
  async step(line: (elapsedS: number) => string): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.lastPauseMs < PAUSE_EVERY_MS) return;
    if (this.line.isDue) this.line.write(line((nowMs - this.startMs) / 1000));
    await new Promise((resolve) => setImmediate(resolve));
    this.lastPauseMs = Date.now();
  }

  /** Erases the line and gives Ctrl-C back to the process. */
  done(): void {
    this.interruption.end();
    this.line.end();
  }
}
