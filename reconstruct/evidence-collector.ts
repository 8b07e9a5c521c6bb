/** Collects the facts of one log, event by event, with the times of this log. */
import type { LogEventName, LoggedEvent, Zxid64 } from "../logs/index.ts";
import { FileCollector } from "./config-file-facts.ts";
import type { BrokenLink, ConfigVersionFact, Outsider, ReconfigRequest, VoteFact, ZxidFact } from "./evidence.ts";
import { isOutsideInfo, type Observation, ServerObserver } from "./observation.ts";

/** A fact of one log, with the time of its line. */
export type Timed<T> = Omit<T, "atMs"> & { readonly timeMs: number };

/** The events that show a zxid of the server that logs them. */
const ZXID_EVENTS: { readonly [E in LogEventName]?: readonly string[] } = {
  "database-loaded": ["zxid"],
  "election-started": ["zxid"],
  "snapshot-taken": ["zxid"],
  "log-file-created": ["zxid"],
  "zxid-unexpected": ["zxid"],
  "sync-started": ["maxCommittedLog", "lastProcessedZxid"],
  "got-snap": ["zxid"],
  "got-diff": ["zxid"],
};

const EXACT: ReadonlySet<LogEventName> = new Set(["log-file-created", "zxid-unexpected"]);

type EventOf<E extends LogEventName> = Extract<LoggedEvent, { readonly event: E }>;
type Handlers = {
  readonly [E in LogEventName]?: (log: EvidenceCollector, event: EventOf<E>, timeMs: number) => unknown;
};

/** The events of which single facts are kept. */
const HANDLERS: Handlers = {
  "reconfig-requested": ({ requests, server }, _event, timeMs) => requests.push({ server, timeMs }),
  "requests-started": ({ enabled }, { fields }) => enabled.push(fields.reconfigEnabled === "true"),
  observing: (log) => {
    log.isObserver = true;
  },
  "channel-broken": ({ broken, server }, { fields }, timeMs) => broken.push({ server, peer: fields.sid, timeMs }),
  "channel-failed": ({ refused, server }, { exception, fields }, timeMs) => {
    const isRefused = !exception.some((line) => line.includes("timed out"));
    if (isRefused) refused.push({ server, peer: fields.sid, timeMs });
  },
  notification: (log, { fields }, timeMs) => {
    const { configVersion: version, leader, peerEpoch, round, sid, state, zxid } = fields;
    if (version !== undefined) log.configVersions.push({ server: sid, version, timeMs });
    if (state !== "LOOKING") return;
    log.votes.push({ server: log.server, sid, vote: [round, leader, zxid, peerEpoch].join(" "), timeMs });
    if (sid === log.server) log.addEpoch(Number(peerEpoch));
  },
  "config-received": ({ configVersions }, { fields: { mine, sid } }, timeMs) =>
    configVersions.push({ server: sid, version: mine, timeMs }),
  established: (log) => {
    log.serves = true;
  },
  "election-started": (log) => {
    log.serves = false;
  },
  "election-restarted": ({ restarts, server, serves }, _event, timeMs) => restarts.push({ server, serves, timeMs }),
  "learner-registered": ({ outsiders }, { fields: { info, sid } }, timeMs) => {
    if (isOutsideInfo(info)) outsiders.push({ server: sid, timeMs });
  },
};

/** A restart of the election service. */
export interface ElectionRestart {
  readonly server: number;
  readonly atMs: number;
  /** Whether the server served as the leader. */
  readonly serves: boolean;
}

/** Collects the facts of one log. */
export class EvidenceCollector {
  readonly server: number;
  readonly zxids: Timed<ZxidFact>[] = [];
  readonly broken: Timed<BrokenLink>[] = [];
  readonly refused: Timed<BrokenLink>[] = [];
  readonly configVersions: Timed<ConfigVersionFact>[] = [];
  readonly outsiders: Timed<Outsider>[] = [];
  readonly requests: Timed<ReconfigRequest>[] = [];
  readonly votes: Timed<VoteFact>[] = [];
  readonly restarts: Timed<ElectionRestart>[] = [];
  readonly observed: Timed<Observation>[] = [];
  readonly files: FileCollector[] = [];
  readonly enabled: boolean[] = [];
  /** The epoch in the first vote of each process, by the number of the process. */
  readonly epochs = new Map<number, number>();
  isObserver = false;
  /** Whether the server serves as the leader. */
  serves = false;
  private processes = 0;
  private readonly observer: ServerObserver;

  constructor(server: number) {
    this.server = server;
    this.observer = new ServerObserver(server);
  }

  add(event: LoggedEvent): void {
    const { timeMs } = event;
    if (event.event === "config-read" || this.processes === 0) this.processes++;
    if (timeMs === undefined) return;
    if (this.files.length < this.processes) this.files.push(new FileCollector(this.server, timeMs, event.event));
    this.files.at(-1)?.add(event);
    const observation = this.observer.observe(event.event, event.fields, event.exception, 0);
    if (observation !== undefined) this.observed.push({ ...observation, timeMs });
    const handle = HANDLERS[event.event] as ((log: this, event: LoggedEvent, timeMs: number) => unknown) | undefined;
    handle?.(this, event, timeMs);
    this.addZxids(event, timeMs);
  }

  /** Notes the epoch of the server's own vote. */
  addEpoch(epoch: number): void {
    if (!this.epochs.has(this.processes)) this.epochs.set(this.processes, epoch);
  }

  private addZxids(event: LoggedEvent, timeMs: number): void {
    // Only the first proposal after a synchronization counts: the learner expects 1 then (Follower#processPacket).
    if (event.event === "zxid-unexpected" && event.fields.expected !== 1n) return;
    for (const name of ZXID_EVENTS[event.event] ?? []) {
      const zxid = (event.fields as unknown as Record<string, Zxid64 | undefined>)[name];
      if (zxid === undefined || zxid <= 0n) continue;
      const { server } = this;
      this.zxids.push({ server, zxid, timeMs, isExact: EXACT.has(event.event), event: event.event });
    }
  }
}
