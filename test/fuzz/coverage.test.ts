/** How a Coverage counts features, and how it is written as JSON. */
import { describe, expect, it } from "vitest";
import type { Message } from "../../cluster/server.ts";
import { Coverage } from "../../fuzz/coverage.ts";
import { PACKET_NAMES, PHASE_NAMES, SERVER_STATE_NAMES } from "../../protocol/index.ts";

const packet = (name: string): Message => ({ type: PACKET_NAMES.indexOf(name as never) }) as unknown as Message;
const at = (state: number, phase: number): number => state * 4 + phase;
const place = (state: number, phase: number): string => `${SERVER_STATE_NAMES[state]} ${PHASE_NAMES[phase]}`;

function features(...names: readonly string[]): Coverage {
  return Coverage.fromJSON(Object.fromEntries(names.map((name) => [name, 1])));
}

describe("a handled message is a feature of the place, the type and the outcome:", () => {
  it.each([
    [at(1, 2), "as before"],
    [at(1, 3), "next phase"],
    [at(0, 0), "LOOKING"],
    [-1, "process ended"],
  ])("after it, the server is at %i: %s", (after, outcome) => {
    const coverage = new Coverage();
    coverage.handled(at(1, 2), packet("UPTODATE"), after);
    expect(coverage.toJSON()).toEqual({ [`message ${place(1, 2)} UPTODATE: ${outcome}`]: 1 });
  });

  it("a message without a type is a notification", () => {
    const coverage = new Coverage();
    coverage.handled(at(0, 0), {} as Message, at(0, 0));
    expect(Object.keys(coverage.toJSON())).toEqual([`message ${place(0, 0)} NOTIFICATION: as before`]);
  });
});

it("coverage read from JSON is the same as before", () => {
  const coverage = new Coverage();
  coverage.handled(at(1, 2), packet("ACK"), -1);
  coverage.handled(at(1, 2), packet("ACK"), -1);
  coverage.faultTookEffect("crash");
  const copy = Coverage.fromJSON(JSON.parse(JSON.stringify(coverage)));
  expect(copy.toJSON()).toEqual(coverage.toJSON());
  expect(copy.size).toBe(2);
  expect(copy.add(coverage)).toBe(0);
});

it("add returns the number of new features, and adds the counts", () => {
  const coverage = features("rule a", "fault b");
  expect(coverage.add(features("rule a", "rule c", `message ${place(0, 0)} ACK: as before`))).toBe(2);
  expect(coverage.toJSON()).toMatchObject({ "rule a": 2, "rule c": 1, "fault b": 1 });
  expect(coverage.size).toBe(4);
});

it("clear removes every feature", () => {
  const coverage = features("rule a", `message ${place(0, 0)} ACK: as before`);
  coverage.clear();
  expect(coverage.size).toBe(0);
  expect(coverage.toJSON()).toEqual({});
});

it("rules and faults are never reached until they are counted", () => {
  const coverage = new Coverage();
  expect(coverage.neverReached("newest")).toContain("fault crash");
  coverage.faultTookEffect("crash");
  expect(coverage.neverReached("newest")).not.toContain("fault crash");
});
