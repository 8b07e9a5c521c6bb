/**
 * What a script can do to servers, network and disks: the actions of a step, in words. What campaigns draw of them is
 * fuzz/fault-kinds.ts.
 */
export const ACTIONS: readonly { readonly name: string; readonly about: string }[] = [
  { name: "crash", about: "a process or a machine dies; what was not synced is lost, kept, torn, or kept in part" },
  { name: "restart", about: "a server starts again; one that runs is stopped first" },
  { name: "upgrade", about: "a server is stopped and starts again as another release" },
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
  { name: "isolate", about: "a server, or whoever leads, is cut off from all others" },
  { name: "bridge", about: "two sides that cannot reach each other, and one server that reaches both" },
  { name: "flap", about: "a link breaks and heals again and again" },
  { name: "clog", about: "everything in a direction is held, and then released at once" },
  { name: "link", about: "latency, loss and duplication of links change" },
  { name: "refuse", about: "new connections to a server are refused" },
  { name: "disconnect", about: "all connections of a server break, or those with one other" },
  { name: "clock", about: "a server's clock runs too fast or too slow" },
  { name: "disk", about: "a disk gets slow, stalls, is full, is damaged, or fails the next operation of a kind" },
  { name: "write", about: "clients write at a server, or at whoever leads" },
  { name: "settle", about: "all trouble ends for some servers, which are left alone: liveness is measured from here" },
];
