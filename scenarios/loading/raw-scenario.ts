/**
 * The data of a scenario file after the schema check: short forms are still short, and optional fields may be absent.
 */
import type {
  ConfigChange,
  CrashSpec,
  DiskSpec,
  EnsembleConfig,
  HierarchicalQuorum,
  LinkSpec,
  NetworkSpec,
  ServerSpec,
  ThreadSpec,
} from "../../cluster/cluster-spec.ts";
import type { ProtocolEvent } from "../../cluster/records.ts";
import type { ServerId } from "../../protocol/zxid.ts";
import type {
  AcceptError,
  Action,
  AlteredFields,
  DiskFault,
  EndOptions,
  Expectation,
  ExpectedDecision,
  MessageMatch,
  Moment,
  ReconfigAction,
  ThreadStall,
  WriteAction,
} from "../scenario.ts";

export type RawZxid = string | number;
export type RawZxids = string | readonly RawZxid[];
export type RawDuration = string | number;
export type RawIds = ServerId | readonly ServerId[];
export type RawMatch = Omit<MessageMatch, "zxid"> & { readonly zxid?: RawZxid; readonly count?: number };

export interface RawScenario {
  readonly about?: string;
  readonly zookeeper?: string;
  readonly behaviors?: string | readonly string[];
  readonly seed?: string | number;
  readonly servers: number | Readonly<Record<string, RawServer | null>>;
  readonly quorum?: "majority" | (Omit<HierarchicalQuorum, "weights"> & Partial<Pick<HierarchicalQuorum, "weights">>);
  readonly settings?: RawSettings;
  readonly network?: RawNetwork;
  readonly disk?: { readonly [Field in keyof DiskSpec]?: RawDuration };
  readonly threads?: RawThreads;
  readonly committed?: RawZxid;
  /** The steps. A step that does not match the schema is null. */
  readonly steps?: readonly (RawStep | null)[];
  readonly until?: RawDuration;
  readonly expect?: RawExpectation;
}

/** Settings by name: the names that the core uses or ZooKeeper's own names. */
export type RawSettings = Readonly<Record<string, unknown>>;

export type RawEnsembleConfig = Partial<Omit<EnsembleConfig, "version">> &
  Pick<EnsembleConfig, "voters"> & { readonly version?: RawZxid };

export interface RawConfigChange extends Omit<ConfigChange, "config" | "settings"> {
  readonly config?: RawEnsembleConfig;
  readonly settings?: RawSettings;
}

type RawFields = "snapshots" | "logFilesFrom" | "logFrom" | "settings" | "config" | "nextConfig";

export interface RawServer extends Partial<Omit<ServerSpec, RawFields>> {
  readonly config?: RawEnsembleConfig;
  readonly nextConfig?: RawEnsembleConfig;
  readonly settings?: RawSettings;
  readonly snapshots?: RawZxids;
  readonly logFilesFrom?: RawZxids;
  readonly logFrom?: RawZxid;
}

export interface RawNetwork
  extends Partial<Omit<NetworkSpec, "latency" | "links" | "retransmissionTimeout" | "keepAliveTimeout">> {
  readonly latency?: RawDuration;
  readonly retransmissionTimeout?: RawDuration;
  readonly keepAliveTimeout?: RawDuration;
  readonly links?: readonly RawLink[];
}

/** `applyCommits` is the former name of `applyLatency`. */
export type RawThreads = { readonly [Field in keyof ThreadSpec | "applyCommits"]?: RawDuration };

export interface RawLink extends Omit<LinkSpec, "bothWays" | "latency"> {
  readonly bothWays?: boolean;
  readonly latency: RawDuration;
}

export interface RawDirection {
  readonly from?: RawIds;
  readonly to?: RawIds;
}

export type RawMoment = Omit<Moment, "zxid"> & { readonly zxid?: RawZxid };

export interface RawStep {
  readonly at?: RawDuration;
  readonly from?: RawDuration;
  readonly after?: RawDuration;
  readonly for?: RawDuration;
  readonly when?: ProtocolEvent | RawMoment;
  readonly afterEvent?: number;
  readonly write?: number | (Partial<Omit<WriteAction, "every">> & { readonly every?: RawDuration });
  readonly start?: ServerId | RawConfigChange;
  readonly crash?: ServerId | "leader" | (Partial<CrashSpec> & Pick<CrashSpec, "server">);
  readonly restart?: ServerId | RawConfigChange;
  readonly upgrade?: { readonly server: ServerId; readonly to: string };
  readonly pause?: ServerId | "leader";
  readonly snapshot?: ServerId | "leader";
  readonly stall?: ThreadStall;
  readonly reconfig?: Omit<ReconfigAction, "remove" | "config" | "fromVersion"> & {
    readonly remove?: RawIds;
    readonly config?: RawEnsembleConfig;
    readonly fromVersion?: RawZxid;
  };
  readonly failDns?: ServerId | "leader";
  readonly crashAtConfigWrite?: Extract<Action, { crashAtConfigWrite: unknown }>["crashAtConfigWrite"];
  readonly acceptError?: AcceptError;
  readonly isolate?: ServerId | "leader";
  readonly bridge?: { readonly over: ServerId; readonly sides: readonly RawIds[] };
  readonly flap?: { readonly between: readonly [ServerId, ServerId]; readonly every: RawDuration };
  readonly clog?: RawDirection;
  readonly link?: RawDirection & {
    readonly latency?: RawDuration;
    readonly lossRate?: number;
    readonly duplicateRate?: number;
  };
  readonly refuse?: ServerId;
  readonly disconnect?:
    | ServerId
    | "leader"
    | ({ readonly server: ServerId | "leader"; readonly from?: ServerId } & EndOptions);
  readonly clock?: { readonly server: ServerId; readonly rate: number };
  readonly settle?: RawIds;
  readonly resume?: ServerId;
  readonly wipe?: ServerId;
  readonly cutOneWay?: { readonly from: RawIds; readonly to: RawIds };
  readonly partition?: readonly RawIds[];
  readonly heal?: "all" | RawIds;
  readonly drop?: RawMatch;
  readonly delay?: RawMatch & { readonly by: RawDuration };
  readonly hold?: RawMatch;
  readonly release?: "all";
  readonly reset?: RawMatch & EndOptions;
  readonly alter?: RawMatch & {
    readonly set: Omit<AlteredFields, "zxid"> & { readonly zxid?: RawZxid };
    readonly tolerated?: boolean;
  };
  readonly inFlight?: Omit<RawMatch, "count"> & {
    readonly nth?: number;
    readonly drop?: boolean;
    readonly delay?: RawDuration;
    readonly deliver?: boolean;
  };
  readonly disk?: Omit<DiskFault, "sync" | "write" | "file"> & {
    readonly sync?: RawDuration;
    readonly write?: RawDuration;
    readonly file?: RawZxid;
  };
}

export type Decision = ExpectedDecision["decision"];
export type RawDecision = Omit<ExpectedDecision, "decision" | "zxid"> & {
  readonly decision: string;
  readonly zxid?: RawZxid;
};
export type Failure = NonNullable<Expectation["failures"]>[number];

export interface RawExpectation extends Omit<Expectation, "decisions" | "failures" | "violates"> {
  readonly decisions?: readonly (RawDecision | Readonly<Record<string, string>>)[];
  readonly failures?: readonly (Failure | Readonly<Record<string, string>>)[];
  readonly violates?: string | readonly string[];
}
