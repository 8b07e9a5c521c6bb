/** The groups of message types, by the phase in which servers send them. The diagram colors and filters by group. */

export type MessageGroup = "election" | "discovery" | "synchronization" | "broadcast" | "ping";

/** All groups, in the order of the phases. */
export const MESSAGE_GROUPS: readonly MessageGroup[] = [
  "election",
  "discovery",
  "synchronization",
  "broadcast",
  "ping",
];

const GROUP_OF: Readonly<Record<string, MessageGroup>> = {
  HELLO: "election",
  NOTIFICATION: "election",
  FOLLOWERINFO: "discovery",
  OBSERVERINFO: "discovery",
  LEADERINFO: "discovery",
  ACKEPOCH: "discovery",
  DIFF: "synchronization",
  TRUNC: "synchronization",
  SNAP: "synchronization",
  NEWLEADER: "synchronization",
  UPTODATE: "synchronization",
  PING: "ping",
};

/** Returns the group of a message type. */
export function groupOf(type: string): MessageGroup {
  return GROUP_OF[type] ?? "broadcast";
}
