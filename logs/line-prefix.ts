/**
 * Removes what other programs put around the lines of a log: `kubectl logs` (--timestamps, --prefix), the log files of
 * container runtimes, docker compose, syslog and journald, `grep`, and JSON with the message in a field.
 */
import { simpleClassName } from "./log-line.ts";

/** A line without the prefix of another program. */
export interface StrippedLine {
  readonly text: string;
  /**
   * The name that the other program gives to the source of the line, such as a host or a pod. Empty if it gives none. A
   * file with several names contains the logs of several servers.
   */
  readonly origin: string;
  /** The time that the other program added. Empty if it added none. */
  readonly time: string;
}

const ISO = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d+)?(?:Z|[+-]\\d\\d:?\\d\\d)";

/** The start of a record, or of a line of a stack trace. */
const RECORD_OR_TRACE = "\\d{4}-\\d\\d-\\d\\d |\\[\\d{4}-|\\tat |Caused by: |(?:[\\w$]+\\.)+[\\w$]*(?:Exception|Error)";

/** The forms of prefixes. Group `origin` is the name of the source, group `time` the time. */
const PREFIXES: readonly RegExp[] = [
  // [pod/zookeeper-0/zookeeper] line
  /^\[(?<origin>pod\/[^\]\s]+)\] ?/,
  // 2026-11-25T18:19:43.083123456Z stdout F line
  new RegExp(`^(?<time>${ISO}) (?:stdout|stderr) [FP] `),
  // <14>1 2026-11-25T18:19:43.083Z host app 12 - - line
  new RegExp(`^<\\d{1,3}>1 (?<time>${ISO}) (?<origin>\\S+) \\S+ \\S+ \\S+ (?:-|\\[[^\\]]*\\]) ?`),
  // 2026-11-25T18:19:43.083Z host app[12]: line, but not the line "Caused by: …" of a stack trace
  new RegExp(`^(?<time>${ISO}) (?<origin>(?!Caused by: )\\S+) [\\w.@/-]+(?:\\[\\d+\\])?: `),
  // Nov 25 18:19:43 host app[12]: line
  /^(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? (?<origin>\S+) [\w.@/-]+(?:\[\d+\])?: /,
  // 2026-11-25T18:19:43.083123456Z line
  new RegExp(`^(?<time>${ISO}) `),
  // zoo1-1  | line
  /^(?<origin>[\w.-]+) +\| ?/,
  // zookeeper.log:123:line
  new RegExp(`^(?:(?<origin>[^\\s:]+):)?\\d+[:-](?=${RECORD_OR_TRACE})`),
];

/** The number of prefixes that can follow one another, as with `kubectl logs --prefix --timestamps`. */
const MAX_PREFIXES = 3;

/** Removes all known prefixes of a line. */
export function stripPrefixes(line: string): StrippedLine {
  let text = line;
  let origin = "";
  let time = "";
  for (let i = 0; i < MAX_PREFIXES; i++) {
    const match = matchPrefix(text);
    if (match === undefined) break;
    origin = match.groups?.origin ?? origin;
    time = match.groups?.time ?? time;
    text = text.slice(match[0].length);
  }
  return { text, origin, time };
}

function matchPrefix(text: string): RegExpExecArray | undefined {
  for (const prefix of PREFIXES) {
    const match = prefix.exec(text);
    if (match !== null) return match;
  }
  return undefined;
}

/** A log record in a line of JSON. */
export interface JsonRecord {
  /** The message, or a whole line with its pattern. */
  readonly message: string;
  readonly time: string;
  readonly level: string;
  readonly thread: string;
  readonly className: string;
  readonly myid: string;
  /** The stack trace. Empty if the record has none. */
  readonly exception: string;
  readonly origin: string;
}

/** The names that encoders and collectors give to each field, the more specific ones first. */
const JSON_FIELDS = {
  message: ["message", "msg", "log", "MESSAGE", "textPayload"],
  time: ["@timestamp", "timestamp", "time", "ts"],
  level: ["level", "severity", "log.level"],
  thread: ["thread_name", "thread", "threadName", "process.thread.name"],
  className: ["logger_name", "logger", "loggerName", "class", "log.logger"],
  myid: ["myid"],
  exception: ["stack_trace", "exception", "throwable", "error.stack_trace"],
  origin: ["kubernetes.pod_name", "pod", "host", "hostname", "_HOSTNAME"],
} as const;

/** Returns the record in a line of JSON. Returns undefined if the line is not a JSON object with a message. */
export function readJsonLine(line: string): JsonRecord | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const fields = parsed as Readonly<Record<string, unknown>>;
  const text = (names: readonly string[]): string => {
    for (const name of names) {
      const value = valueAt(fields, name);
      if (typeof value === "string" || typeof value === "number") return String(value);
    }
    return "";
  };
  const message = text(JSON_FIELDS.message).replace(/\r?\n$/, "");
  if (message === "") return undefined;
  return {
    message,
    time: text(JSON_FIELDS.time),
    level: text(JSON_FIELDS.level).toUpperCase(),
    thread: text(JSON_FIELDS.thread),
    className: simpleClassName(text(JSON_FIELDS.className)),
    myid: text(JSON_FIELDS.myid) || text(["mdc.myid", "contextMap.myid"]),
    exception: text(JSON_FIELDS.exception),
    origin: text(JSON_FIELDS.origin),
  };
}

/** Returns the value of a field. A name with dots is one field, or a path of fields. */
function valueAt(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name];
  let value: unknown = fields;
  for (const part of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}
