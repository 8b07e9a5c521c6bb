/** Tests chains of causes in small runs. */

import { describe, expect, it } from "vitest";
import type { ProtocolRecord } from "../../../cluster/records.ts";
import { CauseFinder } from "../../../reports/why/causes.ts";
import type { ScenarioRun } from "../../../scenarios/scenario-run.ts";
import { runOf, sid, zxid } from "../records.ts";

const WRITE =
  "servers: 3\nsteps:\n  - { at: 1s, pause: 1, for: 100ms }\n  - { at: 1500ms, write: { at: 1, count: 1 } }\n";

function lastRecord(run: ScenarioRun, event: ProtocolRecord["event"], server: number): ProtocolRecord {
  const record = run.records.findLast((one) => one.event === event && one.server === server);
  if (record === undefined) throw new Error(`no ${event} at server ${server}`);
  return record;
}

describe("CauseFinder.chain", () => {
  it("leads from a delivery through COMMIT, ACK, sync, PROPOSAL and REQUEST to a client's write at a follower", () => {
    const run = runOf(WRITE);
    const texts = new CauseFinder(run).chain(lastRecord(run, "delivered", 2), zxid("1:1")).map(({ text }) => text);
    expect(texts[0]).toBe("server 3 sends COMMIT 1:1 to server 2");
    expect(texts[1]).toMatch(/^leader 3 commits 1:1 after ACKs from /);
    expect(texts.at(-1)).toBe("a client writes w1 at server 1 (step 2)");
  });

  it("ends with the election that made a server leader", () => {
    const run = runOf("servers: 3\n");
    const chain = new CauseFinder(run).chain(lastRecord(run, "elected", 3), undefined);
    expect(chain).toMatchObject([
      { text: expect.stringMatching(/^server 3 is elected leader in round 1: its sid is above sid \d/), isRoot: true },
    ]);
  });

  it("is the sync decision for a learner that does not serve yet", () => {
    const run = runOf("servers: 3\n");
    const chain = new CauseFinder(run).chain(lastRecord(run, "newleader-acked", 1), undefined);
    expect(chain).toMatchObject([{ text: expect.stringMatching(/^leader 3 synchronizes server 1: .*DIFF$/) }]);
  });

  it("ends with the start of a process", () => {
    const run = runOf("servers: 3\n");
    const chain = new CauseFinder(run).chain(lastRecord(run, "started", 1), undefined);
    expect(chain).toMatchObject([{ text: "server 1 starts", isRoot: true }]);
  });

  it("ends with the step that crashed a server", () => {
    const run = runOf("servers: 3\nsteps:\n  - { at: 1s, crash: 1 }\n");
    const chain = new CauseFinder(run).chain(lastRecord(run, "crashed", 1), undefined);
    expect(chain.at(-1)).toMatchObject({ text: expect.stringMatching(/^step 1: crash .*server=1/), isRoot: true });
  });
});

describe("CauseFinder", () => {
  it("finds the election and the last decision before a time", () => {
    const finder = new CauseFinder(runOf("servers: 3\n"));
    expect(finder.election(sid(1), 10_000_000)?.text).toBe("server 1 elects server 3 in round 1");
    expect(finder.decision(sid(1), 10_000_000)?.text).toContain("leader 3 synchronizes server 1: ");
    expect(finder.election(sid(1), 0)).toBeUndefined();
    expect(finder.decision(sid(3), 10_000_000)).toBeUndefined();
  });

  it.each([
    ["is held", "hold: { type: PROPOSAL, to: 1 }"],
    ["is lost", "drop: { type: PROPOSAL, to: 1 }"],
  ])("says that a PROPOSAL %s", (fate, step) => {
    const run = runOf(`servers: 3\nuntil: 2s\nsteps:\n  - { at: 1s, ${step} }\n  - { after: 10ms, write: 1 }\n`);
    const finder = new CauseFinder(run);
    expect(finder.undelivered(zxid("1:1"), sid(1), 2_000_000)?.text).toBe(
      `PROPOSAL 1:1 from server 3 to server 1 ${fate}`,
    );
    expect(finder.undelivered(zxid("1:1"), sid(2), 2_000_000)).toBeUndefined();
    expect(finder.undelivered(zxid("1:2"), sid(1), 2_000_000)).toBeUndefined();
  });

  it("says that a PROPOSAL has not arrived", () => {
    const steps = "  - { at: 1s, link: { to: [1], latency: 500ms } }\n  - { after: 10ms, write: 1 }\n";
    const finder = new CauseFinder(runOf(`servers: 3\nuntil: 2s\nsteps:\n${steps}`));
    expect(finder.undelivered(zxid("1:1"), sid(1), 1_100_000)?.text).toMatch(/has not arrived$/);
  });
});
