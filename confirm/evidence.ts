/** What real servers show while they run: the interface between a run and those who judge it. */
import type { WaitingMessage } from "../traffic/proxied-connection.ts";
import type { RealServer } from "./real-server.ts";

/** Receives what real servers show. */
export interface Evidence {
  started(server: RealServer): void;
  ended(server: RealServer): void;
  /** A message arrives at the proxy. */
  sent(message: WaitingMessage): void;
  /** A packet is passed on to its receiver. */
  packet(message: WaitingMessage): void;
  /** A disk operation is about to start. */
  beforeDisk(server: RealServer, operation: string, path: string): void;
  /** A disk operation is done. */
  disk(server: RealServer, operation: string, path: string): void;
  /** Reads what clients see, before something ends it. */
  read(): Promise<void>;
}
