/** The file of --trace: a command that runs until its user ends it writes each line when the event happens. */
import { closeSync, openSync, writeFileSync } from "node:fs";
import { withOutputError } from "../campaign/output-files.ts";

export class TraceFile {
  /** Rejects with an OutputError if a line cannot be written. Events of sockets and timers cannot throw it. */
  readonly failed: Promise<never>;
  private readonly path: string;
  private readonly fd: number;
  private fail: (error: unknown) => void = () => {};
  private isOpen = true;

  /** Creates the file. Throws an OutputError if that is not possible. */
  constructor(path: string) {
    this.path = path;
    this.fd = withOutputError(path, "cannot be written", () => openSync(path, "w"));
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    // A line can fail while nothing waits for this promise.
    this.failed.catch(() => {});
  }

  /** Writes a line with its end. After a line that cannot be written, the file stays as it is. */
  write(line: string): void {
    if (!this.isOpen) return;
    try {
      withOutputError(this.path, "cannot be written", () => writeFileSync(this.fd, line));
    } catch (error) {
      this.close();
      this.fail(error);
    }
  }

  close(): void {
    if (this.isOpen) closeSync(this.fd);
    this.isOpen = false;
  }
}

/** Resolves as a promise does. Rejects if a line of the trace cannot be written first. */
export function unlessFailed<Result>(trace: TraceFile | undefined, promise: Promise<Result>): Promise<Result> {
  return trace === undefined ? promise : Promise.race([promise, trace.failed]);
}
