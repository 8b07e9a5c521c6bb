/** The facts of a sync decision. The leader has 1:2 and 1:4 in committedLog, no log on disk, and no later proposals. */
import type { Zxid } from "../../../protocol/index.ts";
import type { SyncFacts } from "../../../protocol/leader/sync-decision.ts";
import { z } from "../../conformance/bare-peer.ts";

export const zxids = (...texts: string[]): { zxid: Zxid }[] => texts.map((text) => ({ zxid: z(text) }));

/** Returns the facts for a learner whose last zxid is `peer`. */
export const syncFacts = (peer: string, more: Partial<SyncFacts> = {}): SyncFacts => ({
  peerLastZxid: z(peer),
  lastProcessedZxid: z("1:4"),
  committedLog: zxids("1:2", "1:4"),
  txnLogFiles: [],
  txnLogSyncEnabled: true,
  txnLogExceedsSizeLimit: false,
  forceSnapSync: false,
  lastProposed: z("1:4"),
  toBeApplied: [],
  outstandingProposals: [],
  observer: false,
  ...more,
});
