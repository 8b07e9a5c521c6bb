/**
 * The progress line on stderr. On a terminal, each update replaces the line, and other output erases it. If stderr is
 * not a terminal, each update is a new line, and at least 30 s pass between two updates.
 */
const REDRAW_MS = 200;
const PLAIN_LINE_MS = 30_000;
const ERASE_LINE = "\r\u001b[K";

/** The progress line of the running command. Undefined if the command shows no line, or if stderr is not a terminal. */
let current: ProgressLine | undefined;

/**
 * Writes a text in place of the progress line, if there is one. The text also replaces the `^C` that a terminal
 * shows at the cursor after Ctrl-C. The `^C` can appear at any moment, so erasing the line and writing the text must be
 * a single write.
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

  /** Whether enough time has passed since the last update of the line. */
  get isDue(): boolean {
    return Date.now() - this.lastMs >= (this.terminal ? REDRAW_MS : PLAIN_LINE_MS);
  }

  /** Writes the line. On a terminal, cuts it to the width of the terminal, because only one row can be erased. */
  write(text: string): void {
    this.lastMs = Date.now();
    const columns = process.stderr.columns || 80;
    process.stderr.write(this.terminal ? `${ERASE_LINE}${text.slice(0, columns - 1)}` : `${text}\n`);
  }

  erase(): void {
    if (this.terminal) process.stderr.write(ERASE_LINE);
  }

  /** Erases the line and stops other output from erasing it again. */
  end(): void {
    this.erase();
    if (current === this) current = undefined;
  }
}

/** Shows how many runs a command has made while it works, for example `doctor: 12 starts`. */
export function withRunCount<T>(command: string, noun: string, work: (onRun: () => void) => T): T {
  const line = new ProgressLine();
  let runs = 0;
  try {
    return work(() => {
      runs++;
      if (line.isDue) line.write(`${command}: ${runs} ${noun}`);
    });
  } finally {
    line.end();
  }
}
