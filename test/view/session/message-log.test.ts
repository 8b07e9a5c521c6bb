import { expect, test } from "vitest";
import { loadScenario } from "../../../scenarios/load.ts";
import type { Scenario } from "../../../scenarios/scenario.ts";
import type { SentMessage } from "../../../view/session/message-log.ts";
import { Recording } from "../../../view/session/recording.ts";
import type { Fate } from "../../../view/session/timeline.ts";
import { shipped } from "../scenarios.ts";

function fatesOf(scenario: Scenario, accepts: (sent: SentMessage) => boolean): ReadonlySet<Fate | undefined> {
  const recording = new Recording(scenario, { seed: 1n }).finish();
  return new Set(recording.messages.filter(accepts).map(({ fate }) => fate));
}

test("a message that the network drops is lost", () => {
  const text = `servers: 3\nsettings: { tickTimeMs: 100 }\nsteps: [{ drop: { type: FOLLOWERINFO } }]\nuntil: 3s\n`;
  const fates = fatesOf(loadScenario(text, "x.yaml"), ({ type }) => type === "FOLLOWERINFO");
  expect(fates).toContain("lost");
});

test("the network does not lose a message whose connection ends before it arrives", () => {
  const scenario = shipped("three-servers-leader-crashes-in-broadcast-unseen-txns-truncated");
  expect(fatesOf(scenario, ({ conn }) => conn > 0)).toEqual(new Set(["delivered", "reset"]));
});
