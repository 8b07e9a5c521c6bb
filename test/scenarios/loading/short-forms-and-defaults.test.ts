/** Defaults and short forms. load.test.ts tests the short form of every action. */
import { expect, it } from "vitest";
import type { RawScenario } from "../../../scenarios/loading/raw-scenario.ts";
import { completeScenario, serversOf } from "../../../scenarios/loading/short-forms-and-defaults.ts";

const complete = (raw: object) => completeScenario({ servers: 2, ...raw } as unknown as RawScenario, "name");

it("epoch files have the epoch of the last zxid by default, and are missing on an empty disk", () => {
  const { servers } = complete({ servers: { 1: { history: "1:1, 3:1" }, 2: { empty: true } } });
  expect(Object.values(servers)).toMatchObject([
    { acceptedEpoch: 3, currentEpoch: 3, snapshots: ["0:0"] },
    { acceptedEpoch: "missing", currentEpoch: "missing", snapshots: [] },
  ]);
});

it("zxids in hexadecimal and 0 as a duration get their usual notation", () => {
  expect(complete({ committed: "0x100000002", until: 0 })).toMatchObject({ committed: "1:2", until: "0us" });
});

it("an action without a trigger follows the previous step immediately", () => {
  expect(complete({ steps: [{ pause: 1 }] }).steps).toEqual([{ after: "0us", pause: 1 }]);
});

it("a removed step stays null", () => {
  expect(complete({ steps: [null, { pause: 1 }] }).steps[0]).toBeNull();
});

it("the aliases of invariants are replaced by their ids", () => {
  expect(complete({ expect: { violates: "I-8" } }).expect.violates).toEqual(
    complete({ expect: { violates: ["I-8"] } }).expect.violates,
  );
  expect(complete({ expect: { violates: "I-8" } }).expect.violates[0]).not.toBe("I-8");
});

it("serversOf gives the servers 1 to N", () => {
  expect(serversOf(3)).toEqual({ 1: {}, 2: {}, 3: {} });
});
