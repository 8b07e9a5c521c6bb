/** Tests when notifications pass, so that real servers elect the leaders of the simulated run. */
import { describe, expect, it } from "vitest";
import { HeldVotes } from "../../confirm/held-votes.ts";
import { Progress } from "../../confirm/progress.ts";
import type { Item, Schedule, VoteFacts } from "../../confirm/schedule.ts";
import { LOOKING } from "../../protocol/index.ts";
import type { WaitingMessage } from "../../traffic/proxied-connection.ts";

const vote = (leader: number): VoteFacts => ({ state: LOOKING, leader, zxid: 0, peerEpoch: 0 });

/** Server 1 gets a vote for server 2, then one for server 3, and elects server 3. */
function progressOf(): Progress {
  const items: Item[] = [
    { place: 0, server: 1, atUs: 0, fact: { kind: "notification", from: 2, vote: vote(2) } },
    { place: 1, server: 1, atUs: 1000, fact: { kind: "notification", from: 3, vote: vote(3) } },
    { place: 2, server: 1, atUs: 200_000, fact: { kind: "snapshot", file: "snapshot.0", failed: false } },
  ];
  const elections = [{ place: 2, server: 1, leader: 3 }];
  const schedule: Schedule = { items, pings: [], cuts: [], elections, openAtEnd: new Set() };
  return new Progress(schedule, () => undefined);
}

function message(from: number, leader: number): WaitingMessage {
  const notification = { state: LOOKING, leader: BigInt(leader), zxid: 0n, peerEpoch: 0n };
  return { from, to: 1, notification } as unknown as WaitingMessage;
}

describe("HeldVotes", () => {
  it("holds a vote for another server until one for the leader of the simulated run waits, too", () => {
    const waiting = [message(2, 2)];
    const votes = new HeldVotes(progressOf(), () => waiting);
    expect(votes.mayPass(message(2, 2), 0)).toBe(false);
    waiting.push(message(3, 3));
    expect(votes.mayPass(message(2, 2), 0)).toBe(true);
    expect(votes.mayPass(message(3, 3), 0)).toBe(true);
  });

  it("passes a vote for another server when the receiver has one for the leader", () => {
    const votes = new HeldVotes(progressOf(), () => []);
    expect(votes.mayPass(message(3, 3), 500)).toBe(true);
    expect(votes.mayPass(message(2, 2), 0)).toBe(true);
  });

  it("passes a vote for another server after a long wait", () => {
    expect(new HeldVotes(progressOf(), () => []).mayPass(message(2, 2), 10_000)).toBe(true);
  });

  it("passes a vote that the simulated server does not get only late, and only for its leader", () => {
    const votes = new HeldVotes(progressOf(), () => []);
    expect(votes.mayPass(message(2, 3), 499)).toBe(false);
    expect(votes.mayPass(message(2, 3), 500)).toBe(true);
    expect(votes.mayPass(message(3, 1), 500)).toBe(false);
  });
});
