/**
 * Packets whose data does not have the form that their type requires. The receiver of such a packet closes the
 * connection.
 */
import { describe, expect, it } from "vitest";
import { LOOKING, type QuorumPacket } from "../../protocol/index.ts";
import {
  ackEpoch,
  asLearner,
  type BareOptions,
  BarePeer,
  diff,
  info,
  leaderInfo,
  newLeader,
  proposal,
  snap,
  upToDate,
} from "../conformance/bare-peer.ts";

/** Returns the packet without its data. */
const empty = (packet: QuorumPacket): QuorumPacket => ({ ...packet, data: null }) as QuorumPacket;
/** Returns the packet with a snapshot as its data. */
const withSnapshot = (packet: QuorumPacket): QuorumPacket =>
  ({ ...packet, data: snap("1:1", new BarePeer().history("1:1")).data }) as QuorumPacket;

const BEFORE_PROPOSALS = [leaderInfo(1), diff("1:1")];
const SERVING = [leaderInfo(1), diff("0:0"), newLeader(1), upToDate()];

describe("a learner", () => {
  it.each<[string, BareOptions, readonly QuorumPacket[], QuorumPacket]>([
    ["LEADERINFO", {}, [], empty(leaderInfo(1))],
    ["PROPOSAL of the synchronization", {}, BEFORE_PROPOSALS, empty(proposal("1:1"))],
    ["SNAP", {}, [leaderInfo(1)], empty(snap("1:1", new BarePeer().history("1:1")))],
    ["PROPOSAL after UPTODATE", {}, SERVING, empty(proposal("1:1"))],
  ])("fails at %s without data", (_, options, packets, last) => {
    const { bare, send } = asLearner(new BarePeer(options), packets);
    send(last);
    expect([bare.failures.at(-1), bare.peer.state]).toEqual(["unreadable-packet", LOOKING]);
  });

  it("fails at the bytes of a snapshot that follow another packet", () => {
    const { bare, send } = asLearner(new BarePeer(), [leaderInfo(1)]);
    send(withSnapshot(diff("0:0")), newLeader(1));
    expect(bare.failures).toEqual(["unreadable-packet"]);
  });
});

describe("a leader", () => {
  it.each<[string, readonly QuorumPacket[]]>([
    ["FOLLOWERINFO", [withSnapshot(info(1, 0))]],
    ["ACKEPOCH", [info(1, 0), empty(ackEpoch(0, "0:0"))]],
  ])("closes the connection of a learner that sends %s with other data", (_, packets) => {
    const bare = new BarePeer().becomeLeader().accept(1);
    for (const packet of packets) bare.packet(1, packet);
    expect([bare.failures.length, bare.failures[0], bare.closed]).toEqual([
      1,
      expect.stringMatching(/^-?1: unreadable-packet$/),
      [1],
    ]);
  });

  it("refuses an epoch above the largest that zabsim supports", () => {
    const bare = new BarePeer()
      .becomeLeader()
      .accept(1)
      .packet(1, info(1, 2 ** 21 - 1));
    expect(bare.failures).toContain("1: epoch-limit");
  });

  it("gives up if its own acceptedEpoch is the largest that zabsim supports", () => {
    const bare = new BarePeer({ disk: { acceptedEpoch: 2 ** 21 - 1, currentEpoch: 2 ** 21 - 1 } }).becomeLeader();
    bare.accept(1).packet(1, info(1, 0));
    expect(bare.failures).toContain("epoch-limit");
  });
});
