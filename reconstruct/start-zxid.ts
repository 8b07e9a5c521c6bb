/** The last zxid on the disk with which a server starts, as its log shows it. */
import type { ExplainedHandshake } from "../explain/ensemble.ts";
import type { Zxid64 } from "../logs/index.ts";
import type { ServerEvidence } from "./evidence.ts";

/** Returns the last zxid on the first disk of a server. An observer shows it only when it registers. */
export function startZxidOf({ processes, server }: ServerEvidence, handshakes: readonly ExplainedHandshake[]): Zxid64 {
  const zxid = processes.find((one) => one.zxid !== undefined)?.zxid ?? -1n;
  const offered = handshakes.find(({ learner }) => learner === server)?.facts?.peerLastZxid ?? 0n;
  return zxid >= 0n ? zxid : offered < 0n ? 0n : offered;
}
