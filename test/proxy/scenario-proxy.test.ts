/** Three live servers in this process find each other through the proxy, which performs the steps of scenarios. */
import { afterEach, expect, test } from "vitest";
import type { ProtocolRecord } from "../../cluster/records.ts";
import { loadProxyScenario } from "../../proxy/check-scenario.ts";
import { unmetExpectations } from "../../proxy/expectations.ts";
import type { TraceEntry } from "../../proxy/proxy-trace.ts";
import { ScenarioProxy } from "../../proxy/scenario-proxy.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { wireRulesOf } from "../../wire/index.ts";
import { ProxiedEnsemble, proxiedServers, until } from "./proxied-ensemble.ts";

let proxy: ScenarioProxy | undefined;
let ensemble: ProxiedEnsemble | undefined;

afterEach(() => {
  ensemble?.stop();
  proxy?.stop();
});

interface Staged {
  readonly ensemble: ProxiedEnsemble;
  readonly proxy: ScenarioProxy;
  readonly scenario: Scenario;
  readonly records: ProtocolRecord[];
  readonly trace: TraceEntry[];
}

async function stage(text: string): Promise<Staged> {
  const servers = await proxiedServers([1, 2, 3]);
  const { scenario } = loadProxyScenario(text, "steps.yaml", servers);
  const records: ProtocolRecord[] = [];
  const trace: TraceEntry[] = [];
  const owner = {
    recorded: (one: ProtocolRecord) => void records.push(one),
    traced: (one: TraceEntry) => void trace.push(one),
  };
  proxy = new ScenarioProxy(servers, scenario.steps, wireRulesOf("3.9.4"), owner);
  await proxy.start();
  ensemble = new ProxiedEnsemble(servers);
  return { ensemble, proxy, scenario, records, trace };
}

test("servers elect a leader and synchronize through the proxy, which sees the decisions", async () => {
  const { ensemble, proxy, scenario, trace } = await stage(
    "servers: 3\nexpect: { decisions: [{ 1: DIFF 0:0 }, { 3: SNAP }], epoch: 1, active: [1, 2, 3] }",
  );
  ensemble.start(1, 2);
  await until(() => ensemble.serves(1, 2));
  ensemble.start(3);
  await until(() => ensemble.serves(1, 2, 3));
  const { active, epoch, handshakes, leader, links } = proxy.result;
  expect({ active, epoch, leader }).toEqual({ active: [1, 2, 3], epoch: 1, leader: ensemble.leader });
  expect(handshakes.map(({ operation }) => operation)).not.toContain(undefined);
  expect(unmetExpectations(scenario, proxy.result)).toEqual([]);
  for (const { dropped, held, passed } of links) {
    expect({ dropped, held }).toEqual({ dropped: 0, held: 0 });
    expect(passed).toBeGreaterThan(0);
  }
  // Without the proxy's address in its hello, a server with a larger id would connect to the sender directly.
  expect(trace.filter(({ kind, port }) => kind === "connect" && port === "election").length).toBeGreaterThan(1);
  ensemble.stop();
  const numbers = (kind: TraceEntry["kind"]) => trace.filter((one) => one.kind === kind).map((one) => one.connection);
  await until(() => numbers("connect").every((number) => numbers("end").includes(number)));
  expect(proxy.result).toMatchObject({ active: [], leader: undefined });
  expect(proxy.result.handshakes.every(({ isEnded }) => isEnded)).toBe(true);
});

test("steps hold, reset, delay and cut messages, and their effects are counted", async () => {
  const { ensemble, proxy, records, trace } = await stage(`
servers: 3
steps:
  - reset: { type: LEADERINFO, to: 1, count: 1 }
  - hold: { type: NEWLEADER, to: 3 }
  - { when: { message: NEWLEADER, to: 3, on: sent }, after: 300ms, release: all }
  - { when: { event: active, server: 3 }, isolate: leader, for: 300ms }
`);
  ensemble.start(1, 2);
  await until(() => ensemble.serves(1, 2));
  ensemble.start(3);
  await until(() => trace.some(({ kind, moment }) => kind === "step" && moment === "end"));
  await until(() => ensemble.serves(1, 2, 3));
  const { handshakes, links, steps } = proxy.result;
  const [first, second] = handshakes.filter(({ learner }) => learner === 1);
  expect(first).toMatchObject({ epochAccepted: 1, operation: undefined, isEnded: true });
  expect(second).toMatchObject({ operation: "DIFF" });
  const late = handshakes.find(({ learner }) => learner === 3);
  expect((late?.activeUs ?? 0) - (late?.startUs ?? 0)).toBeGreaterThanOrEqual(300_000);
  expect(steps.map(({ effect }) => effect?.count)).toEqual([1, 1, undefined, expect.any(Number)]);
  expect(steps.every(({ atUs }) => atUs !== undefined)).toBe(true);
  expect(links.filter(({ from, to }) => from === 2 && to === 3)[0]?.held).toBeGreaterThan(0);
  expect(records.filter(({ event }) => event === "script").map((one) => "verb" in one && one.verb)).toEqual([
    "reset",
    "hold",
    "release",
    "isolate",
    "isolate",
  ]);
});

test("a server that refuses connections gets none, and accepts them after the end of the step", async () => {
  const { ensemble, proxy, trace } = await stage("servers: 3\nsteps: [{ refuse: 2, for: 400ms }]");
  ensemble.start(1, 2);
  const toServer2 = (): TraceEntry[] => trace.filter(({ kind, to }) => kind === "connect" && to === 2);
  await until(() => ensemble.serves(1, 2));
  expect(toServer2()[0]?.atUs).toBeGreaterThanOrEqual(400_000);
  expect(proxy.result.steps[0]?.effect).toBeUndefined();
});
