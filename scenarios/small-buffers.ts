/** The servers whose jute.maxbuffer is too small for a transaction (find-small-buffers.ts). */
import type { ServerId } from "../protocol/index.ts";

/** The servers that cannot read a transaction or a znode because of its size. */
export interface SmallBuffers {
  /** The servers. */
  readonly servers: readonly ServerId[];
  /** The size of the largest transaction of the scenario, in bytes. */
  readonly neededBytes: number;
  /** The first such failure: the buffer, its size, and what jute.maxbuffer permits. */
  readonly detail: string;
}
