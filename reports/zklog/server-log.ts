/** The messages of one server's log, chosen from the two-way table of messages. */
import type { LogEventName, LogEvents, LogMessage, MessageChooser } from "../../logs/index.ts";

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

/** A message that a server logs. */
export interface ServerMessage {
  readonly server: number;
  readonly event: LogEventName;
  readonly fields: LogEvents[LogEventName];
  readonly message: LogMessage;
  readonly exception: readonly string[];
  readonly thread: string;
  /** The virtual time. */
  readonly atUs: number;
  readonly release: string;
  /** The content of the file myid. Undefined before the process has read it. */
  readonly myid: number | undefined;
}

/** Receives the messages of all servers in order, and chooses them. */
export interface MessageSink {
  readonly chooser: MessageChooser;
  /** Whether the sink needs the messages of an event. Default: all. */
  readonly isNeeded?: (event: LogEventName) => boolean;
  /** Whether the sink needs only those notifications that a server sends to itself. Default: false. */
  readonly ownVotesOnly?: boolean;
  readonly add: (message: ServerMessage) => void;
}

/** The log of one server, over all starts of its process. */
export class ServerLog {
  /** The virtual time of the next line. */
  nowUs = 0;
  release = "";
  myid: number | undefined;
  private readonly server: number;
  private readonly sink: MessageSink;

  constructor(server: number, sink: MessageSink) {
    this.server = server;
    this.sink = sink;
  }

  /**
   * Writes the message with which the release reports an event. Returns false and writes nothing if the release does
   * not log the event.
   */
  write<E extends LogEventName>(event: E, fields: LogEvents[E], options: LineOptions): boolean {
    if (this.sink.isNeeded?.(event) === false) return true;
    const { exception = [], thread } = options;
    const { myid, nowUs: atUs, release, server } = this;
    const message = this.sink.chooser.messageFor(event, fields, release, options);
    if (message === undefined) return false;
    this.sink.add({ server, event, fields, message, exception, thread, atUs, release, myid });
    return true;
  }
}
