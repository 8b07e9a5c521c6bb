/** Tests facts about small runs, and their chains of causes. */

import { describe, expect, it } from "vitest";
import type { Violation } from "../../../invariants/index.ts";
import { asEpoch } from "../../../protocol/zxid.ts";
import { FactFinder } from "../../../reports/why/facts.ts";
import { lastRecordOf } from "../../../reports/why/moment.ts";
import type { ScenarioRun } from "../../../scenarios/scenario-run.ts";
import { runOf, sid, zxid } from "../records.ts";

const at = (run: ScenarioRun, atUs = run.endUs): Violation => ({
  id: "agreement",
  server: sid(1),
  role: "following",
  atUs,
  text: "",
  facts: {},
  count: 1,
});
const finderOf = (run: ScenarioRun): FactFinder => new FactFinder(run, at(run));

describe("FactFinder", () => {
  const written = runOf("servers: 3\nsteps:\n  - { at: 1s, write: 1 }\n");
  const find = finderOf(written);

  it("has: a transaction that a client wrote", () => {
    const { causes, text } = find.has(sid(3), zxid("1:1"), "in memory");
    expect(text).toBe("server 3 has 1:1 (w1) in memory");
    expect(causes.at(-1)?.text).toBe("a client writes w1 at server 3 (step 1)");
  });

  it("has: a transaction that was on disk before the run", () => {
    const run = runOf("servers:\n  1: { history: '1:1' }\n  2: { history: '1:1' }\n");
    expect(finderOf(run).has(sid(1), zxid("1:1")).causes).toEqual([
      { text: "the disk of server 1 held 1:1 before the run", atUs: undefined, isRoot: true },
    ]);
  });

  it("lacks: a transaction that a TRUNC removed, because of the leader's decision", () => {
    const run = runOf(
      "servers:\n  1: { history: '1:1..1:3' }\n  2: { history: '1:1', down: true }\n  3: { history: '1:1' }\n" +
        "steps:\n  - { at: 0s, pause: 1, for: 500ms }\n  - { at: 0s, start: 2 }\n",
    );
    const { causes, text } = finderOf(run).lacks(sid(1), zxid("1:3"));
    expect(text).toBe("server 1 truncates 1:3 from its log");
    expect(causes).toMatchObject([
      { text: expect.stringMatching(/TRUNC to 1:1$/) },
      { text: "server 3 never had 1:3" },
      { text: expect.stringMatching(/^server 3 is elected leader in round 1: its sid is above sid 2/), isRoot: true },
    ]);
  });

  it("lacks: a transaction that a crash removed from the log", () => {
    const steps = "  - { at: 1s, disk: { server: 1, sync: 60s } }\n  - { write: 1 }\n  - { after: 100ms, crash: 1 }\n";
    const { causes, text } = finderOf(runOf(`servers: 3\nsteps:\n${steps}`)).lacks(sid(1), zxid("1:1"));
    expect(text).toBe("server 1 crashes and loses 1:1 (w1), which was not synced");
    expect(causes).toMatchObject([{ text: expect.stringMatching(/^step 3: crash .*server=1/), isRoot: true }]);
  });

  it("lacks: a transaction whose PROPOSAL was lost", () => {
    const steps = "  - { at: 1s, drop: { type: PROPOSAL, to: 1 } }\n  - { after: 10ms, write: 1 }\n";
    const run = runOf(`servers: 3\nuntil: 1500ms\nsteps:\n${steps}`);
    const { causes, text } = finderOf(run).lacks(sid(1), zxid("1:1"));
    expect(text).toBe("server 1 never had 1:1 (w1)");
    expect(causes).toMatchObject([{ text: "PROPOSAL 1:1 from server 3 to server 1 is lost" }]);
  });

  it("firstDelivery: the server that delivered first, or that first served with a transaction from its disk", () => {
    expect(find.firstDelivery(zxid("1:1")).text).toMatch(/^server \d delivered 1:1 \(w1\) first$/);
    const run = runOf("servers:\n  1: { history: '1:1' }\n  2: { history: '1:1' }\n");
    expect(finderOf(run).firstDelivery(zxid("1:1")).text).toBe("server 2 began to serve with 1:1");
    expect(finderOf(run).firstDelivery(zxid("1:2"))).toMatchObject({
      text: "1:2 is committed",
      causes: [{ text: "clients may have read 1:2 before the run" }],
    });
  });

  it("proposal: of a primary in the run, or before it", () => {
    expect(find.proposal(zxid("1:1")).text).toBe("server 3 proposed 1:1 (w1)");
    expect(find.proposal(undefined).text).toBe("a primary broadcast 0:0 before the run");
  });

  it("establishment: the ACKs of NEWLEADER and the election", () => {
    const { causes, text } = find.establishments.of(asEpoch(1));
    expect(text).toBe("server 3 was established in epoch 1 at 0:0");
    expect(causes.map((cause) => cause.text)).toContain(
      "server 1 acknowledges NEWLEADER of epoch 1 with a history that ends at 0:0",
    );
    expect(causes.at(-1)?.text).toMatch(
      /^server 3 is elected leader in round 1: its sid is above sid [12], and both servers have /,
    );
  });

  it("diskLacks: a fault of the disk before the transaction was written", () => {
    const steps = "  - { at: 1s, disk: { server: 1, fail: sync-log } }\n  - { write: 1 }\n";
    const run = runOf(`servers: 3\nuntil: 3s\nsteps:\n${steps}`);
    const fact = finderOf(run).memory.diskLacks(sid(1), zxid("1:9"));
    expect(fact.text).toBe("server 1 never wrote 1:9 to its disk");
    expect(fact.causes).toMatchObject([
      { text: expect.stringMatching(/^before that, server 1 fails with disk-error/) },
      { text: "step 1: disk server=1 fail=sync-log", isRoot: true },
    ]);
  });

  it("memoryEndsAt: the last load and the last synchronization", () => {
    const { causes } = find.memory.endsAt(sid(1), zxid("0:0"));
    expect(causes.map((cause) => cause.text)).toEqual([
      "server 1 loads its database up to 0:0",
      expect.stringMatching(/^leader 3 synchronizes server 1: /),
    ]);
  });

  it("state: the state and phase at the time of the violation", () => {
    expect(find.state(sid(1)).text).toBe("server 1 is FOLLOWING in BROADCAST since");
    expect(new FactFinder(written, at(written, -1)).state(sid(1)).text).toBe("server 1 was not running");
  });

  it("opponentOf: another server that has the transaction", () => {
    expect(find.opponentOf(sid(1), undefined, zxid("1:1"))).toBe(2);
    expect(find.opponentOf(sid(1), zxid("1:9"), undefined)).toBe(2);
    expect(find.opponentOf(sid(1), undefined, zxid("1:9"))).toBe(1);
  });
});

describe("lastRecordOf", () => {
  it("is the last record at or before the violation", () => {
    const run = runOf("servers: 3\n");
    expect(lastRecordOf(run, at(run))).toBe(run.records.length - 1);
    expect(lastRecordOf(run, at(run, -1))).toBe(-1);
  });
});
