/**
 * A scenario: servers with what their disks hold, the network and disks between and under them, steps, and what is
 * expected. Plain data: the YAML files, the TypeScript API and (later) the shrinker all make this and nothing else.
 * `schema/scenario.schema.json` is its published form; `load.ts` reads and checks it.
 *
 * Zxids are written `epoch:counter`, ranges of one epoch `1:1..1:5`, durations `30us`, `200ms`, `1.5s`, `2m`,
 * ranges of durations `0.2ms..1ms`.
 */
import type { ClusterSpec, CrashSpec, ServerOrLeader } from "../cluster/cluster-spec.ts";
import type { ProtocolEvent } from "../cluster/records.ts";
import type { CorruptibleFile } from "../cluster/server-disk.ts";
import type { InvariantId } from "../invariants/index.ts";
import type { FailureReason, ServerId } from "../protocol/index.ts";

export interface Scenario extends ClusterSpec {
  /** The file's name without its ending. */
  readonly name: string;
  /** One or two sentences: the situation and what comes of it. */
  readonly about: string;
  /** What it is run with unless told otherwise; default 1. */
  readonly seed?: string;
  /** The last zxid that some client may have read before the scenario starts. */
  readonly committed?: string;
  readonly steps: readonly Step[];
  /** When the run ends, at the latest; default: 1 virtual second after nothing but pings is left, at most 120 s. */
  readonly until?: string;
  readonly expect: Expectation;
}

/**
 * When a step happens: at a time, a while after the step before it, or when something happens. Steps wait for one another,
 * except those with `from`: such a step is ready at that time, waits for its moment beside the others, and nobody waits
 * for it.
 */
export interface Trigger {
  /** Since the start. */
  readonly at?: string;
  /** Since the start; its `when` counts from then on. */
  readonly from?: string;
  /** Since the step before this one was done; together with `when`: since that happened. */
  readonly after?: string;
  readonly when?: Moment;
}

/** Something that happens in a run: a protocol event at a server, or a message. */
export interface Moment {
  readonly event?: ProtocolEvent;
  readonly server?: ServerId;
  /** A packet type, or NOTIFICATION. */
  readonly message?: string;
  readonly from?: ServerId;
  readonly to?: ServerId;
  /** For messages: when it leaves, or when it arrives (default; just before it is handled). */
  readonly on?: "sent" | "delivered";
  readonly zxid?: string;
  /** The how-manieth time since the step before was done; default 1. */
  readonly nth?: number;
}

/** Which messages a network step is about; what is left out matches all. */
export interface MessageMatch {
  /** A packet type, or NOTIFICATION. */
  readonly type?: string;
  readonly from?: ServerId;
  readonly to?: ServerId;
  readonly zxid?: string;
}

/** One step: a trigger and exactly one of these actions. */
export type Step = Trigger & Action & Duration;

/** How long it lasts; then it is undone: started again, healed, resumed, released, as it was before. */
export interface Duration {
  readonly for?: string;
}

/** From some servers to others; both default to all servers. */
export interface Direction {
  readonly from?: readonly ServerId[];
  readonly to?: readonly ServerId[];
}

export type Action =
  /** Clients write `count` txns at a server (or at whoever leads), one every `every`. */
  | { readonly write: { readonly at: ServerId | "leader"; readonly count: number; readonly every: string } }
  | { readonly start: ServerId }
  | { readonly crash: CrashSpec }
  | { readonly restart: ServerId }
  /** Stops a server, in order, and starts it again as another release. */
  | { readonly upgrade: { readonly server: ServerId; readonly to: string } }
  | { readonly pause: ServerOrLeader }
  | { readonly resume: ServerId }
  | { readonly wipe: ServerId }
  /** Cuts one direction between servers. */
  | { readonly cutOneWay: { readonly from: readonly ServerId[]; readonly to: readonly ServerId[] } }
  /** Cuts one server off from all others, both ways. */
  | { readonly isolate: ServerOrLeader }
  /** Cuts both directions between two sides; `over` still reaches both. */
  | { readonly bridge: { readonly over: ServerId; readonly sides: readonly (readonly ServerId[])[] } }
  /** Cuts and heals the link between two servers again and again. */
  | { readonly flap: { readonly between: readonly [ServerId, ServerId]; readonly every: string } }
  /** Holds everything in this direction until it is undone. */
  | { readonly clog: Direction }
  /** Changes the character of links. */
  | { readonly link: Direction & LinkCharacterSpec }
  /** Connections to this server are refused. */
  | { readonly refuse: ServerId }
  /** Breaks all connections between two servers, or all of one. */
  | { readonly disconnect: { readonly server: ServerOrLeader; readonly from?: ServerId } }
  /** A server's clock runs this many times as fast as it should. */
  | { readonly clock: { readonly server: ServerId; readonly rate: number } }
  /**
   * The end of all trouble: what lasts is over, no further step comes. These servers are started and healed, their disks and
   * links are as at the start, the others are cut off. From here on `live` and `stuck` are measured. Whoever of these
   * exits is started again.
   */
  | { readonly settle: readonly ServerId[] }
  /** Cuts both directions between groups; servers in no group form one more. */
  | { readonly partition: readonly (readonly ServerId[])[] }
  /** Heals everything between the named servers and all others; `all`: everything. */
  | { readonly heal: "all" | readonly ServerId[] }
  /** Loses the next `count` matching messages. On a stream nothing behind one arrives either. */
  | { readonly drop: { readonly match: MessageMatch; readonly count: number } }
  | { readonly delay: { readonly match: MessageMatch; readonly by: string; readonly count: number } }
  /** Holds matching messages, and what is behind them on their connection, until a `release`. */
  | { readonly hold: { readonly match: MessageMatch; readonly count: number } }
  | { readonly release: "all" }
  /** Breaks the connection when a matching message is sent. */
  | { readonly reset: { readonly match: MessageMatch; readonly count: number } }
  /** Changes fields of the next `count` matching messages: a server from another time, or a broken one. */
  | { readonly alter: { readonly match: MessageMatch; readonly set: AlteredFields; readonly count: number } }
  | { readonly disk: DiskFault };

/** What a step does, by its field. */
export type Verb = Action extends infer One ? (One extends unknown ? keyof One : never) : never;

export interface AlteredFields {
  readonly type?: string;
  readonly zxid?: string;
  /** The epoch in ACKEPOCH's data. */
  readonly epoch?: number;
  readonly protocolVersion?: number;
  readonly configVersion?: number;
}

export interface LinkCharacterSpec {
  readonly latency?: string;
  readonly lossRate?: number;
  readonly duplicateRate?: number;
}

export interface DiskFault {
  readonly server: ServerOrLeader;
  /** From now on. */
  readonly sync?: string;
  readonly write?: string;
  /** Nothing completes until `resume`. */
  readonly stall?: boolean;
  readonly resume?: boolean;
  /** Writes fail for want of room until `resume`. */
  readonly full?: boolean;
  /** The newest file of this kind can no longer be read. */
  readonly corrupt?: CorruptibleFile;
  /** The next such operation fails. */
  readonly fail?: "sync-log" | "truncate-log" | "accepted-epoch" | "current-epoch" | "snapshot" | "load";
}

export interface Expectation {
  /** All sync decisions of the run, in order. */
  readonly decisions?: readonly ExpectedDecision[];
  /** Who leads at the end, and in which epoch. */
  readonly leader?: ServerId | "none";
  readonly epoch?: number;
  /** Who is up to date at the end (the leader included). */
  readonly active?: readonly ServerId[];
  /** What trees hold at the end, as in ServerSpec.history. */
  readonly histories?: Readonly<Record<ServerId, string>>;
  /** Failures that must happen. */
  readonly failures?: readonly {
    readonly server: ServerId;
    readonly reason: FailureReason;
    readonly learner?: ServerId;
  }[];
  /** Invariants that must be violated; none: all must hold. */
  readonly violates: readonly InvariantId[];
  /** Within this time after `settle` the settled servers serve, take a write, and all have it. */
  readonly live?: string;
  /** They do not, within this time. */
  readonly stuck?: string;
}

export interface ExpectedDecision {
  readonly learner: ServerId;
  readonly leader?: ServerId;
  readonly decision: "DIFF" | "TRUNC" | "SNAP";
  /** The zxid of the DIFF or TRUNC. */
  readonly zxid?: string;
  readonly rule?: string;
}
