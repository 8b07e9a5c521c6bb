import { describe, expect, it } from "vitest";
import { formatZxid, PACKET_NAMES } from "../../../protocol/index.ts";
import { decideSync, type SyncFacts, type SyncPacket } from "../../../protocol/leader/sync-decision.ts";
import { z } from "../../conformance/bare-peer.ts";
import { syncFacts, zxids } from "./sync-facts.ts";

const texts = (packets: readonly SyncPacket[]): string[] =>
  packets.map(({ type, zxid }) => `${PACKET_NAMES[type]} ${formatZxid(zxid)}`);

/** Returns the facts of a sync decision by a leader of 3.4, which uses only committedLog. */
const facts = (peer: string, more: Partial<SyncFacts>): SyncFacts =>
  syncFacts(peer, { source: "committed-log", ...more });

describe("a leader of 3.4", () => {
  it("sends an empty DIFF to a peer at maxCommittedLog when its own zxid is the start of a new epoch", () => {
    const decision = decideSync(facts("1:4", { lastProcessedZxid: z("2:0"), lastProposed: z("2:0") }));
    expect([decision.rule, texts(decision.packets)]).toEqual(["committed-log-diff", ["DIFF 1:4"]]);
  });

  it("forwards only the outstanding proposals above the peer's zxid, even after a SNAP", () => {
    const more = { committedLog: [], lastProposed: z("1:6"), outstandingProposals: zxids("1:5", "1:6") };
    const decision = decideSync(facts("1:5", more));
    expect([decision.needSnap, texts(decision.packets)]).toEqual([true, ["PROPOSAL 1:6"]]);
  });
});
