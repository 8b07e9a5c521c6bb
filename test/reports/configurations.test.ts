/** Tests the sentences about the configurations of the servers, and the quorums that a leader counted. */
import { readFileSync } from "node:fs";
import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { configurationLines, configurationSentences } from "../../reports/configurations.ts";
import { decisionTable } from "../../reports/decision-table.ts";
import { describeRecord } from "../../reports/describe.ts";
import { handshakesOf } from "../../reports/handshakes.ts";
import { lifeLines } from "../../reports/why/life-text.ts";
import { TransactionLife } from "../../reports/why/transaction-life.ts";
import { whyText } from "../../reports/why.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { runOf, zxid } from "./records.ts";

const PENDING = `
servers:
  1: &old { config: { voters: [1, 2], version: "1:0" }, nextConfig: { voters: [1, 2, 3, 4, 5], version: "2:0" } }
  2: *old
  3: { down: true }
  4: { down: true }
  5: { down: true }
settings: { reconfigEnabled: true }
until: 3s
`;
const REMOVED = `
servers: 3
settings: { reconfigEnabled: true }
steps: [{ when: established, reconfig: { remove: 3 } }]
until: 4s
`;
const NOT_ENABLED = "servers: 3\nsteps: [{ when: established, write: 1 }]\nuntil: 2s\n";

const texts = (run: ScenarioRun, event: string, server: number): string[] =>
  run.records.filter((one) => one.event === event && one.server === server).map(describeRecord);

describe("configurationSentences", () => {
  it("names the committed and the pending configuration of servers that wait", () => {
    const run = runOf(PENDING);
    expect(configurationSentences(run)).toEqual([
      "configuration of servers 1 and 2: voters 1,2; version 1:0; pending: voters 1,2,3,4,5; version 2:0",
    ]);
    expect(texts(run, "started", 1)[0]).toContain(
      "in the ensemble 1, 2 (voters 1,2; version 1:0; pending: voters 1,2,3,4,5; version 2:0)",
    );
  });

  it("says which server is not a member", () => {
    const expected = "configuration of servers 1, 2 and 3: voters 1,2; version 1:1 (server 3 is not a member)";
    expect(configurationSentences(runOf(REMOVED))).toEqual([expected]);
  });

  it("are absent if no configuration changed", () => {
    const run = runOf(NOT_ENABLED);
    expect(configurationSentences(run)).toEqual([]);
    expect(configurationLines(run, run.records.length)).toEqual([]);
    expect(run.records.filter((one) => "quorums" in one)).toEqual([]);
  });
});

describe("a commit during a reconfiguration", () => {
  const run = runOf(REMOVED);
  const counted = /acknowledged by [123, ]+ of \{1, 2, 3\} and 1, 2 of \{1, 2\}/;

  it("names the voters that acknowledged it, in the timeline and in the life of the transaction", () => {
    expect(texts(run, "committed", 3)[0]).toMatch(counted);
    const life = lifeLines(new TransactionLife(run, zxid("1:1")), run, run.records.length);
    expect(life.find((line) => line.startsWith("server 3"))).toMatch(counted);
    expect(texts(run, "config-committed", 3).at(-1)).toMatch(/; it is not a member$/);
  });

  it("is followed by handshakes with a leader in the new configuration", () => {
    const handshakes = handshakesOf(run.records).map(({ config, leader }) => [leader, config]);
    expect(handshakes).toContainEqual([3, undefined]);
    expect(handshakes).toContainEqual([1, "voters 1,2; version 1:1"]);
    const table = decisionTable(handshakesOf(run.records), new Chalk({ level: 0 }));
    expect(table).toContain("leader 1, epoch 2, voters 1,2; version 1:1\n");
  });

  it("leaves servers with different configurations until each of them has read it", () => {
    const committed = run.records.findIndex(({ event }) => event === "leader-designated");
    expect(configurationLines(run, committed)).toEqual([
      "configuration of servers 1 and 2: voters 1,2,3; version 1:0; pending: voters 1,2; version 1:1",
      "configuration of server 3: voters 1,2; version 1:1 (server 3 is not a member)",
    ]);
  });
});

describe("the explanation of a violation", () => {
  it("ends with the configurations of the servers at that time", () => {
    const file = new URL("../../scenarios/bugs/open-observer-aborts-sync-after-reconfiguration.yaml", import.meta.url);
    const why = whyText(runOf(readFileSync(file, "utf8"))).replace(/\s+/g, " ");
    expect(why).toContain("the configurations configuration of servers");
  });
});
