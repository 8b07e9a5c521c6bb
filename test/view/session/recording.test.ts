import { describe, expect, test } from "vitest";
import { ServerInspector } from "../../../cluster/server-view.ts";
import { asServerId } from "../../../protocol/index.ts";
import { messageName } from "../../../scenarios/message-match.ts";
import { runScenario } from "../../../scenarios/run.ts";
import { executeTo } from "../../../view/session/branch.ts";
import { Recording } from "../../../view/session/recording.ts";
import { chaosPlan, shipped } from "../scenarios.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";

test("a recording has the digest, the number of events and the violations of a plain run", () => {
  const recording = new Recording(shipped(BUG), { seed: 1n }).finish();
  const run = runScenario(shipped(BUG), { seed: 1n });
  expect(recording.digestAt(recording.length)).toBe(run.digest);
  expect(recording.length).toBe(run.events);
  expect(recording.violations.map(({ id }) => id)).toEqual(run.violations.map(({ id }) => id));
});

test("a recording that is made in parts equals one that is made in one part", () => {
  const parts = new Recording(shipped(BUG), { seed: 1n });
  while (parts.advance(7));
  const whole = new Recording(shipped(BUG), { seed: 1n }).finish();
  expect(parts.length).toBe(whole.length);
  expect(parts.run.digest).toBe(whole.run.digest);
});

test("a recording ends at the limit of events", () => {
  expect(new Recording(shipped(BUG), { seed: 1n, maxEvents: 50 }).finish().length).toBe(50);
});

describe("each moment of a recording equals the same moment of a run that is executed again", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => [seed]))("chaos plan %i", (seed) => {
    const recording = new Recording(chaosPlan(seed), { seed: BigInt(seed) }).finish();
    for (let number = recording.length; number > 0; number = Math.floor(number * 0.8)) {
      const { cluster } = executeTo(recording, number);
      expect(cluster.world.digestHex()).toBe(recording.digestAt(number));
      for (const sid of recording.servers) {
        expect(comparable(recording.serverAt(sid, number))).toEqual(
          comparable(new ServerInspector(cluster, sid).inspect()),
        );
      }
      const { network, nodes } = cluster.world;
      const live = network.inFlight().map(({ conn, message, to }) => placeText(conn, to, messageName(message)));
      for (const node of nodes) {
        for (const { conn, message } of node.deferredMessages()) {
          live.push(placeText(conn, node.id, messageName(message)));
        }
      }
      const recorded = recording.inFlightAt(number).map(({ conn, to, type }) => placeText(conn, to, type));
      expect(recorded.sort()).toEqual(live.sort());
    }
  });
});

function placeText(conn: number, to: number, type: string): string {
  return `connection ${conn}, to ${to}: ${type}`;
}

/** Replaces each history by its length and its hash, because runs do not share history objects. */
function comparable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, one) =>
      one !== null && typeof one === "object" && "isPrefixOf" in one ? [one.length, one.hash] : one,
    ),
  );
}

test("lastChangeOf names the event that gave a server its state", () => {
  const recording = new Recording(shipped(BUG), { seed: 1n }).finish();
  const sid = asServerId(1);
  const number = recording.lastChangeOf(sid, 200);
  expect(number).toBeLessThanOrEqual(200);
  expect(recording.serverAt(sid, number)).toBe(recording.serverAt(sid, 200));
  expect(recording.serverAt(sid, number - 1)).not.toBe(recording.serverAt(sid, 200));
});
