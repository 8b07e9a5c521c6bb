/** Tests the descriptions of steps in words, and of the reasons why a step had no effect. */
import { describe, expect, it } from "vitest";
import { stepsWithoutEffect, stepText } from "../../reports/steps.ts";
import { runOf } from "./records.ts";

describe("steps", () => {
  it.each([
    ["{ at: 1s, crash: leader }", "no such server was running"],
    ["{ at: 1s, write: { at: 3, count: 1 } }", "no server accepted a write"],
    ["{ at: 2s, disconnect: 3 }", "it broke or refused no connection"],
    ["{ at: 1s, drop: { type: SNAP } }", "it lost, held or changed no message"],
    ["{ at: 1s, disk: { server: 3, fail: snapshot } }", "no disk operation stalled or failed"],
  ])("%s has no effect: %s", (step, reason) => {
    const down = "servers:\n  1: { down: true }\n  2: { down: true }\n  3: { down: true }\n";
    const run = runOf(`${down}until: 5s\nsteps:\n  - ${step}\n`);
    expect(stepsWithoutEffect(run)).toEqual([
      expect.stringMatching(new RegExp(`^step 1 .* had no effect: ${reason}$`)),
    ]);
  });

  it("writes a step without its trigger", () => {
    const run = runOf("servers: 3\nsteps:\n  - { when: { event: active, server: 2 }, after: 1s, pause: 1, for: 2s }\n");
    expect(stepText(run, 0)).toBe("pause 1 for 2s");
    expect(stepText(run, 9)).toBe("");
  });
});
