/**
 * A scenario: a cluster, the steps to perform, and the expectations. It is plain data: the loader of YAML files, the
 * generator of plans and the shrinker produce it. `schema/scenario.schema.json` is its published form; `load.ts` reads
 * and checks it.
 *
 * Notation: a zxid is `epoch:counter`, a range of zxids of one epoch is `1:1..1:5`, a duration is `30us`, `200ms`,
 * `1.5s` or `2m`, and a range of durations is `0.2ms..1ms`.
 */
import type {
  ClusterSpec,
  ConfigChange,
  CrashSpec,
  EnsembleConfig,
  ServerOrLeader,
  ServerPorts,
} from "../cluster/cluster-spec.ts";
import type { ConfigWrite } from "../cluster/config-files.ts";
import type { ProtocolEvent } from "../cluster/records.ts";
import type { StallableThread } from "../cluster/server.ts";
import type { CorruptibleFile, DeletableFile } from "../cluster/server-disk.ts";
import type { InvariantId } from "../invariants/index.ts";
import type { AcceptingThread, FailureReason, ReconfigRefusal, ServerId, SyncOperation } from "../protocol/index.ts";

/** A scenario: a cluster, the steps to perform, and the expectations. */
export interface Scenario extends ClusterSpec {
  /** The name of the file without its extension. */
  readonly name: string;
  /** A few sentences: the situation, what happens, and the result. */
  readonly about: string;
  /** The seed that a run uses if the command line has no `--seed`. Default: 1. */
  readonly seed?: string;
  /** The last zxid that a client may have read before the scenario starts. */
  readonly committed?: string;
  /** The steps, in order. */
  readonly steps: readonly Step[];
  /**
   * The latest virtual time at which the run ends. By default, the run ends when the servers have exchanged only pings
   * for one virtual second, or at 120 s.
   */
  readonly until?: string;
  /** The result that the run must have. */
  readonly expect: Expectation;
}

/**
 * The trigger of a step: a time, a delay after the previous step, or a moment. Steps run one after another, except
 * steps with `from`. A step with `from` becomes ready at that time, independently of the other steps. If it also has a
 * moment, it then waits for that moment. No other step waits for a step with `from`.
 */
export interface Trigger {
  /** The time since the start of the run. */
  readonly at?: string;
  /** The time since the start at which the step is ready. Moments before this time do not count. */
  readonly from?: string;
  /** The delay since the previous step; together with `when`, the delay since the moment. */
  readonly after?: string;
  /** The moment that the step waits for. */
  readonly when?: Moment;
  /**
   * The number of the event of the simulator after which the step is performed, from 1. The number depends on the seed
   * and on every other field, so this trigger is for steps that a debugger saves. Such a step is independent.
   */
  readonly afterEvent?: number;
}

/** A moment of a run: a protocol event at a server, or a message. */
export interface Moment {
  /** The protocol event. */
  readonly event?: ProtocolEvent;
  /** The server at which the event happens. Default: any. */
  readonly server?: ServerId;
  /** A packet type, or NOTIFICATION. */
  readonly message?: string;
  /** The sender of the message. Default: any. */
  readonly from?: ServerId;
  /** The receiver of the message. Default: any. */
  readonly to?: ServerId;
  /**
   * For a message: `sent` is the time at which it is sent, `delivered` the time just before its receiver handles it.
   * Default: `delivered`.
   */
  readonly on?: "sent" | "delivered";
  /** The zxid of the event or message. Default: any. */
  readonly zxid?: string;
  /**
   * The number of the occurrence that the step waits for, counted from when the step becomes ready. Default: 1, the
   * first.
   */
  readonly nth?: number;
}

/** A selection of messages. An absent field does not restrict the selection. */
export interface MessageMatch {
  /** A packet type, or NOTIFICATION. */
  readonly type?: string;
  /** The sender. */
  readonly from?: ServerId;
  /** The receiver. */
  readonly to?: ServerId;
  /** The zxid. */
  readonly zxid?: string;
}

/** One step: a trigger, exactly one action, and an optional duration. */
export type Step = Trigger & Action & Duration;

/**
 * The duration of a step. At its end the action is undone: the server starts again, the link heals, the disk resumes.
 */
export interface Duration {
  /** The duration of the action. Default: the action lasts until a later step undoes it. */
  readonly for?: string;
}

/** The direction from one set of servers to another. An absent field means all servers. */
export interface Direction {
  /** The servers that send. Default: all. */
  readonly from?: readonly ServerId[];
  /** The servers that receive. Default: all. */
  readonly to?: readonly ServerId[];
}

/** Writes of a client. */
export interface WriteAction {
  /** The server that receives the writes. */
  readonly at: ServerId | "leader";
  /** The number of transactions. */
  readonly count: number;
  /** The time between two writes. */
  readonly every: string;
  /** The size of each transaction. Default: the setting txnBytes. */
  readonly bytes?: number;
}

/** A client's request to change the configuration. Either `config`, or `add`, `ports` and `remove`. */
export interface ReconfigAction {
  /** The servers to add, with their roles. A member gets the new role. */
  readonly add?: Readonly<Record<ServerId, "participant" | "observer">>;
  /**
   * The new ports of servers. A server that is not in `add` keeps its role. An absent port stays as it is. Default: the
   * ports of members stay, and other servers get DEFAULT_PORTS.
   */
  readonly ports?: ServerPorts;
  /** The servers to remove. */
  readonly remove?: readonly ServerId[];
  /** The whole new configuration. */
  readonly config?: EnsembleConfig;
  /** The version that the newest configuration of the leader must have. Default: any. */
  readonly fromVersion?: string;
  /** Whether the client may write the znode with the configuration, as the super user may. Default: true. */
  readonly authorized?: boolean;
  /**
   * The error with which the leader must refuse the request. `any`: the leader may accept or refuse it, or no server
   * leads. Default: the leader must accept it.
   */
  readonly refused?: ReconfigRefusal | "any";
}

/** The action of a step. Exactly one of these fields is present. */
export type Action =
  /** A client writes `count` transactions at a server or at the leader. `every` is the time between two writes. */
  | { readonly write: WriteAction }
  /** Starts a server that is down. A ConfigChange changes its configuration first. */
  | { readonly start: ServerId | ConfigChange }
  /** Ends the process of a server, or powers off its machine. */
  | { readonly crash: CrashSpec }
  /**
   * Starts a server again with the content of its disk. A running server is stopped first. A ConfigChange changes the
   * configuration of the server before it starts again.
   */
  | { readonly restart: ServerId | ConfigChange }
  /** Stops a server cleanly and starts it again with another release. */
  | { readonly upgrade: { readonly server: ServerId; readonly to: string } }
  /** Stops the clock and the threads of a server, as a long garbage collection does. */
  | { readonly pause: ServerOrLeader }
  /**
   * Makes a server start a new log file and save a snapshot in the background, as its log thread does after a random
   * number of transactions (snapCount). Has no effect if the log thread does not run.
   */
  | { readonly snapshot: ServerOrLeader }
  /** Stalls one thread of a server while its other threads continue. */
  | { readonly stall: ThreadStall }
  /** A client requests a change of the configuration at the leader. */
  | { readonly reconfig: ReconfigAction }
  /**
   * Makes a server unable to resolve its own host name: its address in a configuration that it parses is unresolved,
   * and differs from a resolved one.
   */
  | { readonly failDns: ServerOrLeader }
  /** Crashes a server just before its next write to the files of its configuration. */
  | { readonly crashAtConfigWrite: { readonly server: ServerOrLeader; readonly write: ConfigWrite } }
  /** Makes each accept() of one thread of a server fail, for example because no file descriptor is free. */
  | { readonly acceptError: AcceptError }
  /** Resumes a paused server. */
  | { readonly resume: ServerId }
  /** Crashes a server and empties its disk. */
  | { readonly wipe: ServerId }
  /** Cuts one direction between servers. */
  | { readonly cutOneWay: { readonly from: readonly ServerId[]; readonly to: readonly ServerId[] } }
  /** Cuts one server off from all others, in both directions. */
  | { readonly isolate: ServerOrLeader }
  /** Cuts both directions between two sides. The server `over` still reaches both sides. */
  | { readonly bridge: { readonly over: ServerId; readonly sides: readonly (readonly ServerId[])[] } }
  /** Cuts and heals the link between two servers repeatedly. */
  | { readonly flap: { readonly between: readonly [ServerId, ServerId]; readonly every: string } }
  /** Holds all messages in this direction until the step is undone. */
  | { readonly clog: Direction }
  /** Changes the properties of links, such as latency. */
  | { readonly link: Direction & LinkCharacterSpec }
  /** Refuses new connections to this server. */
  | { readonly refuse: ServerId }
  /** Ends all connections between two servers, or all connections of one server. */
  | { readonly disconnect: { readonly server: ServerOrLeader; readonly from?: ServerId } & EndOptions }
  /** Makes the clock of a server run at this rate; 2 is twice as fast. */
  | { readonly clock: { readonly server: ServerId; readonly rate: number } }
  /**
   * Stops fault injection: undoes every fault that is still active and skips all further steps. Starts these servers,
   * restores their links and disks, and cuts the other servers off. A settled server that exits is started again. The
   * durations of `live` and `stuck` start at this step.
   */
  | { readonly settle: readonly ServerId[] }
  /** Cuts both directions between groups. Servers in no group form one more group. */
  | { readonly partition: readonly (readonly ServerId[])[] }
  /** Heals all cuts between these servers and all others; `all` heals every cut. */
  | { readonly heal: "all" | readonly ServerId[] }
  /** Drops the next `count` matching messages. On a stream, all later messages in the same direction are lost, too. */
  | { readonly drop: { readonly match: MessageMatch; readonly count: number } }
  /** Delays the next `count` matching messages and all later ones on their connection. */
  | { readonly delay: { readonly match: MessageMatch; readonly by: string; readonly count: number } }
  /** Holds matching messages and all later ones on their connection until a `release`. */
  | { readonly hold: { readonly match: MessageMatch; readonly count: number } }
  /** Releases all held messages. */
  | { readonly release: "all" }
  /** Ends the connection when a matching message is sent. The message does not arrive. */
  | { readonly reset: { readonly match: MessageMatch; readonly count: number } & EndOptions }
  /**
   * Changes fields of the next `count` matching messages, to imitate a server of an old release or a faulty server. If
   * `tolerated` is true, the invariants no-bad-state, no-bad-ack, no-bad-proposal and no-bad-commit ignore the
   * connection on which an altered message arrives, and a COMMIT is altered only if its receiver serves, because a
   * learner that synchronizes does not check the zxid of a COMMIT. When the step is undone, the connections between the
   * two servers end, because a receiver that has ignored the message can wait for it as long as its connection lasts.
   */
  | {
      readonly alter: {
        readonly match: MessageMatch;
        readonly set: AlteredFields;
        readonly count: number;
        readonly tolerated?: boolean;
      };
    }
  /** Loses, delays or delivers one message that is in flight. */
  | { readonly inFlight: InFlightAction }
  /** Makes a disk slow, stalled, full, failing or damaged, or repairs it. */
  | { readonly disk: DiskFault };

/** A message in flight, and what happens to it. Exactly one of `drop`, `delay` and `deliver` is present. */
export interface InFlightAction {
  /** Selects messages in flight. */
  readonly match: MessageMatch;
  /** The number of the message among the matching ones, in the order of Network#inFlight. Default: 1. */
  readonly nth?: number;
  /** The message never arrives. On a stream, no later message of this direction arrives. */
  readonly drop?: true;
  /** The message, and all later ones of its stream, arrive later by this duration. */
  readonly delay?: string;
  /** The message, and all earlier ones of its stream, arrive now. Has no effect on a message that a fault holds. */
  readonly deliver?: true;
}

/** How a step ends a connection. */
export interface EndOptions {
  /**
   * Whether each end first receives the messages in flight to it and then a close (FIN), as if a proxy closed the
   * connection. Default: a reset (RST) at both ends, and the messages in flight never arrive.
   */
  readonly orderly?: boolean;
}

/** The names of the actions. */
export type Verb = Action extends infer One ? (One extends unknown ? keyof One : never) : never;

/** The fields of a message to change. An absent field stays unchanged. */
export interface AlteredFields {
  /** The packet type. */
  readonly type?: string;
  /** The zxid. */
  readonly zxid?: string;
  /** The epoch in ACKEPOCH's data. */
  readonly epoch?: number;
  /** The protocolVersion in the data of FOLLOWERINFO, OBSERVERINFO or LEADERINFO. */
  readonly protocolVersion?: number;
  /** The configVersion in the data of FOLLOWERINFO or OBSERVERINFO. */
  readonly configVersion?: number;
  /** The configuration text of a notification, in the form of ZooKeeper's dynamic files. */
  readonly configText?: string;
  /** The length of the configuration text, as a notification states it. */
  readonly configLength?: number;
  /** The length of a notification: it is cut off, or extended by zeros. */
  readonly bytes?: number;
}

/** The properties of links to change. An absent field stays unchanged. */
export interface LinkCharacterSpec {
  /** The latency: a duration, or a range to draw from. */
  readonly latency?: string;
  /** The probability that a packet is lost, 0 to 1. */
  readonly lossRate?: number;
  /** The probability that a datagram arrives twice, 0 to 1. */
  readonly duplicateRate?: number;
}

/** A thread that does no work until the step is undone or the server crashes. */
export interface ThreadStall {
  /** The server. */
  readonly server: ServerOrLeader;
  /**
   * The thread. `apply`: the commit processor, which applies committed transactions. `handlers`: the leader's
   * LearnerHandlers, from the sync decision to NEWLEADER. `learner`: a learner's main thread, while it hands proposals
   * to the log thread. `listener`: QuorumCnxManager.Listener, which accepts connections on the election port.
   * `acceptor`: the leader's LearnerCnxAcceptor. The kernel still completes the connections of a stalled listener or
   * acceptor. `requests`: the leader's PrepRequestProcessor, which assigns zxids; writes wait, and the leader still
   * sends pings and commits what it has proposed. `leader`: the main thread of a new leader, before it counts itself
   * for the epoch and for ACKEPOCH, so that LearnerHandlers come first.
   */
  readonly thread: StallableThread;
}

/** Errors of accept() in one thread, until the step is undone or the process ends. */
export interface AcceptError {
  /** The server. */
  readonly server: ServerOrLeader;
  /**
   * The thread. `listener`: QuorumCnxManager.Listener, on the election port. `acceptor`: the leader's
   * LearnerCnxAcceptor, or the ObserverMaster of a follower. An accept() fails when a connection arrives.
   */
  readonly thread: AcceptingThread;
}

/** A fault of a disk, or its repair. */
export interface DiskFault {
  /** The server whose disk is affected. */
  readonly server: ServerOrLeader;
  /** The new duration of a sync, or a range of durations. */
  readonly sync?: string;
  /** The new duration of every operation that is not a sync, or a range of durations. */
  readonly write?: string;
  /** No operation completes until `resume`. */
  readonly stall?: boolean;
  /** Repairs the disk: ends a stall, makes space and cancels planned failures. */
  readonly resume?: boolean;
  /** The disk is full: writes fail until `resume`. */
  readonly full?: boolean;
  /** The disk is read-only: every operation except a read fails until `resume`. */
  readonly readOnly?: boolean;
  /** The disk reports each sync as done although it has made nothing durable, until `resume`. */
  readonly loseSyncs?: boolean;
  /** Corrupts a file of this kind: the newest one, or the one that `file` names. */
  readonly corrupt?: CorruptibleFile;
  /**
   * Deletes a file of this kind: the newest one, or the one that `file` names. `data-log-dir` deletes all log files,
   * and `data-dir` all other files. The server must be down, unless the file is a log file that is not the newest.
   */
  readonly delete?: DeletableFile;
  /** The zxid in the name of the log file or snapshot to corrupt or delete. */
  readonly file?: string;
  /** Replaces the whole directory by a copy of that of another server. The server must be down. */
  readonly copyFrom?: ServerId;
  /** Makes the next operation of this kind fail, unless `resume` comes first. */
  readonly fail?: "sync-log" | "truncate-log" | "accepted-epoch" | "current-epoch" | "snapshot" | "load";
}

/** The result that a run must have. An absent field is not checked. */
export interface Expectation {
  /** All sync decisions of the run, in order. */
  readonly decisions?: readonly ExpectedDecision[];
  /** The leader at the end of the run. */
  readonly leader?: ServerId | "none";
  /** The epoch of the leader at the end of the run. */
  readonly epoch?: number;
  /** The servers that serve at the end, including the leader. */
  readonly active?: readonly ServerId[];
  /** The history in the memory of each server at the end, in the notation of ServerSpec.history. */
  readonly histories?: Readonly<Record<ServerId, string>>;
  /** The committed configuration of each server at the end, for example `voters 1,2,3; version 1:1`. */
  readonly configs?: Readonly<Record<ServerId, string>>;
  /** Failures that must happen. */
  readonly failures?: readonly {
    readonly server: ServerId;
    readonly reason: FailureReason;
    readonly learner?: ServerId;
  }[];
  /** The invariants that the run must violate. All other invariants must hold. */
  readonly violates: readonly InvariantId[];
  /** Within this time after `settle`, all settled servers must serve, and they must accept and deliver a write. */
  readonly live?: string;
  /** The settled servers must stay stuck for at least this time after `settle`. */
  readonly stuck?: string;
}

/** One expected sync decision. An absent field matches every value. */
export interface ExpectedDecision {
  /** The learner. */
  readonly learner: ServerId;
  /** The leader. */
  readonly leader?: ServerId;
  /** What the leader sends. */
  readonly decision: SyncOperation;
  /** The zxid of the DIFF, TRUNC or SNAP, as the column "decision" of the report's sync-decision table shows it. */
  readonly zxid?: string;
  /** The rule by which the leader decides. */
  readonly rule?: string;
}
