/** The lines of one server's log, written through the two-way table of messages. */
import {
  isLoggedBy,
  LOG_MESSAGES,
  type LogEventName,
  type LogEvents,
  type WrittenMessage,
  writeMessage,
} from "../../logs/index.ts";
import { lineOf } from "./line-pattern.ts";

/** How a message is logged. */
export interface LineOptions {
  readonly thread: string;
  /** Chooses between the messages of two classes. */
  readonly className?: string | undefined;
  /** A part of the template, if an event has several messages in one release. */
  readonly form?: string | undefined;
  /** The exception that is logged with the message: its first line, then the lines of its causes. */
  readonly exception?: readonly string[] | undefined;
}

/** The log of one server, over all starts of its process. */
export class ServerLog {
  /** The virtual time of the next line. */
  nowUs = 0;
  release = "";
  myid: number | undefined;
  private readonly onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine;
  }

  /**
   * Writes the message with which the release reports an event. Returns false and writes nothing if the release does
   * not log the event.
   */
  write<E extends LogEventName>(event: E, fields: LogEvents[E], options: LineOptions): boolean {
    const { className, exception = [], form, thread } = options;
    const written =
      form === undefined
        ? writeMessage(event, fields, this.release, className)
        : writeForm(event, fields, this.release, form);
    if (written === undefined) return false;
    const { myid, nowUs: atUs, release } = this;
    for (const line of [lineOf(written, { atUs, thread, myid, release }), ...exception]) this.onLine(line);
    return true;
  }
}

/** Returns the message of an event whose template contains `form`. */
function writeForm<E extends LogEventName>(
  event: E,
  fields: LogEvents[E],
  release: string,
  form: string,
): WrittenMessage | undefined {
  for (const message of LOG_MESSAGES) {
    if (message.event !== event || !message.template.includes(form) || !isLoggedBy(message, release)) continue;
    const text = message.compiled.write(fields as Parameters<typeof message.compiled.write>[0]);
    if (text !== undefined) return { message, text };
  }
  return undefined;
}
