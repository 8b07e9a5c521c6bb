/**
 * The actions of a step, one sentence each, for `zabsim list` and the documentation. fuzz/fault-kinds.ts says which of
 * them campaigns draw.
 */
export const ACTIONS: readonly { readonly name: string; readonly about: string }[] = [
  {
    name: "crash",
    about: "ends a process or powers off its machine; unsynced writes are lost, kept, torn or partly kept",
  },
  { name: "restart", about: "starts a server again; stops it first if it is running" },
  { name: "upgrade", about: "stops a server and starts it again as another release" },
  { name: "start", about: "starts a server that was held back or has crashed" },
  { name: "pause", about: "freezes a server until resume, as a long garbage collection does" },
  { name: "resume", about: "lets a paused server continue" },
  { name: "wipe", about: "ends a server's process and empties its disk" },
  { name: "partition", about: "cuts both directions between groups of servers" },
  { name: "cutOneWay", about: "cuts one direction between servers" },
  { name: "heal", about: "removes cuts; streams deliver the messages that a cut stalled" },
  { name: "drop", about: "loses the next matching messages; on a stream, nothing after a lost message arrives either" },
  { name: "delay", about: "delays the next matching messages, and the messages after them on the same stream" },
  { name: "hold", about: "holds the next matching messages, and the messages after them, until a release" },
  { name: "release", about: "delivers all messages that hold steps hold, and ends these steps" },
  { name: "reset", about: "breaks a connection when a matching message is sent on it" },
  { name: "alter", about: "changes fields of the next matching messages" },
  { name: "isolate", about: "cuts a server, or the leader, off from all others" },
  { name: "bridge", about: "cuts two sides off from each other, except for one server that reaches both" },
  { name: "flap", about: "cuts and heals a link periodically" },
  { name: "clog", about: "holds all messages of a direction, then releases them together" },
  { name: "link", about: "changes latency, loss and duplication of links" },
  { name: "refuse", about: "refuses new connections to a server" },
  { name: "disconnect", about: "breaks all connections of a server, or its connections with one other server" },
  { name: "clock", about: "makes a server's clock run too fast or too slow" },
  { name: "disk", about: "makes a disk slow, stalled, full or damaged, or fails its next operation of one kind" },
  { name: "write", about: "lets clients write at a server, or at the leader" },
  { name: "settle", about: "ends all faults and leaves the given servers alone; liveness is measured from here" },
];
