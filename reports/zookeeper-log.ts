/**
 * Lists the messages that ZooKeeper would write to its own log for the failures of a run. A user who searches for a
 * message from a real log can then find the scenario that explains it.
 */
import type { ProtocolRecord, RecordOf } from "../cluster/records.ts";
import { loggedMessages } from "./failure-reasons.ts";

/** A failure, and the messages that ZooKeeper logs for it. */
export interface LoggedFailure {
  readonly record: RecordOf<"failed">;
  readonly messages: readonly string[];
}

/**
 * Returns, in the order of the run, the failures for which ZooKeeper logs a specific message in the release of the
 * server.
 */
export function loggedFailures(records: readonly ProtocolRecord[]): readonly LoggedFailure[] {
  const releases = new Map<number, string>();
  const found: LoggedFailure[] = [];
  for (const record of records) {
    if (record.event === "started" && record.config !== undefined) releases.set(record.server, record.config.release);
    if (record.event !== "failed") continue;
    const release = releases.get(record.server) ?? "newest";
    const messages = loggedMessages({ ...record, isHandler: record.learner !== undefined, release });
    if (messages.length > 0) found.push({ record, messages });
  }
  return found;
}

/**
 * Returns lines that contain each message once. Each message has a line of its own, so that a text search finds it. A
 * message that is too long for `width` is cut and ends with `…`.
 */
export function logLines(records: readonly ProtocolRecord[], indent: string, width: number): readonly string[] {
  const found = new Map<string, { readonly reason: string; readonly texts: Set<string>; readonly at: Set<number> }>();
  for (const { messages, record } of loggedFailures(records)) {
    const key = `${record.reason} ${messages.join()}`;
    const entry = found.get(key) ?? { reason: record.reason, texts: new Set(messages), at: new Set() };
    found.set(key, entry);
    entry.at.add(record.server);
  }
  return [...found.values()].flatMap(({ at, reason, texts }) => [
    `${indent}${reason} at server ${[...at].sort((a, b) => a - b).join(", ")}; ZooKeeper logs:`,
    ...[...texts].map((text) => `${indent}  ${quotedMessage(text, width - indent.length - 2)}`),
  ]);
}

/** Returns a message in quotes. If it is too long for `width`, cuts it after a whole word and adds `…`. */
export function quotedMessage(text: string, width: number): string {
  const columns = width - 2;
  if (text.length <= columns) return `"${text}"`;
  const cut = text.slice(0, columns - 2);
  return `"${cut.slice(0, cut.lastIndexOf(" "))} …"`;
}
