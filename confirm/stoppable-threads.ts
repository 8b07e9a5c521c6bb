/** The threads that a debugger stops, because they stop where they use neither the disk nor the network. */

/** A thread that a debugger stops. Other threads stop at the disk, or at the proxy. */
export type StoppableThread = "apply" | "requests";

/** The class and the method where each thread stops. */
export const STOPS: Readonly<Record<StoppableThread, readonly [className: string, method: string]>> = {
  apply: ["org.apache.zookeeper.server.FinalRequestProcessor", "processRequest"],
  requests: ["org.apache.zookeeper.server.PrepRequestProcessor", "pRequest"],
};

/** Returns whether a debugger can stop a thread. */
export function isStoppable(thread: string): thread is StoppableThread {
  return Object.hasOwn(STOPS, thread);
}
