/** Tests each modeled pull request on one server: what the server does with it that the release does not. */
import { describe, expect, it } from "vitest";
import { NO_PULL_REQUESTS } from "../../protocol/behavior.ts";
import { History, LOOKING } from "../../protocol/index.ts";
import { decideSync } from "../../protocol/leader/sync-decision.ts";
import { changeOf, NAMED_BEHAVIORS, PULL_REQUESTS, withNamed } from "../../protocol/named-behaviors.ts";
import { behaviorOf, NEWEST, PUBLISHED_RELEASES } from "../../protocol/releases.ts";
import {
  asLearner,
  BarePeer,
  commit,
  diff,
  leaderInfo,
  newLeader,
  proposal,
  trunc,
  txn,
  z,
} from "../conformance/bare-peer.ts";
import { syncFacts, zxids } from "./leader/sync-facts.ts";

const LOG = ["1:1", "1:2", "1:3"].map((zxid) => txn(zxid));

/** Makes a follower that has registered in epoch 2, with the named behavior if there is one. */
function registered(release: string, name?: string, more: Partial<ConstructorParameters<typeof BarePeer>[0]> = {}) {
  const behavior = name === undefined ? {} : changeOf(name);
  const disk = { acceptedEpoch: 1, currentEpoch: 1, log: LOG };
  return asLearner(new BarePeer({ release, behavior, disk, ...more }), [leaderInfo(2)], 1);
}

it("no release has a behavior of a pull request, and each name changes the newest release or its own", () => {
  for (const release of PUBLISHED_RELEASES) expect(behaviorOf(release)).toMatchObject(NO_PULL_REQUESTS);
  for (const name of NAMED_BEHAVIORS) {
    const release = behaviorOf(PULL_REQUESTS[name]?.release ?? "newest");
    expect(withNamed(release, [name]), name).not.toEqual(release);
    expect(withNamed(release, [name]), name).toMatchObject(changeOf(name));
  }
  expect(withNamed(NEWEST, [])).toBe(NEWEST);
});

describe("pull request 2459: a TRUNC that is interrupted before NEWLEADER", () => {
  const lastZxid = (name?: string): number => {
    const { bare, leader, send } = registered("newest", name);
    send(trunc("1:2"), proposal("1:4"), commit("1:4"));
    bare.disconnect(leader, "reset").disk();
    expect(bare.peer.state).toBe(LOOKING);
    return bare.peer.database.lastProcessedZxid;
  };

  it("leaves transactions in memory that are not on disk without it, and reloads the disk with it", () => {
    expect([lastZxid(), lastZxid("pull-2459")]).toEqual([z("1:4"), z("1:2")]);
  });
});

describe("pull request 2172: a TRUNC below a snapshot", () => {
  const snapshotAt = (...zxids_: string[]) => {
    const history = zxids_.reduce((sum, zxid) => sum.extend(txn(zxid)), History.empty());
    return { zxid: history.zxid, history };
  };
  const truncated = (name: string | undefined, ...snapshots: ReturnType<typeof snapshotAt>[]) => {
    const disk = { acceptedEpoch: 1, currentEpoch: 1, log: LOG, snapshots };
    const { bare, send } = registered("newest", name, { disk });
    send(trunc("1:2"));
    return bare;
  };
  const newer = snapshotAt("1:1", "1:2", "1:3");

  it("loads the newer snapshot without it, and an older one with it", () => {
    const snapshots = [snapshotAt("1:1"), newer];
    expect(truncated(undefined, ...snapshots).peer.database.history.zxid).toBe(z("1:3"));
    const { failures, peer } = truncated("pull-2172", ...snapshots);
    expect([failures, peer.database.history.zxid]).toEqual([[], z("1:2")]);
  });

  it("fails with it if there are only newer snapshots", () => {
    expect(truncated("pull-2172", newer).failures).toEqual(["truncate-failed"]);
  });
});

describe("pull request 1745: a leader whose minCommittedLog is 0", () => {
  const log = { txnLogFiles: [{ name: z("1:1"), txns: zxids("1:1", "1:2", "1:3", "1:4") }] };
  const ruleFor = (peer: string, zeroMinUsesTxnLog: boolean, min: string): string =>
    decideSync(syncFacts(peer, { ...log, committedLog: zxids(min, "1:4"), zeroMinUsesTxnLog })).rule;

  it("uses committedLog without it, but not with it", () => {
    expect(ruleFor("0:0", false, "0:0")).toMatch(/^committed-log/);
    expect(ruleFor("0:0", true, "0:0")).not.toMatch(/^committed-log/);
    expect(ruleFor("1:3", true, "1:2")).toMatch(/^committed-log/);
  });
});

describe("pull request 1110: a crash between the last transaction of a new epoch and currentEpoch", () => {
  const disk = { acceptedEpoch: 2, currentEpoch: 1, log: [...LOG, txn("2:1")], updatingEpoch: true };
  const start = (name?: string) =>
    new BarePeer({ release: "newest", disk, ...(name && { behavior: changeOf(name) }) }).start();

  it("prevents the start without it; with it, the server adopts the epoch of its last zxid", () => {
    expect(start().exitCode).toBeDefined();
    const bare = start("pull-1110");
    expect([bare.exitCode, bare.currentEpoch, bare.updatingEpoch]).toEqual([undefined, 2, false]);
  });
});

describe("pull request 1925: the proposals of a DIFF in 3.9.1", () => {
  const beforeSync = (name?: string) => {
    const { bare, leader, send } = registered("3.9.1", name);
    bare.slowDisk = true;
    send(diff("1:4"), proposal("1:4"), newLeader(2));
    bare.disk(1);
    return { bare, leader };
  };

  it("are synced before the ACK of NEWLEADER only with it", () => {
    const without = beforeSync();
    expect(without.bare.sentOn(without.leader).at(-1)).toBe("ACK 2:0");
    const { bare, leader } = beforeSync("pull-1925");
    expect([bare.pendingDisk, bare.sentOn(leader).at(-1)]).toEqual([["sync log"], "ACKEPOCH 1:3"]);
    bare.disk();
    // The ACK of 1:4 waits for UPTODATE.
    expect(bare.sentOn(leader).at(-1)).toBe("ACK 2:0");
    expect(bare.sentOn(leader)).not.toContain("ACK 1:4");
  });
});
