/**
 * How far a long command has come, on stderr: one line that is drawn anew on a terminal, a plain line every 30 s elsewhere.
 * It also lets the process hear Ctrl-C, which a loop without a pause would not.
 */
const DRAW_MS = 200;
const TELL_MS = 30_000;
const BREATHE_MS = 50;

export class Progress {
  interrupted = false;
  private readonly startMs = Date.now();
  private lastToldMs = this.startMs;
  private lastBreathMs = this.startMs;
  private readonly terminal = process.stderr.isTTY === true;
  private readonly onInterrupt = (): void => {
    this.interrupted = true;
  };

  constructor() {
    process.on("SIGINT", this.onInterrupt);
  }

  /** To be awaited after each unit of work. */
  async step(tell: (elapsedS: number) => string): Promise<void> {
    const nowMs = Date.now();
    if (nowMs - this.lastBreathMs < BREATHE_MS) return;
    if (nowMs - this.lastToldMs >= (this.terminal ? DRAW_MS : TELL_MS)) {
      this.lastToldMs = nowMs;
      const line = tell((nowMs - this.startMs) / 1000);
      process.stderr.write(this.terminal ? `\r\u001b[K${line}` : `${line}\n`);
    }
    await new Promise((resolve) => setImmediate(resolve));
    this.lastBreathMs = Date.now();
  }

  done(): void {
    process.removeListener("SIGINT", this.onInterrupt);
    if (this.terminal) process.stderr.write("\r\u001b[K");
  }
}
