/** What logs show of configurations: who is outside, which version a server has, and when a leader activates one. */
import { describe, expect, it } from "vitest";
import { reconfigurationsIn } from "../../reconstruct/reconfigurations.ts";
import { loggedBug, loggedRunOf, scenarioAt, skeleton } from "./simulated-logs.ts";

describe("the first scenario", () => {
  it("has the configurations with which servers start, and adds the servers that were outside", () => {
    const scenario = scenarioAt("bugs/open-joining-learner-activates-pending-configuration.yaml");
    const { evidence } = loggedRunOf(scenario);
    const { servers, settings, steps } = skeleton(evidence);
    expect(settings.reconfigEnabled).toBe(true);
    for (const [sid, { config }] of Object.entries(scenario.servers)) {
      expect(servers[sid as never]?.config?.voters).toEqual(config?.voters);
    }
    const [change] = steps.filter((step) => "reconfig" in step);
    expect(change).toMatchObject({ reconfig: { add: { 4: "participant", 5: "participant" } } });
  });

  it("has a reconfiguration at the time at which the leader restarts its election, and no crash for it", () => {
    const { evidence } = loggedBug("open-commit-before-uptodate-keeps-old-configuration");
    expect(reconfigurationsIn(evidence)).toMatchObject([{ isExact: true }]);
    const { servers, steps } = skeleton(evidence);
    expect(servers[1 as never]?.config).toEqual({ voters: [1, 2, 3], observers: [], version: "1:0" });
    expect(steps.filter((step) => "crash" in step)).toEqual([]);
    expect(steps.filter((step) => "reconfig" in step)).toHaveLength(1);
  });

  it("has no configurations if all servers know the same ones", () => {
    const { evidence } = loggedBug("zookeeper-4643-current-epoch-before-diff-is-logged");
    const { servers, settings } = skeleton(evidence);
    expect(Object.values(servers).map(({ config }) => config)).toEqual([undefined, undefined, undefined]);
    expect(settings.reconfigEnabled).toBeUndefined();
  });
});
