/**
 * What ZooKeeper's own log would contain for the failures of a run, so that a search for a message of a real log finds
 * the scenario that explains it.
 */
import type { ProtocolRecord, RecordOf } from "../cluster/records.ts";
import { loggedMessages } from "./failure-reasons.ts";

/** The messages of one failure. */
export interface LoggedFailure {
  readonly record: RecordOf<"failed">;
  readonly messages: readonly string[];
}

/** Returns the failures for which the release of the server logs a message of its own, in order. */
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

/** Returns one sentence for each different message of a run: `epoch-timeout at server 1; ZooKeeper logs "…"`. */
export function logSentences(records: readonly ProtocolRecord[]): readonly string[] {
  const servers = new Map<string, { readonly reason: string; readonly text: string; readonly at: Set<number> }>();
  for (const { messages, record } of loggedFailures(records)) {
    for (const text of messages) {
      const key = `${record.reason} ${text}`;
      const entry = servers.get(key) ?? { reason: record.reason, text, at: new Set() };
      servers.set(key, entry);
      entry.at.add(record.server);
    }
  }
  return [...servers.values()].map(
    ({ at, reason, text }) =>
      `${reason} at server ${[...at].sort((a, b) => a - b).join(", ")}; ZooKeeper logs "${text}"`,
  );
}
