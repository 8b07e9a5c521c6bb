/** Writes logs of servers of any release from events, in the default pattern of the release. */
import { formatTimeMs, type LogEventName, type LogEvents, writeMessage } from "../../logs/index.ts";

/** 2026-11-25 12:00:00. */
export const NOON_MS = Date.UTC(2026, 10, 25, 12);

export interface LineOptions {
  readonly thread?: string;
  readonly className?: string;
  /** The lines after the message. */
  readonly exception?: readonly string[];
}

export class LogWriter {
  readonly server: number;
  private readonly release: string;
  private readonly lines: string[] = [];
  private ms: number;

  constructor(server: number, release: string) {
    this.server = server;
    this.release = release;
    this.ms = NOON_MS;
  }

  /** Sets the time of the next lines, in seconds after noon. */
  at(seconds: number): this {
    this.ms = NOON_MS + Math.round(seconds * 1000);
    return this;
  }

  log<E extends LogEventName>(event: E, fields: LogEvents[E], options: LineOptions = {}): this {
    const { className, exception = [], thread = `QuorumPeer[myid=${this.server}](plain=0.0.0.0:2181)` } = options;
    const written = writeMessage(event, fields, this.release, className);
    if (written === undefined) throw new Error(`${this.release} does not log ${event} with these fields`);
    const { message, text } = written;
    const time = formatTimeMs(this.ms).replace(".", ",");
    const location = `${thread}:${message.className}${message.nested}@1`;
    this.lines.push(`${time} [myid:${this.server}] - ${message.level.padEnd(5)} [${location}] - ${text}`, ...exception);
    return this;
  }

  /** The lines of a start, up to LOOKING and the first vote. */
  start(zxid: bigint, settings: { readonly tickTimeMs?: number; readonly initLimit?: number } = {}): this {
    const { initLimit = 10, tickTimeMs = 2000 } = settings;
    this.log("config-read", { path: "/etc/zoo.cfg" });
    this.log("settings", { tickTimeMs }).log("settings", { initLimit });
    this.log("version", { version: `${this.release}-abc`, built: "2024-01-01" });
    return this.look(zxid);
  }

  look(zxid: bigint): this {
    return this.log("looking", {}).log("election-started", { sid: this.server, zxid });
  }

  hear(sid: number, zxid: bigint, leader = sid, state = "LOOKING"): this {
    const vote = { version: 2n, leader, zxid, round: 1n, state, sid, peerEpoch: zxid >> 32n, myState: "LOOKING" };
    return this.log("notification", { ...vote, configVersion: 0n }, { thread: `WorkerReceiver[myid=${this.server}]` });
  }

  /** A leader's lines for one learner. */
  sync(learner: number, facts: Omit<LogEvents["sync-started"], "sid">, ...more: readonly Sent[]): this {
    const thread = `LearnerHandler-/10.0.0.${learner}:5000`;
    this.log("learner-registered", { sid: learner, info: `10.0.0.${learner}:2888:3888:participant` }, { thread });
    this.log("sync-started", { sid: learner, ...facts }, { thread });
    for (const [event, fields] of more) this.log(event, fields as never, { thread });
    return this;
  }

  get text(): string {
    return `${this.lines.join("\n")}\n`;
  }
}

type Sent = readonly [event: LogEventName, fields: object];

/** Returns a zxid. */
export function zxid(epoch: number, counter: number): bigint {
  return (BigInt(epoch) << 32n) | BigInt(counter);
}
