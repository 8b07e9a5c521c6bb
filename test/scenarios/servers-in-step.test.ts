/** The servers in a step: listing them, removing one of them, and replacing their ids. */
import { describe, expect, it } from "vitest";
import { asServerId, type ServerId } from "../../protocol/zxid.ts";
import { loadScenario } from "../../scenarios/load.ts";
import type { Step } from "../../scenarios/scenario.ts";
import { renumberServers, serversInStep, withoutServer } from "../../scenarios/servers-in-step.ts";
import { stepFields } from "../schema/step-fields.ts";

const step = (text: string): Step =>
  loadScenario(`servers: 9\nsteps: [${text}]\nexpect: {}`, "step.yaml").steps[0] as Step;
const without = (text: string, sid: number): Step | undefined => withoutServer(step(text), asServerId(sid));

describe("the servers that a step names", () => {
  it.each([
    ["{ crash: 2 }", [2]],
    ["{ crash: { server: 2, unsynced: 3 } }", [2]],
    ["{ write: { at: 4, count: 7 } }", [4]],
    ["{ partition: [[1, 2], [3]] }", [1, 2, 3]],
    ["{ clock: { server: 5, rate: 2 } }", [5]],
    ["{ alter: { from: 1, set: { epoch: 8 } } }", [1]],
    ["{ when: { message: ACK, from: 6, nth: 7 }, pause: leader }", [6]],
    ["{ disk: { server: 1, copyFrom: 8 } }", [1, 8]],
    ["{ disconnect: { server: leader, from: 7 } }", [7]],
    ["{ heal: all }", []],
    [
      "{ restart: { server: 1, config: { voters: [1, 2], observers: [3] }, settings: { syncLimit: 7 } } }",
      [1, 1, 2, 3],
    ],
    ["{ start: { server: 1, config: { voters: [1, 2], groups: { a: [1, 2] }, weights: { 2: 8 } } } }", [1, 1, 2, 1, 2]],
  ])("%s", (text, servers) => {
    expect(serversInStep(step(text))).toEqual(servers);
  });
});

it("no number of a step is taken for a server, except those that the schema declares as servers", () => {
  const numbers = stepFields().filter(({ kind }) => kind === "number");
  const paths = new Set(numbers.map(({ path }) => path));
  paths.delete("write"); // The short form of write.count. The loader expands it.
  // The names of `ports` are server ids, which a path leaves out.
  for (const path of paths) if (path.includes(".ports.")) paths.delete(path);
  expect(paths.size).toBeGreaterThan(5);
  const stepWith = (path: string): unknown => path.split(".").reduceRight<unknown>((one, name) => ({ [name]: one }), 5);
  for (const path of paths) expect(serversInStep(stepWith(path) as Step), path).toEqual([]);
});

describe("without one of its servers,", () => {
  it.each([
    ["a crash of that server", "{ crash: 2 }"],
    ["a step that waits for that server", "{ when: { event: active, server: 2 }, crash: 3 }"],
    ["a settle of that server only", "{ settle: 2 }"],
    ["a partition of that server only", "{ partition: [[2]] }"],
    ["a restart of that server", "{ restart: { server: 2, config: { voters: [1, 2] } } }"],
    ["a start with that server as the only voter", "{ start: { server: 1, config: { voters: [2] } } }"],
    ["a cut whose only sender it is", "{ cutOneWay: { from: 2, to: 3 } }"],
    ["a bridge over that server", "{ bridge: { over: 2, sides: [[1], [3]] } }"],
    ["a bridge with that server as one side", "{ bridge: { over: 1, sides: [[2], [3]] } }"],
  ])("%s is gone", (_, text) => {
    expect(without(text, 2)).toBeUndefined();
  });

  it.each([
    ["{ settle: [2, 3] }", "{ settle: 3 }"],
    ["{ partition: [[1, 2], [3]] }", "{ partition: [[1], [3]] }"],
    ["{ cutOneWay: { from: [1, 2], to: 3 } }", "{ cutOneWay: { from: 1, to: 3 } }"],
    ["{ bridge: { over: 1, sides: [[2, 4], [3]] } }", "{ bridge: { over: 1, sides: [[4], [3]] } }"],
    ["{ crash: 3 }", "{ crash: 3 }"],
    [
      "{ restart: { server: 1, config: { voters: [1, 2], observers: [3] } } }",
      "{ restart: { server: 1, config: { voters: [1], observers: [3] } } }",
    ],
    [
      "{ start: { server: 1, config: { voters: [1, 2], groups: { a: [1, 2] }, weights: { 1: 3, 2: 3 } } } }",
      "{ start: { server: 1, config: { voters: [1], groups: { a: [1] }, weights: { 1: 3 } } } }",
    ],
  ])("%s becomes %s", (text, rest) => {
    expect(without(text, 2)).toEqual(step(rest));
  });
});

it("other ids replace the ids of servers, but no counts, rates or epochs", () => {
  const ids = new Map<ServerId, ServerId>([[asServerId(2), asServerId(1)]]);
  const text = (sid: number): string => `{ write: { at: ${sid}, count: 2 } }`;
  expect(renumberServers(step(text(2)), ids)).toEqual(step(text(1)));
  expect(renumberServers(step("{ clock: { server: 3, rate: 2 } }"), ids)).toEqual(
    step("{ clock: { server: 3, rate: 2 } }"),
  );
  const restart = (sid: number): string =>
    `{ restart: { server: ${sid}, settings: { syncLimit: 2 }, config: ` +
    `{ voters: [${sid}, 3], groups: { a: [${sid}, 3] }, weights: { ${sid}: 2 } } } }`;
  expect(renumberServers(step(restart(2)), ids)).toEqual(step(restart(1)));
});
