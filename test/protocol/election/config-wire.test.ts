/** The text of a configuration in a notification. */
import { describe, expect, it } from "vitest";
import { readConfig, writeConfig } from "../../../protocol/election/config-wire.ts";
import { configText, hierarchical, majority, type QuorumVerifier, withPorts } from "../../../protocol/quorum.ts";
import { asServerId } from "../../../protocol/zxid.ts";

const ids = (...sids: number[]) => sids.map(asServerId);

describe("readConfig", () => {
  it.each<[string, QuorumVerifier]>([
    ["a majority with an observer", majority(ids(1, 2, 3), ids(4), 2 ** 32 + 5)],
    ["groups with weights", hierarchical([ids(1, 2), ids(3)], new Map([[asServerId(2), 0]]), [], 9)],
    ["ports", withPorts(majority(ids(1, 2)), new Map([[asServerId(2), { quorum: 5, election: 6, client: 7 }]]))],
  ])("reads back %s", (_, config) => {
    const read = readConfig(writeConfig(config));
    expect(read && configText(read)).toBe(configText(config));
  });

  it("reads a server without a role and without a client port as a participant", () => {
    const read = readConfig("server.1=a:2888:3888\nserver.2=b:2888:3888:observer;2181\nversion=10");
    expect(read && configText(read)).toBe("voters 1; observers 2; version 0:16");
  });

  it.each([
    "n0t p4rsable",
    "",
    "server.1=a:2888",
    "server.1=a:2888:2888",
    "server.1=a:2888:3888:leader",
    "server.1=a:2888:3888\ngroup.1=2",
    "server.1=a:2888:3888\nweight.1=x",
    "version=xyz",
    "tickTime=2000",
  ])("rejects %j", (text) => {
    expect(readConfig(text)).toBeUndefined();
  });
});
