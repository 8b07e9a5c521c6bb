/** The sentences that name the servers that accept no connections at the end of a run. */
import { describe, expect, it } from "vitest";
import { acceptErrorSentences } from "../../reports/accept-errors.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";

const run = (text: string): ScenarioRun => runScenario(loadScenario(text, "accept-errors.yaml"), { seed: 1n });
const SERVERS = "servers: { 1: { down: true }, 2: {}, 3: {} }\nnetwork: { latency: 1ms }\n";

describe("a report", () => {
  it("names the step because of which a leader of 3.4 has accepted no learner", () => {
    const [sentence, ...others] = acceptErrorSentences(
      run(`${SERVERS}zookeeper: 3.4.14
steps:
  - { when: { event: active, server: 2 }, acceptError: { server: 2, thread: listener }, for: 1ms }
  - { after: 100ms, acceptError: { server: leader, thread: acceptor } }
  - { start: 1 }
until: 10s`),
    );
    expect(sentence).toMatch(
      /^leader 3 has accepted no learner since \S+ s: the thread LearnerCnxAcceptor ended after an error of accept/,
    );
    expect(sentence).toMatch(/\(step 2\)$/);
    expect(others).toEqual([]);
  });

  it("names a server that has exited because of errors on its election port", () => {
    const text = `${SERVERS}steps:
  - { when: { event: active, server: 2 }, start: 1 }
  - { when: { event: looking, server: 1 }, acceptError: { server: 1, thread: listener } }
until: 10s`;
    expect(acceptErrorSentences(run(text))).toEqual([
      expect.stringMatching(
        /^server 1 has accepted no election connection since \S+ s: the thread QuorumCnxManager.Listener ended /,
      ),
    ]);
  });

  it("does not name a server that has started again, or a server that leads again", () => {
    const restarted = `${SERVERS}zookeeper: 3.5.5
steps:
  - { when: { event: active, server: 2 }, start: 1 }
  - { when: { event: looking, server: 1 }, acceptError: { server: 1, thread: listener } }
  - { after: 10s, restart: 1 }
until: 20s`;
    expect(acceptErrorSentences(run(restarted))).toEqual([]);
    const elected = `${SERVERS}settings: { tickTimeMs: 200 }
steps:
  - { when: { event: active, server: 2 }, start: 1 }
  - { when: { event: elected, server: 1 }, acceptError: { server: leader, thread: acceptor }, for: 50ms }
until: 10s`;
    const again = run(elected);
    expect(again.records.filter(({ event }) => event === "accept-failed").length).toBe(1);
    expect(acceptErrorSentences(again)).toEqual([]);
  });
});
