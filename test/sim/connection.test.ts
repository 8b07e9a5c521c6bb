import { expect, test } from "vitest";
import { CLOSE, Connection, DATA, type Direction, Parcel, REFUSAL, RESET } from "../../sim/connection.ts";
import { DEFAULT_LINK, LinkTable } from "../../sim/link.ts";
import { RandomStreams } from "../../sim/random.ts";

function newConnection(): Connection<number> {
  const links = new LinkTable([1, 2], DEFAULT_LINK, new RandomStreams(1));
  return new Connection<number>(1, 80, links.between(1, 2), links.between(2, 1));
}

const parcel = (message: number, kind = DATA) => new Parcel<number>(kind, message, -1, 0, 0);

function directionWith(...parcels: Parcel<number>[]): Direction<number> {
  const { forward } = newConnection();
  for (const each of parcels) forward.push(each);
  return forward;
}

const messagesOf = (direction: Direction<number>) =>
  Array.from({ length: direction.length }, (_, index) => direction.at(index).message);

test("a node at one end sends in the direction that starts there, and any other node in none", () => {
  const connection = newConnection();
  expect(connection.outgoing(1)).toBe(connection.forward);
  expect(connection.outgoing(2)).toBe(connection.backward);
  expect(connection.outgoing(3)).toBeUndefined();
  expect([connection.forward.reverse, connection.backward.reverse]).toEqual([connection.backward, connection.forward]);
});

test("a new connection has an open end at the caller only", () => {
  const { forward, backward } = newConnection();
  expect([forward.receiverOpen, backward.receiverOpen]).toEqual([false, true]);
});

test("a direction that grows keeps its parcels in the order of sending", () => {
  const direction = directionWith(parcel(0), parcel(1), parcel(2));
  expect([direction.shift().message, direction.shift().message]).toEqual([0, 1]);
  for (let message = 3; message < 20; message++) direction.push(parcel(message));
  expect(messagesOf(direction)).toEqual(Array.from({ length: 18 }, (_, index) => index + 2));
});

test("a recall makes the tokens void and keeps the parcels", () => {
  const direction = directionWith(parcel(0), parcel(1), parcel(2));
  direction.scheduled = 2;
  direction.lastDueUs = 700;
  expect(direction.recall()).toBe(2);
  expect([direction.scheduled, direction.generation, direction.lastDueUs]).toEqual([0, 1, 0]);
  expect(messagesOf(direction)).toEqual([0, 1, 2]);
});

test("clearUnscheduled keeps the parcels that have a token, clear drops all", () => {
  const direction = directionWith(parcel(0), parcel(1), parcel(2));
  direction.scheduled = 1;
  direction.clearUnscheduled();
  expect([messagesOf(direction), direction.generation]).toEqual([[0], 0]);
  direction.clear();
  expect([messagesOf(direction), direction.generation]).toEqual([[], 1]);
});

for (const [name, kind] of [
  ["close", CLOSE],
  ["reset", RESET],
  ["refusal", REFUSAL],
] as const) {
  test(`a direction stays ended while its ${name} is in flight, and is open again when its ${name} is dropped`, () => {
    const direction = directionWith(parcel(0), parcel(1, kind));
    direction.ended = true;
    direction.scheduled = 2;
    direction.clearUnscheduled();
    expect([direction.length, direction.ended]).toEqual([2, true]);
    direction.scheduled = 1;
    direction.clearUnscheduled();
    expect([direction.length, direction.ended]).toEqual([1, false]);
  });
}
