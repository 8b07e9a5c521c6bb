/**
 * Declares the messages that ZooKeeper writes to its log: the class, the level, the releases, the template, and the
 * event that the message reports. One entry serves for reading logs and for writing them.
 */
import { compareVersions } from "../protocol/releases.ts";
import type { LogEvents } from "./events.ts";
import { type CompiledTemplate, compileTemplate, type Fields, type FieldsOfParts } from "./template.ts";

/** The level of a log message. */
export type LogLevel = "INFO" | "WARN" | "ERROR";

/** The name of an event that log messages report. */
export type LogEventName = keyof LogEvents;

/** One message of ZooKeeper's log. */
export interface LogMessage {
  readonly event: LogEventName;
  /** The class that logs the message, without its package and without nested classes, e.g. `FastLeaderElection`. */
  readonly className: string;
  /** The nested class, e.g. `$Messenger$WorkerReceiver`. Empty if the class itself logs the message. */
  readonly nested: string;
  readonly level: LogLevel;
  /**
   * The releases with this message: ranges, separated by spaces. A range includes both ends; an end that is missing
   * means that the range is open, e.g. `3.8.5..3.8.6 3.9.2..`.
   */
  readonly releases: string;
  readonly template: string;
  readonly compiled: CompiledTemplate;
}

/** Declares the messages of a class. */
export function messagesOf(className: string, nested = "") {
  return <E extends LogEventName, const Parts extends readonly string[]>(
    event: E,
    level: LogLevel,
    releases: string,
    // The parts of the template. A mistake in the name or the kind of a field is a type error.
    ...parts: FieldsOfParts<Parts> extends Partial<LogEvents[E]> ? Parts : never
  ): LogMessage => {
    const template = parts.join("");
    return { event, className, nested, level, releases, template, compiled: compileTemplate(template) };
  };
}

/** Returns whether a release, such as 3.8.6, logs a message. */
export function isLoggedBy({ releases }: LogMessage, release: string): boolean {
  return releases.split(" ").some((range) => {
    const [from = "", until = ""] = range.split("..");
    return (
      (from === "" || compareVersions(release, from) >= 0) && (until === "" || compareVersions(release, until) <= 0)
    );
  });
}

/** Returns the text of a message. Returns undefined if a field of its template is missing. */
export function textOf(message: LogMessage, fields: Fields): string | undefined {
  return message.compiled.write(fields);
}
