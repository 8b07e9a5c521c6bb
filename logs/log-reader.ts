/**
 * Reads the lines of one log file one after another and reports the events that zabsim knows. It keeps only the records
 * that are not complete yet, so its memory does not depend on the size of the file.
 */
import { type JsonRecord, readJsonLine, stripPrefixes } from "./line-prefix.ts";
import { type LogLine, readLogLine, timeMsOf, timeOfLine, UNWANTED_LINE } from "./log-line.ts";
import { findMessage, isKnownClass, type MatchedEvent, matchMessage } from "./message-table.ts";

/** An event that a record of the log reports. */
export type LoggedEvent = MatchedEvent & {
  /** The number of the line, counted from 1. */
  readonly line: number;
  /**
   * The time in milliseconds since 1970, by the clock and in the zone of the server. Undefined if the line has none.
   */
  readonly timeMs: number | undefined;
  /** The name of the thread. Empty if it is unknown. */
  readonly thread: string;
  /** The id of the server that wrote the line, if the line shows it. */
  readonly myid: number | undefined;
  /** The name that another program gave to the source of the line. Empty if there is none. */
  readonly origin: string;
  /** The message, without the prefix of the line. */
  readonly text: string;
  /** The time of the record before of the same origin, whatever its class. Undefined if there is none. */
  readonly previousMs: number | undefined;
  /** The first line of the exception that follows, and the lines with its causes. Empty if there is no exception. */
  readonly exception: readonly string[];
};

/** A record whose continuation lines may still follow. */
interface Pending {
  readonly found: MatchedEvent;
  readonly line: number;
  readonly time: string;
  readonly thread: string;
  readonly myid: string;
  readonly origin: string;
  readonly text: string;
  readonly previousTime: string;
  readonly exception: string[];
}

/** The first and the last time in a log, and how many of its lines could be read. */
export interface LogSpan {
  readonly lines: number;
  /** The number of lines that start a record in a known pattern. */
  readonly records: number;
  readonly firstMs: number | undefined;
  /** The last time of each origin. */
  readonly lastMs: ReadonlyMap<string, number | undefined>;
}

/** The number of lines of an exception that are kept: its first line, and the lines with its causes. */
const MAX_EXCEPTION_LINES = 6;
/** The maximum length of each text that is kept. */
const MAX_TEXT = 2000;

const TAB = 9;
const BRACE = 123;

/** Reads one file. */
export class LogReader {
  private readonly onEvent: (event: LoggedEvent) => void;
  private readonly pending = new Map<string, Pending>();
  private lines = 0;
  private records = 0;
  private firstTime = "";
  /** The time of the last record of each origin. */
  private readonly lastTimes = new Map<string, string>();
  /** The last record without an origin, if its class is not known. Its time is read only when it is needed. */
  private skipped = "";
  /** The pending record of the last origin, which most lines belong to. */
  private current: Pending | undefined;

  constructor(onEvent: (event: LoggedEvent) => void) {
    this.onEvent = onEvent;
  }

  /** Reads the next line, without its line feed. */
  read(line: string): void {
    this.lines++;
    const code = line.charCodeAt(0);
    if (code === TAB) {
      this.continue(line);
      return;
    }
    const plain = code === BRACE ? undefined : readLogLine(line, 0, isKnownClass);
    if (plain === UNWANTED_LINE) this.skip(line);
    else if (plain !== undefined) this.start(plain, "", "");
    else if (isStackTrace(line)) this.continue(line);
    else if (code !== BRACE || !this.readJson(line, "")) this.readPrefixed(line);
  }

  /** Reports the records that are still open, and returns the span of the log. */
  end(): LogSpan {
    for (const one of this.pending.values()) this.report(one);
    this.pending.clear();
    this.current = undefined;
    const { lines, records } = this;
    this.lastTimeOf("");
    const lastMs = new Map([...this.lastTimes].map(([origin, time]) => [origin, timeMsOf(time)]));
    return { lines, records, firstMs: timeMsOf(this.firstTime), lastMs };
  }

  /** Skips a record of a class that the table of messages does not have, which most records are. */
  private skip(line: string): void {
    this.records++;
    this.skipped = line;
    if (this.firstTime === "") this.firstTime = copyOf(timeOfLine(line));
    if (this.pending.size > 0) this.close("");
  }

  private lastTimeOf(origin: string): string {
    if (origin === "" && this.skipped !== "") {
      this.lastTimes.set("", timeOfLine(this.skipped));
      this.skipped = "";
    }
    return this.lastTimes.get(origin) ?? "";
  }

  private readPrefixed(line: string): void {
    const { origin, text, time } = stripPrefixes(line);
    const inner = readLogLine(text);
    if (inner !== undefined) this.start(inner, origin, time);
    else if (text.charCodeAt(0) !== BRACE || !this.readJson(text, origin)) this.readUnknown(text, origin, time);
  }

  /** Reads a line whose pattern zabsim does not know: a line of a stack trace, or one that contains a known message. */
  private readUnknown(text: string, origin: string, time: string): void {
    const found = isStackTrace(text) ? undefined : findMessage(text);
    if (found === undefined) {
      this.continue(text, origin);
      return;
    }
    const previousTime = this.lastTimeOf(origin);
    if (time !== "") this.lastTimes.set(origin, time);
    const thread = threadIn(text);
    this.open({ found, line: this.lines, time, thread, myid: "", origin, text, previousTime, exception: [] });
  }

  private readJson(line: string, outerOrigin: string): boolean {
    const record = readJsonLine(line);
    if (record === undefined) return false;
    const origin = record.origin === "" ? outerOrigin : record.origin;
    const inner = readLogLine(record.message);
    if (inner !== undefined) {
      this.start(inner, origin, record.time);
    } else if (record.className === "" && isStackTrace(record.message)) {
      this.continue(record.message, origin);
      return true;
    } else {
      this.start(lineOf(record), origin, record.time);
    }
    for (const text of record.exception.split("\n")) if (text !== "") this.continue(text, origin);
    return true;
  }

  private start({ className, message, myid, thread, time }: LogLine, origin: string, outerTime: string): void {
    this.records++;
    const at = time === "" ? outerTime : time;
    const previousTime = this.lastTimeOf(origin);
    if (at !== "") {
      if (this.firstTime === "") this.firstTime = copyOf(at);
      this.lastTimes.set(origin, at);
    }
    this.close(origin);
    if (className !== "" && !isKnownClass(className)) return;
    const found = className === "" ? findMessage(message) : matchMessage(className, message);
    if (found === undefined) return;
    this.open({ found, line: this.lines, time: at, thread, myid, origin, text: message, previousTime, exception: [] });
  }

  private open(pending: Pending): void {
    this.close(pending.origin);
    this.pending.set(pending.origin, pending);
    this.current = pending;
  }

  /** Adds a line to the record of its origin. */
  private continue(line: string, origin = this.current?.origin ?? ""): void {
    const record = this.current?.origin === origin ? this.current : this.pending.get(origin);
    if (record === undefined || record.exception.length >= MAX_EXCEPTION_LINES) return;
    if (record.exception.length > 0 && !line.startsWith("Caused by: ")) return;
    if (line.charCodeAt(0) === TAB || line.trim() === "") return;
    record.exception.push(copyOf(line.slice(0, MAX_TEXT)));
  }

  private close(origin: string): void {
    const record = this.pending.get(origin);
    if (record === undefined) return;
    this.pending.delete(origin);
    this.current = undefined;
    this.report(record);
  }

  private report({ exception, found, line, myid, origin, previousTime, text, thread, time }: Pending): void {
    this.onEvent({
      ...found,
      ...{ line, exception },
      timeMs: timeMsOf(time),
      previousMs: timeMsOf(previousTime),
      thread: copyOf(thread),
      myid: myidOf(myid, thread),
      origin: copyOf(origin),
      text: copyOf(text.slice(0, MAX_TEXT)),
    } as LoggedEvent);
  }
}

function lineOf({ className, level, message, myid, thread, time }: JsonRecord): LogLine {
  return { className, level, message, myid, thread, time };
}

const STACK_TRACE = /^(?:\s+at |\s*\.\.\. \d+ |Caused by: |(?:[\w$]+\.)+[\w$]*(?:Exception|Error)\b)/;

function isStackTrace(text: string): boolean {
  return STACK_TRACE.test(text);
}

/** Returns the id in `[myid:3]`, or the one in the name of the thread, such as `WorkerReceiver[myid=3]`. */
function myidOf(myid: string, thread: string): number | undefined {
  if (myid !== "") return /^\d+$/.test(myid) ? Number(myid) : undefined;
  const inThread = /\[myid=(\d+)\]/.exec(thread)?.[1];
  return inThread === undefined ? undefined : Number(inThread);
}

/** Returns the name of a LearnerHandler in a line of an unknown pattern. */
function threadIn(line: string): string {
  return /LearnerHandler-\/?[\w.:[\]]+\d/.exec(line)?.[0] ?? "";
}

/** Returns a copy of a slice. Without it, the slice would keep the whole text from which it was taken. */
function copyOf(text: string): string {
  return text === "" ? "" : ` ${text}`.slice(1);
}
