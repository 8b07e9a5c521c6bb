/** Tests the descriptions of how servers end a run. */
import { describe, expect, it } from "vitest";
import { endText, headlineOf, listText, serverEnds, serverSentence } from "../../reports/server-end.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { runOf } from "./records.ts";

const texts = (run: ScenarioRun): string[] => serverEnds(run).map(endText);

describe("serverEnds", () => {
  it("distinguishes servers that serve and servers that never started", () => {
    const run = runOf("servers: { 1: {}, 2: {}, 3: { down: true } }\n");
    expect(serverEnds(run).map(({ kind }) => kind)).toEqual(["serves", "serves", "never-started"]);
    expect(texts(run)[0]).toMatch(/^serves with leader 2 since [\d.]+ s$/);
    expect(texts(run)[1]).toMatch(/^leads epoch 1 since [\d.]+ s$/);
    expect(texts(run)[2]).toBe("never started");
  });

  it("names the step that ended a process", () => {
    const run = runOf("servers: 3\nsteps:\n  - { at: 1s, crash: 3 }\nuntil: 3s\n");
    expect(texts(run)[2]).toBe("down since 1.000000 s: it crashes (step 1)");
  });

  it("says that a server refused to start, with the failure", () => {
    const run = runOf("servers: { 1: { currentEpoch: 1, acceptedEpoch: 0 }, 2: {}, 3: {} }\n");
    expect(serverEnds(run)[0]).toMatchObject({ kind: "down", refused: true });
    expect(texts(run)[0]).toMatch(/^refused to start at 0\.000000 s \(exit code 1\): accepted-older-than-current: /);
  });

  it("says that a running server exited, with the failure", () => {
    const run = runOf(
      "servers: { 1: { history: '1:1', down: true }, 2: { history: '1:1' }, 3: { history: '1:1' } }\n" +
        "steps:\n  - { when: { event: active, server: 2 }, start: 1 }\n" +
        "  - { alter: { type: DIFF, to: 1, set: { type: PING } } }\nuntil: 5s\n",
    );
    expect(serverEnds(run)[0]).toMatchObject({ kind: "down", refused: false });
    expect(texts(run)[0]).toMatch(/^down since [\d.]+ s: it exits with code 13 because of unexpected-sync-packet/);
  });

  it("counts the failures of a server that tries again", () => {
    const run = runOf(
      "servers: { 1: {}, 2: {}, 3: { acceptedEpoch: 5, down: true } }\n" +
        "steps:\n  - { when: { event: active, server: 1 }, after: 100ms, start: 3 }\nuntil: 2s\n",
    );
    expect(texts(run)[2]).toMatch(
      /it failed \d{2,} times with leader-epoch-lower: epoch 1 is lower than acceptedEpoch 5$/,
    );
  });

  it("prints the vote of a server that looks for a leader", () => {
    const run = runOf("servers: { 1: {}, 2: { down: true }, 3: { down: true } }\nuntil: 2s\n");
    expect(texts(run)[0]).toMatch(
      /^LOOKING in ELECTION since 0\.000000 s, waits for votes from a quorum .*; it votes for 1 /,
    );
  });
});

describe("serverSentence", () => {
  it("says that the settle step cut a running server off", () => {
    const run = runOf("servers: 3\nsteps:\n  - { at: 1s, settle: [1, 3] }\nexpect: { live: 10s }\n");
    const sentences = serverEnds(run).map((end) => serverSentence(run, end));
    expect(sentences[1]).toMatch(/^server 2: cut off by the settle step, /);
    expect(sentences[0]).not.toContain("cut off");
  });
});

describe("headlineOf", () => {
  it.each([
    ["servers: 3\n", /^server 3 leads epoch 1 at 1:0; servers 1 and 2 serve$/],
    ["servers: { 1: {}, 2: {}, 3: { down: true } }\n", /^server 2 leads epoch 1 at 1:0; server 1 serves$/],
    ["servers: 1\n", /^server 1 leads epoch 1 at 1:0; no other server serves$/],
    ["servers: { 1: {}, 2: { down: true }, 3: { down: true } }\nuntil: 1s\n", /^no server leads$/],
  ])("%j", (scenario, headline) => {
    expect(headlineOf(runOf(scenario))).toMatch(headline);
  });
});

describe("listText", () => {
  it("joins with commas and a last `and`", () => {
    expect([[], [1], [1, 2], [1, 2, 3]].map(listText)).toEqual(["", "1", "1 and 2", "1, 2 and 3"]);
  });
});

it("endText gives the reason for which a leader closes the connection of a learner", () => {
  const run = runOf(
    "servers: { 1: { settings: { configVersion: 7 }, down: true }, 2: {}, 3: {} }\n" +
      "steps:\n  - { when: { event: active, server: 2 }, start: 1 }\nuntil: 2s\n",
  );
  expect(texts(run)[0]).toMatch(
    /times with connection-closed: .*; server 3 closes its connection because of config-ahead: /,
  );
});
