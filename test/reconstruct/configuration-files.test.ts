/** Faults and configuration files that no line of a log names, found from the logs alone. */
import { describe, expect, it } from "vitest";
import { withLateServersOutside } from "../../reconstruct/config-file-variants.ts";
import { changeConfigurationFiles } from "../../reconstruct/configuration-mutations.ts";
import { compare } from "../../reconstruct/distance.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { writeScenario } from "../../scenarios/write-scenario.ts";
import { RandomStreams } from "../../sim/random.ts";
import { loggedBug, searched, skeleton } from "./simulated-logs.ts";

describe("the configuration files of a reconstruction", () => {
  it("may lack the servers that start later", () => {
    const { evidence } = loggedBug("open-pending-configuration-not-read-with-lists");
    const variants = withLateServersOutside(skeleton(evidence), evidence);
    const votersOf = (sid: number): unknown => variants.map(({ servers }) => servers[sid as never]?.config?.voters);
    expect(votersOf(3)).toEqual([
      [3, 4, 5],
      [3, 4, 5],
      [3, 4, 5],
    ]);
    expect(votersOf(1)).toEqual([
      [1, 2, 3, 4, 5],
      [3, 4, 5, 1],
      [1, 2],
    ]);
  });

  it("can be written and loaded after each change", () => {
    const { evidence } = loggedBug("open-pending-configuration-forgotten-at-second-restart");
    const comparison = compare(new Map(), new Map());
    const trial = { comparison, scenario: skeleton(evidence), violated: [] };
    const random = new RandomStreams(1n).stream("test");
    const changed = Array.from({ length: 40 }, () => changeConfigurationFiles(trial, evidence, random)).filter(
      (one) => one !== undefined,
    );
    expect(changed.some(({ servers }) => Object.values(servers).some(({ nextConfig }) => nextConfig))).toBe(true);
    expect(changed.some(({ steps }) => steps.some((step) => "start" in step && typeof step.start === "object"))).toBe(
      true,
    );
    for (const scenario of changed) expect(loadScenario(writeScenario(scenario), "incident.yaml")).toBeDefined();
  });
});

describe("logs that show no version of a configuration", () => {
  it("give no other files as long as something else differs", () => {
    const { evidence } = loggedBug("open-trunc-keeps-one-txn-too-many");
    const scenario = skeleton(evidence);
    expect(withLateServersOutside(scenario, evidence)).toEqual([]);
    const comparison = { ...compare(new Map(), new Map()), decisive: 4 };
    const random = new RandomStreams(1n).stream("test");
    const changed = Array.from({ length: 20 }, () =>
      changeConfigurationFiles({ comparison, scenario, violated: [] }, evidence, random),
    );
    expect(changed.every((one) => one === undefined)).toBe(true);
  });
});

describe("a sync of the log that fails while writes wait", () => {
  it("gives back a server whose memory is ahead of its disk", () => {
    const { evidence } = loggedBug("open-failed-log-write-survives");
    expect(searched(evidence, (runs) => runs >= 400).best?.violated).toContain("memory-equals-disk");
  });
});
