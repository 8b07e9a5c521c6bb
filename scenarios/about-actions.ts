/**
 * The actions of a step, each with a short description, for `zabsim list` and the documentation.
 * fuzz/fault-kinds.ts says which of them campaigns draw.
 */
export const ACTIONS: readonly { readonly name: string; readonly about: string }[] = [
  {
    name: "crash",
    about: "kills a process or powers off its machine; unsynced writes are lost, kept, torn or partly kept",
  },
  {
    name: "restart",
    about: "starts a server again, optionally with a changed configuration; a running server is stopped first",
  },
  { name: "upgrade", about: "stops a server and starts it again with another release" },
  { name: "start", about: "starts a server that is down, optionally with a changed configuration" },
  { name: "pause", about: "stops a server's clock and threads until resume, as a long garbage collection does" },
  {
    name: "snapshot",
    about: "makes a server start a new log file and save a snapshot, as it does after snapCount transactions",
  },
  {
    name: "stall",
    about: "stalls one thread of a server, such as the one that applies committed transactions or accepts connections",
  },
  { name: "reconfig", about: "makes a client add, move, remove or replace servers of the configuration" },
  { name: "failDns", about: "makes a server unable to resolve its own host name in the configurations that it parses" },
  { name: "crashAtConfigWrite", about: "crashes a server just before it next writes a file of its configuration" },
  {
    name: "acceptError",
    about: "makes each accept() of one thread of a server fail, for example because no file descriptor is free",
  },
  { name: "resume", about: "resumes a paused server" },
  { name: "wipe", about: "crashes a server and empties its disk" },
  { name: "partition", about: "cuts both directions between groups of servers" },
  { name: "cutOneWay", about: "cuts one direction between servers" },
  { name: "heal", about: "removes cuts; streams then deliver the messages that a cut delayed" },
  { name: "drop", about: "loses the next matching messages; on a stream, all later messages are lost, too" },
  { name: "delay", about: "delays the next matching messages, and the messages after them on the same stream" },
  { name: "hold", about: "holds the next matching messages, and the messages after them on the same stream" },
  { name: "release", about: "delivers all held messages" },
  {
    name: "reset",
    about: "ends a connection when a matching message is sent on it, by a reset or by an orderly close",
  },
  { name: "alter", about: "changes fields of the next matching messages" },
  { name: "inFlight", about: "loses, delays or delivers one message that is in flight" },
  { name: "isolate", about: "cuts a server, or the leader, off from all others" },
  { name: "bridge", about: "cuts two sides off from each other, except for one server that reaches both" },
  { name: "flap", about: "cuts and heals the link between two servers repeatedly" },
  { name: "clog", about: "holds all messages from some servers to others, then releases them together" },
  { name: "link", about: "changes latency, loss and duplication of links" },
  { name: "refuse", about: "refuses new connections to a server" },
  {
    name: "disconnect",
    about:
      "ends all connections of a server, or its connections with one other server, by a reset or by an orderly close",
  },
  { name: "clock", about: "makes a server's clock run too fast or too slow" },
  {
    name: "disk",
    about:
      "makes a disk slow, stalled or full, damages or deletes a file, copies a directory, or makes the next " +
      "operation of one kind fail",
  },
  { name: "write", about: "makes clients write at a server or at the leader" },
  {
    name: "settle",
    about: "undoes every active fault and cuts all other servers off; the given servers must become live",
  },
];
