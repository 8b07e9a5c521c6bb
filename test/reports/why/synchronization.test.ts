/** Tests the explanations of what happened to a transaction in a synchronization. */
import { describe, expect, it } from "vitest";
import { CauseFinder } from "../../../reports/why/causes.ts";
import { Synchronizations } from "../../../reports/why/synchronization.ts";
import { TransactionLife } from "../../../reports/why/transaction-life.ts";
import type { ScenarioRun } from "../../../scenarios/scenario-run.ts";
import { runOf, sid, zxid } from "../records.ts";

const SERVERS = "servers: { 1: { history: '1:1..1:3' }, 2: { history: '1:1..1:4' } }\n";

function interrupted(run: ScenarioRun, txn = "1:4", until = run.records.length - 1): string[] {
  const synchronizations = new Synchronizations(run, new CauseFinder(run));
  return synchronizations.interrupted(sid(1), new TransactionLife(run, zxid(txn)), until).map(({ text }) => text);
}

describe("Synchronizations.interrupted", () => {
  const crash = "steps:\n  - { when: { event: epoch-current, server: 1 }, crash: { server: 1, unsynced: lost } }\n";

  it.each([
    ["3.7.2", ["crashes before it logs 1:4", "writes currentEpoch 2 to disk, before it logs 1:4"]],
    ["3.9.2", ["crashes after it synced 1:4", "writes currentEpoch 2 to disk, after it synced 1:4"]],
  ])("%s: says how far the transaction was when the server wrote its epoch and crashed", (release, texts) => {
    const run = runOf(`zookeeper: ${release}\n${SERVERS}${crash}until: 3s\n`);
    expect(interrupted(run)).toEqual([
      ...texts.map((text) => `server 1 ${text}`),
      expect.stringMatching(/^leader 2 synchronizes server 1: .* → DIFF with the transactions after it$/),
    ]);
  });

  it("is empty if the server serves with the transaction on disk", () => {
    expect(interrupted(runOf(SERVERS))).toEqual([]);
  });

  it("is empty for a transaction that the leader did not send, and before the decision", () => {
    const run = runOf(`zookeeper: 3.7.2\n${SERVERS}${crash}until: 3s\n`);
    expect(interrupted(run, "1:3")).toEqual([]);
    expect(interrupted(run, "1:4", 0)).toEqual([]);
  });
});
