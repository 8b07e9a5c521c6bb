/** The lines about configurations in exported logs, in the words of each release. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { zookeeperLogs } from "../../../reports/zklog/zookeeper-logs.ts";
import { loadScenario } from "../../../scenarios/load.ts";
import { ScenarioRunner } from "../../../scenarios/run.ts";
import { Trace } from "../../../sim/index.ts";

/** The messages of all servers of a bug's run, without times and threads, each with its server. */
function messages(name: string, zookeeper: string): string[] {
  const path = fileURLToPath(new URL(`../../../scenarios/bugs/${name}.yaml`, import.meta.url));
  const scenario = { ...loadScenario(readFileSync(path, "utf8"), path), zookeeper };
  const run = new ScenarioRunner(scenario, { seed: 1n, trace: new Trace() }).run();
  return zookeeperLogs(run).flatMap(({ lines, server }) =>
    lines.map((line) => `${server}: ${line.replace(/^.* \[(\w|\/).*@\?\] - /, "")}`),
  );
}

describe("a joining server and a reconfiguration", () => {
  const bug = "open-joining-learner-activates-pending-configuration";
  const logged = messages(bug, "3.9.5");

  it("log the number of voters in a file, and the newer configuration of another server", () => {
    expect(logged.filter((text) => text.includes("consider an odd number"))).toEqual([
      "4: Non-optimal configuration, consider an odd number of servers.",
      "5: Non-optimal configuration, consider an odd number of servers.",
    ]);
    expect(logged).toContain("4: 4 Received version: 100000000 my version: 0");
    expect(logged).toContain("4: restarting leader election");
  });

  it("log the request at the leader, and whether reconfiguration is enabled", () => {
    expect(logged.filter((text) => text.endsWith("ncremental reconfig"))).toEqual(["3: Incremental reconfig"]);
    expect(logged).toContain("3: PrepRequestProcessor (sid:3) started, reconfigEnabled=true");
  });

  it("log what 3.5.8 logs", () => {
    const older = messages(bug, "3.5.8");
    expect(older).toContain("4: Non-optimial configuration, consider an odd number of servers.");
    expect(older).toContain("3: Incremental reconfig");
    expect(older.filter((text) => text.includes("PrepRequestProcessor"))).toEqual([]);
  });
});

it("a server logs a pending configuration that is older than the one that it has seen", () => {
  expect(messages("open-newleader-names-replaced-configuration", "3.8.6")).toContain(
    "1: setLastSeenQuorumVerifier called with stale config 4294967296. Current version: 4294967296",
  );
});

it("a server logs its new role, and a leader logs a whole configuration", () => {
  const logged = messages("open-reconfiguration-counts-follower-that-becomes-observer", "3.9.5");
  expect(logged).toContain("1: Becoming an observer");
  expect(logged).toContain("1: Becoming a voting participant");
  expect(logged).toContain("3: Non-incremental reconfig");
});
