import type { NodeProgram } from "../../sim/index.ts";

/** A program that answers every event with nothing, for tests that use a node's disk or timers themselves. */
export const IDLE_PROGRAM: NodeProgram<unknown> = {
  onTimer: () => {},
  onConnected: () => {},
  onRefused: () => {},
  onAccepted: () => {},
  onMessage: () => {},
  onClosed: () => {},
  onDatagram: () => {},
  onDiskDone: () => {},
  stateHash: () => 0,
};
