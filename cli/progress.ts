/**
 * Progress of a synchronous loop, written to stderr: one line that is redrawn on a terminal, a plain line every 30 s
 * elsewhere. Its pauses also let the process handle Ctrl-C, which a loop without a pause would block.
 */
const REDRAW_MS = 200;
const PLAIN_LINE_MS = 30_000;
/** Shortest time between two pauses: each one costs a turn of the event loop. */
const PAUSE_EVERY_MS = 50;

export class Progress {
  /** Whether the user has pressed Ctrl-C. */
  interrupted = false;
  private readonly startMs = Date.now();
  private lastLineMs = this.startMs;
  private lastPauseMs = this.startMs;
  private readonly terminal = process.stderr.isTTY === true;
  private readonly onInterrupt = (): void => {
    this.interrupted = true;
  };

  constructor() {
    process.on("SIGINT", this.onInterrupt);
  }

  /** Call and await this after each unit of work. `line` gets the seconds since the start. */
  async step(line: (elapsedS: number) => string): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.lastPauseMs < PAUSE_EVERY_MS) return;
    if (nowMs - this.lastLineMs >= (this.terminal ? REDRAW_MS : PLAIN_LINE_MS)) {
      this.lastLineMs = nowMs;
      const text = line((nowMs - this.startMs) / 1000);
      process.stderr.write(this.terminal ? `\r\u001b[K${text}` : `${text}\n`);
    }
    await new Promise((resolve) => setImmediate(resolve));
    this.lastPauseMs = Date.now();
  }

  /** Clears the line and gives Ctrl-C back to the process. */
  done(): void {
    process.removeListener("SIGINT", this.onInterrupt);
    if (this.terminal) process.stderr.write("\r\u001b[K");
  }
}
