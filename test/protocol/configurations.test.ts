/** Tests the committed and the pending configuration of a server, and which servers count. */
import { describe, expect, it } from "vitest";
import { Configurations } from "../../protocol/configurations.ts";
import type { QuorumVerifier } from "../../protocol/quorum.ts";
import { majority, withPorts } from "../../protocol/quorum.ts";
import type { Settings } from "../../protocol/settings.ts";
import { asServerId } from "../../protocol/zxid.ts";
import { type BareOptions, BarePeer } from "../conformance/bare-peer.ts";

const config = (voters: readonly number[], version: number): QuorumVerifier =>
  majority(voters.map(asServerId), [], version);

function peer(options: BareOptions = {}): BarePeer {
  return new BarePeer({ verifier: config([0, 1, 2], 1), settings: { reconfigEnabled: true }, ...options });
}

describe("the pending configuration", () => {
  it("is in force if it is newer: quorums need both, and servers of both are known", () => {
    const { configurations } = peer().peer;
    configurations.see(config([2, 3], 2));
    expect(configurations.second?.version).toBe(2);
    expect(configurations.voters).toEqual([0, 1, 2, 3]);
    expect([configurations.knows(asServerId(3)), configurations.isVoter(asServerId(3))]).toEqual([true, true]);
    for (const acks of [configurations.votes(), configurations.newLeaderAcks(), configurations.proposalAcks()]) {
      acks.add(asServerId(0));
      acks.add(asServerId(1));
      expect(acks.hasQuorum).toBe(false);
      acks.add(asServerId(2));
      expect(acks.hasQuorum).toBe(false);
      acks.add(asServerId(3));
      expect([acks.hasQuorum, acks.servers, acks.has(asServerId(3))]).toEqual([true, [0, 1, 2, 3], true]);
    }
  });

  it("is written to zoo.cfg.dynamic.next, but not again for the same version", () => {
    const bare = peer();
    bare.peer.configurations.see(config([0, 1], 2));
    bare.peer.configurations.see(config([0, 1], 2));
    expect(bare.configWrites).toEqual(["next voters 0,1; version 0:2"]);
  });

  it("stays as it is without reconfigEnabled, from 3.5.9 on", () => {
    for (const [release, writes] of [
      ["3.5.8", 1],
      ["3.5.9", 0],
    ] as const) {
      const bare = peer({ release, settings: {} });
      bare.peer.configurations.see(config([0, 1], 2));
      expect(bare.configWrites).toHaveLength(writes);
    }
  });

  it("in zoo.cfg.dynamic.next counts only with reconfigEnabled, from 3.5.9 on", () => {
    const pending = (release: string, settings: Partial<Settings>): number =>
      new Configurations(peer({ release, settings }).peer, config([0, 1, 2], 1), config([0, 1], 2)).pending.version;
    expect(pending("3.5.8", {})).toBe(2);
    expect(pending("3.5.9", {})).toBe(1);
    expect(pending("3.5.9", { reconfigEnabled: true })).toBe(2);
  });
});

describe("a committed configuration", () => {
  it("is written in Java's order, and ends the pending one", () => {
    const bare = peer();
    const { configurations } = bare.peer;
    configurations.see(config([0, 1], 2));
    expect(configurations.commit(config([0, 1], 2))).toBe(true);
    expect([configurations.committed.version, configurations.second]).toEqual([2, null]);
    expect(bare.configWrites.slice(1)).toEqual([
      "dynamic voters 0,1; version 0:2",
      "pointer voters 0,1; version 0:2",
      "delete next",
    ]);
  });

  it("leaves a newer pending one, and becomes the pending one if it is newer", () => {
    const bare = peer();
    const { configurations } = bare.peer;
    configurations.see(config([0, 1], 4));
    configurations.commit(config([0, 1, 2], 3));
    expect([configurations.pending.version, bare.configWrites.at(-1)]).toEqual([
      4,
      "pointer voters 0,1,2; version 0:3",
    ]);
    configurations.commit(config([0, 1], 5));
    expect([configurations.pending.version, configurations.voters]).toEqual([5, [0, 1]]);
  });

  it("is no change if it is not newer, or has the same members", () => {
    const bare = peer();
    expect(bare.peer.configurations.commit(config([5], 1))).toBe(false);
    expect(bare.peer.configurations.commit(config([0, 1, 2], 2))).toBe(false);
    expect(bare.peer.configurations.committed.version).toBe(2);
  });
});

describe("the ports of servers", () => {
  const moved = (version: number, sid: number, ports: object): QuorumVerifier => {
    const all = { quorum: 2888, election: 3888, client: 2181, ...ports };
    return withPorts(config([0, 1, 2], version), new Map([[asServerId(sid), all]]));
  };

  it("are the committed ones for members of the committed configuration, otherwise the pending ones", () => {
    const { configurations } = peer().peer;
    const pending = withPorts(
      config([0, 1, 3], 2),
      new Map([1, 3].map((sid) => [asServerId(sid), { quorum: 1, election: sid + 10, client: 2 }])),
    );
    configurations.see(pending);
    const dialed = [0, 1, 3, 4].map((sid) => configurations.electionPortOf(asServerId(sid)));
    expect(dialed).toEqual([3888, 3888, 13, undefined]);
    expect(configurations.changedElectionPortOf(asServerId(1), 3888)).toBe(11);
    expect(configurations.changedElectionPortOf(asServerId(0), 3888)).toBeUndefined();
    configurations.commit(pending);
    expect(configurations.electionPortOf(asServerId(1))).toBe(11);
    expect(configurations.changedElectionPortOf(asServerId(1), 11)).toBeUndefined();
  });

  it("of the server itself stay if a configuration does not list it", () => {
    const { configurations } = peer().peer;
    configurations.commit(moved(2, 0, { election: 9 }));
    configurations.commit(config([1, 2], 3));
    expect(configurations.own.election).toBe(9);
  });

  it("make two configurations different, and a leader designates itself only if its quorum port stays", () => {
    const { configurations } = peer().peer;
    expect(configurations.keepsQuorumAddress(moved(2, 0, { election: 9 }))).toBe(true);
    expect(configurations.keepsQuorumAddress(moved(2, 0, { quorum: 9 }))).toBe(false);
    expect(configurations.commit(moved(2, 1, { client: 9 }))).toBe(true);
    expect(configurations.commit(moved(3, 1, { client: 9 }))).toBe(false);
  });

  it("seem to change if the server cannot resolve its own name, except in patched (ZOOKEEPER-4708)", () => {
    const kept = (release: string, reparsesOwn?: boolean): boolean => {
      const bare = peer({ release });
      bare.peer.ownNameFails = true;
      bare.peer.configurations.see(config([0, 1, 2], 2), reparsesOwn);
      bare.peer.ownNameFails = false;
      return bare.peer.configurations.keepsQuorumAddress(config([0, 1, 2], 2));
    };
    expect([kept("3.9.5"), kept("patched"), kept("3.9.5", false)]).toEqual([false, true, true]);
  });
});
