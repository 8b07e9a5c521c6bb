/**
 * Reads one line of a ZooKeeper log: the time, the level, the thread, the myid, the class and the message. Knows the
 * default patterns of log4j and logback in ZooKeeper's own configuration, the same pattern without the myid
 * (Debian), and the pattern that puts the logger after the message (Kafka's distributions). Every field is a slice
 * of the line, so that reading a line costs little.
 */

/** The fields of a line that starts a log record. */
export interface LogLine {
  /** The date and the time as the line has them, e.g. `2026-11-25 18:19:43,083`. Empty if the line has none. */
  readonly time: string;
  readonly level: string;
  /** The name of the thread. Empty if the pattern does not contain it. */
  readonly thread: string;
  /** The content of `[myid:…]`. Empty on threads to which logback does not pass the context. */
  readonly myid: string;
  /** The class without its package and without nested classes, e.g. `QuorumCnxManager`. */
  readonly className: string;
  readonly message: string;
}

const DASH = 45;
const COLON = 58;
const COMMA = 44;
const DOT = 46;
const SPACE = 32;
const BRACKET = 91;

/** The length of `2026-11-25 18:19:43,083`. */
const TIME_LENGTH = 23;

/** A line of a class that the caller does not need. It has no fields, so that reading it costs little. */
export const UNWANTED_LINE: LogLine = { time: "", level: "", thread: "", myid: "", className: "", message: "" };

const anyClass = (): boolean => true;

/**
 * Returns the fields of a line that starts at `start`. Returns undefined if no known pattern starts there, and
 * UNWANTED_LINE if `isWanted` is false for its class.
 */
export function readLogLine(
  line: string,
  start = 0,
  isWanted: (name: string) => boolean = anyClass,
): LogLine | undefined {
  const isBracketed = line.charCodeAt(start) === BRACKET;
  const timeStart = isBracketed ? start + 1 : start;
  if (!startsWithTime(line, timeStart)) return undefined;
  const rest = timeStart + TIME_LENGTH + (isBracketed ? 1 : 0);
  return readDefault(line, timeStart, rest, isWanted) ?? readLoggerLast(line, timeStart, rest);
}

/** Returns the date and the time of a line for which readLogLine has found a pattern. */
export function timeOfLine(line: string): string {
  const start = line.charCodeAt(0) === BRACKET ? 1 : 0;
  return line.slice(start, start + TIME_LENGTH);
}

/** Returns whether a date and a time with milliseconds start at `at`. */
function startsWithTime(line: string, at: number): boolean {
  if (line.length < at + TIME_LENGTH || line.charCodeAt(at + 4) !== DASH || line.charCodeAt(at + 7) !== DASH)
    return false;
  const fraction = line.charCodeAt(at + 19);
  return (
    line.charCodeAt(at + 13) === COLON &&
    line.charCodeAt(at + 16) === COLON &&
    (fraction === COMMA || fraction === DOT) &&
    isDigits(line, at, at + 4) &&
    isDigits(line, at + 20, at + 23)
  );
}

/** Reads `[myid:3] - INFO  [thread:class@line] - message`. The myid and the dash before the level may be missing. */
function readDefault(
  line: string,
  timeStart: number,
  from: number,
  isWanted: (name: string) => boolean,
): LogLine | undefined {
  let at = from;
  let myidEnd = 0;
  if (line.startsWith(" [myid:", at)) {
    myidEnd = line.indexOf("]", at + 7);
    if (myidEnd < 0) return undefined;
    at = myidEnd + 1;
  }
  if (line.startsWith(" - ", at)) at += 3;
  else if (line.charCodeAt(at) === SPACE) at += 1;
  else return undefined;
  const levelStart = at;
  const levelEnd = line.indexOf(" ", at);
  if (levelEnd < 0 || levelEnd - at > 5) return undefined;
  at = levelEnd;
  while (line.charCodeAt(at) === SPACE) at++;
  if (line.charCodeAt(at) !== BRACKET) return undefined;
  // The location ends with the first "@123]". TRACEFILE's pattern has "[%x]" after it.
  for (let close = line.indexOf("] - ", at); close >= 0; close = line.indexOf("] - ", close + 1)) {
    const end = line.charCodeAt(close - 1) === BRACKET ? close - 2 : close;
    const sign = line.lastIndexOf("@", end);
    if (sign <= at || !isLineNumber(line, sign + 1, end)) continue;
    const colon = line.lastIndexOf(":", sign);
    if (colon <= at) continue;
    const className = simpleName(line, colon + 1, sign);
    if (!isWanted(className)) return UNWANTED_LINE;
    return {
      time: line.slice(timeStart, timeStart + TIME_LENGTH),
      level: line.slice(levelStart, levelEnd),
      thread: line.slice(at + 1, colon),
      myid: myidEnd === 0 ? "" : line.slice(from + 7, myidEnd),
      className,
      message: line.slice(close + 4),
    };
  }
  return undefined;
}

const LOGGER_LAST =
  /^ (TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\s+(?:\[([^\]]*)\] )?(.*) \(((?:\w+\.)+[\w$]+)\)(?: \[(.*)\])?\s*$/s;

/** Reads `INFO message (org.apache.zookeeper.server.quorum.QuorumPeer) [thread]`. */
function readLoggerLast(line: string, timeStart: number, from: number): LogLine | undefined {
  const time = line.slice(timeStart, timeStart + TIME_LENGTH);
  const match = LOGGER_LAST.exec(line.slice(from));
  if (match === null) return undefined;
  const [, level, before, message, logger, after] = match as unknown as string[];
  const className = simpleName(logger as string, 0, (logger as string).length);
  return {
    time,
    level: level as string,
    myid: "",
    thread: after ?? before ?? "",
    className,
    message: message as string,
  };
}

/** Returns the name of a class without its package and without nested classes. */
function simpleName(text: string, start: number, end: number): string {
  const dot = text.lastIndexOf(".", end - 1);
  const from = dot < start ? start : dot + 1;
  const dollar = text.indexOf("$", from);
  return text.slice(from, dollar < 0 || dollar > end ? end : dollar);
}

/** Returns whether the text is a line number, or the sign that log4j writes if it does not know the line. */
function isLineNumber(text: string, start: number, end: number): boolean {
  return start < end && (isDigits(text, start, end) || text.slice(start, end) === "?");
}

function isDigits(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

/** Returns the name of a class without its package and without nested classes. */
export function simpleClassName(name: string): string {
  return simpleName(name, 0, name.length);
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?/;

/**
 * Returns a date and a time in milliseconds since 1970. Zones are ignored: each server logs the time of its own
 * zone, and the difference is part of the estimated offset of its clock. Returns undefined if the text has no time.
 */
export function timeMsOf(text: string): number | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const fraction = Number((match[7] ?? "0").padEnd(3, "0").slice(0, 3));
  return ((daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + fraction;
}

/** Returns the number of days between 1970-01-01 and a date of the Gregorian calendar. */
function daysSince1970(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** Returns a time in milliseconds since 1970 as text, e.g. `2026-11-25 18:19:43.083`. */
export function formatTimeMs(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  const within = ms - days * 86_400_000;
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * mp + 2) / 5) + 1;
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (value: number): string => String(value).padStart(2, "0");
  const seconds = Math.floor(within / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
  const date = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
  return `${date} ${clock}.${String(within % 1000).padStart(3, "0")}`;
}
