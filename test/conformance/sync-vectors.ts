/** Recorded sync decisions, and the decision of the core for the same facts. */
import type { SyncSource } from "../../protocol/behavior.ts";
import {
  type AnyZxid,
  asZxid,
  decideSync,
  formatZxidHex,
  type Logged,
  PACKET_NAMES,
  parseZxid64,
  type SyncFacts,
  type Zxid,
} from "../../protocol/index.ts";

/** One recorded decision. Zxids are hexadecimal, as unsigned numbers of 64 bits. */
export interface SyncVector {
  readonly id: string;
  readonly kind?: string;
  readonly leader: {
    readonly committedLog: string[];
    readonly txnLogFiles: string[][];
    readonly txnLogSyncEnabled: boolean;
    readonly txnLogExceedsSizeLimit: boolean;
    readonly lastProcessedZxid: string;
    readonly forceSnapSync?: boolean;
    readonly lastProposed?: string;
    readonly toBeApplied?: string[];
    readonly outstandingProposals?: string[];
  };
  readonly learnerType?: string;
  readonly peerLastZxid: string;
  readonly expect: { needSnap: boolean; packets: { type: string; zxid: string }[]; startForwardingFrom: string };
}

function factsOf<Z extends AnyZxid>(
  vector: SyncVector,
  read: (hex: string) => Z,
  source?: SyncSource,
): SyncFacts<Z, Logged<Z>> {
  const { leader } = vector;
  const list = (zxids: readonly string[] = []): Logged<Z>[] => zxids.map((zxid) => ({ zxid: read(zxid) }));
  return {
    ...(source && { source }),
    peerLastZxid: read(vector.peerLastZxid),
    lastProcessedZxid: read(leader.lastProcessedZxid),
    committedLog: list(leader.committedLog),
    txnLogFiles: leader.txnLogFiles.map((file) => ({ name: read(file[0] as string), txns: list(file) })),
    txnLogSyncEnabled: leader.txnLogSyncEnabled,
    txnLogExceedsSizeLimit: leader.txnLogExceedsSizeLimit,
    forceSnapSync: leader.forceSnapSync ?? false,
    lastProposed: read(leader.lastProposed ?? "0x8000000000000000"),
    toBeApplied: list(leader.toBeApplied),
    outstandingProposals: list(leader.outstandingProposals),
    observer: vector.learnerType === "OBSERVER",
  };
}

/** Returns the decision of the core, in the form of a recorded answer, and the rule that decided. */
export function decide<Z extends AnyZxid>(
  vector: SyncVector,
  read: (hex: string) => Z,
  source?: SyncSource,
): { rule: string; answer: unknown } {
  const decision = decideSync<Z, Logged<Z>>(factsOf(vector, read, source));
  const packets = decision.packets.map(({ type, zxid }) => ({ type: PACKET_NAMES[type], zxid: formatZxidHex(zxid) }));
  const startForwardingFrom = formatZxidHex(decision.startForwardingFrom);
  return { rule: decision.rule, answer: { needSnap: decision.needSnap, packets, startForwardingFrom } };
}

/** Reads a zxid of 64 bits. */
export const asBigint = (hex: string): bigint => parseZxid64(hex) as bigint;
/** Reads a zxid as the simulator represents it. */
export const asNumber = (hex: string): Zxid => asZxid(Number(asBigint(hex)));

/** Returns the recorded answer. */
export const recorded = ({ expect: { needSnap, packets, startForwardingFrom } }: SyncVector): unknown => ({
  needSnap,
  packets: packets.map(({ type, zxid }) => ({ type, zxid })),
  startForwardingFrom,
});
