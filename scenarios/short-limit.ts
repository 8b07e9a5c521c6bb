/** The time limits of a configuration that are too short for work of known duration (find-short-limits.ts). */
import type { ServerId } from "../protocol/index.ts";
import type { ReadLimit } from "../protocol/settings.ts";

/** The work that a server does before it sends the packet for which another server waits. */
export type WorkName =
  | "leader-snapshot" // a new leader saves its database (ZooKeeperServer#loadData)
  | "accepted-epoch" // writes the file acceptedEpoch
  | "current-epoch" // writes the file currentEpoch
  | "serialize-snapshot" // serializes a SNAP
  | "transfer-snapshot" // sends a SNAP
  | "truncate" // truncates the log
  | "load" // loads the database again
  | "snapshot" // a learner saves a SNAP
  | "log-sync" // syncs the log
  | "network"; // the round trip of a packet and its answer

/** A piece of work, with the longest time that it can take. */
export interface TimedWork {
  /** The work. */
  readonly name: WorkName;
  /** The longest duration according to the scenario, in microseconds. */
  readonly maxUs: number;
}

/** The packet for which a server waits. */
export type AwaitedPacket = "LEADERINFO" | "ACKEPOCH" | "ACK of NEWLEADER" | "ACK of a proposal";

/** A time limit that is shorter than work of known duration. */
export interface ShortLimit {
  /** The setting. */
  readonly limit: ReadLimit;
  /** The server that waits, and whose setting is too short. */
  readonly waiting: ServerId;
  /** The server that works. */
  readonly working: ServerId;
  /** The packet that the working server sends after its work. */
  readonly awaited: AwaitedPacket;
  /** The work before the packet, in order. */
  readonly work: readonly TimedWork[];
  /** The longest duration of the whole work, in microseconds. */
  readonly maxUs: number;
  /** The value of the setting, in ticks. */
  readonly ticks: number;
  /** The length of a tick, in milliseconds. */
  readonly tickTimeMs: number;
  /** The smallest value of the setting that is longer than the work, in ticks. */
  readonly neededTicks: number;
}
