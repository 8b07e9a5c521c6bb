/** Tests when notifications pass, so that real servers elect the leaders of the simulated run. */
import { describe, expect, it } from "vitest";
import { HeldVotes } from "../../confirm/held-votes.ts";
import { Progress } from "../../confirm/progress.ts";
import type { Item, Schedule, VoteFacts } from "../../confirm/schedule.ts";
import { LOOKING } from "../../protocol/index.ts";
import type { WaitingMessage } from "../../traffic/proxied-connection.ts";

const vote = (leader: number): VoteFacts => ({ state: LOOKING, leader, zxid: 0, peerEpoch: 0 });

/** Server 1 gets votes of server 2 for these servers, then one of server 3 for itself, and elects server 3. */
function progressOf(...leaders: number[]): Progress {
  const votes = [...leaders.map((leader) => [2, leader] as const), [3, 3] as const];
  const items = votes.map(([from, leader], place): Item => {
    return { place, server: 1, atUs: place, fact: { kind: "notification", from, vote: vote(leader) } };
  });
  const place = items.length;
  items.push({ place, server: 1, atUs: 200_000, fact: { kind: "snapshot", file: "snapshot.0", failed: false } });
  const elections = [{ place, server: 1, leader: 3 }];
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
    const votes = new HeldVotes(progressOf(2), () => waiting);
    expect(votes.mayPass(message(2, 2), 0)).toBe(false);
    waiting.push(message(3, 3));
    expect(votes.mayPass(message(2, 2), 0)).toBe(true);
    expect(votes.mayPass(message(3, 3), 0)).toBe(true);
  });

  it("passes a vote for another server when the receiver has one for the leader", () => {
    const votes = new HeldVotes(progressOf(2), () => []);
    expect(votes.mayPass(message(3, 3), 500)).toBe(true);
    expect(votes.mayPass(message(2, 2), 0)).toBe(true);
  });

  it("passes a vote for another server after a long wait", () => {
    expect(new HeldVotes(progressOf(2), () => []).mayPass(message(2, 2), 10_000)).toBe(true);
  });

  it("takes the vote that the simulated server gets next, also if the real sender has repeated another one", () => {
    const votes = new HeldVotes(progressOf(3, 1, 3), () => []);
    const [first, repeated, other] = [message(2, 3), message(2, 3), message(2, 1)];
    expect(votes.nextOf([first, repeated, other])).toBe(first);
    expect(votes.mayPass(first, 500)).toBe(true);
    expect(votes.nextOf([repeated, other])).toBe(other);
    expect(votes.mayPass(other, 10_000)).toBe(true);
    expect(votes.nextOf([repeated])).toBe(repeated);
    expect(votes.nextOf([message(2, 2)])).toBeUndefined();
  });

  it("passes a vote that the simulated server does not get only late, and only for its leader", () => {
    const votes = new HeldVotes(progressOf(2), () => []);
    expect(votes.mayPass(message(2, 3), 499)).toBe(false);
    expect(votes.mayPass(message(2, 3), 500)).toBe(true);
    expect(votes.mayPass(message(3, 1), 500)).toBe(false);
  });
});
