/**
 * One line of progress on stderr. On a terminal it is redrawn in its place and is gone as soon as other text is
 * written. Elsewhere a plain line is written every 30 s.
 */
const REDRAW_MS = 200;
const PLAIN_LINE_MS = 30_000;
const ERASE_LINE = "\r\u001b[K";

/** The line of progress of the command that runs now, on a terminal. */
let current: ProgressLine | undefined;

/**
 * Writes a text where the line of progress may stand. The text also takes the place of the `^C` that a terminal shows
 * at the cursor. This needs one write for both, because the `^C` can come at any moment.
 */
export function writeOver(stream: NodeJS.WriteStream, text: string): boolean {
  if (current === undefined) return stream.write(text);
  if (stream.isTTY) return stream.write(`${ERASE_LINE}${text}`);
  current.erase();
  return stream.write(text);
}

export class ProgressLine {
  private readonly terminal = process.stderr.isTTY === true;
  private lastMs = Date.now();

  constructor() {
    if (this.terminal) current = this;
  }

  /** Whether it is time to write the line again. */
  get isDue(): boolean {
    return Date.now() - this.lastMs >= (this.terminal ? REDRAW_MS : PLAIN_LINE_MS);
  }

  /** Writes the line. On a terminal it is cut to the width, because only one row can be erased. */
  write(text: string): void {
    this.lastMs = Date.now();
    const columns = process.stderr.columns || 80;
    process.stderr.write(this.terminal ? `${ERASE_LINE}${text.slice(0, columns - 1)}` : `${text}\n`);
  }

  erase(): void {
    if (this.terminal) process.stderr.write(ERASE_LINE);
  }

  /** Erases the line for good. */
  end(): void {
    this.erase();
    if (current === this) current = undefined;
  }
}
