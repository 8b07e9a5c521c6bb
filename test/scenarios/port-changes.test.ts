/** Changes of ports: who listens where, and who dials which port. */
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import { recordsOf } from "../../scenarios/scenario-run.ts";

const run = (servers: string, steps: string, enabled = true) =>
  runScenario(
    loadScenario(
      `servers: ${servers}\nsettings: { reconfigEnabled: ${enabled}, tickTimeMs: 200 }\nsteps: ${steps}\nuntil: 20s`,
      "ports.yaml",
    ),
    { seed: 1 },
  );
const active = ({ servers }: ReturnType<typeof run>): number[] =>
  servers.filter((one) => one.active).map(({ sid }) => sid);
const leader = ({ servers }: ReturnType<typeof run>): number | undefined => servers.find((one) => one.leading)?.sid;

describe("servers whose files name other ports", () => {
  const config = (ports: string): string => `{ config: { voters: [1, 2, 3], ports: ${ports} } }`;

  it("find each other if the files agree", () => {
    const same = config("{ 1: { election: 7 }, 3: { quorum: 8, election: 9 } }");
    expect(active(run(`{ 1: ${same}, 2: ${same}, 3: ${same} }`, "[]"))).toEqual([1, 2, 3]);
  });

  it("cannot join a leader whose quorum port they do not know, if they do not adopt its configuration", () => {
    const wrong = config("{ 3: { quorum: 8 } }");
    const right = config("{ 3: { quorum: 9 } }");
    const result = run(`{ 1: ${wrong}, 2: ${right}, 3: ${right} }`, "[]", false);
    expect(active(result)).toEqual([2, 3]);
    const reasons = recordsOf(result.records, "failed").map(({ reason, server }) => `${server} ${reason}`);
    expect(reasons).toContain("1 connect-failed");
  });
});

describe("a reconfiguration of the leader's quorum port", () => {
  it("makes the leader give up, and the server that it designates leads", () => {
    const result = run("3", "[{ when: established, after: 1s, reconfig: { ports: { 3: { quorum: 9 } } } }]");
    expect([leader(result), active(result)]).toEqual([1, [1, 2, 3]]);
  });

  it("is no other address for a follower", () => {
    const result = run("3", "[{ when: established, after: 1s, reconfig: { ports: { 1: { quorum: 9 } } } }]");
    expect([leader(result), active(result)]).toEqual([3, [1, 2, 3]]);
  });
});
