/** Faults and files that follow from the lines of all logs together, and the bugs that they give back quickly. */
import { describe, expect, it } from "vitest";
import { withBrokenConnections } from "../../reconstruct/broken-connections.ts";
import type { FileFacts } from "../../reconstruct/config-file-facts.ts";
import { fileGroups, withOtherLists, withPendingFiles } from "../../reconstruct/config-file-variants.ts";
import { cutChoices, withoutContact } from "../../reconstruct/cut-links.ts";
import type { Evidence } from "../../reconstruct/evidence.ts";
import { cutsIn, linkFacts } from "../../reconstruct/link-facts.ts";
import { slowHandshakes, withMeasuredSpeeds } from "../../reconstruct/measured-speeds.ts";
import { reconfigurationSteps, withOtherMembers, withWriteBeside } from "../../reconstruct/reconfiguration-members.ts";
import { reconfigurationsIn } from "../../reconstruct/reconfigurations.ts";
import { readyMsOf } from "../../reconstruct/scenario-steps.ts";
import { explains, startFiles } from "../../reconstruct/start-config-files.ts";
import { loadScenario } from "../../scenarios/load.ts";
import type { Step } from "../../scenarios/scenario.ts";
import { evidenceWithClock, loggedBug, loggedRunOf, searched, skeleton } from "./simulated-logs.ts";

const logsOf = (yaml: string): Evidence => loggedRunOf(loadScenario(yaml, "test.yaml")).evidence;

describe("a link that is cut for a time", () => {
  const evidence = logsOf(`
servers: 3
settings: { tickTimeMs: 500 }
steps:
  - { from: 2s, partition: [[1, 2], [3]], for: 6s }
until: 12s
`);

  it("shows in votes that do not arrive and in reads that time out", () => {
    const cuts = cutsIn(linkFacts(evidence));
    expect(cuts.map(({ servers }) => servers.join("-")).sort()).toEqual(["1-3", "2-3"]);
    for (const { endMs, hiMs, loMs } of cuts) {
      expect(loMs).toBeLessThanOrEqual(2000);
      expect(hiMs).toBeGreaterThanOrEqual(2000);
      expect(endMs).toBeGreaterThanOrEqual(8000);
      expect(endMs).toBeLessThan(8500);
    }
  });

  it("is one partition if the servers on each side hear each other", () => {
    const steps = cutChoices([1, 2, 3], evidence).flat();
    expect(steps).toContainEqual(
      expect.objectContaining({
        partition: expect.arrayContaining([[1, 2], [3]]),
      }),
    );
  });

  it("is not found where all servers hear each other", () => {
    expect(cutsIn(linkFacts(loggedBug("open-trunc-keeps-one-txn-too-many").evidence))).toEqual([]);
  });
});

describe("groups of servers that never hear each other", () => {
  it("are cut off from each other", () => {
    const { evidence } = loggedBug("open-pending-configuration-forgotten-at-second-restart");
    const last = withoutContact(skeleton(evidence), evidence)?.steps.at(-1);
    expect(last).toMatchObject({
      partition: [
        [1, 2],
        [3, 4, 5],
      ],
    });
    expect(withoutContact(skeleton(evidence), loggedBug("open-leader-shows-old-list").evidence)).toBeUndefined();
  });
});

describe("a connection that breaks although both servers go on", () => {
  const scenario = loadScenario(
    "servers: 3\nsteps:\n  - { from: 3s, disconnect: { server: 1, from: 3 } }\nuntil: 5s\n",
    "test.yaml",
  );
  const stepsOf = (evidence: Evidence): readonly Step[] =>
    withBrokenConnections({ ...skeleton(evidence), steps: [] }, evidence)?.steps ?? [];

  it("becomes a step", () => {
    expect(stepsOf(loggedRunOf(scenario).evidence)).toMatchObject([{ disconnect: { server: 1, from: 3 } }]);
  });

  it("becomes a step at its time if the clock of the server is ahead", () => {
    const [step] = stepsOf(evidenceWithClock(scenario, 1, 7000));
    expect(step).toMatchObject({ disconnect: { server: 1, from: 3 } });
    expect(Math.abs(readyMsOf(step as Step) - 3000)).toBeLessThan(10);
  });

  it("is not found if the leader ends", () => {
    const evidence = logsOf("servers: 3\nsteps:\n  - { from: 3s, crash: 3 }\nuntil: 6s\n");
    expect(withBrokenConnections(skeleton(evidence), evidence)).toBeUndefined();
  });
});

describe("a leader whose packets come late", () => {
  it("has a slow thread for the learner", () => {
    const { evidence } = loggedBug("open-observer-aborts-sync-after-reconfiguration");
    expect(slowHandshakes(evidence)).toMatchObject([{ leader: 3, learner: 4 }]);
    const steps = withMeasuredSpeeds(skeleton(evidence), evidence).flatMap((one) => one.steps);
    expect(steps).toContainEqual(expect.objectContaining({ stall: { server: 3, thread: "handlers" } }));
  });

  it("has the same slow threads in all handshakes if all come late by the same time", () => {
    const { evidence } = loggedBug("open-newleader-names-replaced-configuration");
    const delays = withMeasuredSpeeds(skeleton(evidence), evidence).map(({ threads }) => threads.queueNewLeader);
    expect(delays).toContain("100ms");
  });

  it("is not found in a quick run", () => {
    expect(slowHandshakes(logsOf("servers: 3\nuntil: 3s\n"))).toEqual([]);
  });
});

describe("a learner that needs long for its files", () => {
  it("has a slow disk for this time", () => {
    const { evidence } = loggedBug("open-commit-before-uptodate-keeps-old-configuration");
    const steps = withMeasuredSpeeds(skeleton(evidence), evidence).flatMap((one) => one.steps);
    const disk = { server: 4, sync: "1000ms", write: "1000ms" };
    expect(steps).toContainEqual(expect.objectContaining({ disk, for: "4000ms" }));
  });
});

describe("the configuration file of a process", () => {
  const facts: FileFacts = {
    ...{ server: 1, startMs: 0, voters: new Set([1, 2]), lacks: new Set([4]), votes: true, observes: false },
    ...{ size: "other", version: undefined },
  };

  it("has the voters that the process names, and the number of voters about which it does not warn", () => {
    expect(explains([1, 2, 3], facts)).toBe(true);
    expect(explains([1, 2], facts)).toBe(false);
    expect(explains([1, 2], { ...facts, size: "few" })).toBe(true);
    expect(explains([1, 2, 3, 5], facts)).toBe(false);
    expect(explains([1, 2, 4], facts)).toBe(false);
    expect(explains([2, 3, 5], { ...facts, voters: new Set([2]), votes: false })).toBe(true);
    expect(explains([1, 3, 5], facts)).toBe(false);
  });

  it.each([
    ["open-joining-learner-activates-pending-configuration", ["1,2,3", "1,2,3", "1,2,3", "1,2,3,4", "1,2,3,5"]],
    ["open-votes-for-pending-voter-elect-no-leader", ["1,2,3", "1,2,3", "1,2,3", "1,2,3,4"]],
    ["open-pending-configuration-forgotten-at-second-restart", ["1,2", "1,2", "1,2,3,4,5", "1,2,3,4,5", "1,2,3,4,5"]],
  ])("of %s is found from the logs", (name, lists) => {
    const files = startFiles(loggedBug(name).evidence).filter(({ process }) => process === 0);
    expect(files.map(({ voters }) => voters?.join())).toEqual(lists);
  });

  it("changes at a restart if the server votes afterwards", () => {
    const { steps } = skeleton(loggedBug("open-observer-writes-epoch-before-diff-is-logged").evidence);
    const starts = steps.flatMap((step) => ("start" in step ? [step.start] : []));
    expect(starts).toContainEqual({ server: 4, config: { voters: [1, 3, 4], observers: [] } });
  });

  it("may have other lists, and a pending one that other servers have activated", () => {
    const { evidence } = loggedBug("open-pending-configuration-forgotten-at-second-restart");
    const scenario = skeleton(evidence);
    const groups = fileGroups(scenario);
    expect(groups).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    for (const changed of withOtherLists(scenario, groups[0] ?? [], evidence)) {
      expect(changed.servers[1 as never]?.config?.voters).toHaveLength(2);
    }
    const pending = withPendingFiles(scenario, evidence).map(({ servers }) => servers[1 as never]?.nextConfig);
    expect(pending).toContainEqual({ voters: [1, 2, 3, 4, 5], observers: [], version: "2:0" });
  });
});

describe("a reconfiguration", () => {
  const { evidence } = loggedBug("open-joining-learner-activates-pending-configuration");

  it("happens when the leader logs the request", () => {
    expect(reconfigurationsIn(evidence)).toMatchObject([{ requestMs: 3716, version: 0x1_0000_0002n }]);
  });

  it("is tried with all members", () => {
    const scenario = skeleton(evidence);
    const [index = -1] = reconfigurationSteps(scenario);
    const actions = withOtherMembers(scenario, index, evidence).map(({ steps }) => steps[index]);
    expect(actions).toContainEqual(
      expect.objectContaining({ reconfig: { add: { 4: "participant", 5: "participant" }, remove: [1, 2] } }),
    );
    expect(actions).toContainEqual(expect.objectContaining({ reconfig: { add: { 3: "observer" } } }));
    expect(actions).not.toContainEqual(expect.objectContaining({ reconfig: { remove: [1, 2, 3] } }));
  });
});

describe("a reconfiguration whose zxid no log shows", () => {
  it("may come directly before or after a write", () => {
    const scenario = skeleton(loggedBug("open-commit-before-uptodate-keeps-old-configuration").evidence);
    const [index = -1] = reconfigurationSteps(scenario);
    const writes = withWriteBeside(scenario, index).map(({ steps }) => steps[index + 1]);
    expect(writes).toMatchObject([{ from: "1229.5ms" }, { from: "1230.5ms" }]);
  });
});

describe("a search", () => {
  it.each([
    ["open-observer-writes-epoch-before-diff-is-logged", 100],
    ["open-observer-aborts-sync-after-reconfiguration", 20],
    ["open-joining-learner-activates-pending-configuration", 20],
    ["open-pending-configuration-forgotten-at-second-restart", 40],
  ])("finds %s from what the logs show", (name, runs) => {
    const { evidence, violated } = loggedBug(name);
    const { best } = searched(evidence, (count) => count >= runs);
    expect(violated).toEqual(expect.arrayContaining(best?.violated.slice(0, 1) ?? []));
    expect(best?.violated).not.toEqual([]);
  });
});
