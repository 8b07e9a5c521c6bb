/** What the log of a process shows of the configuration file with which it starts. */
import type { LogEventName, LogEvents, LoggedEvent } from "../logs/index.ts";
import { isOutsideInfo } from "./observation.ts";

/** What a process shows of the configuration file with which it starts, before another configuration reaches it. */
export interface FileFacts {
  readonly server: number;
  readonly startMs: number;
  /**
   * The servers whose votes it logs, and those that it cannot reach. It logs only votes of voters, also its own
   * (WorkerReceiver#run), and sends its vote to all voters.
   */
  readonly voters: ReadonlySet<number>;
  /** The learners that it does not find in its configuration while it leads. */
  readonly lacks: ReadonlySet<number>;
  /** Whether it is a voter. Undefined if it never looks for a leader. */
  readonly votes: boolean | undefined;
  /** Whether it observes a leader. */
  readonly observes: boolean;
  /** The number of voters, as it warns about it: at most two, another even number, or none of the two. */
  readonly size: "few" | "even" | "other" | undefined;
  /** The version of its configuration. */
  readonly version: bigint | undefined;
}

/** The events after which a process may work with another configuration than that of its file. */
const NEW_CONFIGURATION: ReadonlySet<LogEventName> = new Set([
  "config-adopted",
  "config-received",
  "election-restarted",
  "uptodate-received",
  "established",
]);

/** Collects what one process shows of its configuration file. */
export class FileCollector {
  readonly timeMs: number;
  private readonly server: number;
  private readonly voters = new Set<number>();
  private readonly lacks = new Set<number>();
  private votes: boolean | undefined;
  private observes = false;
  private size: FileFacts["size"];
  private version: bigint | undefined;
  private isOver = false;
  private hasChanged = false;

  constructor(server: number, timeMs: number, first: LogEventName) {
    this.server = server;
    this.timeMs = timeMs;
    this.size = first === "config-read" ? "other" : undefined;
  }

  get facts(): Omit<FileFacts, "server" | "startMs"> {
    const { lacks, observes, size, version, voters, votes } = this;
    return { lacks, observes, size, version, voters, votes };
  }

  add({ event, fields }: Pick<LoggedEvent, "event" | "fields">): void {
    this.addLearner(event, fields);
    if (this.isOver) return;
    if (event === "few-voters") this.size = "few";
    if (event === "even-voters") this.size = "even";
    if (event === "observing") this.observes = true;
    if (event === "election-started") this.votes ??= false;
    if (event === "notification") this.addVote(fields as LogEvents["notification"]);
    if (event === "channel-failed") this.voters.add((fields as LogEvents["channel-failed"]).sid);
    if (event === "config-received") this.version ??= (fields as LogEvents["config-received"]).mine;
    if (NEW_CONFIGURATION.has(event)) this.isOver = true;
  }

  private addLearner(event: LogEventName, fields: LoggedEvent["fields"]): void {
    if (event === "reconfig-requested" || event === "election-restarted" || event === "config-adopted") {
      this.hasChanged = true;
    }
    if (event !== "learner-registered" || this.hasChanged) return;
    const { info, sid } = fields as LogEvents["learner-registered"];
    if (isOutsideInfo(info)) this.lacks.add(sid);
  }

  private addVote({ configVersion, sid }: LogEvents["notification"]): void {
    this.voters.add(sid);
    if (sid !== this.server) return;
    this.votes = true;
    this.version ??= configVersion;
  }
}
