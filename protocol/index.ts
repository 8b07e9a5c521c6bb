/**
 * `zabsim/protocol`: the protocol core as a library, the quorum side of a ZooKeeper server as a synchronous state
 * machine.
 *
 * @module zabsim/protocol
 */
export * from "./accept-errors.ts";
export * from "./behavior.ts";
export * from "./buffer-limit.ts";
export { type ConfigurationHost, Configurations } from "./configurations.ts";
export * from "./effects.ts";
export * from "./election/notification-wire.ts";
export * from "./election/vote.ts";
export type { ConnectionEnd } from "./inbox.ts";
export type { ElectionView, HandlerView, LeaderView, LearnerView, PeerView } from "./inspect.ts";
export * from "./leader/reconfig.ts";
export * from "./leader/sync-decision.ts";
export * from "./leader/sync-rules.ts";
export * from "./named-behaviors.ts";
export * from "./notes.ts";
export * from "./packets.ts";
export * from "./peer.ts";
export * from "./ports.ts";
export * from "./quorum.ts";
export * from "./releases.ts";
export * from "./settings.ts";
export * from "./storage/database.ts";
export * from "./storage/history.ts";
export * from "./zxid.ts";
