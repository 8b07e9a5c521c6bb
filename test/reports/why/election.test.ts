/** Tests the explanation of why a server won an election. */
import { describe, expect, it } from "vitest";
import type { ProtocolRecord } from "../../../cluster/records.ts";
import { asEpoch } from "../../../protocol/zxid.ts";
import { isWonByEpochAlone, winOf, winText } from "../../../reports/why/election.ts";
import { record, sid, zxid } from "../records.ts";

const vote = (server: number, leader: number, peerEpoch: number, last: string, round = 1): ProtocolRecord =>
  record({ event: "voted", round, leader: sid(leader), zxid: zxid(last), peerEpoch: asEpoch(peerEpoch) }, { server });
const elected = (server: number, leader: number): ProtocolRecord =>
  record({ event: "elected", leader: sid(leader), round: 1 }, { server });

function textFor(own: readonly [number, string], other: readonly [number, string], [winner, loser] = [2, 1]): string {
  const records = [
    vote(winner, winner, ...own),
    vote(loser, loser, ...other),
    vote(loser, winner, ...own),
    elected(winner, winner),
  ];
  const win = winOf(records, sid(winner), 1_000_000);
  return win === undefined ? "" : winText(win);
}

describe("winText", () => {
  it.each([
    [[2, "1:3"], [1, "1:2"], "its currentEpoch 2 is above currentEpoch 1 of server 1"],
    [
      [2, "1:3"],
      [1, "1:4"],
      "its currentEpoch 2 is above currentEpoch 1 of server 1, although its last zxid 1:3 is below 1:4",
    ],
    [[1, "1:4"], [1, "1:3"], "its last zxid 1:4 is above 1:3 of server 1"],
    [[1, "1:3"], [1, "1:3"], "its sid is above sid 1, and both servers have currentEpoch 1 and last zxid 1:3"],
  ] as const)("compares %j with %j", (own, other, reason) => {
    expect(textFor(own, other)).toBe(`server 2 is elected leader in round 1: ${reason}`);
  });

  it("gives no reason for a win against a better vote, such as one of another round", () => {
    expect(textFor([1, "1:3"], [2, "1:3"])).toBe("server 2 is elected leader in round 1");
    expect(textFor([1, "1:3"], [1, "1:3"], [1, 2])).toBe("server 1 is elected leader in round 1");
  });
});

describe("winOf", () => {
  it("ignores servers that did not give way, and elections of others", () => {
    const records = [vote(2, 2, 1, "1:1"), vote(1, 1, 1, "1:1"), vote(3, 3, 1, "1:1"), vote(3, 2, 1, "1:1", 7)];
    expect(winOf([...records, elected(1, 2)], sid(2), 1_000_000)).toBeUndefined();
    expect(winOf([...records, elected(2, 2)], sid(2), 1_000_000)?.rival).toBeUndefined();
  });

  it("chooses the rival with the longest history", () => {
    const rivals = [vote(1, 1, 1, "1:5"), vote(3, 3, 1, "1:9"), vote(1, 2, 2, "1:2"), vote(3, 2, 2, "1:2")];
    const win = winOf([vote(2, 2, 2, "1:2"), ...rivals, elected(2, 2)], sid(2), 1_000_000);
    expect(win?.rival?.server).toBe(3);
    expect(win && isWonByEpochAlone(win)).toBe(true);
  });
});
