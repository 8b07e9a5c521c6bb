import { describe, expect, it } from "vitest";
import { loadProxyScenario } from "../../proxy/check-scenario.ts";
import { pairText, readProxyConfig } from "../../proxy/proxy-config.ts";
import { NETWORK_PERFORMERS } from "../../scenarios/network-actions.ts";

const TWO = `servers:
  1: { address: "127.0.0.1:2881:3881", proxy: "127.0.0.1:12881:13881" }
  2: { address: "[::1]:2882:3882", proxy: "localhost:12882:13882" }
`;

describe("readProxyConfig", () => {
  it("reads the addresses of each server", () => {
    const servers = readProxyConfig(TWO, "proxy.yaml");
    expect([...servers.keys()]).toEqual([1, 2]);
    expect(servers.get(2)).toEqual({
      address: { host: "::1", quorum: 2882, election: 3882 },
      proxy: { host: "localhost", quorum: 12882, election: 13882 },
    });
    expect([...servers.values()].map(({ address }) => pairText(address))).toEqual([
      "127.0.0.1:2881:3881",
      "[::1]:2882:3882",
    ]);
  });

  it.each([
    ["", "proxy.yaml:1: servers: is missing"],
    ["servers: 3", "proxy.yaml:1: servers"],
    ["servers:\n  1: { address: a:1:2, proxy: a:3:4 }", "proxy.yaml:1: servers: has too few fields"],
    [TWO.replace("2: {", "x: {"), "proxy.yaml:3: servers.x"],
    [TWO.replace('proxy: "localhost', 'port: "localhost'), "proxy.yaml:3: servers.2"],
    [TWO.replace(":3881", ""), "proxy.yaml:2: servers.1.address: is not an address with two ports"],
    [TWO.replace("3881", "99999"), 'value "127.0.0.1:2881:99999"; accepted: HOST:QUORUM_PORT:ELECTION_PORT'],
    [TWO.replace("13881", "12881"), "127.0.0.1:12881 is also in servers.1.proxy"],
    [TWO.replace("{ address", "{ role: observer, address"), "proxy.yaml:2: servers.1.role"],
  ])("rejects %j", (text, message) => {
    expect(() => readProxyConfig(text, "proxy.yaml")).toThrow(message);
  });
});

describe("loadProxyScenario", () => {
  const servers = readProxyConfig(TWO, "proxy.yaml");
  const load = (text: string) => loadProxyScenario(text, "steps.yaml", servers);

  it("accepts the steps of a network, moments of messages, and expectations that messages show", () => {
    const { scenario, unused } = load(`
servers: { 1: { history: 1:1..1:5 }, 2: {} }
settings: { tickTimeMs: 500 }
steps:
  - { when: { event: active, server: 2 }, isolate: leader, for: 1s }
  - { when: { message: COMMIT, nth: 3 }, drop: { type: ACK, from: 1, zxid: 1:7 } }
expect: { decisions: [{ 2: DIFF }], leader: 1, epoch: 2, active: [1, 2] }
`);
    expect(scenario.steps).toHaveLength(2);
    expect(unused).toEqual(["servers.1.history", "settings"]);
  });

  it.each([
    ["crash: 1", "steps.yaml:2: steps[0].crash: changes a server or a message, and the proxy changes only the network"],
    ["disk: { server: 1, stall: true }", "steps[0].disk"],
    ["write: 3", `accepted: ${Object.keys(NETWORK_PERFORMERS).join(", ")}`],
    ["alter: { type: ACK, set: { zxid: 1:1 } }", "steps[0].alter"],
    ["settle: [1, 2]", "steps[0].settle"],
    ["when: { event: logged, server: 1 }, heal: all", "steps[0].when: is an event that no message shows"],
    ["afterEvent: 7, heal: all", "steps[0].afterEvent: counts events of the simulator"],
  ])("rejects the step %j", (step, message) => {
    expect(() => load(`servers: 2\nsteps: [{ ${step} }]`)).toThrow(message);
  });

  it.each([
    [
      "servers: 3",
      "servers.3: is not in the configuration of the proxy (value 3; accepted: the servers of the configuration: 1, 2",
    ],
    ["servers: { 1: {}, 3: {} }", "servers: lacks server 2"],
    ["servers: 2\nnetwork: { lossRate: 0.1 }", "steps.yaml:2: network: describes a simulated network"],
    ["servers: 2\nexpect: { histories: { 1: 1:1 } }", "steps.yaml:2: expect.histories: cannot be seen in messages"],
  ])("rejects %j", (text, message) => {
    expect(() => load(text)).toThrow(message);
  });
});
