/** Reads and writes the messages of ZooKeeper's logs, release by release. */

export { compareVersions } from "../protocol/releases.ts";
export * from "./events.ts";
export { formatTimeMs, type LogLine, readLogLine, timeMsOf } from "./log-line.ts";
export { type LoggedEvent, LogReader, type LogSpan } from "./log-reader.ts";
export { isLoggedBy, type LogEventName, type LogLevel, type LogMessage, textOf } from "./message.ts";
export {
  findMessage,
  LOG_MESSAGES,
  type MatchedEvent,
  MessageChooser,
  matchMessage,
  type WrittenMessage,
  writeMessage,
} from "./message-table.ts";
