import { describe, expect, it } from "vitest";
import { readEnsemble, refuseMovedServers } from "../../roll/read-ensemble.ts";

const read = (lines: readonly string[], others: Record<string, string> = {}) =>
  readEnsemble(lines.join("\n"), "zoo.cfg", (name) => others[name] ?? "");
const THREE = ["server.1=a:2888:3888", "server.2=b:2888:3888:participant;2181", "server.3=[::1]:2888:3888:observer"];

describe("readEnsemble", () => {
  it("reads participants, observers and settings", () => {
    const { config, reconfigEnabled, standaloneEnabled } = read(["tickTime=2000", ...THREE, "standaloneEnabled=FALSE"]);
    expect(config).toEqual({ voters: [1, 2], observers: [3] });
    expect([reconfigEnabled, standaloneEnabled]).toEqual([false, false]);
  });

  it("reads groups and weights", () => {
    const { config } = read([...THREE, "group.x=1", "group.y=2", "weight.2=3"]);
    expect(config).toMatchObject({ groups: { x: [1], y: [2] }, weights: { 2: 3 } });
  });

  it("reads the dynamic file that zoo.cfg names, and its version in the name of the file", () => {
    const files = { "/conf/zoo.cfg.dynamic.100000003": THREE.join("\n") };
    const { config } = read(["dynamicConfigFile=/conf/zoo.cfg.dynamic.100000003", "reconfigEnabled=true"], files);
    expect(config).toEqual({ voters: [1, 2], observers: [3], version: "1:3" });
  });

  it.each([
    [["tickTime=2000"], "zoo.cfg:1: server.N: no participant is listed (accepted: at least one line server.N="],
    [["", "server.1=a:2888"], 'zoo.cfg:2: server.1: is not a server (value "a:2888"; accepted: server.N=HOST:QUORUM_'],
    [["server.x=a:2888:3888"], "zoo.cfg:1: server.x: has no server id in its name"],
    [["server.1=a:1:2", "server.1=b:1:2"], "zoo.cfg:2: server.1: is given twice"],
    [
      [...THREE, "group.x=1:9"],
      'zoo.cfg:4: group.x: 9 is not a participant (value "1:9"; accepted: participants: 1:2)',
    ],
    [[...THREE, "group.x=1"], "zoo.cfg:4: group.x: server 2 is in no group"],
    [[...THREE, "group.x=1:2", "group.y=2"], "zoo.cfg:5: group.y: server 2 is in two groups"],
    [[...THREE, "weight.1=2"], "zoo.cfg:4: weight.1: has no groups"],
    [[...THREE, "group.x=1:2", "weight.1=many"], "zoo.cfg:5: weight.1: is not a weight"],
    [[...THREE, "group.x=1:2", "weight.1=0", "weight.2=0"], "zoo.cfg:5: weight.1: no group has any weight"],
    [
      [...THREE, "reconfigEnabled=yes"],
      'zoo.cfg:4: reconfigEnabled: is not a boolean (value "yes"; accepted: true, false)',
    ],
    [[...THREE, "dynamicConfigFile=d"], "zoo.cfg:1: server.1: is in zoo.cfg and dynamicConfigFile is set, too"],
    [["server.1=a:1:2", "server.2=b:1:2:observer"], "zoo.cfg:2: server.2: is an observer of a standalone server"],
    [Array.from({ length: 10 }, (_, i) => `server.${i}=zk${i}:1:2`), "zoo.cfg:10: server.9: 10 servers are listed"],
  ])("refuses %s", (lines, message) => {
    expect(() => read(lines)).toThrow(message);
  });

  it("refuses a server whose address changes, but not a change of its role or client port", () => {
    const from = read(THREE);
    refuseMovedServers(from, read(["server.1=a:2888:3888;2182", "server.2=b:2888:3888", "server.3=[::1]:2888:3888"]));
    const moved = read(["server.1=c:2888:3888", ...THREE.slice(1)]);
    expect(() => refuseMovedServers(from, moved)).toThrow(
      "zoo.cfg:1: server.1: the address was a:2888:3888 in zoo.cfg, and plan-roll does not model addresses that change",
    );
  });
});
