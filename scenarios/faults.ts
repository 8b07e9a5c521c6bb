/**
 * What a script can do to servers, network and disks: the actions of a step, in words.
 */
export const FAULTS: readonly { readonly name: string; readonly about: string }[] = [
  { name: "crash", about: "a process or a machine dies; what was not synced is lost, kept, torn, or kept in part" },
  { name: "restart", about: "a server starts again; one that runs is stopped first" },
  { name: "start", about: "a server that was held back, or has crashed, starts" },
  { name: "pause", about: "a server stands still, as in a long garbage collection, until resume" },
  { name: "wipe", about: "a server dies and its disk is emptied" },
  { name: "partition", about: "both directions between groups of servers are cut" },
  { name: "cutOneWay", about: "one direction between servers is cut" },
  { name: "heal", about: "cuts end; what was stalled arrives" },
  { name: "drop", about: "the next matching messages are lost; on a stream nothing behind them arrives either" },
  { name: "delay", about: "the next matching messages, and what is behind them, come later" },
  { name: "hold", about: "the next matching messages, and what is behind them, wait for a release" },
  { name: "reset", about: "a connection breaks as a matching message is sent" },
  { name: "alter", about: "fields of the next matching messages are changed" },
  { name: "disk", about: "a disk gets slow, stalls, or fails the next operation of a kind" },
];
