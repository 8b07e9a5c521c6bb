import { describe, expect, test } from "vitest";
import { loadScenario } from "../../../scenarios/load.ts";
import { eventDetails, eventTitle } from "../../../view/session/describe-event.ts";
import { Recording } from "../../../view/session/recording.ts";

/** Server 5 writes currentEpoch before it logs the transactions of a DIFF, and then crashes. */
const TEXT = `
zookeeper: 3.5.10
seed: "178"
servers:
  1: { history: "2:1..2:6, 3:1..3:2, 4:1" }
  2: { history: "2:1..2:6, 3:1..3:2, 4:1..4:2" }
  3: { history: "2:1..2:6, 3:1..3:2, 4:1..4:2" }
  4: { history: "2:1..2:6, 3:1..3:2, 4:1" }
  5: { history: "2:1..2:6, 3:1" }
settings: { tickTimeMs: 200, initLimit: 4 }
network: { latency: 1ms..20ms }
disk: { sync: 2ms, write: 1ms }
committed: 4:1
steps:
  - { at: 0ms, crash: 1 }
  - { from: 0ms, when: { event: epoch-current, server: 5 }, crash: 5, for: 2ms }
  - { from: 0ms, when: { event: epoch-current, server: 5 }, start: 1 }
until: 1490ms
`;

describe("an event", () => {
  const recording = new Recording(loadScenario(TEXT, "x.yaml"), { seed: 178n }).finish();
  const numbers = Array.from({ length: recording.length + 1 }, (_, number) => number);
  const titles = numbers.map((number) => eventTitle(recording, number));
  const details = numbers.map((number) => eventDetails(recording, number));

  test("that loses a message names its sender first", () => {
    const lost = recording.messages.filter(({ endEvent, fate, type }) => {
      return fate !== "delivered" && endEvent !== undefined && titles[endEvent]?.startsWith(`${type} `);
    });
    expect(lost.length).toBeGreaterThan(0);
    for (const { endEvent, from, to } of lost) expect(titles[endEvent as number]).toContain(`from ${from} to ${to} is`);
  });

  test("of the script names the step and its trigger in words", () => {
    const all = details.flat();
    expect(all).toContain("step 1 crashes server 1; unsynced writes are lost (at 0ms)");
    expect(all).toContain(
      "then: step 2 crashes server 5 for 2ms; unsynced writes are lost (trigger: epoch-current at server 5)",
    );
    expect(all).toContain("step 3 starts server 1 (trigger: epoch-current at server 5)");
    expect(all.filter((text) => text.includes("unsynced="))).toEqual([]);
  });

  test("in which a write precedes a crash says so", () => {
    const at = titles.indexOf("disk of 5: write currentEpoch: done; then 5 crashes");
    expect(details[at]?.slice(0, 3)).toEqual([
      "5 writes currentEpoch 5 to disk",
      "then: step 2 crashes server 5 for 2ms; unsynced writes are lost (trigger: epoch-current at server 5)",
      "5 crashes",
    ]);
  });

  test("that closes a connection says which side closes it", () => {
    expect(titles.some((title) => /^\d learns that \d has closed the connection$/.test(title))).toBe(true);
    expect(titles.filter((title) => title.includes("or closes it"))).toEqual([]);
  });

  test("that delivers NEWLEADER to a learner names the transactions that are not on disk", () => {
    const at = titles.indexOf("NEWLEADER 5:0 from 3 arrives at 5");
    expect(details[at]).toContain("5 starts to write currentEpoch; 3:2, 4:1, 4:2 are not on disk");
    const proposal = titles.indexOf("PROPOSAL 3:2 from 3 arrives at 5");
    expect(details[proposal]).toContain("5 keeps 3:2 in memory; it is not logged");
  });

  test("of a thread is not called a timer, and an election says what happened", () => {
    expect(titles).toContain("LearnerHandler of 3: queue NEWLEADER");
    expect(titles).toContain("election of 5: the wait for a better vote ends");
    expect(titles).toContain("election of 5: no vote arrived in time; it sends its vote again");
  });
});
