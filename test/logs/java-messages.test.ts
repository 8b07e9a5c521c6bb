/**
 * Compares the table of messages with the sources of all releases: java-messages.tsv has every text that the classes of
 * the table log, with the releases. A text that differs between releases needs an entry for each form.
 */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { isLoggedBy, LOG_MESSAGES, type LogMessage } from "../../logs/index.ts";
import { PUBLISHED_RELEASES } from "../../protocol/index.ts";

interface JavaMessage {
  readonly className: string;
  readonly level: string;
  readonly releases: string;
  readonly text: string;
}

const JAVA: readonly JavaMessage[] = readFileSync(new URL("java-messages.tsv", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [className = "", level = "", releases = "", text = ""] = line.split("\t");
    return { className, level, releases, text };
  });

/** Messages whose text is put together from several places, so that the source does not contain it in one call. */
const COMPOSED: readonly string[] = [
  // Environment#logEnv, RateLogger#rateLimitLog with the text of DataTree#reportDigestMismatch.
  "Server environment:",
  "Message:Digests",
  "Message: Digests",
  "[{times:int} times] Message:",
  // Notification#toString, JvmPauseMonitor#formatMessage.
  "Notification: {version:int}",
  "Detected pause in JVM",
];

/** Text that is part of a value in the source: the name of a file or of a property, and a set of server ids. */
const IN_VALUES = [
  "log.",
  "zookeeper.snapshotSizeFactor",
  "zookeeper.commitLogCount",
  "[{supporters:sids}]{next:text}",
];

const isComposed = ({ template }: LogMessage): boolean => COMPOSED.some((start) => template.startsWith(start));

/** The kinds of fields: values of the source, or text in which the source has literals and values. */
const FIELD: Readonly<Record<string, string>> = { text: ".*", word: "\\S+" };

/** Returns the texts of the source that a template stands for. */
function patternsOf({ template }: LogMessage): readonly RegExp[] {
  const [value] = IN_VALUES.filter((text) => template.includes(text));
  const other = value === undefined ? [] : [template.replace(value, value === "log." ? "" : "{value:int}")];
  return [template, ...other].map(patternOf);
}

function patternOf(template: string): RegExp {
  const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const literals = template.split(/\{\w+:\w+\}/);
  const kinds = [...template.matchAll(/\{\w+:(\w+)\}/g)].map(([, kind]) => kind as string);
  const source = literals.map((literal, i) => {
    const kind = kinds[i];
    return escaped(literal) + (kind === undefined ? "" : (FIELD[kind] ?? "(?:\\{\\})+"));
  });
  return new RegExp(`^${source.join("")}$`, "s");
}

const PATTERNS = new Map(LOG_MESSAGES.map((message) => [message, patternsOf(message)]));

function inSource(message: LogMessage, release: string): boolean {
  return JAVA.some(
    (java) =>
      java.className === message.className &&
      java.level === message.level &&
      isLoggedBy({ ...message, releases: java.releases }, release) &&
      PATTERNS.get(message)?.some((pattern) => pattern.test(java.text)) === true,
  );
}

it("each release logs every message that the table gives to it", () => {
  const wrong = LOG_MESSAGES.filter((message) => !isComposed(message)).flatMap((message) => {
    const releases = PUBLISHED_RELEASES.filter((one) => isLoggedBy(message, one) && !inSource(message, one));
    return releases.length === 0 ? [] : [`${message.className} "${message.template}": not in ${releases.join(" ")}`];
  });
  expect(wrong).toEqual([]);
});

it("the table gives a message to each release that logs it", () => {
  const wrong = LOG_MESSAGES.filter((message) => !isComposed(message)).flatMap((message) => {
    const others = LOG_MESSAGES.filter((one) => one.event === message.event && one.className === message.className);
    const releases = PUBLISHED_RELEASES.filter(
      (one) => inSource(message, one) && !others.some((other) => isLoggedBy(other, one) && inSource(other, one)),
    );
    return releases.length === 0 ? [] : [`${message.className} "${message.template}": also in ${releases.join(" ")}`];
  });
  expect(wrong).toEqual([]);
});
