/** The protocol core, as a library: a ZooKeeper server's quorum side as a synchronous state machine. */
export * from "./behaviour.ts";
export * from "./database.ts";
export * from "./effects.ts";
export * from "./history.ts";
export * from "./notes.ts";
export * from "./notification-wire.ts";
export * from "./packets.ts";
export * from "./peer.ts";
export * from "./quorum.ts";
export * from "./releases.ts";
export * from "./settings.ts";
export * from "./sync-decision.ts";
export * from "./sync-rules.ts";
export * from "./vote.ts";
export * from "./zxid.ts";
